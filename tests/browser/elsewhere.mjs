// People who are known elsewhere: at the vendor's own pages, and in a directory. Each ends at the sample integrator with a token.
import assert from 'node:assert/strict'
import { allow, deny, finish, look, manifest, signIn, story } from './driver.mjs'

const integrator = manifest.integrator

/** The page of a connection, which has what the API said. */
async function connected(page, vendor) {
  await page.waitForURL(`${integrator}/connection/${vendor}`)
  await page.getByRole('button', { name: 'Call the API' }).click()
  await page.waitForURL(`${integrator}/connection/${vendor}`)
  return page.locator('main').innerText()
}

for (const [name, options] of [
  ['own-pages', {}],
  ['own-pages-dark', { colorScheme: 'dark', viewport: { width: 320, height: 640 } }],
]) {
  await story(`${name}: sign-in, consent and sign-out at the vendor's own pages`, async (page) => {
    const { person, endpoints } = manifest.realms['own-pages']
    await page.goto(`${integrator}/connect/own-pages`)
    const there = new URL(page.url())
    assert.equal(there.pathname, '/login')
    assert.notEqual(there.origin, new URL(endpoints.authorization).origin)
    await look(page, `${name}-sign-in`)
    await page.locator('input[name=username]').fill(person.username)
    await page.locator('input[name=password]').fill('wrong')
    await allow(page).click()
    assert.match(await page.getByRole('alert').innerText(), /wrong/)
    await look(page, `${name}-wrong-password`)
    await page.locator('input[name=password]').fill(person.password)
    await allow(page).click()
    await page.waitForURL(/\/consent\?/)
    await look(page, `${name}-consent`)
    await deny(page).click()
    await page.waitForURL(`${integrator}/connection/own-pages`)
    assert.match(await page.locator('main').innerText(), /access_denied/)
    // Signed in already: the vendor's page says so without a question, and only the consent is left.
    await page.goto(`${integrator}/connect/own-pages`)
    await page.waitForURL(/\/consent\?/)
    await allow(page).click()
    assert.match(await connected(page, 'own-pages'), /orders/)

    await page.goto(endpoints.end_session)
    await page.waitForURL(/\/logout\?/)
    await look(page, `${name}-sign-out`)
    await allow(page).click()
    await page.waitForLoadState()
    await page.goto(`${integrator}/connect/own-pages`)
    await page.waitForURL(/\/login\?/)
    await deny(page).click()
    await page.waitForURL(`${integrator}/connection/own-pages`)
    assert.match(await page.locator('main').innerText(), /access_denied/)
  }, options)
}

await story('a user of the directory signs in with the password of there', async (page) => {
  const { person } = manifest.realms.directory
  await page.goto(`${integrator}/connect/directory`)
  await signIn(page, { ...person, password: 'wrong' })
  assert.equal(await page.getByRole('alert').count(), 1)
  await page.locator('input[name=password]').fill(person.password)
  await page.locator('form:has(input[name=password]) button[type=submit]').click()
  assert.match(await page.locator('main').innerText(), /Dora Dale/)
  await allow(page).click()
  assert.match(await connected(page, 'directory'), /orders/)
})

process.exit(await finish())
