"""Walks what the OpenID Foundation's certification plans ask for (docs/conformance.md): each plan's happy path and main refusals."""

from common import ISSUER, done
from plans import answers, registration, sessions
from plans.provider import Provider

op = Provider(ISSUER)
answers.config(op)
answers.basic(op)
answers.implicit_and_hybrid(op)
answers.form_post(op)
sessions.logout(op)
registration.dynamic(op)
done()
