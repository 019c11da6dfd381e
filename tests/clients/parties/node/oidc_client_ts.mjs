// oidc-client-ts in Chromium: signed in by redirect, renewed in an iframe, signed out and back; what it notices of a log-out in another tab.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium } from 'playwright-core'
import express from 'express'
import { APP, ISSUER, served, story, user } from './common.mjs'

const library = readFileSync(createRequire(import.meta.url).resolve('oidc-client-ts').replace(/dist\/.*$/, 'dist/browser/oidc-client-ts.min.js'))
const page = (script, more = '') => `<!doctype html><title>App</title><script src="/oidc.js"></script><p id="out"></p><script>
const manager = new oidc.UserManager({
  authority: '${ISSUER}',
  client_id: 'oidc-client-ts',
  redirect_uri: '${APP}/callback.html',
  silent_redirect_uri: '${APP}/silent.html',
  post_logout_redirect_uri: '${APP}/',
  scope: 'openid profile',
  ${more}
})
const say = (text) => { document.getElementById('out').textContent = text }
${script}
</script>`

const app = express()
app.get('/oidc.js', (req, res) => res.type('text/javascript').send(library))
app.get('/', (req, res) => res.send(page(`say('ready')`)))
app.get('/callback.html', (req, res) =>
  res.send(page(`manager.signinCallback().then((user) => say('signed in ' + user.profile.sub), (error) => say('failed ' + error))`)),
)
app.get('/watch.html', (req, res) =>
  res.send(
    page(
      `manager.events.addUserSignedOut(() => say('signed out elsewhere'))
      manager.getUser().then((user) => say(user ? 'watching ' + user.session_state : 'failed: nobody'))`,
      'monitorSession: true, checkSessionIntervalInSeconds: 1,',
    ),
  ),
)
const frames = []
app.get('/out', (req, res) => {
  frames.push({ ...req.query })
  res.type('text/html').send('<!doctype html><title>Out</title>')
})
app.get('/silent.html', (req, res) => res.send(page(`manager.signinSilentCallback()`)))

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] })
await story('oidc-client-ts: signed in, renewed in an iframe with prompt=none, signed out and back', () =>
  served(app, async () => {
    const tab = await (await browser.newContext()).newPage()
    tab.setDefaultTimeout(15000)
    const said = async (text) => {
      await tab.waitForFunction((text) => document.getElementById('out')?.textContent.startsWith(text) || /^failed/.test(document.getElementById('out')?.textContent ?? ''), text)
      const found = await tab.textContent('#out')
      assert.ok(found.startsWith(text), found)
    }
    await tab.goto(`${APP}/`)
    await tab.evaluate(() => void manager.signinRedirect())
    await tab.fill('input[name="username"]', user.username)
    await tab.fill('input[name="password"]', user.password)
    await tab.press('input[name="password"]', 'Enter')
    await tab.click('button[value="allow"]')
    await said('signed in')
    const renewed = await tab.evaluate(async () => {
      const before = await manager.getUser()
      const after = await manager.signinSilent()
      return { isNew: before.access_token !== after.access_token, isSame: after.profile.sub === before.profile.sub }
    })
    assert.deepEqual(renewed, { isNew: true, isSame: true })
    await tab.evaluate(() => void manager.signoutRedirect())
    await tab.waitForURL(`${APP}/`)
    await said('ready')
    const refused = await tab.evaluate(() => manager.signinSilent().then(() => 'signed in', (error) => error.error))
    assert.equal(refused, 'login_required')
  }),
)

await story('oidc-client-ts: a log-out in another tab is noticed, and the app hears of it in a frame', () =>
  served(app, async () => {
    const context = await browser.newContext()
    const tab = await context.newPage()
    const signIn = async () => {
      await tab.goto(`${APP}/`)
      await tab.evaluate(() => void manager.signinRedirect())
      await tab.fill('input[name="username"]', user.username)
      await tab.fill('input[name="password"]', user.password)
      await tab.press('input[name="password"]', 'Enter')
      await tab.waitForFunction(() => /^signed in/.test(document.getElementById('out')?.textContent ?? ''))
      return tab.evaluate(() => manager.getUser().then((user) => user.profile.sid))
    }
    const sid = await signIn()
    await tab.goto(`${APP}/watch.html`)
    await tab.waitForFunction(() => /^watching \S+/.test(document.getElementById('out').textContent))
    // As long as nothing happens nothing is noticed.
    await new Promise((resolve) => setTimeout(resolve, 3500))
    assert.match(await tab.textContent('#out'), /^watching/)
    frames.length = 0
    const other = await context.newPage()
    await other.goto(`${ISSUER}/logout`)
    const framed = other.waitForResponse(new RegExp(`^${APP}/out`))
    await other.click('button.primary')
    await framed
    assert.match(await other.textContent('h1'), /You are signed out/)
    assert.deepEqual(frames, [{ iss: ISSUER, sid }])
    await tab.waitForFunction(() => document.getElementById('out').textContent === 'signed out elsewhere')

    // With a way back the page goes there by itself; without scripts there is a link.
    const back = `post_logout_redirect_uri=${encodeURIComponent(`${APP}/`)}&client_id=oidc-client-ts&state=s`
    await signIn()
    frames.length = 0
    await other.goto(`${ISSUER}/logout?${back}`)
    await other.click('button.primary')
    await other.waitForURL(`${APP}/?state=s`)
    assert.equal(frames.length, 1, 'after the frame was loaded')
    await signIn()
    const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await context.storageState() })
    const page = await plain.newPage()
    await page.goto(`${ISSUER}/logout?${back}`)
    await page.click('button.primary')
    await page.click('#go-on')
    await page.waitForURL(`${APP}/?state=s`)
    assert.equal(frames.length, 2)
  }),
)
await browser.close()
