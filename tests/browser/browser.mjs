// A browser on three realms: logs in, consents, denies, comes back without being asked; with the keyboard only,
// without scripts, and with axe looking at each page. Pictures go to $SCREENSHOTS, if that is set.
import { mkdirSync, readFileSync } from 'node:fs'
import { createHash, randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import assert from 'node:assert/strict'
import { chromium } from 'playwright-core'

const manifest = JSON.parse(readFileSync(process.env.CLAVIGER_MANIFEST, 'utf8'))
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const pictures = process.env.SCREENSHOTS
if (pictures) mkdirSync(pictures, { recursive: true })
let failed = false

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
})

async function story(name, work, options = {}) {
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
const vendors = {
  audaconnect: { realm: 'audaconnect', app: 'demo-workshop', more: { response_type: 'code' }, scoped: true },
  billit: { realm: 'billit-sandbox', app: 'demo-invoicing', more: {}, company: true },
  standard: { realm: 'standard', app: 'demo-web', more: { response_type: 'code' }, scoped: true, pkce: true },
}

function start({ realm: name, app: id, more, scoped, pkce }, scope) {
  const realm = manifest.realms[name]
  const app = realm.clients.find((one) => one.id === id)
  const url = new URL(realm.endpoints.authorization)
  const all = { client_id: app.id, redirect_uri: app.redirect_uris[0], state: 'st&te', ...more }
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
async function integrator(page, app) {
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

async function look(page, name) {
  if (pictures) await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true })
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() =>
    window.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }),
  )
  const found = violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).join(', ')}`)
  assert.deepEqual(found, [], `axe on ${name}`)
}

async function signIn(page, user) {
  await page.locator('input[name=username]').fill(user.username)
  await page.locator('input[name=password]').fill(user.password)
  await page.locator('form:has(input[name=password]) button[type=submit]').click()
  await page.waitForLoadState()
}

const allow = (page) => page.locator('button[value=allow]')
const deny = (page) => page.locator('button[value=deny]')

for (const [name, vendor] of Object.entries(vendors)) {
  await story(`${name}: logs in, consents, comes back without being asked, logs out`, async (page) => {
    const { realm, app, url, again, alice } = start(vendor)
    const back = await integrator(page, app)
    await page.goto(url)
    await look(page, `${name}-1-sign-in`)
    await signIn(page, { ...alice, password: 'wrong' })
    await look(page, `${name}-2-wrong-password`)
    const focused = await page.evaluate(() => document.activeElement.getAttribute('role'))
    assert.equal(focused, 'alert', 'the error takes the focus')
    await page.locator('input[name=password]').waitFor()
    await page.goto(again)
    await signIn(page, alice)
    await look(page, `${name}-3-consent`)
    const text = await page.locator('main').innerText()
    assert.ok(text.includes(app.name ?? ''), text)
    assert.ok(text.includes(alice.name), text)
    if (vendor.company) {
      // None chosen is asked again; two are offered and one is taken.
      const boxes = page.locator('input[name=organisation]')
      assert.equal(await boxes.count(), 2)
      for (const box of await boxes.all()) await box.uncheck()
      await allow(page).click()
      await look(page, `${name}-4-no-company`)
      assert.equal(await page.locator('input[name=organisation]:checked').count(), 0, 'ticks that were taken away are back')
      await page.getByLabel('Garage Peeters').check()
    }
    await allow(page).click()
    const first = await back()
    assert.equal(first.get('state'), 'st&te')
    assert.ok(first.get('code'))
    assert.equal(first.get('error'), null)

    await page.goto(url)
    const second = await back()
    assert.ok(second.get('code'))
    assert.notEqual(second.get('code'), first.get('code'))

    if (vendor.company) {
      const answer = await page.request.post(realm.endpoints.token, {
        data: {
          client_id: app.id,
          client_secret: app.secret,
          code: second.get('code'),
          grant_type: 'authorization_code',
          redirect_uri: app.redirect_uris[0],
        },
      })
      assert.equal(answer.status(), 200)
      const { access_token: token } = await answer.json()
      const orders = await page.request.get(realm.apis[0].url, { headers: { authorization: `Bearer ${token}` } })
      const companies = (await orders.json()).Items.map((order) => order.CompanyID)
      assert.deepEqual([...new Set(companies)], ['garage'])
    }

    await page.goto(realm.endpoints.end_session)
    await look(page, `${name}-5-log-out`)
    await page.locator('main form button[type=submit]').first().click()
    await page.waitForLoadState()
    await look(page, `${name}-6-signed-out`)
    await page.goto(url)
    assert.ok(await page.locator('input[name=password]').isVisible(), 'log in again')
  })

  await story(`${name}: denies, with the keyboard only`, async (page) => {
    const { app, again, bob } = start(vendor)
    const back = await integrator(page, app)
    await page.goto(again)
    assert.equal(await page.evaluate(() => document.activeElement.name), 'username', 'the first field has the focus')
    await page.keyboard.type(bob.username)
    await page.keyboard.press('Tab')
    assert.equal(await page.evaluate(() => document.activeElement.name), 'password')
    await page.keyboard.type(bob.password)
    await page.keyboard.press('Enter')
    await deny(page).waitFor()
    for (let press = 0; press < 30; press++) {
      await page.keyboard.press('Tab')
      const here = await page.evaluate(() => {
        const one = document.activeElement
        const marked = (element) => {
          const { outlineStyle, boxShadow } = getComputedStyle(element)
          return outlineStyle !== 'none' || boxShadow !== 'none'
        }
        const target = one.closest('label') ?? one
        const { height, width } = target.getBoundingClientRect()
        return { value: one.value, what: target.outerHTML.slice(0, 80), body: one === document.body, seen: marked(one) || marked(target), height, width }
      })
      if (here.body) continue
      assert.ok(here.seen, `the focus cannot be seen on ${here.what}`)
      assert.ok(here.height >= 24 && here.width >= 24, `too small: ${here.what}`)
      if (here.value === 'deny') break
      assert.ok(press < 29, 'Deny is out of reach')
    }
    await page.keyboard.press('Enter')
    const answer = await back()
    assert.equal(answer.get('error'), 'access_denied')
    assert.equal(answer.get('state'), 'st&te')
    assert.equal(answer.get('code'), null)
  })

  await story(
    `${name}: works without scripts`,
    async (page) => {
      const { app, again, bob } = start(vendor, vendor.pkce && 'openid profile')
      const back = await integrator(page, app)
      await page.goto(again)
      await signIn(page, bob)
      await allow(page).click()
      assert.ok((await back()).get('code'))
    },
    { javaScriptEnabled: false },
  )
}

await story('standard: what was allowed is not asked again; a new scope is, and marked as new', async (page) => {
  const { app, url, bob } = start(vendors.standard, 'openid profile')
  const back = await integrator(page, app)
  await page.goto(url)
  await signIn(page, bob)
  assert.ok((await back()).get('code'), 'allowed before')
  await page.goto(start(vendors.standard, 'openid profile notes:write').url)
  await look(page, 'standard-new-scope')
  const marked = page.locator('ul.scopes li', { has: page.locator('.tag') })
  assert.equal(await marked.count(), 1)
  assert.match(await marked.innerText(), /Write and delete your notes/)
  await deny(page).click()
  assert.equal((await back()).get('error'), 'access_denied')
  await page.goto(url)
  assert.ok((await back()).get('code'), 'what was allowed before still is')
})

await story('standard: an app without a secret is asked for every time', async (page) => {
  const { app, url, bob } = start({ ...vendors.standard, app: 'demo-native' }, 'openid notes:read')
  const { again } = start(vendors.standard, 'openid')
  await page.goto(again)
  await signIn(page, bob)
  for (let time = 0; time < 2; time++) {
    const back = await integrator(page, { redirect_uris: [app.redirect_uris.at(-1)] })
    await page.goto(url.replace(encodeURIComponent(app.redirect_uris[0]), encodeURIComponent(app.redirect_uris.at(-1))))
    await look(page, 'standard-native-consent')
    await allow(page).click()
    assert.ok((await back()).get('code'))
  }
})

await story("the sample integrator: a click on Connect, log in, consent, and the answer is there", async (page) => {
  const realm = manifest.realms.audaconnect
  await page.goto(manifest.integrator)
  await look(page, 'integrator-home')
  await page.goto(new URL('/connect/audaconnect', manifest.integrator).href)
  await signIn(page, realm.users[0])
  if (await allow(page).isVisible()) await allow(page).click()
  await page.waitForURL((url) => url.origin === new URL(manifest.integrator).origin)
  await look(page, 'integrator-connected')
  assert.match(await page.locator('main').innerText(), /access_token/)
})

await story('pages for a request that cannot be served', async (page) => {
  for (const [name, vendor] of Object.entries(vendors)) {
    const { url } = start(vendor)
    for (const [part, change] of [
      ['client', (broken) => broken.searchParams.set('client_id', 'nobody')],
      ['redirect', (broken) => broken.searchParams.set('redirect_uri', 'https://evil.example/')],
    ]) {
      const broken = new URL(url)
      change(broken)
      const answer = await page.goto(broken.href)
      assert.equal(answer.status(), 400)
      await look(page, `${name}-error-${part}`)
    }
  }
})

await story('dark, narrow and zoomed: nothing overflows, axe finds nothing', async (page) => {
  for (const [name, vendor] of Object.entries(vendors)) {
    await page.goto(start(vendor).url)
    await look(page, `${name}-dark-sign-in`)
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
    assert.equal(wide, false, `${name} scrolls sideways`)
    await signIn(page, start(vendor).bob)
    await page.goto(start(vendor).again)
    await deny(page).waitFor()
    await look(page, `${name}-dark-consent`)
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, `${name} scrolls sideways`)
  }
}, { colorScheme: 'dark', viewport: { width: 320, height: 640 } })

await browser.close()
process.exit(failed ? 1 : 0)
