// node-oidc-provider as the provider at which a realm's users sign in: private_key_jwt with the realm's own key, PKCE, `iss`, and
// claims at userinfo alone.
import assert from 'node:assert/strict'
import { Provider } from 'oidc-provider'
import { APP, Browser, ISSUER, secret, served, story } from './common.mjs'

const realm = `${ISSUER}/joined`
const { UPSTREAM } = process.env
const jwks = await (await fetch(`${realm}/jwks`)).json()
const verified = (id) => !id.startsWith('unverified')
const provider = new Provider(UPSTREAM, {
  clients: [
    {
      client_id: 'claviger',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks,
      redirect_uris: [`${realm}/-/provider/upstream`],
    },
  ],
  cookies: { keys: ['a key of the parties'] },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  findAccount: (ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@upstream.example`, email_verified: verified(id), name: `The ${id}` }),
  }),
})
provider.on('grant.error', (ctx, error) => console.log(error.error_detail ?? error))
const upstream = provider.listen(new URL(UPSTREAM).port, '127.0.0.1')
await new Promise((ready) => upstream.on('listening', ready))

const plain = (text) => text.replace(/&amp;/g, '&').replace(/&#x2f;/g, '/').replace(/&quot;/g, '"')

/** Presses the button, signs in and allows there, allows here; the app's answer, or the page that ends it. `typed`: how often a name was. */
async function signIn(browser, login, { deny, ...more } = {}) {
  let typed = 0
  let url = `${realm}/authorize?${new URLSearchParams({
    client_id: 'shop', response_type: 'code', redirect_uri: `${APP}/callback`, scope: 'openid email', state: 's',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256', ...more,
  })}`
  let answer = await browser.visit(url)
  let pressed = false
  for (let page = 0; page < 30; page++) {
    const location = answer.headers.get('location')
    if (location) {
      url = new URL(location, url).href
      answer = await browser.visit(url)
      continue
    }
    const html = await answer.text()
    if (url.startsWith(APP)) return { ...JSON.parse(html), typed }
    const forms = [...html.matchAll(/<form\b[^>]*action="([^"]*)"[^>]*>(.*?)<\/form>/gs)]
    const fields = new URLSearchParams()
    const button = forms.find(([, , inside]) => inside.includes('name="provider"'))
    const allow = forms.find(([, , inside]) => inside.includes('value="allow"'))
    const there = url.startsWith(UPSTREAM) && forms[0]
    const abort = deny && there && /href="([^"]*\/abort)"/.exec(html)
    if (abort) {
      url = new URL(plain(abort[1]), url).href
      answer = await browser.visit(url)
      continue
    }
    const form = there || allow || (!pressed && button)
    if (!form) return { html }
    for (const [, name, value] of form[2].matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)) fields.append(name, plain(value))
    if (form === button) {
      pressed = true
      fields.append('provider', 'upstream')
    } else if (form === allow) fields.append('decision', 'allow')
    else if (form[2].includes('name="login"')) {
      typed++
      fields.append('login', login)
      fields.append('password', 'any')
    }
    url = new URL(plain(form[1]), url).href
    answer = await browser.visit(url, fields)
  }
  throw new Error('the pages do not end')
}

async function subject({ code, html }) {
  assert(code, html?.replace(/<[^>]*>/g, ' ').slice(0, 400))
  const body = new URLSearchParams({
    grant_type: 'authorization_code', code, redirect_uri: `${APP}/callback`, client_id: 'shop', client_secret: secret('shop'),
    code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
  })
  const tokens = await (await fetch(`${realm}/token`, { method: 'POST', body })).json()
  const idToken = JSON.parse(Buffer.from(tokens.id_token.split('.')[1], 'base64url'))
  const userinfo = await fetch(`${realm}/userinfo`, { headers: { authorization: `Bearer ${tokens.access_token}` } })
  return { ...(await userinfo.json()), auth_time: idToken.auth_time }
}

const app = (req, res) => res.end(JSON.stringify(Object.fromEntries(new URL(req.url, APP).searchParams)))
await served(app, async () => {
  let first
  await story('node-oidc-provider: a user of the realm with a confirmed address', async () => {
    first = await subject(await signIn(new Browser(), 'ada'))
    assert.deepEqual([first.email, first.email_verified], ['ada@upstream.example', true])
  })
  await story('node-oidc-provider: the same user in another browser, another one for another person', async () => {
    assert.equal((await subject(await signIn(new Browser(), 'ada'))).sub, first.sub)
    assert.notEqual((await subject(await signIn(new Browser(), 'bob'))).sub, first.sub)
  })
  await story('node-oidc-provider: an app that wants a new sign-in gets one there', async () => {
    const browser = new Browser()
    const before = await signIn(browser, 'ada')
    assert.equal(before.typed, 1)
    await subject(before)
    for (const more of [{ prompt: 'login' }, { max_age: '0' }]) {
      const started = Math.floor(Date.now() / 1000)
      const again = await signIn(browser, 'ada', more)
      assert.equal(again.typed, 1, 'they are asked once more')
      const { sub, auth_time } = await subject(again)
      assert.equal(sub, first.sub)
      assert(auth_time >= started)
    }
  })
  await story('node-oidc-provider: who does not allow it there is not signed in here', async () => {
    const { html } = await signIn(new Browser(), 'ada', { deny: true })
    assert.match(html, /was not finished/)
  })
  await story('node-oidc-provider: an address that is not confirmed is in no domain', async () => {
    const { html } = await signIn(new Browser(), 'unverified-eve')
    assert.match(html, /no account here/)
  })
})
upstream.closeAllConnections()
upstream.close()
