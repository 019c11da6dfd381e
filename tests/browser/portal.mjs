// The partners' portal, as partners use it: somebody signs up, makes a team, registers an app, has credentials, tries it, looks at what it
// called and what went wrong, has webhooks, invites a colleague, makes users of the sandbox.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { finish, look, manifest, signIn, story } from './driver.mjs'

const realm = manifest.realms.partners
const base = realm.portal
const origin = new URL(base).origin
const paula = realm.users.find((user) => user.username === 'paula')
const mark = Date.now()

const fits = async (page) => {
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, `it overflows: ${page.url()}`)
}
const press = (page, name) => Promise.all([page.waitForEvent('load'), page.getByRole('button', { name, exact: true }).click()])
const follow = (page, name) => Promise.all([page.waitForEvent('load'), page.getByRole('link', { name, exact: true }).click()])
const notice = (page) => page.getByRole('status').first().innerText()
const alert = (page) => page.getByRole('alert').innerText()

/** What quoted-printable says (RFC 2045 6.7). */
const decoded = (text) => text.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/g, (_, byte) => String.fromCharCode(parseInt(byte, 16)))

/** The link of the newest mail to somebody; the demo writes mails into a folder. */
async function linkFor(page, address) {
  for (let wait = 0; wait < 300; wait++) {
    let names = []
    try { names = readdirSync(manifest.mails).sort() } catch { /* the first mail makes it */ }
    const mails = names.map((name) => readFileSync(join(manifest.mails, name), 'utf8')).filter((text) => text.includes(`To: ${address}`))
    const link = mails.length && decoded(mails.at(-1)).match(/http:\/\/\S+\?link=[\w-]+/)
    if (link) return link[0]
    await page.waitForTimeout(100)
  }
  throw new Error(`no mail for ${address}`)
}

/** Looks at pages wide, narrow and dark. */
async function lookAt(page, pages, size = { width: 900, height: 1000 }) {
  for (const [name, width, colorScheme] of [['', 900, 'light'], ['-narrow', 320, 'light'], ['-dark', 900, 'dark']]) {
    await page.setViewportSize({ width, height: 1000 })
    await page.emulateMedia({ colorScheme })
    for (const [as, url] of Object.entries(pages)) {
      await page.goto(url)
      await look(page, `portal-${as}${name}`)
      await fits(page)
    }
  }
  await page.setViewportSize(size)
  await page.emulateMedia({ colorScheme: 'light' })
}

async function signUp(page, name, email, password) {
  await page.goto(`${base}/sign-up`)
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Your name').fill(name)
  await page.locator('input[type=password]').first().fill(password)
  await press(page, 'Sign up')
  await page.goto(await linkFor(page, email))
  await page.locator('input[name=password]').fill(password)
  await press(page, 'Make my account')
}

async function enter(page, user) {
  await page.goto(base)
  await signIn(page, user)
  await page.waitForURL((url) => url.pathname.startsWith('/portal'))
}

await story('portal: somebody signs up, makes a team and registers an app; a rule that breaks is told; the secret works; its calls are there', async (page, context) => {
  const email = `nora.${mark}@numbers.example`
  const password = 'a long password of nora 4711'
  await page.goto(`${base}/sign-up`)
  await look(page, 'portal-sign-up')
  await signUp(page, 'Nora Numbers', email, password)
  await look(page, 'portal-signed-up')
  await enter(page, { username: email, password })
  // The terms come before everything else.
  assert.match(await page.locator('main').innerText(), /Terms for partners/)
  await look(page, 'portal-terms')
  await press(page, 'I accept')
  await page.getByLabel('Name of the team').fill('Numbers & Co')
  await press(page, 'Make a team')
  assert.match(await notice(page), /The team is there/)
  await look(page, 'portal-empty')
  await follow(page, 'Register an app')
  await look(page, 'portal-kind')
  await page.getByLabel(/A web app with a server/).check()
  await press(page, 'Next')
  await page.getByLabel('Name of the app').fill('Number Cruncher')
  await press(page, 'Next')

  // The rule is told while it is typed, and again by the button.
  await page.getByLabel('Redirect URIs, one in each line').fill('http://numbers.example/cb')
  await page.locator('[data-checked] li').first().waitFor()
  assert.match(await page.locator('[data-checked]').innerText(), /Use https/)
  await look(page, 'portal-uri-typed')
  await press(page, 'Next')
  assert.match(await alert(page), /numbers\.example\/cb: this redirect URI cannot be used/)
  await look(page, 'portal-uri-refused')
  await page.getByLabel('Redirect URIs, one in each line').fill('https://numbers.example/cb')
  await page.locator('[data-checked]', { hasText: 'can be used' }).waitFor()
  await press(page, 'Next')
  await page.getByLabel(/Read your notes/).check()
  await look(page, 'portal-scopes')
  await press(page, 'Next')
  // A browser asks for the answer by itself; the server does without one.
  await page.goto(page.url().replace('step=questions', 'step=summary'))
  await press(page, 'Register the app')
  assert.match(await alert(page), /A question wants another answer/)
  await follow(page, 'Back')
  await page.getByLabel('Which data does the app keep, and where?').fill('None.')
  await press(page, 'Next')
  await look(page, 'portal-summary')
  await press(page, 'Register the app')
  const texts = await page.locator('pre').allInnerTexts()
  const secret = texts.find((text) => text.startsWith('cvs_'))
  assert.ok(secret, `the secret is shown once: ${texts}`)
  await look(page, 'portal-secret')
  await follow(page, 'I have kept it: to the app')
  const app = page.url()
  assert.match(await page.locator('main').innerText(), /Waits for approval/)

  // The app calls: with a wrong secret, then for something that it may not do.
  await follow(page, 'Credentials')
  await look(page, 'portal-credentials')
  const id = await page.locator('#sandbox ~ .copyable pre').first().innerText()
  const { token } = manifest.realms.sandbox.endpoints
  const call = (client_secret) => context.request.post(token, { form: { grant_type: 'authorization_code', code: 'cvc_none', redirect_uri: 'https://numbers.example/cb', client_id: id, client_secret } })
  const wrong = await call('wrong')
  assert.equal(wrong.status(), 401)
  const reference = wrong.headers()['x-request-id']
  assert.equal((await call(secret)).status(), 400)
  await page.goto(`${app}/calls?in=sandbox`)
  for (let wait = 0; wait < 100 && (await page.locator('.console-table tbody tr').count()) < 2; wait++) {
    await page.waitForTimeout(200)
    await page.reload()
  }
  const text = await page.locator('main').innerText()
  assert.match(text, /invalid_client[\s\S]*What to do:/)
  assert.match(text, /300 times a minute/)
  await look(page, 'portal-calls-of-nora')
  await page.locator('#log').locator('..').getByLabel('Reference').fill(reference)
  await press(page, 'Show')
  assert.match(await page.locator('main').innerText(), /The checks, in their order[\s\S]*Not passed|The checks, in their order[\s\S]*Failed/)
  await look(page, 'portal-call')

  // What comes is appended while she watches.
  await page.goto(`${app}/calls?in=sandbox`)
  await follow(page, 'Watch calls as they come')
  const before = await page.locator('.console-table tbody tr').count()
  await call(secret)
  await page.locator(`.console-table tbody tr >> nth=${before}`).waitFor()
  assert.match(await notice(page), /New calls since you began to watch: 1/)
  await look(page, 'portal-watching')

  // A second secret, and the end of the first.
  await page.goto(`${app}/credentials`)
  await page.locator('#label-sandbox').fill('second')
  await press(page, 'Make a secret')
  const second = (await page.locator('pre').allInnerTexts()).find((one) => one.startsWith('cvs_'))
  assert.ok(second && second !== secret)
  await page.goto(`${app}/credentials`)
  await page.getByRole('button', { name: 'Stop it' }).first().click()
  await page.waitForURL(/said=retired/)
  assert.match(await notice(page), /works no more/)

  // Pages of the others are not there.
  await page.goto(`${app}x`)
  assert.match(await page.locator('main').innerText(), /not found|There is no/i)
})

await story('portal: a program that acts for itself is tried from a page; every page of its app, wide, narrow and dark', async (page) => {
  await enter(page, paula)
  await page.getByRole('link', { name: 'Harbour Archive' }).first().click()
  const app = page.url()
  await follow(page, 'Credentials')
  if (await page.getByRole('button', { name: 'Make a secret' }).count() === 0) {
    await page.getByRole('button', { name: 'Stop it' }).first().click()
    await page.waitForURL(/said=retired/)
  }
  await page.locator('#label-sandbox').fill(`try ${mark}`)
  await press(page, 'Make a secret')
  const secret = (await page.locator('pre').allInnerTexts()).find((one) => one.startsWith('cvs_'))
  await page.goto(`${app}/try`)
  await page.getByLabel('Its secret in the sandbox').fill(secret)
  await page.getByLabel('scope').fill('notes:read')
  await press(page, 'Call the token endpoint')
  const tried = await page.locator('main').innerText()
  assert.match(tried, /HTTP\/1\.1 200[\s\S]*"scope": "notes:read"/)
  assert.ok(!tried.includes(secret), 'the secret is not repeated')
  await look(page, 'portal-tried')

  // A webhook: an address that may not be called is refused with the rule.
  await page.goto(`${app}/webhooks`)
  await page.getByLabel('Address').fill('http://127.0.0.1/hook')
  await press(page, 'Add a webhook')
  assert.match(await alert(page), /cannot be called/)
  await page.getByLabel('Address').fill(`https://hooks.invalid/${mark}`)
  await press(page, 'Add a webhook')
  assert.match(await page.locator('pre').first().innerText(), /^whsec_/)
  await look(page, 'portal-webhook-made')
  await press(page, 'Send a test')
  assert.match(await notice(page), /Not heard|Tried again later/)
  const hook = page.url()
  await page.goto(`${app}/webhooks`)
  await page.getByRole('link', { name: `https://hooks.invalid/${mark}` }).click()
  const one = page.url()
  assert.equal(one, hook)
  const team = new URL(await page.goto(base).then(() => page.getByRole('link', { name: 'Members' }).getAttribute('href')), base).href
  await lookAt(page, {
    home: base, app, calls: `${app}/calls?in=sandbox`, 'calls-production': `${app}/calls?in=production`, credentials: `${app}/credentials`, try: `${app}/try`, webhooks: `${app}/webhooks`, webhook: one, watch: `${app}/calls?in=sandbox&watch=1`, redirects: `${app}/redirects`, team, sandbox: `${team}/sandbox`,
  })
  await page.goto(one)
  await press(page, 'Remove')
  assert.match(await notice(page), /removed/)
})

await story('portal: a colleague is invited, a user of the sandbox is made', async (page, context) => {
  await enter(page, paula)
  await follow(page, 'Members')
  const email = `carl.${mark}@harbour.example`
  await page.getByLabel('E-mail address').fill(email)
  await press(page, 'Invite')
  assert.match(await notice(page), /on its way/)
  const link = await linkFor(page, email)
  const other = await context.browser().newContext()
  const theirs = await other.newPage()
  await theirs.goto(link)
  await theirs.getByLabel('Your name').fill('Carl Colleague')
  await theirs.locator('input[type=password]').first().fill('a long password of carl 4711')
  await press(theirs, 'Make an account and join')
  await look(theirs, 'portal-joined')
  await other.close()
  await page.reload()
  assert.match(await page.locator('main').innerText(), /Carl Colleague/)
  await page.goto(base)
  await follow(page, 'Sandbox users and companies')
  await page.getByLabel('Name of the person').fill('Tess Tester')
  await press(page, 'Make a user')
  const shown = await page.locator('main').innerText()
  assert.match(shown, /shown this once/)
  await look(page, 'portal-sandbox-user')
  await page.locator('li', { hasText: 'Tess Tester' }).getByRole('button', { name: 'Remove' }).click()
  await page.waitForURL(/said=saved/)
})

await story('portal: with the keyboard alone, and without scripts', async (page) => {
  await enter(page, paula)
  await page.getByRole('link', { name: 'Harbour Archive' }).first().focus()
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')])
  const app = page.url()
  await page.goto(`${app}/calls?in=sandbox`)
  // A page without scripts is looked at again by itself, because its reader asked for that.
  const watch = page.getByRole('link', { name: 'Watch calls as they come' })
  assert.match(await watch.getAttribute('href'), /watch=1/)
  await page.goto(new URL(await watch.getAttribute('href'), base).href)
  // It has arrived before somebody goes on elsewhere.
  await Promise.all([page.waitForEvent('load'), page.waitForRequest((request) => request.isNavigationRequest() && request.url().includes('watch=1'))])
  await page.goto(`${app}/calls?in=sandbox`)
  await follow(page, 'Newer calls')
  assert.match(await page.locator('main').innerText(), /There are no such calls/)
  await page.goto(`${app}/redirects`)
  await page.getByLabel('Redirect URIs, one in each line').fill('https://harbour.example/#here')
  await press(page, 'Check')
  assert.match(await page.locator('main').innerText(), /It has a fragment/)
}, { javaScriptEnabled: false })

/** Goes on with the Tab key to what is looked for; on the way the focus is where the page reads on, and it can be seen. */
async function tabTo(page, wanted) {
  let above = -1
  for (let step = 0; step < 60; step++) {
    await page.keyboard.press('Tab')
    const at = await page.evaluate(() => {
      const one = document.activeElement
      const style = getComputedStyle(one)
      const box = one.getBoundingClientRect()
      const parts = [style, getComputedStyle(one.closest('label') ?? one)]
      const seen = parts.some((part) => (part.outlineStyle !== 'none' && parseFloat(part.outlineWidth) > 0) || part.boxShadow !== 'none')
      return { what: one.outerHTML.slice(0, 120), top: box.top + scrollY, isMain: one.closest('main form') !== null, seen }
    })
    assert.ok(at.seen, `the focus cannot be seen: ${at.what}`)
    if (at.isMain) {
      assert.ok(at.top >= above - 40, `the focus goes back up: ${at.what}`)
      above = at.top
    }
    if (await wanted.evaluate((one) => one === document.activeElement)) return
  }
  assert.fail(`the Tab key never comes to ${wanted}`)
}
const enterKey = (page) => Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')])
const tabAndEnter = async (page, role, name) => {
  await tabTo(page, page.getByRole(role, { name, exact: true }).first())
  await enterKey(page)
}

await story('portal: an app is registered with the keyboard alone, and what is wrong gets the focus', async (page) => {
  await enter(page, paula)
  await tabAndEnter(page, 'link', 'Register an app')
  await tabTo(page, page.getByLabel(/A web app with a server/))
  await page.keyboard.press('Space')
  await tabAndEnter(page, 'button', 'Next')
  await tabTo(page, page.getByLabel('Name of the app'))
  await page.keyboard.type(`Keys only ${mark}`)
  await tabAndEnter(page, 'button', 'Next')
  await tabTo(page, page.getByLabel('Redirect URIs, one in each line'))
  await page.keyboard.type('http://keys.example/cb')
  await tabAndEnter(page, 'button', 'Next')
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'error', 'the summary of what is wrong has the focus')
  await look(page, 'portal-keys-refused')
  await tabTo(page, page.getByLabel('Redirect URIs, one in each line'))
  await page.keyboard.press('Control+A')
  await page.keyboard.type('https://keys.example/cb')
  await tabAndEnter(page, 'button', 'Next')
  await tabTo(page, page.getByLabel(/Read your notes/))
  await page.keyboard.press('Space')
  await tabAndEnter(page, 'button', 'Next')
  await tabTo(page, page.getByLabel('Which data does the app keep, and where?'))
  await page.keyboard.type('None.')
  await tabAndEnter(page, 'button', 'Next')
  await tabAndEnter(page, 'button', 'Register the app')
  assert.ok((await page.locator('pre').allInnerTexts()).some((text) => text.startsWith('cvs_')), 'the secret is shown once')
  await look(page, 'portal-keys-registered')
  await tabAndEnter(page, 'link', 'I have kept it: to the app')
  assert.match(await page.locator('main').innerText(), /Waits for approval/)
})

await story('portal: in German, errors too', async (page) => {
  await enter(page, paula)
  await page.getByRole('link', { name: 'Harbour Archive' }).first().click()
  const app = page.url()
  assert.match(await page.locator('main').innerText(), /Wartet auf Freigabe/)
  await page.goto(`${app}/calls?in=sandbox&reference=nothing`)
  assert.match(await alert(page), /Kein Aufruf dieser App/)
  await look(page, 'portal-german-calls')
  await page.goto(`${app}/webhooks`)
  await page.getByLabel('Adresse').fill('http://10.0.0.1/')
  await press(page, 'Webhook anlegen')
  assert.match(await alert(page), /kann nicht aufgerufen werden[\s\S]*die jeder erreicht/)
  await look(page, 'portal-german-webhooks')
}, { locale: 'de-DE' })

process.exit(await finish())
