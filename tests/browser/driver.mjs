// The browser, and what each story does with it. Pictures go to $SCREENSHOTS, if that is set.
import { mkdirSync, readFileSync } from 'node:fs'
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import assert from 'node:assert/strict'
import { chromium } from 'playwright-core'

export const manifest = JSON.parse(readFileSync(process.env.CLAVIGER_MANIFEST, 'utf8'))
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const pictures = process.env.SCREENSHOTS
if (pictures) mkdirSync(pictures, { recursive: true })
let failed = false

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
})

export async function story(name, work, options = {}) {
  const context = await browser.newContext({ viewport: { width: 900, height: 1000 }, ...options })
  context.setDefaultTimeout(15000)
  const page = await context.newPage()
  const complaints = []
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) complaints.push(message.text())
  })
  try {
    await work(page, context)
    assert.deepEqual(complaints, [], 'the browser complained')
    console.log(`ok - ${name}`)
  } catch (error) {
    failed = true
    console.log(`not ok - ${name}: ${error.message.split('\n').slice(0, 6).join(' | ')}`)
    if (pictures) await page.screenshot({ path: `${pictures}/failed-${slug(name)}.png` }).catch(() => {})
  } finally {
    await context.close()
  }
}

const slug = (text) => text.replace(/\W+/g, '-').toLowerCase().slice(0, 60)

/** Three vendors: how an app of each sends its users to the login. */
export const vendors = {
  audaconnect: { realm: 'audaconnect', app: 'demo-workshop', more: { response_type: 'code' }, scoped: true },
  billit: { realm: 'billit-sandbox', app: 'demo-invoicing', more: {}, company: true, always: true },
  standard: { realm: 'standard', app: 'demo-web', more: { response_type: 'code' }, scoped: true, pkce: true },
}

export function start({ realm: name, app: id, more, scoped, pkce }, scope) {
  const realm = manifest.realms[name]
  const app = realm.clients.find((one) => one.id === id)
  const url = new URL(realm.endpoints.authorization)
  const all = { client_id: app.id, redirect_uri: app.redirect_uris[0], state: 'st&te', ...more }
  // With offline_access, consent is asked for every time (OpenID Connect Core 11).
  if (scoped) all.scope = scope ?? app.scopes.filter((one) => one !== 'offline_access').join(' ')
  const verifier = randomBytes(32).toString('base64url')
  if (pkce) {
    all.code_challenge_method = 'S256'
    all.code_challenge = createHash('sha256').update(verifier).digest('base64url')
  }
  for (const [key, value] of Object.entries(all)) url.searchParams.set(key, value)
  // Consent is asked for although it was given before: the tests can run twice on the same demo.
  const again = `${url.href}&prompt=consent`
  return { realm, app, url: url.href, again, alice: realm.users[0], bob: realm.users[1] }
}

/** Notes what the app's own address is asked for; what stands behind it is another test's matter. */
export async function integrator(page, app) {
  const home = new URL(app.redirect_uris[0])
  const calls = []
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (request.isNavigationRequest() && url.origin === home.origin && url.pathname === home.pathname) calls.push(url)
  })
  return async () => {
    for (let wait = 0; !calls.length && wait < 150; wait++) await page.waitForTimeout(100)
    assert.ok(calls.length, `the browser never came back, it is at ${page.url()}`)
    await page.waitForLoadState().catch(() => {})
    return calls.shift().searchParams
  }
}

export async function look(page, name) {
  if (pictures) await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true })
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() =>
    window.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }),
  )
  const found = violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).join(', ')}`)
  assert.deepEqual(found, [], `axe on ${name}`)
}

export async function signIn(page, user) {
  await page.locator('input[name=username]').fill(user.username)
  await page.locator('input[name=password]').fill(user.password)
  await page.locator('form:has(input[name=password]) button[type=submit]').first().click()
  await page.waitForLoadState()
}

export const allow = (page) => page.locator('button[value=allow]')
export const deny = (page) => page.locator('button[value=deny]')

/** Whether all of an element is on the screen, with nothing in front of its middle. */
export async function inView(page, locator) {
  const box = await locator.boundingBox()
  const { width, height } = page.viewportSize()
  if (!box || box.x < 0 || box.y < 0 || box.x + box.width > width || box.y + box.height > height) return false
  return locator.evaluate((one) => {
    const { x, y, width, height } = one.getBoundingClientRect()
    return one.contains(document.elementFromPoint(x + width / 2, y + height / 2))
  })
}

/** What an authenticator app does with base32 and the time. */
export function codeOf(secret, step = Math.floor(Date.now() / 30000)) {
  const bits = [...secret.replace(/\s/g, '')].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', key).update(counter).digest()
  return String((mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff) % 1e6).padStart(6, '0')
}

/** Closes the browser; the exit status. */
export async function finish() {
  await browser.close()
  return failed ? 1 : 0
}
