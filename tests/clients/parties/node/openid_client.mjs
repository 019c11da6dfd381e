// openid-client 6, as its documentation configures it: with PAR, and with DPoP and the server's nonces.
import assert from 'node:assert/strict'
import * as oidc from 'openid-client'
import { APP, Browser, ISSUER, secret, story } from './common.mjs'

const redirect_uri = `${APP}/openid-client/callback`

/** A configuration, what a request needs, and what its answer is checked with. */
async function prepared(id) {
  const config = await oidc.discovery(new URL(ISSUER), id, undefined, oidc.ClientSecretBasic(secret(id)), {
    execute: [oidc.allowInsecureRequests],
  })
  const checks = {
    pkceCodeVerifier: oidc.randomPKCECodeVerifier(),
    expectedNonce: oidc.randomNonce(),
    expectedState: oidc.randomState(),
    idTokenExpected: true,
  }
  const parameters = {
    redirect_uri,
    scope: 'openid profile email offline_access orders',
    code_challenge: await oidc.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: 'S256',
    nonce: checks.expectedNonce,
    state: checks.expectedState,
  }
  return { config, checks, parameters }
}

const comesBack = async (url) => new URL(await new Browser().signIn(url.href, (at) => at.startsWith(APP)))

await story('openid-client 6: a pushed request (PAR), its code, and refused without', async () => {
  const { config, checks, parameters } = await prepared('openid-client')
  const url = await oidc.buildAuthorizationUrlWithPAR(config, parameters)
  assert.deepEqual([...url.searchParams.keys()].sort(), ['client_id', 'request_uri'])
  const tokens = await oidc.authorizationCodeGrant(config, await comesBack(url), checks)
  assert.equal(tokens.token_type, 'bearer')
  const person = await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)
  assert.equal(person.email, 'ada@example.com')
  const plain = await comesBack(oidc.buildAuthorizationUrl(config, parameters))
  await assert.rejects(oidc.authorizationCodeGrant(config, plain, checks), (error) => error.error === 'invalid_request')
})

await story('openid-client 6: DPoP with nonces, from the pushed request to userinfo and the refresh', async () => {
  const { config, checks, parameters } = await prepared('openid-client-dpop')
  const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair())
  const url = await oidc.buildAuthorizationUrlWithPAR(config, parameters, { DPoP })
  const tokens = await oidc.authorizationCodeGrant(config, await comesBack(url), checks, undefined, { DPoP })
  assert.equal(tokens.token_type, 'dpop')
  const { cnf } = JSON.parse(Buffer.from(tokens.access_token.split('.')[1], 'base64url'))
  assert.equal(cnf.jkt, await DPoP.calculateThumbprint())
  const person = await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub, { DPoP })
  assert.equal(person.name, 'Ada Lovelace')
  const fresh = await oidc.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP })
  assert.notEqual(fresh.access_token, tokens.access_token)
  assert.equal(fresh.token_type, 'dpop')
  // Stolen it is worth nothing: neither as a bearer token nor with another key.
  const stolen = await fetch(`${ISSUER}/userinfo`, { headers: { authorization: `Bearer ${fresh.access_token}` } })
  assert.equal(stolen.status, 401)
  const thief = { DPoP: oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair()) }
  await assert.rejects(oidc.fetchUserInfo(config, fresh.access_token, tokens.claims().sub, thief))
  await assert.rejects(oidc.refreshTokenGrant(config, fresh.refresh_token), (error) => error.error === 'invalid_dpop_proof')
})
