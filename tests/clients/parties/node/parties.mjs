// passport-openidconnect, Auth.js, next-auth 4 and express-openid-connect, as their documentation configures them.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import express from 'express'
import session from 'express-session'
import passport from 'passport'
import OpenIDConnectStrategy from 'passport-openidconnect'
import openid from 'express-openid-connect'
import { Auth } from '@auth/core'
import { APP, Browser, ISSUER, secret, served, story } from './common.mjs'

await story('passport-openidconnect: code with a nonce, the profile from the ID token', async () => {
  const app = express()
  app.use(session({ secret: 'keyboard cat', resave: false, saveUninitialized: false }))
  app.use(passport.authenticate('session'))
  passport.use(
    new OpenIDConnectStrategy(
      {
        issuer: ISSUER,
        authorizationURL: `${ISSUER}/authorize`,
        tokenURL: `${ISSUER}/token`,
        userInfoURL: `${ISSUER}/userinfo`,
        clientID: 'passport',
        clientSecret: secret('passport'),
        callbackURL: `${APP}/oauth2/redirect`,
        scope: ['profile', 'email'],
        nonce: true,
      },
      function verify(issuer, profile, cb) {
        return cb(null, profile)
      },
    ),
  )
  passport.serializeUser((user, cb) => cb(null, user))
  passport.deserializeUser((user, cb) => cb(null, user))
  app.get('/login', passport.authenticate('openidconnect'))
  app.get('/oauth2/redirect', passport.authenticate('openidconnect', { failureRedirect: '/failed', failureMessage: true }), (req, res) =>
    res.redirect('/'),
  )
  app.get('/', (req, res) => res.json(req.user ?? null))
  app.get('/failed', (req, res) => res.json(req.session))
  await served(app, async () => {
    const answer = await new Browser().signIn(`${APP}/login`)
    const profile = await answer.json()
    assert.equal(profile?.displayName, 'Ada Lovelace', JSON.stringify(profile))
    assert.equal(profile.emails[0].value, 'ada@example.com')
    assert.deepEqual([profile.name.givenName, profile.name.familyName], ['Ada', 'Lovelace'])
  })
})

await story('Auth.js: a provider of type oidc, the user from the ID token', async () => {
  const config = {
    secret: 'a-secret-of-the-parties-that-is-long-enough',
    trustHost: true,
    basePath: '/auth',
    providers: [
      {
        id: 'claviger',
        name: 'Claviger',
        type: 'oidc',
        issuer: ISSUER,
        clientId: 'auth-js',
        clientSecret: secret('auth-js'),
      },
    ],
  }
  const jar = new Map()
  const call = async (path, body) => {
    const headers = { cookie: [...jar].map((pair) => pair.join('=')).join('; '), host: new URL(APP).host }
    const answer = await Auth(new Request(new URL(path, APP), { method: body ? 'POST' : 'GET', body, headers }), config)
    for (const line of answer.headers.getSetCookie()) {
      const [name, ...value] = line.split(';')[0].split('=')
      jar.set(name, value.join('='))
    }
    return answer
  }
  const { csrfToken } = await (await call('/auth/csrf')).json()
  const start = await call('/auth/signin/claviger', new URLSearchParams({ csrfToken, callbackUrl: `${APP}/` }))
  const back = await new Browser().signIn(start.headers.get('location'), (url) => url.startsWith(APP))
  const answer = await call(back)
  assert.equal(answer.headers.get('location'), `${APP}/`)
  const { user } = await (await call('/auth/session')).json()
  assert.deepEqual([user.name, user.email], ['Ada Lovelace', 'ada@example.com'])
})

await story('next-auth 4: a provider of its documentation with idToken, RS256 by default', async () => {
  process.env.NEXTAUTH_URL = APP
  const { default: NextAuth } = createRequire(import.meta.url)('next-auth/next')
  const options = {
    secret: 'a-secret-of-the-parties-that-is-long-enough',
    providers: [
      {
        id: 'claviger',
        name: 'Claviger',
        type: 'oauth',
        wellKnown: `${ISSUER}/.well-known/openid-configuration`,
        authorization: { params: { scope: 'openid profile email' } },
        idToken: true,
        checks: ['pkce', 'state'],
        clientId: 'next-auth',
        clientSecret: secret('next-auth'),
        profile: (profile) => ({ id: profile.sub, name: profile.name, email: profile.email }),
      },
    ],
  }
  const app = express()
  app.use(express.urlencoded({ extended: false }))
  // What Next.js hands to a route of its pages.
  app.all('/api/auth/*nextauth', ({ method, headers, body, query, params }, res) => {
    const cookies = Object.fromEntries((headers.cookie ?? '').split('; ').filter(Boolean).map((pair) => pair.split(/=(.*)/s).slice(0, 2).map(decodeURIComponent)))
    return NextAuth({ method, headers, body, cookies, query: { ...query, nextauth: params.nextauth } }, res, options)
  })
  app.get('/', (req, res) => res.json({}))
  await served(app, async () => {
    const browser = new Browser()
    const { csrfToken } = await (await browser.visit(`${APP}/api/auth/csrf`)).json()
    const start = await browser.visit(`${APP}/api/auth/signin/claviger`, new URLSearchParams({ csrfToken, callbackUrl: `${APP}/` }))
    const answer = await browser.signIn(start.headers.get('location'))
    assert.equal(answer.url, `${APP}/`)
    const { user } = await (await browser.visit(`${APP}/api/auth/session`)).json()
    assert.deepEqual([user?.name, user?.email], ['Ada Lovelace', 'ada@example.com'])
  })
})

await story('express-openid-connect: code, RS256 by default, the user from the ID token, signed out and back', async () => {
  const app = express()
  app.use(
    openid.auth({
      issuerBaseURL: ISSUER,
      baseURL: APP,
      clientID: 'express-openid-connect',
      clientSecret: secret('express-openid-connect'),
      secret: 'a-secret-of-the-parties-that-is-long-enough',
      idpLogout: true,
      authorizationParams: { response_type: 'code', scope: 'openid profile email' },
    }),
  )
  app.get('/', async (req, res) => res.json({ user: req.oidc.user, userinfo: await req.oidc.fetchUserInfo() }))
  app.use((error, req, res, next) => res.status(500).json({ error: `${error}` }))
  await served(app, async () => {
    const browser = new Browser()
    const { user, userinfo, error } = await (await browser.signIn(`${APP}/`)).json()
    assert.equal(error, undefined)
    assert.deepEqual([user.name, user.email], ['Ada Lovelace', 'ada@example.com'])
    assert.equal(userinfo.email_verified, true)
    const out = await browser.signIn(`${APP}/logout`, (url) => url === APP || url === `${APP}/`)
    assert.equal(out.replace(/\/$/, ''), APP)
    const again = await browser.visit(`${ISSUER}/logout`)
    assert.match(await again.text(), /signed out/i, 'and the session at the issuer is over')
  })
})
