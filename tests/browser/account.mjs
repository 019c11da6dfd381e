// The pages of one's own account, as people use them: what acts for them, where they are signed in, what is kept; each page, looked at.
import assert from 'node:assert/strict'
import { allow, finish, integrator, look, manifest, signIn, start, story, vendors } from './driver.mjs'

const { standard } = vendors
const origin = new URL(manifest.realms.standard.endpoints.authorization).origin
const account = `${origin}/account`
const alice = { username: 'alice', password: 'demo-alice-standard' }
const frieda = { username: 'frieda', password: 'demo-frieda-standard' }

const fits = async (page) => {
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, 'it overflows')
}

/** Lets the demo's web app act for somebody. */
async function connect(page, person) {
  const { app, again } = start(standard, 'openid profile')
  const back = await integrator(page, app)
  await page.goto(again)
  if (await page.locator('input[name=password]').count()) await signIn(page, person)
  await allow(page).click()
  assert.ok((await back()).get('code'))
}

for (const [name, options, words] of [
  ['account', {}, 'Connected apps'],
  ['account-dark', { colorScheme: 'dark' }, 'Connected apps'],
  ['account-narrow', { viewport: { width: 320, height: 640 } }, 'Connected apps'],
  ['account-german', { locale: 'de-DE' }, 'Verbundene Apps'],
]) {
  await story(`${name}: every page`, async (page) => {
    await connect(page, alice)
    await page.goto(account)
    assert.match(await page.locator('main').innerText(), new RegExp(words))
    await look(page, `${name}-home`)
    await fits(page)
    for (const tail of ['apps', 'apps/take-back?app=demo-web', 'sessions', 'activity', 'licences', 'data', 'delete']) {
      await page.goto(`${account}/${tail}`)
      await look(page, `${name}-${tail.replace(/\W+/g, '-')}`)
      await fits(page)
      await page.emulateMedia({ media: 'print' })
      await fits(page)
      await page.emulateMedia({ media: null })
    }
  }, options)
}

await story('an app is taken back with the keyboard alone, and asks again', async (page) => {
  await connect(page, alice)
  await page.goto(`${account}/apps`)
  const link = page.locator('a[href*="take-back"][href*="demo-web"]')
  for (let step = 0; step < 40 && !(await link.evaluate((one) => one === document.activeElement)); step++) {
    await page.keyboard.press('Tab')
  }
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')])
  assert.match(page.url(), /take-back/)
  // Nothing harmful has the focus.
  assert.equal(await page.evaluate(() => document.activeElement.name ?? ''), '')
  const button = page.getByRole('button', { name: 'Take back' })
  for (let step = 0; step < 40 && !(await button.evaluate((one) => one === document.activeElement)); step++) {
    await page.keyboard.press('Tab')
  }
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')])
  assert.match(await page.getByRole('status').innerText(), /acts for you no more/)
  await page.goto(start(standard, 'openid profile').url)
  await allow(page).waitFor()
})

await story('another browser is signed out from here', async (page, context) => {
  await page.goto(`${origin}/-/sign-in?to=sessions`)
  await signIn(page, alice)
  const other = await context.browser().newContext()
  const there = await other.newPage()
  await there.goto(`${origin}/-/sign-in?to=account`)
  await signIn(there, alice)
  await page.goto(`${account}/sessions`)
  assert.equal(await page.getByText('This browser').count(), 1)
  assert.match(await page.locator('main').innerText(), /Chrome, Linux/)
  await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: 'Sign out everywhere else' }).click()])
  assert.match(await page.getByRole('status').innerText(), /signed out everywhere else/)
  await there.goto(account)
  await there.locator('input[name=password]').waitFor()
  await other.close()
})

await story('the language is chosen, without scripts, and the data downloaded', async (page) => {
  await page.goto(`${origin}/-/sign-in?to=account`)
  await signIn(page, frieda)
  await page.locator('select[name=language]').selectOption('de')
  await page.getByRole('button', { name: 'Use this language' }).click()
  await page.waitForURL(/said=language/)
  assert.match(await page.locator('h1').innerText(), /Ihr Konto/)
  await page.goto(`${account}/data`)
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Herunterladen' }).click(),
  ])
  assert.equal(download.suggestedFilename(), 'account.json')
  await page.goto(account)
  await page.locator('select[name=language]').selectOption('en')
  await page.getByRole('button', { name: 'Diese Sprache verwenden' }).click()
  await page.waitForURL(/said=language/)
  assert.match(await page.locator('h1').innerText(), /Your account/)
}, { javaScriptEnabled: false })

process.exit(await finish())
