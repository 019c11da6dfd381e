// Agents: consent that ends by itself, where they stand in the account, and what one asks while its user is elsewhere.
import assert from 'node:assert/strict'
import { allow, finish, integrator, look, manifest, signIn, start, story } from './driver.mjs'

const standard = { realm: 'standard', app: 'demo-agent', more: { response_type: 'code' }, scoped: true, pkce: true }
const { endpoints } = manifest.realms.standard
const origin = new URL(endpoints.authorization).origin
const account = `${origin}/account`
const secret = 'demo-agent-secret-of-the-demonstration'
// Nobody else is asked in these stories, so that the brakes of one person are nobody else's.
const bob = { username: 'bob', password: 'demo-bob-standard' }

const fits = async (page) => {
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, 'it overflows')
}

const post = async (url, form) => {
  const body = new URLSearchParams({ client_id: 'demo-agent', client_secret: secret, ...form })
  const answer = await fetch(url, { method: 'POST', body })
  return { status: answer.status, ...(await answer.json()) }
}

const ask = async (message) => {
  const form = { scope: 'openid notes:read offline_access', login_hint: bob.username, binding_message: message }
  const said = await post(`${origin}/bc-authorize`, form)
  assert.equal(said.status, 200, JSON.stringify(said))
  return said.auth_req_id
}

const poll = (id) =>
  post(endpoints.token, { grant_type: 'urn:openid:params:grant-type:ciba', auth_req_id: id })

const claims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'))

/** Tabs to something, and presses it. */
async function press(page, locator) {
  for (let step = 0; step < 60 && !(await locator.evaluate((one) => one === document.activeElement)); step++) {
    await page.keyboard.press('Tab')
  }
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')])
}

for (const [name, options] of [
  ['agents', {}],
  ['agents-dark', { colorScheme: 'dark' }],
  ['agents-narrow', { viewport: { width: 320, height: 640 } }],
  ['agents-german', { locale: 'de-DE' }],
]) {
  await story(`${name}: consent for an hour, apart from other apps`, async (page) => {
    const { app, again } = start(standard, 'openid profile')
    const back = await integrator(page, app)
    await page.goto(again)
    await signIn(page, bob)
    await look(page, `${name}-consent`)
    await fits(page)
    assert.equal(await page.locator('input[name=for]').count(), 3)
    await page.locator('input[name=for][value="1h"]').check()
    await allow(page).click()
    assert.ok((await back()).get('code'))
    await page.goto(`${account}/apps`)
    assert.match(await page.locator('section.agents').innerText(), /Notes Assistant/)
    await look(page, `${name}-apps`)
    await fits(page)
    await page.goto(`${account}/requests`)
    await look(page, `${name}-no-requests`)
    await fits(page)
  }, options)
}

await story('an agent asks while its user is elsewhere, who allows it with the keyboard alone', async (page) => {
  const id = await ask('Order 4711')
  assert.equal((await poll(id)).error, 'authorization_pending')
  await page.goto(`${origin}/-/sign-in?to=requests`)
  await signIn(page, bob)
  assert.match(page.url(), /account\/requests/)
  assert.match(await page.locator('main').innerText(), /Notes Assistant[^]*Order 4711/)
  await look(page, 'agents-requests')
  await press(page, page.locator('button[name=look]'))
  assert.match(await page.locator('main').innerText(), /while you are elsewhere[^]*Order 4711/)
  await look(page, 'agents-requests-consent')
  await page.locator('input[name=for][value="1d"]').check()
  await press(page, allow(page))
  assert.match(await page.getByRole('status').innerText(), /Allowed/)
  await look(page, 'agents-requests-allowed')
  // Not sooner than the interval says.
  let tokens = await poll(id)
  for (let wait = 0; tokens.error && wait < 30; wait++) {
    assert.ok(['slow_down', 'authorization_pending'].includes(tokens.error), JSON.stringify(tokens))
    await page.waitForTimeout(1000)
    tokens = await poll(id)
  }
  assert.equal(claims(tokens.access_token).client_kind, 'agent')
})

await story('who did not expect it refuses, and blocks the app', async (page) => {
  const id = await ask('A prize for you')
  await page.goto(`${origin}/-/sign-in?to=requests`)
  await signIn(page, bob)
  await Promise.all([page.waitForEvent('load'), page.locator('button[name=block]').click()])
  assert.match(await page.getByRole('status').innerText(), /does not ask you again/)
  await look(page, 'agents-requests-blocked')
  assert.equal((await poll(id)).error, 'access_denied')
  const again = await post(`${origin}/bc-authorize`, { scope: 'openid', login_hint: bob.username })
  assert.deepEqual([again.status, again.error], [403, 'access_denied'])
  await Promise.all([page.waitForEvent('load'), page.locator('button[name=unblock]').click()])
  assert.match(await page.getByRole('status').innerText(), /may ask you again/)
})

await finish()
