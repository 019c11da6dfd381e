// The console, as the vendor's people use it: an owner and a reviewer come in with a second factor, look at everything, and decide.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { codeOf, finish, look, manifest, signIn, story } from './driver.mjs'

const origin = new URL(manifest.realms.admin.issuer ?? manifest.realms.admin.endpoints.token).origin
const base = `${origin}/console`
const olga = { username: 'olga', password: 'demo-olga-admin' }
const rita = { username: 'rita', password: 'demo-rita-admin' }

const fits = async (page) => {
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, `it overflows: ${page.url()}`)
}

/** The apps that were set up: who administers cannot be without one, and the stories can run twice on the same demo. */
const kept = (person) => `${process.env.CLAVIGER_MANIFEST}.${person.username}.totp`

/** Comes in: with the password, and an authenticator app that is set up on the way. */
async function enter(page, person) {
  await page.goto(base)
  await signIn(page, person)
  if (existsSync(kept(person))) {
    // The code of the present half minute may have been used already.
    await page.locator('input[name=code]').fill(codeOf(readFileSync(kept(person), 'utf8'), Math.floor(Date.now() / 30000) + 1))
    await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')])
  } else {
    const secret = await page.locator('pre').innerText()
    await page.locator('input[name=code]').fill(codeOf(secret))
    await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')])
    writeFileSync(kept(person), secret, { mode: 0o600 })
    await page.locator('button.primary').click()
  }
  await page.waitForURL(base)
}

const press = (page, name) => Promise.all([page.waitForEvent('load'), page.getByRole('button', { name, exact: true }).click()])
const said = (page) => page.getByRole('status').innerText()

const places = [
  '', '/approvals', '/audit', '/people', '/r/standard', '/r/standard/raw', '/r/standard/apps', '/r/standard/apps/new',
  '/r/standard/app?id=demo-web', '/r/standard/users', '/r/standard/organisations', '/r/standard/grants',
  '/r/standard/keys', '/r/standard/settings', '/r/standard/webhooks', '/r/standard/calls?app=demo-batch', '/r/standard/evaluate?app=demo-batch', '/r/standard/dialect', '/r/audaconnect/dialect', '/r/jim2/seats', '/nowhere',
]

await story('console: an owner sees every page, wide, narrow and dark; registers an app, asks, approves, suspends and deletes it', async (page) => {
  await enter(page, olga)
  for (const [name, size, colorScheme] of [
    ['console', { width: 1280, height: 800 }, 'light'],
    ['console-dark', { width: 1280, height: 800 }, 'dark'],
    ['console-narrow', { width: 320, height: 640 }, 'light'],
  ]) {
    await page.setViewportSize(size)
    await page.emulateMedia({ colorScheme })
    for (const place of places) {
      await page.goto(`${base}${place}`)
      await look(page, `${name}${place.replace(/\W+/g, '-')}`)
      await fits(page)
    }
  }
  await page.setViewportSize({ width: 1280, height: 800 })
  const id = `browser-${Date.now()}`
  await page.goto(`${base}/r/standard/apps/new`)
  await page.getByLabel('Name', { exact: true }).fill('Browser Fleet')
  await page.getByLabel('ID').fill(id)
  await page.getByLabel('Redirect URIs').fill('http://fleet.example/cb')
  await press(page, 'Register')
  assert.match(await page.getByRole('alert').innerText(), /redirect_uri[\s\S]*Use https/, 'the rule that broke')
  assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Browser Fleet', 'nothing is typed twice')
  await page.getByLabel('Redirect URIs').fill('https://fleet.example/cb')
  await press(page, 'Register')
  assert.match(await said(page), /Added/)
  await page.goto(`${base}/approvals`)
  await page.getByRole('link', { name: 'Browser Fleet' }).first().click()
  await page.getByLabel('Ask the owner something').fill('Which trucks?')
  await press(page, 'Ask')
  assert.match(await said(page), /Asked/)
  assert.match(await page.locator('main').innerText(), /Which trucks\?/)
  await press(page, 'Approve')
  await look(page, 'console-approved')
  const link = await page.locator('pre').innerText()
  assert.match(link, /\/-\/secret\?link=/, 'nobody has an address, so the link is shown')
  await page.goto(link)
  await page.locator('button.primary').click()
  const secret = (await page.locator('pre').allInnerTexts()).find((text) => text.startsWith('cvs_'))
  assert.ok(secret, 'the secret is shown once')
  const token = manifest.realms.standard.endpoints.token
  const body = new URLSearchParams({ grant_type: 'authorization_code', code: 'none', client_id: id, client_secret: secret.trim() })
  const answer = await fetch(token, { method: 'POST', body })
  assert.equal((await answer.json()).error, 'invalid_grant', 'the app is known, only its code is not')
  // The log is written twice a second.
  for (let tries = 0; tries < 60; tries++) {
    await page.goto(`${base}/r/standard/calls?app=${id}`)
    if (await page.locator('td', { hasText: 'invalid_grant' }).count()) break
    await page.waitForTimeout(500)
  }
  await look(page, 'console-calls')
  assert.match(await page.locator('main').innerText(), /invalid_grant/)
  await page.locator('td a[href*="reference="]').first().click()
  await look(page, 'console-call')
  assert.match(await page.locator('main').innerText(), /Each check/)
  await page.goto(`${base}/r/standard/app?id=${id}`)
  await page.getByRole('link', { name: 'Change', exact: true }).click()
  await page.getByLabel('Name', { exact: true }).fill('Browser Fleet 2')
  await press(page, 'See what changes')
  await look(page, 'console-differences')
  await press(page, 'Save these changes')
  assert.match(await said(page), /Changed/)
  await page.getByRole('link', { name: 'Suspend' }).click()
  await look(page, 'console-confirm')
  assert.equal(await page.evaluate(() => document.activeElement === document.body), true, 'Enter does nothing harmful')
  await press(page, 'Suspend')
  assert.match(await said(page), /Suspended/)
  const after = await fetch(token, { method: 'POST', body })
  assert.equal((await after.json()).error, 'invalid_client')
  await page.getByRole('link', { name: 'Delete' }).click()
  await press(page, 'Delete')
  assert.match(await said(page), /Deleted/)
  await page.goto(`${base}/audit?realm=standard&act=app.delete`)
  assert.match(await page.locator('main').innerText(), new RegExp(id))
}, { viewport: { width: 1280, height: 800 } })

await story('console: of two who decide at once one does, and the other is told on the page', async (page, context) => {
  await enter(page, olga)
  const id = `decided-${Date.now()}`
  await page.goto(`${base}/r/standard/apps/new`)
  await page.getByLabel('Name', { exact: true }).fill('Decided Twice')
  await page.getByLabel('ID').fill(id)
  await page.getByLabel('Redirect URIs').fill('https://twice.example/cb')
  await press(page, 'Register')
  // Both look at the same request.
  const app = `${base}/r/standard/app?id=${id}`
  const other = await context.browser().newContext({ locale: 'en-US', viewport: { width: 1280, height: 800 } })
  const theirs = await other.newPage()
  await enter(theirs, rita)
  await Promise.all([page.goto(app), theirs.goto(app)])
  await press(theirs, 'Approve')
  assert.match(await theirs.locator('pre').innerText(), /-\/secret\?link=/, 'approved: nobody has an address, so the link is shown')
  await page.getByLabel('Reason').fill('We do not know you.')
  await press(page, 'Reject')
  const told = page.getByRole('alert')
  assert.match(await told.innerText(), /somebody may have decided meanwhile\. Nothing was written/)
  assert.equal(await told.evaluate((one) => one === document.activeElement), true, 'what was not done gets the focus')
  await look(page, 'console-decided-meanwhile')
  await page.getByRole('link', { name: 'Go back' }).click()
  const main = await page.locator('main').innerText()
  assert.match(main, /Approved/)
  assert.doesNotMatch(main, /We do not know you/, 'the second wrote nothing')
  await page.goto(`${base}/audit?realm=standard&act=app.reject`)
  assert.doesNotMatch(await page.locator('main').innerText(), new RegExp(id))
  await page.goto(app)
  await page.getByRole('link', { name: 'Delete' }).click()
  await press(page, 'Delete')
  await other.close()
}, { viewport: { width: 1280, height: 800 } })

await story('console: a reviewer looks for an app with the keyboard alone, and may not stop it', async (page) => {
  await enter(page, rita)
  await page.goto(`${base}/r/standard/apps`)
  const field = page.getByLabel('Name, ID, publisher, owner or address')
  for (let step = 0; step < 40 && !(await field.evaluate((one) => one === document.activeElement)); step++) {
    await page.keyboard.press('Tab')
  }
  await page.keyboard.type('demo-web')
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')])
  const link = page.locator('td a[href*="demo-web"]').first()
  for (let step = 0; step < 60 && !(await link.evaluate((one) => one === document.activeElement)); step++) {
    await page.keyboard.press('Tab')
  }
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')])
  assert.match(page.url(), /app\?id=demo-web/)
  assert.equal(await page.getByRole('link', { name: 'Suspend' }).count(), 0)
  const refused = await page.goto(`${base}/r/standard/keys`)
  assert.equal(refused.status(), 403)
  await look(page, 'console-may-not')
}, { viewport: { width: 1280, height: 800 } })

process.exit(await finish())
