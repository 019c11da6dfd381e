// Passkeys, as people use them: set up, in the place of the password and beside it, named, removed; and each page, looked at. The
// authenticator is Chromium's own (CDP, WebAuthn domain).
import assert from 'node:assert/strict'
import { finish, look, manifest, signIn, story } from './driver.mjs'

const origin = new URL(manifest.realms.standard.endpoints.authorization).origin
const frieda = { username: 'frieda', password: 'demo-frieda-standard' }
const security = `${origin}/account/security`

const fits = async (page) => {
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, 'it overflows')
}

/** An authenticator of this browser, that does what it is told when `present` is on. */
async function authenticator(page, more = {}) {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  const options = {
    protocol: 'ctap2',
    transport: 'internal',
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
    ...more,
  }
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', { options })
  return {
    present: (enabled) => devtools.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled }),
    credentials: async () => (await devtools.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
    forget: () => devtools.send('WebAuthn.clearCredentials', { authenticatorId }),
  }
}

const button = (page) => page.locator('button[data-passkey]')

/** Opens the page of what one signs in with, by password where nobody is signed in. */
async function open(page) {
  await page.goto(security)
  if (await page.locator('input[name=password]').count()) await signIn(page, frieda)
}

/** Adds a passkey there; true where recovery codes were shown. */
async function add(page, name, label, pictures) {
  await page.locator('a[href*="kind=passkey"]').click()
  await button(page).waitFor()
  if (pictures) {
    await look(page, `${name}-set-up`)
    await fits(page)
  }
  await page.locator('input[name=name]').fill(label)
  await Promise.all([page.waitForEvent('load'), button(page).click()])
  const codes = await page.locator('pre').count()
  if (codes) {
    if (pictures) await look(page, `${name}-codes`)
    await page.locator('button[value=go-on]').click()
  }
  await page.waitForURL(security)
  return codes > 0
}

/** Takes all of them away again: the tests can run twice on the same demo. */
async function removeAll(page) {
  await page.goto(security)
  for (;;) {
    const next = page.locator('button[name=remove]').first()
    if (!(await next.count())) return
    await next.click()
    await page.getByRole('status').waitFor()
  }
}

for (const [name, options] of [
  ['passkey', {}],
  ['passkey-dark', { colorScheme: 'dark' }],
  ['passkey-narrow', { viewport: { width: 320, height: 640 } }],
  ['passkey-german', { locale: 'de-DE' }],
]) {
  await story(`${name}: set up, signs in by itself, confirms a password, renamed, removed`, async (page, context) => {
    const device = await authenticator(page)
    await open(page)
    assert.ok(await add(page, name, 'Laptop', true), 'recovery codes come with the first')
    const [made] = await device.credentials()
    assert.deepEqual([made.rpId, made.isResidentCredential], ['localhost', true])
    await look(page, `${name}-security`)
    await fits(page)
    assert.ok((await page.locator('ul.own').first().innerText()).includes('Laptop'))
    await page.locator('details.rename summary').click()
    await look(page, `${name}-rename`)
    await fits(page)
    await page.locator('details.rename input[name=name]').fill('Küchentablet')
    await page.locator('button[name=rename]').click()
    await page.getByRole('status').waitFor()
    assert.ok((await page.locator('ul.own').first().innerText()).includes('Küchentablet'))

    // By itself: no name, no password.
    await context.clearCookies()
    await device.present(false)
    await page.goto(`${origin}/-/sign-in`)
    await button(page).waitFor()
    await look(page, `${name}-sign-in`)
    await fits(page)
    assert.equal(await page.locator('input[name=username]').getAttribute('autocomplete'), 'username webauthn')
    await device.present(true)
    await Promise.all([page.waitForURL(`${origin}/`), button(page).click().catch(() => {})])

    // Beside the password.
    await context.clearCookies()
    await device.present(false)
    await page.goto(`${origin}/-/sign-in`)
    await signIn(page, frieda)
    await button(page).waitFor()
    await look(page, `${name}-asked`)
    await fits(page)
    await device.present(true)
    await Promise.all([page.waitForURL(`${origin}/`), button(page).click()])
    await removeAll(page)
  }, options)
}

await story('passkey: the field of the user name offers it', async (page, context) => {
  const device = await authenticator(page)
  await open(page)
  await add(page, 'passkey', 'Phone')
  await context.clearCookies()
  await page.goto(`${origin}/-/sign-in`)
  // Chromium's authenticator answers for the person what the field offers.
  await page.waitForURL(`${origin}/`)
  assert.ok((await device.credentials())[0].signCount > 1)
  await removeAll(page)
})

await story('passkey: one that is not known here says so, and the password goes on', async (page, context) => {
  const device = await authenticator(page)
  await open(page)
  await add(page, 'passkey', 'Lost')
  await removeAll(page)
  await context.clearCookies()
  await device.present(false)
  await page.goto(`${origin}/-/sign-in`)
  await button(page).waitFor()
  await device.present(true)
  const alert = page.getByRole('alert')
  await Promise.all([alert.waitFor(), button(page).click().catch(() => {})])
  assert.match(await alert.innerText(), /does not work here/)
  await look(page, 'passkey-unknown')
  await device.forget()
  await page.goto(`${origin}/-/sign-in`)
  await signIn(page, frieda)
  await page.waitForURL(`${origin}/`)
})

await story('passkey: who says no can try again, or type the password', async (page) => {
  await authenticator(page, { isUserVerified: false })
  await page.goto(`${origin}/-/sign-in`)
  await button(page).click()
  await page.locator('#passkey-said').waitFor()
  assert.match(await page.locator('#passkey-said').innerText(), /No passkey was used/)
  await look(page, 'passkey-refused')
  await signIn(page, frieda)
  await page.waitForURL(`${origin}/`)
})

await story(
  'passkey: without scripts the sign-in page is as ever',
  async (page) => {
    await page.goto(`${origin}/-/sign-in`)
    assert.equal(await button(page).isVisible(), false)
    await signIn(page, frieda)
    await page.waitForURL(`${origin}/`)
  },
  { javaScriptEnabled: false },
)

process.exit(await finish())
