// The official SDK as an assistant: registers, signs in through a browser, calls tools, refreshes, steps up; and by a document, is
// refused until the operator approves. Every wait has a bound, and the first story that fails is the last one.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { chromium } from 'playwright-core'

const { PROGRAM, DATABASE, CERTIFICATE, KEY } = process.env
const manifest = JSON.parse(readFileSync(process.env.CLAVIGER_MANIFEST, 'utf8'))
const realm = manifest.realms.assistants
const url = new URL(realm.apis[0].url)
const launch = () => within(60, 'the browser starts', chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  timeout: 60_000,
}))

/** What a promise gives, or after so many seconds an error that says what was waited for. */
async function within(seconds, what, promise) {
  let timer
  const late = new Promise((_, fail) => { timer = setTimeout(() => fail(new Error(`waited ${seconds} s in vain: ${what}`)), seconds * 1000) })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** `fetch`, which gives up. */
function bounded(resource, init = {}) {
  const signals = [AbortSignal.timeout(20_000), ...(init.signal ? [init.signal] : [])]
  return fetch(resource, { ...init, signal: AbortSignal.any(signals) })
}

// Where the answers go.
const answers = []
const callback = createServer((req, res) => {
  answers.push(new URL(req.url, 'http://localhost'))
  res.end('You can close this window.')
})
await new Promise((ready) => callback.listen(0, '127.0.0.1', ready))
const redirectUrl = `http://localhost:${callback.address().port}/callback`

// The document of an app that nobody knows.
const files = createSecureServer({ cert: readFileSync(CERTIFICATE), key: readFileSync(KEY) }, (req, res) => {
  res.setHeader('content-type', 'application/json')
  res.end(JSON.stringify({ client_id: documentUrl, client_name: 'Desk Assistant', redirect_uris: ['http://localhost/callback'], grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], token_endpoint_auth_method: 'none' }))
})
await new Promise((ready) => files.listen(0, '127.0.0.1', ready))
const documentUrl = `https://localhost:${files.address().port}/client.json`

/** What an assistant keeps. */
class Keeper {
  constructor(clientMetadataUrl) {
    if (clientMetadataUrl) this.clientMetadataUrl = clientMetadataUrl
  }
  redirectUrl = redirectUrl
  clientMetadata = { client_name: 'SDK', redirect_uris: [redirectUrl], grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], token_endpoint_auth_method: 'none' }
  clientInformation() { return this.client }
  saveClientInformation(client) { this.client = client }
  tokens() { return this.kept }
  saveTokens(tokens) { this.kept = tokens }
  codeVerifier() { return this.verifier }
  saveCodeVerifier(verifier) { this.verifier = verifier }
  redirectToAuthorization(where) { this.where = where }
}

const transportOf = (keeper) => new StreamableHTTPClientTransport(url, { authProvider: keeper, fetch: bounded })

async function connect(keeper) {
  const transport = transportOf(keeper)
  const client = new Client({ name: 'sdk', version: '1' })
  await client.connect(transport)
  return { client, transport }
}

/** What a person does; the code, or the words of the page that leads no further. */
async function person(where, context) {
  const page = await context.newPage()
  answers.length = 0
  await page.goto(where.href)
  if (await page.locator('input[name=password]').count()) {
    await page.locator('input[name=username]').fill(realm.users[0].username)
    await page.locator('input[name=password]').fill(realm.users[0].password)
    await page.locator('form:has(input[name=password]) button[type=submit]').first().click()
    await page.waitForLoadState()
  }
  const allow = page.locator('button[value=allow]')
  const asks = (await allow.count()) > 0
  if (asks) await allow.click()
  // Whoever allowed or had allowed it before is sent on; a page that asks nothing leads nowhere.
  for (let wait = 0; !answers.length && wait < (asks ? 100 : 5); wait++) await page.waitForTimeout(100)
  const words = await page.locator('body').innerText()
  const asking = page.locator('form[action*="ask-for-app"] button')
  if (!answers.length && (await asking.count())) await Promise.all([page.waitForEvent('load'), asking.click()])
  // It is not closed: closing one whose form was just posted may never end. The browser of the story takes it along.
  return answers.length ? { code: answers[0].searchParams.get('code') } : { words }
}

async function authorized(keeper, context) {
  const transport = transportOf(keeper)
  const client = new Client({ name: 'sdk', version: '1' })
  await assert.rejects(client.connect(transport), UnauthorizedError)
  const { code, words } = await person(keeper.where, context)
  assert.ok(code, words)
  await transport.finishAuth(code)
  return connect(keeper)
}

async function story(name, work) {
  if (process.exitCode) return
  // Each has a browser of its own: one that does not end is no other story's.
  let browser
  try {
    browser = await launch()
    const context = await within(30, 'a window of the browser', browser.newContext())
    context.setDefaultTimeout(15_000)
    await within(100, `the story "${name}"`, work(context))
    console.log(`ok - ${name}`)
  } catch (error) {
    process.exitCode = 1
    console.log(`not ok - ${name}: ${(error.stack ?? `${error}`).split('\n').slice(0, 5).join(' | ')}`)
  } finally {
    await within(15, 'the browser ends', browser?.close()).catch((error) => console.log(`# ${error.message}`))
  }
}

await story('the TypeScript SDK registers, calls, refreshes and steps up', async (context) => {
  const keeper = new Keeper()
  const { client } = await authorized(keeper, context)
  assert.ok(keeper.client.client_id && !keeper.client.client_secret)
  assert.equal((await client.listTools()).tools.length, 7)
  const orders = await client.callTool({ name: 'orders', arguments: {} })
  assert.equal(orders.structuredContent.orders[0].id, 1)
  // Its access token is gone: it refreshes by itself, and its refresh token is another one then.
  const before = keeper.kept
  assert.ok(before.refresh_token)
  keeper.kept = { ...before, access_token: 'gone' }
  const again = await connect(keeper)
  await again.client.callTool({ name: 'items', arguments: {} })
  assert.notEqual(keeper.kept.refresh_token, before.refresh_token)
  // At `insufficient_scope` this SDK (1.32.2, `authInternal` in client/auth.js) refreshes whenever it has a refresh token, without naming
  // a scope, and takes the new token for the step-up; the second 403 is then its error. No server can help: the request is that of any
  // refresh, and what a refresh token is good for never grows (RFC 6749 6). Without one it asks the person, as it should.
  delete keeper.kept.refresh_token
  const item = { name: 'new_item', arguments: { code: 'PEN' } }
  await assert.rejects(again.client.callTool(item), UnauthorizedError)
  assert.equal(keeper.where.searchParams.get('scope').split(' ')[0], 'stock:write')
  const { code, words } = await person(keeper.where, context)
  assert.ok(code, words)
  await again.transport.finishAuth(code)
  const more = await connect(keeper)
  assert.equal((await more.client.callTool(item)).structuredContent.code, 'PEN')
  await more.client.callTool({ name: 'orders', arguments: {} })
})

await story('by its document it waits until the operator approves it', async (context) => {
  const keeper = new Keeper(documentUrl)
  const transport = transportOf(keeper)
  await assert.rejects(new Client({ name: 'sdk', version: '1' }).connect(transport), UnauthorizedError)
  assert.equal(keeper.client.client_id, documentUrl)
  const refused = await person(keeper.where, context)
  assert.match(refused.words ?? '', /not approved/)
  execFileSync(PROGRAM, ['app', 'approve', documentUrl, '--realm', 'assistants', '--database', DATABASE], { stdio: 'pipe', timeout: 30_000 })
  // The running server hears of what another process wrote within seconds.
  let answer = {}
  for (const until = Date.now() + 60_000; !answer.code && Date.now() < until;) answer = await person(keeper.where, context)
  assert.ok(answer.code, answer.words)
  await transport.finishAuth(answer.code)
  const { client } = await connect(keeper)
  const claims = await client.callTool({ name: 'damage_claims', arguments: {} })
  assert.equal(claims.structuredContent.claims.length, 2)
})

// Streams and sockets of the SDK that are still open keep nobody here.
process.exit()
