// A browser on three realms: logs in, consents, denies, comes back without being asked where the contract says so; with the keyboard only,
// without scripts, and with axe looking at each page.
import assert from 'node:assert/strict'
import { allow, deny, finish, integrator, look, manifest, signIn, start, story, vendors } from './driver.mjs'

for (const [name, vendor] of Object.entries(vendors)) {
  await story(`${name}: logs in, consents, comes back, logs out`, async (page) => {
    const { realm, app, url, again, alice } = start(vendor)
    const back = await integrator(page, app)
    await page.goto(url)
    await look(page, `${name}-1-sign-in`)
    await signIn(page, { ...alice, password: 'wrong' })
    await look(page, `${name}-2-wrong-password`)
    const focused = await page.evaluate(() => document.activeElement.name)
    assert.equal(focused, 'password', 'the password has the focus')
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
    if (vendor.always) {
      // The page is shown each time, with what was chosen before; one click goes on.
      assert.ok((await page.locator('main').innerText()).includes(alice.name))
      assert.ok(await page.getByLabel('Garage Peeters').isChecked())
      assert.equal(await page.locator('input[name=organisation]:checked').count(), 1)
      await allow(page).click()
    }
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

process.exit(await finish())
