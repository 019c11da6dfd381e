"""PyJWT in an API: access tokens checked with the key set, as its documentation does it."""

import jwt
import requests

from common import ISSUER, done, equal, story, token_for


@story
def pyjwt():
    """PyJWT: an access token verified by the key set, issuer and audience"""
    keys = jwt.PyJWKClient(requests.get(f"{ISSUER}/.well-known/openid-configuration", timeout=10).json()["jwks_uri"])
    for audience, algorithm, typ in [
        ("https://api.parties.example", "ES256", "at+jwt"),
        ("https://spring.parties.example", "RS256", "JWT"),
    ]:
        token = token_for(audience)
        key = keys.get_signing_key_from_jwt(token)
        claims = jwt.decode(token, key.key, algorithms=["ES256", "RS256"], audience=audience, issuer=ISSUER)
        equal(claims["client_id"], "job")
        header = jwt.get_unverified_header(token)
        equal((header["alg"], header["typ"]), (algorithm, typ))
        try:
            jwt.decode(token, key.key, algorithms=["ES256", "RS256"], audience="https://elsewhere.example")
        except jwt.InvalidAudienceError:
            pass
        else:
            raise AssertionError("another API's token was taken")


done()
