// The second step of a sign-in and the page of what one signs in with, as people use them; and each page, looked at.
import assert from 'node:assert/strict'
import { codeOf, finish, look, manifest, signIn, story } from './driver.mjs'

const origin = new URL(manifest.realms.standard.endpoints.authorization).origin
const frieda = { username: 'frieda', password: 'demo-frieda-standard' }
const security = `${origin}/account/security`

const fits = async (page) => {
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, 'it overflows')
}

/** Sends the form of the field that has the focus, and waits for the page that comes of it. */
const enter = (page) => Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')])

/** Signs in and sets an app up; its secret and the recovery codes. */
async function setUp(page, name) {
  await page.goto(security)
  await signIn(page, frieda)
  await look(page, `${name}-security`)
  await fits(page)
  await page.getByRole('link', { name: 'Add an authenticator app' }).click()
  await look(page, `${name}-set-up`)
  await fits(page)
  const secret = await page.locator('pre').innerText()
  const box = await page.locator('svg.qr').boundingBox()
  assert.ok(box.width > 100 && Math.abs(box.width - box.height) < 1, JSON.stringify(box))
  await page.locator('input[name=code]').fill('000000')
  await enter(page)
  await look(page, `${name}-set-up-wrong`)
  assert.equal(await page.locator('pre').innerText(), secret, 'the same secret once more')
  await page.locator('input[name=code]').fill(codeOf(secret))
  await enter(page)
  await look(page, `${name}-codes`)
  await fits(page)
  const codes = (await page.locator('pre').innerText()).trim().split('\n')
  assert.equal(codes.length, 10)
  await page.locator('button.primary').click()
  await page.waitForURL(security)
  return { secret, codes }
}

/** Takes it away again: the tests can run twice on the same demo. */
async function remove(page) {
  await page.goto(security)
  await page.getByRole('button', { name: 'Remove this authenticator app' }).click()
  assert.match(await page.getByRole('status').innerText(), /It is removed/)
}

for (const [name, options] of [
  ['factor', {}],
  ['factor-dark', { colorScheme: 'dark' }],
  ['factor-narrow', { viewport: { width: 320, height: 640 } }],
]) {
  await story(`${name}: set up, asked for, a recovery code, removed`, async (page, context) => {
    const { codes } = await setUp(page, name)
    await context.clearCookies()
    await page.goto(`${origin}/-/sign-in`)
    await signIn(page, frieda)
    await look(page, `${name}-asked`)
    await fits(page)
    assert.equal(await page.evaluate(() => document.activeElement.name), 'code', 'the field has the focus')
    await page.keyboard.type('abcde-fghjk')
    await enter(page)
    await look(page, `${name}-asked-wrong`)
    assert.equal(await page.getByRole('alert').count(), 1)
    await page.emulateMedia({ media: 'print' })
    await fits(page)
    await page.emulateMedia({ media: null })
    await page.keyboard.type(codes[0])
    await enter(page)
    await page.waitForURL(`${origin}/`)
    await remove(page)
  }, options)
}

process.exit(await finish())
