// A button that leads to another realm, where people sign in: each page of the way, looked at. The server is this script's own.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { finish, look, signIn, story } from './driver.mjs'

const built = ['release', 'debug'].map((kind) => new URL(`../../target/${kind}/claviger`, import.meta.url).pathname)
const program = process.env.CLAVIGER || built.find(existsSync)
const folder = mkdtempSync(`${tmpdir()}/claviger-provider-`)
const port = await new Promise((told) => {
  const taken = createServer().listen(0, '127.0.0.1', () => {
    const { port } = taken.address()
    taken.close(() => told(port))
  })
})
const origin = `http://localhost:${port}`
const joined = `${origin}/joined`

const realm = (id, more) => `
[realm]
id = "${id}"
name = "${id === 'joined' ? 'Harbour' : 'Contoso'}"
dialect = "standard"
issuer = "${origin}/${id}"
authorities = ["localhost:${port}"]
[requests]
loopback = true
${['openid', 'profile', 'email'].map((name) => `[[scope]]\nname = "${name}"\nsentence = "See what ${name} says."`).join('\n')}
${more}`
const person = (username, realm) => `
[[user]]
username = "${username}"
name = "The ${username}"
email = "${username}@contoso.example"
email-verified = true
password = "${username}-of-${realm}"
`
writeFileSync(`${folder}/upstream.toml`, realm('upstream', `
${['frieda', 'fritz', 'franz', 'new', 'newer', 'newest', 'nora', 'nils', 'nele'].map((name) => person(name, 'upstream')).join('')}
[[client]]
id = "us"
name = "Harbour"
grants = ["authorization_code"]
redirect-uris = ["${joined}/-/provider/work"]
scope = "openid profile email"
token-endpoint-auth-method = "private_key_jwt"
jwks-uri = "${joined}/jwks"
`))
writeFileSync(`${folder}/joined.toml`, realm('joined', `
[[identity-provider]]
id = "work"
name = "Contoso"
issuer = "${origin}/upstream"
client-id = "us"
${['frieda', 'fritz', 'franz'].map((name) => person(name, 'joined')).join('')}
`))
writeFileSync(`${folder}/claviger.toml`, `
[server]
listen = ["127.0.0.1:${port}"]
[database]
url = "sqlite://${folder}/claviger.db"
`)
const run = (...words) => spawnSync(program, [...words, '--config', 'claviger.toml'], { cwd: folder, encoding: 'utf8' })
const applied = run('apply', 'upstream.toml', 'joined.toml', '--create')
assert.equal(applied.status, 0, applied.stdout + applied.stderr)
const server = spawn(program, ['serve', '--config', 'claviger.toml'], { cwd: folder, stdio: ['ignore', 'ignore', 'ignore'] })
for (let wait = 0; wait < 600; wait++) {
  if (await fetch(`${joined}/jwks`).then((answer) => answer.ok, () => false)) break
  await new Promise((over) => setTimeout(over, 100))
}

const security = `${joined}/account/security`
const fits = async (page) => {
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, 'it overflows')
}
const seen = async (page, name) => {
  await look(page, name)
  await fits(page)
}
const button = (page) => page.getByRole('button', { name: 'Sign in with Contoso' })

/** Signs in over there, and allows what we ask for there where they are asked. */
async function there(page, username) {
  await page.waitForURL((url) => url.pathname.startsWith('/upstream/'))
  await signIn(page, { username, password: `${username}-of-upstream` })
  const allow = page.locator('button[value=allow]')
  if (new URL(page.url()).pathname.startsWith('/upstream/') && (await allow.count())) await allow.click()
  await page.waitForURL((url) => url.pathname.startsWith('/joined/'))
}

const variants = [
  ['provider', {}, 'frieda', 'new', 'nora'],
  ['provider-dark', { colorScheme: 'dark' }, 'fritz', 'newer', 'nils'],
  ['provider-narrow', { viewport: { width: 320, height: 640 } }, 'franz', 'newest', 'nele'],
]
for (const [name, options, known, fresh, unwilling] of variants) {
  await story(`${name}: an account is connected with its password, and taken away`, async (page, context) => {
    await page.goto(security)
    await seen(page, `${name}-sign-in`)
    assert.equal(await page.evaluate(() => document.activeElement.name), 'username')
    // By the keyboard, past the form of the password.
    await button(page).focus()
    await page.keyboard.press('Enter')
    await there(page, known)
    await page.getByRole('heading', { name: 'Is this your account?' }).waitFor()
    await seen(page, `${name}-link`)
    assert.equal(await page.evaluate(() => document.activeElement.name), 'password', 'the field has the focus')
    await page.keyboard.type('wrong')
    await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')])
    await seen(page, `${name}-link-wrong`)
    await page.emulateMedia({ media: 'print' })
    await fits(page)
    await page.emulateMedia({ media: null })
    await page.locator('input[name=password]').fill(`${known}-of-joined`)
    await page.keyboard.press('Enter')
    await page.waitForURL(security)
    await page.getByText('connected').first().waitFor()
    await seen(page, `${name}-security`)
    await page.getByRole('button', { name: 'Remove Contoso' }).click()
    assert.match(await page.getByRole('status').innerText(), /It is removed/)
    // And connected again, by their own word: they sign in there anew.
    await page.getByRole('button', { name: 'Connect Contoso' }).click()
    await there(page, known)
    assert.match(await page.getByRole('status').innerText(), /It is connected/)
    await seen(page, `${name}-connected`)
    await context.clearCookies()
    await page.goto(`${joined}/-/sign-in`)
    await button(page).click()
    await there(page, known)
    await page.getByText(`The ${known}`).first().waitFor()
  }, options)

  await story(`${name}: somebody new keeps the only way in, and is refused in words`, async (page) => {
    await page.goto(security)
    await button(page).click()
    await there(page, fresh)
    await page.waitForURL(security)
    assert.equal(await page.locator('input[name=new_password]').count(), 0)
    await page.getByRole('button', { name: 'Remove Contoso' }).click()
    assert.match(await page.getByRole('alert').innerText(), /could not sign in any more/)
    await seen(page, `${name}-last-way`)
  }, options)

  await story(`${name}: who does not allow it there reads what to do`, async (page, context) => {
    await context.clearCookies()
    await page.goto(`${joined}/-/sign-in`)
    await button(page).click()
    await page.waitForURL((url) => url.pathname.startsWith('/upstream/'))
    await signIn(page, { username: unwilling, password: `${unwilling}-of-upstream` })
    await page.locator('button[value=deny]').click()
    await page.waitForURL((url) => url.pathname.startsWith('/joined/'))
    assert.match(await page.getByRole('alert').innerText(), /was not finished/)
    await seen(page, `${name}-refused`)
  }, options)
}

server.kill('SIGINT')
await new Promise((over) => server.on('exit', over))
rmSync(folder, { recursive: true, force: true })
process.exitCode = await finish()
