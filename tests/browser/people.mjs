// Nobody is stranded: tabs, cookies, accounts, clicks and ways back, as people use them; and every page, looked at.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { allow, deny, finish, inView, integrator, look, manifest, signIn, start, story, vendors } from './driver.mjs'

const { standard, billit } = vendors
const origin = new URL(manifest.realms.standard.endpoints.authorization).origin
const person = (realm, name) => ({ username: name, password: `demo-${name}-${realm}` })
const alice = person('standard', 'alice')
const bob = person('standard', 'bob')
const carol = person('billit-sandbox', 'carol')
const dave = person('billit-sandbox', 'dave')

/** Each demo realm at which a person allows something. */
const asking = [
  ['audaconnect', { realm: 'audaconnect', app: 'demo-workshop', more: { response_type: 'code' }, scoped: true }],
  ['billit-sandbox', billit],
  ['billit-live', { realm: 'billit-live', app: 'demo-invoicing', more: {}, company: true }],
  ['blastiq', { realm: 'blastiq', app: 'demo-reporting', more: { response_type: 'code' }, scoped: true, pkce: true }],
  ['standard', standard],
]

/** What any run may allow: the other tests ask for more. */
const ask = () => start(standard, 'openid profile')

/** Goes on from whatever page is there, as alice, until the app has its answer. */
async function carryOn(page, back) {
  for (let step = 0; step < 5; step++) {
    if (await page.locator('input[name=password]').count()) await signIn(page, alice)
    else if (await allow(page).count()) await allow(page).click()
    else break
    await page.waitForLoadState()
  }
  const answer = await back()
  assert.ok(answer.get('code'), answer.toString())
  return answer
}

await story('three tabs of a restored browser without cookies all end at the app', async (page, context) => {
  const { app, again } = ask()
  const tabs = []
  for (const tab of [page, await context.newPage(), await context.newPage()]) {
    await context.clearCookies()
    await tab.goto(again)
    tabs.push([tab, await integrator(tab, app)])
  }
  for (const [tab, back] of tabs) await carryOn(tab, back)
})

await story('consent is open in one tab while the same person signs in in another', async (page, context) => {
  const { app, again } = ask()
  const back = await integrator(page, app)
  await page.goto(again)
  await signIn(page, alice)
  await allow(page).waitFor()
  const other = await context.newPage()
  const otherBack = await integrator(other, app)
  await other.goto(ask().again + '%20login')
  assert.equal(await other.locator('input[name=username]').inputValue(), 'alice', 'prompt=login keeps the name')
  await carryOn(other, otherBack)
  await allow(page).click()
  await carryOn(page, back)
})

await story('two clicks on Allow have the answer of one', async (page) => {
  const { app, again } = ask()
  const back = await integrator(page, app)
  await page.goto(again)
  await signIn(page, alice)
  await allow(page).waitFor()
  await page.evaluate(() => {
    const button = document.querySelector('button[value=allow]')
    button.click()
    setTimeout(() => button.click(), 60)
  })
  assert.ok((await back()).get('code'))
})

await story('a cross-site POST to the authorization endpoint leaves a waiting tab alone', async (page, context) => {
  const { app, again } = ask()
  const back = await integrator(page, app)
  await page.goto(again)
  const other = await context.newPage()
  const request = new URL(ask().again)
  const fields = [...request.searchParams].map(([name, value]) => `<input name="${name}" value="${value.replace(/"/g, '&quot;').replace(/&(?!quot)/g, '&amp;')}">`)
  await other.route('http://elsewhere.example/', (route) =>
    route.fulfill({ contentType: 'text/html', body: `<form method=post action="${request.origin}${request.pathname}">${fields.join('')}<button>go</button></form>` }))
  await other.goto('http://elsewhere.example/')
  await other.locator('button').click()
  await other.locator('input[name=password]').waitFor()
  await carryOn(page, back)
})

await story('Back after Deny says what happened, and starts again', async (page) => {
  const { app, again } = ask()
  const back = await integrator(page, app)
  await page.goto(again)
  await signIn(page, bob)
  const shown = page.url()
  await deny(page).click()
  assert.equal((await back()).get('error'), 'access_denied')
  await page.goto(shown)
  await allow(page).click()
  await look(page, 'people-denied-already')
  assert.match(await page.locator('main').innerText(), /You have denied this already/)
  await page.getByRole('link', { name: 'Start again' }).click()
  await carryOn(page, back)
})

await story('another account in a second tab: the first one is asked for itself', async (page, context) => {
  const { app, again } = ask()
  const back = await integrator(page, app)
  await page.goto(again)
  await signIn(page, alice)
  await allow(page).waitFor()
  const other = await context.newPage()
  await other.goto(ask().again)
  await other.getByRole('button', { name: 'Switch account' }).click()
  await other.getByRole('button', { name: 'Use another account' }).click()
  await signIn(other, bob)
  await allow(other).waitFor()
  await allow(page).click()
  assert.match(await page.locator('main').innerText(), /Bob Baker/, 'nothing is allowed in the name of somebody else')
  await allow(page).click()
  assert.ok((await back()).get('code'))
})

await story('lost cookies: nothing is lost but the password is typed once more', async (page, context) => {
  const { app, again } = ask()
  const back = await integrator(page, app)
  await page.goto(again)
  await context.clearCookies()
  await signIn(page, alice)
  await look(page, 'people-cookies-lost')
  assert.equal(await page.locator('input[name=username]').inputValue(), 'alice')
  await carryOn(page, back)
})

await story('the callback may send the browser on to another origin', async (page) => {
  const beyond = createServer((_, answer) => answer.end('beyond')).listen(0, '127.0.0.1')
  await new Promise((ready) => beyond.once('listening', ready))
  const goal = `http://localhost:${beyond.address().port}/there`
  const app = createServer((_, answer) => answer.writeHead(302, { location: goal }).end()).listen(0, '127.0.0.1')
  await new Promise((ready) => app.once('listening', ready))
  const native = start({ ...standard, app: 'demo-native' }, 'openid notes:read')
  const request = new URL(native.again)
  request.searchParams.set('redirect_uri', `http://127.0.0.1:${app.address().port}/callback`)
  await page.goto(request.href)
  await signIn(page, alice)
  await allow(page).click()
  await page.waitForURL(goal)
  for (const server of [beyond, app]) server.close()
})

await story('the accounts of this browser, to choose from', async (page) => {
  const select = `${ask().url}&prompt=select_account`
  const back = await integrator(page, ask().app)
  await page.goto(select)
  await signIn(page, alice)
  if (await allow(page).count()) await allow(page).click()
  assert.ok((await back()).get('code'))
  await page.goto(ask().again)
  await page.getByRole('button', { name: 'Switch account' }).click()
  await page.getByRole('button', { name: 'Use another account' }).click()
  await signIn(page, bob)
  await page.goto(select)
  await look(page, 'people-accounts')
  assert.deepEqual(await page.locator('.account-name').allInnerTexts(), ['Bob Baker', 'Alice Archer'])
  await page.getByRole('button', { name: 'Alice Archer alice' }).click()
  assert.equal(await page.locator('input[name=username]').inputValue(), 'alice')
  assert.equal(await page.evaluate(() => document.activeElement.name), 'password')
  await page.goto(`${origin}/`)
  assert.match(await page.locator('main').innerText(), /Bob Baker/, 'nobody was signed out by looking')
})

await story('after a wrong password: GET, the focus on the password, and it can be shown', async (page) => {
  await page.goto(ask().again)
  await signIn(page, { ...alice, password: 'wrong' })
  assert.equal(await page.evaluate(() => document.activeElement.name), 'password')
  assert.equal(await page.getByRole('alert').count(), 1)
  const answer = await page.reload()
  assert.equal(answer.request().method(), 'GET')
  await page.locator('input[name=password]').fill('secret')
  await page.getByRole('button', { name: 'Show', exact: true }).click()
  assert.equal(await page.locator('input[name=password]').getAttribute('type'), 'text')
  await page.getByRole('button', { name: 'Hide' }).click()
  assert.equal(await page.locator('input[name=password]').getAttribute('type'), 'password')
  assert.match(await page.locator('footer').innerText(), new RegExp(new URL(origin).host))
})

const nobody = () => ({ username: `nobody-${Math.random()}`, password: 'wrong' })

await story('a running lock counts down, and its button waits', async (page) => {
  const who = nobody()
  await page.goto(ask().again)
  for (let guess = 0; guess < 60 && !(await page.locator('[data-seconds]').count()); guess++) await signIn(page, who)
  await look(page, 'people-locked')
  const button = page.locator('button.primary')
  assert.ok(await button.isDisabled())
  const seconds = async () => (await page.locator('[data-seconds]').innerText()).split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
  const before = await seconds()
  await page.waitForFunction((text) => document.querySelector('[data-seconds]')?.textContent !== text, await page.locator('[data-seconds]').innerText())
  assert.ok((await page.locator('[data-seconds]').count()) === 0 || (await seconds()) < before)
  if (before < 12) {
    await page.getByText('You can try again now.').waitFor()
    assert.ok(!(await button.isDisabled()))
  }
})

await story('without scripts nothing is there that only a script can do', async (page) => {
  const who = nobody()
  await page.goto(ask().again)
  assert.ok(!(await page.getByRole('button', { name: 'Show' }).isVisible()))
  for (let guess = 0; guess < 60 && !(await page.locator('[data-seconds]').count()); guess++) await signIn(page, who)
  assert.match(await page.getByRole('alert').innerText(), /Wait \d+ (second|minute)/)
  await page.goto(start(billit).again)
  await signIn(page, carol)
  assert.ok(!(await page.locator('#organisation-filter').isVisible()))
  await page.getByRole('button', { name: 'All', exact: true }).click()
  assert.equal(await page.locator('input[name=organisation]:checked').count(), 30)
  await page.getByRole('button', { name: 'None', exact: true }).click()
  assert.equal(await page.locator('input[name=organisation]:checked').count(), 0)
}, { javaScriptEnabled: false })

await story('thirty companies: found by name, all and none, and Enter allows', async (page) => {
  const { app, again } = start(billit)
  const back = await integrator(page, app)
  await page.goto(again)
  await signIn(page, carol)
  await look(page, 'people-thirty')
  await page.locator('#organisation-filter').fill('zon')
  assert.deepEqual(await page.locator('.option:visible .option-name').allInnerTexts(), ['Peeters & Zonen Internationale Transport- en Logistieke Dienstverlening'])
  await page.locator('#organisation-filter').press('Enter')
  assert.ok(await allow(page).isVisible(), 'Enter in the filter decides nothing')
  await page.getByRole('button', { name: 'All', exact: true }).click()
  assert.equal(await page.locator('input[name=organisation]:checked').count(), 1, 'those that are shown')
  await page.locator('#organisation-filter').fill('')
  await page.getByRole('button', { name: 'None', exact: true }).click()
  await allow(page).click()
  await look(page, 'people-thirty-missing')
  const [alert, first] = [await page.getByRole('alert').boundingBox(), await page.locator('.option').first().boundingBox()]
  assert.ok(alert.y < first.y && first.y - alert.y < 400, 'the mistake stands at the choice')
  assert.ok(await inView(page, page.getByRole('alert')), 'and is seen')
  await page.locator('input[name=organisation]').nth(3).focus()
  await page.keyboard.press('Space')
  await page.keyboard.press('Enter')
  assert.ok((await back()).get('code'), 'Enter on a ticked company allows')
})

await story('who belongs to no company is told before the app hears anything', async (page) => {
  const { app, again } = start(billit)
  const back = await integrator(page, app)
  await page.goto(again)
  await signIn(page, dave)
  await look(page, 'people-no-company')
  assert.match(await page.locator('main').innerText(), /You cannot use this app yet/)
  await deny(page).click()
  assert.equal((await back()).get('error'), 'access_denied')
})

for (const [width, height] of [[1280, 800], [390, 844], [360, 740]]) {
  await story(`the decision is in view at ${width} x ${height}`, async (page) => {
    for (const [realm, vendor] of asking) {
      await page.context().clearCookies()
      await page.goto(start(vendor).again)
      await signIn(page, person(realm, 'alice'))
      assert.ok(await inView(page, allow(page)) && await inView(page, deny(page)), `${realm}: the decision is below the fold`)
      assert.match(await page.locator('.answer-host').innerText(), /localhost:\d+/)
      assert.equal(await page.locator('ul.scopes code').count(), 0, 'scope codes are folded away')
      assert.ok((await page.locator('ul.scopes li.weighty').count()) >= 1, `${realm}: what matters is set apart`)
      const initials = await page.locator('.handshake .monogram').allInnerTexts()
      assert.ok(!initials.some((text) => /\(|NO|D$/.test(text)), initials.join())
    }
  }, { viewport: { width, height } })
}

await story('Deny under the pointer looks no more like the main act than Allow', async (page) => {
  await page.goto(ask().again)
  await signIn(page, alice)
  const ink = (button) => button.evaluate((one) => { const style = getComputedStyle(one); return [style.color, style.backgroundColor] })
  await deny(page).hover()
  await page.waitForTimeout(300)
  assert.deepEqual(await ink(deny(page)), await ink(allow(page)))
})

await story('a page at every address, and a way on from it', async (page) => {
  const { token } = manifest.realms.standard.endpoints
  for (const [address, status] of [[`${origin}/`, 200], [`${origin}/nothing`, 404], [token, 405], [`${origin}/-/switch-account`, 200], [`${origin}/-/secret?link=cut`, 400], [`${manifest.integrator}/nothing`, 404], [`${manifest.integrator}/connection/jim2/call`, 405]]) {
    const answer = await page.goto(address)
    assert.equal(answer.status(), status, address)
    await look(page, `people-address-${status}-${address.replace(/\W+/g, '-').slice(-30)}`)
    assert.ok(await page.locator('main a.button, main button').count(), `${address} leads nowhere`)
  }
  for (const [realm, api] of Object.entries(manifest.realms)) {
    const answer = await page.goto(`${new URL(api.endpoints.token).origin}/nothing`)
    assert.equal(answer.status(), 404, realm)
  }
})

await story('signing out can be cancelled, and signing in again ends at the account', async (page) => {
  const { end_session: leave } = manifest.realms.standard.endpoints
  await page.goto(`${origin}/-/sign-in`)
  await signIn(page, alice)
  assert.match(await page.locator('main').innerText(), /Your account[\s\S]*Alice Archer/)
  await page.goto(leave)
  await page.getByRole('link', { name: 'Stay signed in' }).click()
  assert.match(await page.locator('main').innerText(), /Alice Archer/)
  await page.goto(leave)
  await page.locator('main form button[type=submit]').first().click()
  await page.getByRole('link', { name: 'Sign in again' }).click()
  await signIn(page, alice)
  assert.equal(page.url(), `${origin}/`)
})

await story('from right to left: nothing overflows, codes stay as they are', async (page) => {
  const turn = () => page.evaluate(() => { document.documentElement.dir = 'rtl' })
  for (const address of [`${origin}/`, ask().again, `${origin}/nothing`]) {
    await page.goto(address)
    await turn()
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, address)
  }
  const broken = new URL(ask().url)
  broken.searchParams.set('client_id', 'nobody')
  await page.goto(broken.href)
  await turn()
  assert.equal(await page.locator('main code').first().evaluate((code) => getComputedStyle(code).direction), 'ltr')
}, { viewport: { width: 390, height: 844 } })

await story('a device shows a code, and its user connects it', async (page) => {
  const realm = manifest.realms.standard
  const ask = async (form) => {
    const answer = await fetch(form.grant_type ? realm.endpoints.token : `${origin}/device_authorization`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'demo-tv', ...form }),
    })
    return answer.json()
  }
  const device = await ask({ scope: 'openid profile notes:read' })
  const poll = () => ask({ grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: device.device_code })
  assert.equal((await poll()).error, 'authorization_pending')

  await page.setViewportSize({ width: 360, height: 740 })
  await page.goto(device.verification_uri)
  await look(page, 'device-enter')
  await page.keyboard.type('bbbbbbbb')
  await page.keyboard.press('Enter')
  await page.locator('#error').waitFor()
  await look(page, 'device-unknown')
  await page.goto(device.verification_uri_complete)
  assert.equal(await page.locator('input[name=user_code]').inputValue(), device.user_code)
  await page.keyboard.press('Enter')
  await page.locator('button[value=continue]').waitFor()
  assert.match(await page.textContent('main'), new RegExp(`${device.user_code}[^]*Notes on the Screen`))
  await look(page, 'device-confirm')
  await page.locator('button[value=continue]').click()
  await signIn(page, alice)
  await allow(page).waitFor()
  assert.match(await page.textContent('main'), new RegExp(device.user_code))
  await look(page, 'device-consent')
  await allow(page).click()
  await page.getByText('Your device is connected').waitFor()
  await look(page, 'device-allowed')
  await page.waitForTimeout(100)
  const tokens = await poll()
  assert.ok(tokens.access_token && tokens.refresh_token && tokens.id_token, JSON.stringify(tokens))
  assert.equal((await poll()).error, 'invalid_grant')
})

process.exit(await finish())
