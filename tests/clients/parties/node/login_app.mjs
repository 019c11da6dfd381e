// A vendor's own pages for sign-in, consent and sign-out, written against the challenge API with its public client library.
import express from 'express'
import { Configuration, OAuth2Api } from '@ory/hydra-client'

const users = { ada: { password: 'ada-of-the-vendor', subject: 'user-17', email: 'ada@example.com' } }
const form = (fields, button) =>
  `<form method="post">${fields}<button name="decision" value="${button}">${button}</button><button name="decision" value="deny">No</button></form>`

export function loginApp(basePath, token) {
  const hydra = new OAuth2Api(new Configuration({ basePath, baseOptions: { headers: { authorization: `Bearer ${token}` } } }))
  const app = express().use(express.urlencoded())
  // What was answered before, or is over, says where the browser goes.
  const page = (work) => (req, res) =>
    work(req, res).catch(({ response, message }) =>
      response?.data.redirect_to ? res.redirect(response.data.redirect_to) : res.status(500).send(JSON.stringify(response?.data ?? message)),
    )
  const denied = { error: 'access_denied', error_description: 'The user said no.' }

  app.all('/login', page(async (req, res) => {
    const loginChallenge = req.query.login_challenge
    const { data: asked } = await hydra.getOAuth2LoginRequest({ loginChallenge })
    const user = asked.skip ? { subject: asked.subject } : users[req.body?.username]
    if (req.body?.decision === 'deny') {
      const { data } = await hydra.rejectOAuth2LoginRequest({ loginChallenge, rejectOAuth2Request: denied })
      return res.redirect(data.redirect_to)
    }
    if (!asked.skip && (!user || user.password !== req.body.password)) {
      return res.send(`<h1>${asked.client.client_name}</h1>${form('<input name="username"><input name="password">', 'allow')}`)
    }
    const said = { subject: user.subject, remember: true, remember_for: 3600, acr: '1', amr: ['pwd'], context: { email: user.email } }
    const { data } = await hydra.acceptOAuth2LoginRequest({ loginChallenge, acceptOAuth2LoginRequest: said })
    res.redirect(data.redirect_to)
  }))

  app.all('/consent', page(async (req, res) => {
    const consentChallenge = req.query.consent_challenge
    const { data: asked } = await hydra.getOAuth2ConsentRequest({ consentChallenge })
    if (req.body?.decision === 'deny') {
      const { data } = await hydra.rejectOAuth2ConsentRequest({ consentChallenge, rejectOAuth2Request: denied })
      return res.redirect(data.redirect_to)
    }
    if (!asked.skip && !req.body?.decision) return res.send(form(asked.requested_scope.join(', '), 'allow'))
    const acceptOAuth2ConsentRequest = {
      grant_scope: asked.requested_scope,
      grant_access_token_audience: asked.requested_access_token_audience,
      remember: true,
      remember_for: 0,
      session: { access_token: { tier: 'gold' }, id_token: { email: asked.context?.email } },
    }
    const { data } = await hydra.acceptOAuth2ConsentRequest({ consentChallenge, acceptOAuth2ConsentRequest })
    res.redirect(data.redirect_to)
  }))

  app.all('/logout', page(async (req, res) => {
    const logoutChallenge = req.query.logout_challenge
    await hydra.getOAuth2LogoutRequest({ logoutChallenge })
    const { data } = await hydra.acceptOAuth2LogoutRequest({ logoutChallenge })
    res.redirect(data.redirect_to)
  }))
  return Object.assign(app, { hydra })
}
