// A realm behind a login app that was written for the challenge API: login_app.mjs, unchanged, with its public client library.
import assert from 'node:assert/strict'
import { APP, Browser, ISSUER, secret, served, story } from './common.mjs'
import { loginApp } from './login_app.mjs'

const realm = `${ISSUER}/vendor`
const app = loginApp(`${process.env.MANAGEMENT}/realms/vendor`, 'token-of-the-login-app')
app.get('/callback', (req, res) => res.json(req.query))
app.get('/bye', (req, res) => res.send('bye'))

const authorize = (more = {}) =>
  `${realm}/authorize?${new URLSearchParams({
    client_id: 'shop', response_type: 'code', redirect_uri: `${APP}/callback`, scope: 'openid offline_access orders', state: 's', nonce: 'n',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256', ...more,
  })}`

/** Follows redirects until a page. */
async function follow(browser, url, body) {
  let answer = await browser.visit(url, body)
  for (let hop = 0; hop < 20; hop++) {
    const location = answer.headers.get('location')
    if (!location) return { url, status: answer.status, text: await answer.text() }
    url = new URL(location, url).href
    answer = await browser.visit(url)
  }
  throw new Error('the pages do not end')
}

const fill = (browser, page, fields) => follow(browser, page.url, new URLSearchParams(fields))
const signIn = { username: 'ada', password: 'ada-of-the-vendor', decision: 'allow' }
const claims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'))

async function redeem(code) {
  const body = new URLSearchParams({
    grant_type: 'authorization_code', code, redirect_uri: `${APP}/callback`, client_id: 'shop', client_secret: secret('shop'),
    code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
  })
  const answer = await fetch(`${realm}/token`, { method: 'POST', body })
  assert.equal(answer.status, 200, await answer.clone().text())
  return answer.json()
}

const browser = new Browser()
await served(app, async () => {
  let tokens
  await story('login app: sign-in and consent at the vendor\'s pages, claims from its session', async () => {
    const login = await follow(browser, authorize())
    assert.match(login.text, /Shop.*name="password"/s)
    const consent = await fill(browser, login, signIn)
    assert.match(consent.text, /openid, offline_access, orders/)
    const answer = JSON.parse((await fill(browser, consent, { decision: 'allow' })).text)
    assert.equal(answer.state, 's')
    tokens = await redeem(answer.code)
    const id = claims(tokens.id_token)
    assert.deepEqual([id.sub, id.email, id.acr, id.amr, id.nonce], ['user-17', 'ada@example.com', '1', ['pwd'], 'n'])
    assert.deepEqual([claims(tokens.access_token).sub, claims(tokens.access_token).ext.tier], ['user-17', 'gold'])
  })
  await story('login app: what is remembered is not asked again, and prompt=none works', async () => {
    assert.match((await follow(browser, authorize())).text, /"code":/)
    assert.match((await follow(browser, authorize({ prompt: 'none' }))).text, /"code":/)
    assert.match((await follow(new Browser(), authorize({ prompt: 'none' }))).text, /login_required/)
  })
  await story('login app: no at either page travels to the client', async () => {
    const other = new Browser()
    const login = await follow(other, authorize())
    assert.match((await fill(other, login, { decision: 'deny' })).text, /access_denied.*said no/)
    // The page of before is over: the app is told so, and sends the browser where it says that.
    assert.match((await follow(other, login.url)).text, /done already/)
    const asked = await fill(other, await follow(other, authorize({ prompt: 'consent' })), signIn)
    assert.match((await fill(other, asked, { decision: 'deny' })).text, /access_denied/)
  })
  await story('login app: consents are listed and taken back, sessions end', async () => {
    const { data } = await app.hydra.listOAuth2ConsentSessions({ subject: 'user-17' })
    assert.deepEqual([data[0].consent_request.client.client_id, data[0].grant_scope], ['shop', ['openid', 'offline_access', 'orders']])
    await app.hydra.revokeOAuth2ConsentSessions({ subject: 'user-17', client: 'shop' })
    assert.deepEqual((await app.hydra.listOAuth2ConsentSessions({ subject: 'user-17' })).data, [])
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token, client_id: 'shop', client_secret: secret('shop') })
    assert.equal((await fetch(`${realm}/token`, { method: 'POST', body })).status, 400)
    await app.hydra.revokeOAuth2LoginSessions({ subject: 'user-17' })
    assert.match((await follow(browser, authorize())).text, /name="password"/)
  })
  await story('login app: signing out goes through its page and back to the client', async () => {
    const consent = await fill(browser, await follow(browser, authorize()), signIn)
    const { code } = JSON.parse((await fill(browser, consent, { decision: 'allow' })).text)
    const hint = new URLSearchParams({ id_token_hint: (await redeem(code)).id_token, post_logout_redirect_uri: `${APP}/bye` })
    assert.equal((await follow(browser, `${realm}/logout?${hint}`)).text, 'bye')
    assert.match((await follow(browser, authorize())).text, /name="password"/)
  })
})
