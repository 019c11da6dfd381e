// openid-client against the modern profile: discovery, code flow with PKCE, ID token, userinfo, refresh, revoke.
import { readFileSync } from 'node:fs'
import assert from 'node:assert/strict'
import * as oidc from 'openid-client'

const manifest = JSON.parse(readFileSync(process.env.CLAVIGER_MANIFEST, 'utf8'))
const realm = manifest.realms.standard
const user = realm.users[0]
let failed = false

async function story(name, work) {
  try {
    await work()
    console.log(`ok - ${name}`)
  } catch (error) {
    failed = true
    const cause = error.cause ? ` (${error.cause.message ?? JSON.stringify(error.cause)})` : ''
    console.log(`not ok - ${name}: ${error.message.split('\n').join(' ')}${cause}`)
  }
}

const entities = { amp: '&', lt: '<', gt: '>', quot: '"', '#x27': "'", '#39': "'", '#x2f': '/' }
const plain = (text) => text.replace(/&(#?\w+);/g, (all, name) => entities[name] ?? all)

/** A browser without scripts: cookies, redirects within the realm, the login and the consent form. */
async function browse(start, { username, password }, decision = 'allow', jar = new Map()) {
  const origin = new URL(start).origin
  const visit = async (url, body) => {
    const headers = { cookie: [...jar].map((pair) => pair.join('=')).join('; ') }
    const answer = await fetch(url, { method: body ? 'POST' : 'GET', body, headers, redirect: 'manual' })
    for (const line of answer.headers.getSetCookie()) {
      const [name, ...value] = line.split(';')[0].split('=')
      jar.set(name, value.join('='))
    }
    return answer
  }
  let answer = await visit(start)
  for (let page = 0; page < 10; page++) {
    const location = answer.headers.get('location')
    if (location) {
      const url = new URL(location, origin)
      if (url.origin !== origin) return url
      answer = await visit(url)
      continue
    }
    const html = await answer.text()
    const forms = [...html.matchAll(/<form\b[^>]*action="([^"]*)"[^>]*>(.*?)<\/form>/gs)]
    const form = forms.find(([, , inside]) => /name="(password|decision)"/.test(inside))
    assert(form, `neither login nor consent (${answer.status}): ${html.replace(/<[^>]*>/g, ' ').slice(0, 400)}`)
    const fields = new URLSearchParams()
    for (const [, name, value] of form[2].matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)) {
      fields.append(name, plain(value))
    }
    if (form[2].includes('name="password"')) {
      fields.append('username', username)
      fields.append('password', password)
    } else fields.append('decision', decision)
    answer = await visit(new URL(plain(form[1]), origin), fields)
  }
  throw new Error('the pages do not end')
}

async function connect(id, scope) {
  const app = realm.clients.find((one) => one.id === id)
  const authentication = app.secret ? oidc.ClientSecretBasic(app.secret) : oidc.None()
  const config = await oidc.discovery(new URL(realm.issuer), app.id, undefined, authentication, {
    execute: [oidc.allowInsecureRequests],
  })
  const verifier = oidc.randomPKCECodeVerifier()
  const checks = { pkceCodeVerifier: verifier, expectedNonce: oidc.randomNonce(), expectedState: oidc.randomState() }
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: app.redirect_uris[0],
    scope,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    nonce: checks.expectedNonce,
    state: checks.expectedState,
  })
  return { app, config, checks, url }
}

for (const [id, scope] of [
  ['demo-web', 'openid profile email offline_access notes:read'],
  ['demo-native', 'openid profile offline_access notes:read'],
]) {
  await story(`openid-client: ${id}, code with PKCE, ID token, userinfo, refresh, revoke`, async () => {
    const { config, checks, url } = await connect(id, scope)
    const back = await browse(url, user)
    assert.equal(back.searchParams.get('iss'), realm.issuer)
    const tokens = await oidc.authorizationCodeGrant(config, back, { ...checks, idTokenExpected: true })
    const claims = tokens.claims()
    assert.equal(claims.nonce, checks.expectedNonce)
    assert.equal(typeof claims.auth_time, 'number')
    assert.equal(typeof claims.at_hash, 'string')
    const person = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub)
    assert.equal(person.name, user.name)
    const api = realm.apis.find((one) => one.method === 'GET')
    const me = await oidc.fetchProtectedResource(config, tokens.access_token, new URL(api.url), 'GET')
    assert.equal(me.status, 200)
    const fresh = await oidc.refreshTokenGrant(config, tokens.refresh_token)
    assert.notEqual(fresh.access_token, tokens.access_token)
    assert.notEqual(fresh.refresh_token, tokens.refresh_token)
    await oidc.tokenRevocation(config, fresh.refresh_token)
    await assert.rejects(oidc.refreshTokenGrant(config, fresh.refresh_token), (error) => error.error === 'invalid_grant')
    await assert.rejects(oidc.fetchUserInfo(config, fresh.access_token, claims.sub))
  })
}

await story('openid-client: a spent refresh token ends the family', async () => {
  const { config, checks, url } = await connect('demo-web', 'openid offline_access notes:read')
  const tokens = await oidc.authorizationCodeGrant(config, await browse(url, user), checks)
  const second = await oidc.refreshTokenGrant(config, tokens.refresh_token)
  const third = await oidc.refreshTokenGrant(config, second.refresh_token)
  await assert.rejects(oidc.refreshTokenGrant(config, tokens.refresh_token), (error) => error.error === 'invalid_grant')
  await assert.rejects(oidc.refreshTokenGrant(config, third.refresh_token), (error) => error.error === 'invalid_grant')
})

await story('openid-client: the user denies', async () => {
  const { config, checks, url } = await connect('demo-web', 'openid email notes:write')
  url.searchParams.set('prompt', 'consent')
  const back = await browse(url, realm.users[1], 'deny')
  await assert.rejects(oidc.authorizationCodeGrant(config, back, checks), (error) => error.error === 'access_denied')
})

await story('openid-client: a wrong verifier is invalid_grant, and the code still works with the right one', async () => {
  const { config, checks, url } = await connect('demo-web', 'openid notes:read')
  const back = await browse(url, user)
  const wrong = { ...checks, pkceCodeVerifier: oidc.randomPKCECodeVerifier() }
  await assert.rejects(oidc.authorizationCodeGrant(config, back, wrong), (error) => error.error === 'invalid_grant')
  assert.ok((await oidc.authorizationCodeGrant(config, back, checks)).access_token)
})

await story('openid-client: client credentials', async () => {
  const app = realm.clients.find((one) => one.id === 'demo-batch')
  for (const authentication of [oidc.ClientSecretBasic(app.secret), oidc.ClientSecretPost(app.secret)]) {
    const config = await oidc.discovery(new URL(realm.issuer), app.id, undefined, authentication, {
      execute: [oidc.allowInsecureRequests],
    })
    const tokens = await oidc.clientCredentialsGrant(config, { scope: 'notes:read' })
    assert.equal(tokens.refresh_token, undefined)
  }
})

process.exit(failed ? 1 : 0)
