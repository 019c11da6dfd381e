// openid-client 5, as its documentation configures it: code with PKCE, implicit and hybrid, at the realm of the plans.
import assert from 'node:assert/strict'
import { Issuer, generators } from 'openid-client-5'
import { APP, Browser, ISSUER, story } from './common.mjs'

const redirect_uri = `${APP}/plans/callback`
const issuer = await Issuer.discover(ISSUER)

/** From the authorization request to the checked tokens. */
async function signedIn(client, response_type, more = {}, checks = {}) {
  const [state, nonce] = [generators.state(), generators.nonce()]
  const url = client.authorizationUrl({ scope: 'openid profile email', response_type, state, nonce, ...more })
  const back = await new Browser().signIn(url, (at) => at.startsWith(APP))
  assert.equal(back.includes('#'), response_type !== 'code', back)
  const answer = client.callbackParams(back.replace('#', '?'))
  const tokens = await client.callback(redirect_uri, answer, { state, nonce, response_type, ...checks })
  return { answer, tokens }
}

const made = (id, response_types, more = {}) =>
  new issuer.Client({ client_id: id, client_secret: `${id}-secret-of-the-plans`, redirect_uris: [redirect_uri], response_types, ...more })

await story('openid-client 5: code with PKCE, userinfo, refresh, introspection, revocation', async () => {
  const client = made('openid-client-5', ['code'])
  const code_verifier = generators.codeVerifier()
  const challenge = { code_challenge: generators.codeChallenge(code_verifier), code_challenge_method: 'S256' }
  const { tokens } = await signedIn(client, 'code', { ...challenge, scope: 'openid email offline_access' }, { code_verifier })
  assert.equal((await client.userinfo(tokens)).email, 'ada@example.com')
  const fresh = await client.refresh(tokens)
  assert.equal((await client.introspect(fresh.access_token)).active, true)
  await client.revoke(fresh.refresh_token)
  assert.equal((await client.introspect(fresh.access_token)).active, false)
  await assert.rejects(client.refresh(fresh), (error) => error.error === 'invalid_grant')
})

await story('openid-client 5: a code that lacks its verifier, or comes with another, is refused', async () => {
  const client = made('openid-client-5', ['code'])
  const challenge = { code_challenge: generators.codeChallenge(generators.codeVerifier()), code_challenge_method: 'S256' }
  for (const code_verifier of [undefined, generators.codeVerifier()]) {
    await assert.rejects(signedIn(client, 'code', challenge, { code_verifier }), (error) => error.error === 'invalid_grant')
  }
})

for (const response_type of ['id_token', 'id_token token']) {
  await story(`openid-client 5: implicit, ${response_type}`, async () => {
    const client = made('openid-client-5', [response_type])
    const { answer, tokens } = await signedIn(client, response_type)
    assert.equal(answer.code, undefined)
    assert.equal(tokens.claims().aud, 'openid-client-5')
    if (tokens.access_token) assert.equal((await client.userinfo(tokens)).name, 'Ada Lovelace')
    else assert.equal(tokens.claims().name, 'Ada Lovelace')
  })
}

for (const response_type of ['code id_token', 'code token', 'code id_token token']) {
  await story(`openid-client 5: hybrid, ${response_type}`, async () => {
    const client = made('openid-client-5', [response_type])
    const { answer, tokens } = await signedIn(client, response_type)
    assert.ok(answer.code && tokens.id_token && tokens.access_token)
    assert.equal((await client.userinfo(tokens)).sub, tokens.claims().sub)
  })
}
