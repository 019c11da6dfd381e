// A partner programme from its first day: an owner by a link of the terminal, a reviewer whom the owner invites, a partner who signs up, registers an
// app, is asked, approved, mailed, makes a mistake, finds it, rotates the secret, is told of a deadline, and is suspended. One walk.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { codeOf, finish, look, manifest, story } from './driver.mjs'

const root = new URL('../..', import.meta.url).pathname
const program = process.env.CLAVIGER || ['release', 'debug'].map((kind) => `${root}target/${kind}/claviger`).find(existsSync)
const data = dirname(manifest.mails)
const consoleUrl = manifest.realms.admin.console
const portal = manifest.realms.partners.portal
const production = manifest.realms.standard
const mark = Date.now().toString(36)
const owner = { name: `owner-${mark}`, mail: `owner-${mark}@admin.example`, password: `an owner of ${mark}` }
const reviewer = { name: `reviewer-${mark}`, mail: `reviewer-${mark}@admin.example`, password: `a reviewer of ${mark}` }
const partner = { name: 'Petra Partner', mail: `petra-${mark}@fleet.example`, password: `a partner of ${mark}` }
const nextYear = new Date().getFullYear() + 1
const appName = `Fleet ${mark}`

/** The command line, on the demo's data. */
const claviger = (...words) =>
  execFileSync(program, [...words, '--database', `sqlite://${data}/claviger.db`], {
    cwd: data, encoding: 'utf8', env: { ...process.env, CLAVIGER_MASTER_KEY__FILE: `${data}/master.key` },
  })

const decoded = (text) => text.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)))

/** The newest mail to this address that says this, once it is there. */
async function mailTo(page, address, words) {
  for (let tries = 0; tries < 120; tries++) {
    const names = existsSync(manifest.mails) ? readdirSync(manifest.mails).filter((name) => name.endsWith('.eml')) : []
    const mails = names.map((name) => decoded(readFileSync(join(manifest.mails, name), 'utf8'))).filter((mail) => mail.includes(address) && words.test(mail))
    if (mails.length) return mails.at(-1)
    await page.waitForTimeout(500)
  }
  assert.fail(`no mail to ${address} that says ${words}`)
}

const linkIn = (mail) => mail.match(/https?:\/\/[^\s"<>]+\/(?:-\/link|portal\/)[^\s"<>]+/)[0].replaceAll('&amp;', '&')
const press = (page, name) => Promise.all([page.waitForEvent('load'), page.getByRole('button', { name, exact: true }).first().click()])
const text = (page) => page.locator('main').innerText()
const said = (page) => page.getByRole('status').first().innerText()

/** Opens a page again until this is so. */
async function until(page, url, holds) {
  for (let tries = 0; tries < 120; tries++) {
    await page.goto(url)
    if (await holds()) return
    await page.waitForTimeout(500)
  }
  assert.fail(`it never came: ${url}: ${await text(page)}`)
}

/** Looks at a page as most see it, and small and dark. */
async function seen(page, name) {
  await look(page, `programme-${name}`)
  const size = page.viewportSize()
  await page.setViewportSize({ width: 320, height: 640 })
  await page.emulateMedia({ colorScheme: 'dark' })
  await look(page, `programme-${name}-small`)
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
  assert.equal(wide, false, `${page.url()} is wider than the screen`)
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize(size)
}

/** Chooses a password behind a link. */
async function choosePassword(page, link, password) {
  await page.goto(link)
  for (const field of await page.locator('input[type=password]').all()) await field.fill(password)
  await Promise.all([page.waitForEvent('load'), page.locator('button.primary').click()])
}

/** Comes into the console with a password and an authenticator app that is set up on the way. */
async function enterConsole(page, who) {
  await page.goto(consoleUrl)
  await page.locator('input[name=username]').fill(who.name)
  await page.locator('input[name=password]').fill(who.password)
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')])
  const secret = await page.locator('pre').innerText()
  await page.locator('input[name=code]').fill(codeOf(secret))
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')])
  await page.locator('button.primary').click()
  await page.waitForURL(consoleUrl)
}

const guideOf = async (id) => (await fetch(`${new URL('/guide.md', production.endpoints.token)}?client_id=${id}`)).text()

/** What the guide's line for a token of the app itself prints, when it is run with this secret. */
function tokenByGuide(guide, secret) {
  const lines = [...guide.matchAll(/```sh\n([^`]*)```/g)].map((found) => found[1])
  const line = lines.find((one) => one.includes('grant_type=client_credentials'))
  assert.ok(line, 'the guide has no line for a token of the app itself')
  const done = spawnSync('bash', ['-c', line], { encoding: 'utf8', env: { ...process.env, CLIENT_SECRET: secret } })
  return done.stdout + done.stderr
}

await story('programme: from the first owner to a suspended app', async (page, context) => {
  const desktop = { viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' }
  const people = {}
  for (const one of ['owner', 'reviewer', 'partner']) {
    people[one] = await (await context.browser().newContext(desktop)).newPage()
    people[one].setDefaultTimeout(15000)
  }

  // An owner.
  const printed = claviger('role', 'first-owner', '--realm', 'admin', '--username', owner.name, '--email', owner.mail, '--force')
  await choosePassword(people.owner, linkIn(printed), owner.password)
  await enterConsole(people.owner, owner)
  await seen(people.owner, 'home')

  // A reviewer, invited.
  await people.owner.goto(`${consoleUrl}/people`)
  await people.owner.getByLabel('User name').fill(reviewer.name)
  await people.owner.getByLabel('E-mail').fill(reviewer.mail)
  await people.owner.getByLabel('Role').selectOption('reviewer')
  await press(people.owner, 'Give this role')
  assert.match(await text(people.owner), new RegExp(reviewer.name))
  await choosePassword(people.reviewer, linkIn(await mailTo(page, reviewer.mail, /-\/link/)), reviewer.password)
  await enterConsole(people.reviewer, reviewer)
  assert.equal((await people.reviewer.goto(`${consoleUrl}/people`)).status(), 403, 'a reviewer gives no roles')

  // A partner signs up, and registers an app.
  const desk = people.partner
  await desk.goto(`${portal}/sign-up`)
  await desk.getByLabel('E-mail address').fill(partner.mail)
  await desk.getByLabel('Your name').fill(partner.name)
  for (const field of await desk.locator('input[type=password]').all()) await field.fill(partner.password)
  await seen(desk, 'sign-up')
  await press(desk, 'Sign up')
  await desk.goto(linkIn(await mailTo(page, partner.mail, /portal\//)))
  await desk.locator('input[name=password]').fill(partner.password)
  await press(desk, 'Make my account')
  await desk.goto(portal)
  await desk.locator('input[name=username]').fill(partner.mail)
  await desk.locator('input[name=password]').fill(partner.password)
  await Promise.all([desk.waitForEvent('load'), desk.keyboard.press('Enter')])
  await press(desk, 'I accept')
  await desk.getByLabel('Name of the team').fill(`Team ${mark}`)
  await press(desk, 'Make a team')
  await desk.getByRole('link', { name: 'Register an app' }).click()
  await desk.getByLabel(/acts for itself/).check()
  await press(desk, 'Next')
  await desk.getByLabel('Name of the app').fill(appName)
  await desk.getByLabel('Who publishes it').fill(`Team ${mark}`)
  await press(desk, 'Next')
  await desk.locator('input[name=scope][value="notes:read"]').check()
  await desk.locator('input[name="reason:notes:read"]').fill('It shows the notes on a map.')
  await seen(desk, 'scopes')
  await press(desk, 'Next')
  await desk.getByLabel('Which data does the app keep, and where?').fill('None.')
  await press(desk, 'Next')
  await seen(desk, 'summary')
  await press(desk, 'Register the app')
  assert.match(await text(desk), /cvs_/, 'credentials for the sandbox are there at once')
  const appUrl = desk.url().split('?')[0].replace(/\/draft$/, '')
  await desk.goto(appUrl)
  await seen(desk, 'app')
  assert.match(await text(desk), /Waits for approval/)

  // A question, its answer, the approval.
  const review = people.reviewer
  await review.goto(`${consoleUrl}/approvals`)
  await review.getByRole('link', { name: appName }).first().click()
  await review.getByLabel('Ask the owner something').fill('Which map is it?')
  await press(review, 'Ask')
  await mailTo(page, partner.mail, /Which map is it\?/)
  await desk.goto(appUrl)
  assert.match(await text(desk), /Which map is it\?/)
  await desk.getByLabel('Answer, or add something').fill('The one of the harbour.')
  await press(desk, 'Send')
  await review.reload()
  assert.match(await text(review), /The one of the harbour\./)
  await seen(review, 'answered')
  await press(review, 'Approve')
  assert.match(await said(review), /Approved/)

  // The secret for production, once, behind the mailed link; and the guide's line with it.
  await desk.goto((await mailTo(page, partner.mail, /has been approved/)).match(/https?:\S+\/-\/secret\?link=[\w-]+/)[0])
  await Promise.all([desk.waitForEvent('load'), desk.locator('button.primary').click()])
  const shown = await desk.locator('pre').allInnerTexts()
  const first = shown.find((one) => one.startsWith('cvs_')).trim()
  const id = shown[0].trim()
  assert.match(tokenByGuide(await guideOf(id), first), /"access_token"/)

  // A mistake, found with how to mend it.
  assert.match(tokenByGuide(await guideOf(id), 'cvs_mistyped'), /invalid_client/)
  await until(desk, `${appUrl}/calls?in=production`, async () => /What to do:/.test(await text(desk)))
  assert.match(await text(desk), /invalid_client/)
  await seen(desk, 'calls')
  await Promise.all([desk.waitForEvent('load'), desk.locator('section[aria-labelledby=went-wrong] a').first().click()])
  await seen(desk, 'call')

  // Another secret, while the last use of the first is seen; then the first is stopped.
  await desk.goto(`${appUrl}/credentials`)
  const ofProduction = desk.locator('section[aria-labelledby=production]')
  await ofProduction.getByLabel('What you call the secret').fill('second')
  await Promise.all([desk.waitForEvent('load'), ofProduction.getByRole('button', { name: 'Make a secret' }).click()])
  const second = (await desk.locator('pre').allInnerTexts()).find((one) => one.startsWith('cvs_')).trim()
  const row = (name) => ofProduction.locator('ul.own > li', { hasText: name })
  // The last use is written beside the requests.
  await until(desk, `${appUrl}/credentials`, async () => /Last used 2\d{3}-/.test(await row('first').innerText()))
  assert.match(await row('second').innerText(), /Never used/)
  await seen(desk, 'credentials')
  assert.match(tokenByGuide(await guideOf(id), second), /"access_token"/)
  await Promise.all([desk.waitForEvent('load'), row('first').getByRole('button', { name: 'Stop it' }).click()])
  assert.match(tokenByGuide(await guideOf(id), first), /invalid_client/)
  assert.match(tokenByGuide(await guideOf(id), second), /"access_token"/)

  // Told of a deadline: of an old behaviour that the vendor had given this very app, and of what concerns all partners.
  await people.owner.goto(`${consoleUrl}/r/standard/app?id=${id}`)
  await people.owner.getByRole('link', { name: 'Change', exact: true }).click()
  await people.owner.locator('input[name=legacy][value=no-pkce]').check()
  await press(people.owner, 'See what changes')
  await press(people.owner, 'Save these changes')
  await people.owner.goto(`${consoleUrl}/r/standard/dialect`)
  await people.owner.locator('tr', { hasText: 'no-pkce' }).getByRole('link', { name: 'Set for all apps' }).click()
  await people.owner.getByLabel('It ends on').fill(`${nextYear}-03-01`)
  await people.owner.getByLabel('Note').fill(`Use PKCE, says ${owner.name}.`)
  await press(people.owner, 'Set the deadline')
  await seen(people.owner, 'deadline')
  const told = await mailTo(page, partner.mail, new RegExp(`Use PKCE, says ${owner.name}`))
  assert.match(told, new RegExp(`${nextYear}-03-01`))
  await desk.goto(appUrl)
  assert.match(await text(desk), new RegExp(`no-pkce[^]*${nextYear}-03-01[^]*Use PKCE, says ${owner.name}`))
  await seen(desk, 'deadline-told')
  claviger('announcement', 'add', `Move to the new map by ${nextYear}-03-01.`, '--realm', 'partners')
  await desk.goto(portal)
  assert.match(await text(desk), new RegExp(`by ${nextYear}-03-01`))

  // Suspended: told by mail, seen in the portal, refused at the token endpoint.
  await people.owner.goto(`${consoleUrl}/r/standard/app?id=${id}`)
  await people.owner.getByRole('link', { name: 'Suspend' }).click()
  await press(people.owner, 'Suspend')
  await desk.goto(appUrl)
  assert.match(await text(desk), /Suspended/)
  assert.match(tokenByGuide(await guideOf(id), second), /invalid_client/)
  await mailTo(page, partner.mail, /uspended/)
})

process.exit(await finish())
