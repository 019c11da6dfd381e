// The official SDK as an assistant: registers, signs in through a browser, calls tools, refreshes, steps up; and by a document, is
// refused until the operator approves.
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
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] })

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

async function connect(keeper) {
  const transport = new StreamableHTTPClientTransport(url, { authProvider: keeper })
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
  if (await page.locator('button[value=allow]').count()) await page.locator('button[value=allow]').click()
  for (let wait = 0; !answers.length && wait < 30; wait++) await page.waitForTimeout(100)
  const words = await page.locator('body').innerText()
  const asking = page.locator('form[action*="ask-for-app"] button')
  if (!answers.length && (await asking.count())) await asking.click()
  await page.close()
  return answers.length ? { code: answers[0].searchParams.get('code') } : { words }
}

async function authorized(keeper, context) {
  const transport = new StreamableHTTPClientTransport(url, { authProvider: keeper })
  const client = new Client({ name: 'sdk', version: '1' })
  await assert.rejects(client.connect(transport), UnauthorizedError)
  const { code, words } = await person(keeper.where, context)
  assert.ok(code, words)
  await transport.finishAuth(code)
  return connect(keeper)
}

async function story(name, work) {
  const context = await browser.newContext()
  try {
    await work(context)
    console.log(`ok - ${name}`)
  } catch (error) {
    process.exitCode = 1
    console.log(`not ok - ${name}: ${(error.stack ?? `${error}`).split('\n').slice(0, 5).join(' | ')}`)
  } finally {
    await context.close()
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
  // With a refresh token this SDK would refresh first, which gives no more: without one it asks the person.
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
  const transport = new StreamableHTTPClientTransport(url, { authProvider: keeper })
  await assert.rejects(new Client({ name: 'sdk', version: '1' }).connect(transport), UnauthorizedError)
  assert.equal(keeper.client.client_id, documentUrl)
  const refused = await person(keeper.where, context)
  assert.match(refused.words ?? '', /not approved/)
  execFileSync(PROGRAM, ['app', 'approve', documentUrl, '--realm', 'assistants', '--database', DATABASE], { stdio: 'pipe' })
  let answer = {}
  for (let wait = 0; !answer.code && wait < 30; wait++) answer = await person(keeper.where, context)
  assert.ok(answer.code, answer.words)
  await transport.finishAuth(answer.code)
  const { client } = await connect(keeper)
  const claims = await client.callTool({ name: 'damage_claims', arguments: {} })
  assert.equal(claims.structuredContent.claims.length, 2)
})

await browser.close()
callback.closeAllConnections()
callback.close()
files.closeAllConnections()
files.close()
