"""The provider under test as a relying party sees it: discovery, keys, the front channel, the token endpoint.

Nothing here knows the server's code: tokens are verified by PyJWT, digests are computed from the standard's text.
"""

import base64
import hashlib
import html
import json
import re
import secrets
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
import requests

from common import Browser, equal

DIGESTS = {"RS256": "sha256", "ES256": "sha256", "PS256": "sha256", "EdDSA": "sha512"}


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def half_hash(value, algorithm):
    """`at_hash`, `c_hash` (OpenID Connect Core 3.1.3.6, 3.3.2.11)."""
    digest = hashlib.new(DIGESTS[algorithm], value.encode()).digest()
    return b64(digest[: len(digest) // 2])


class Provider:
    def __init__(self, issuer):
        self.issuer = issuer
        answer = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=10)
        equal((answer.status_code, answer.headers["content-type"]), (200, "application/json"))
        self.metadata = answer.json()
        equal(self.metadata["issuer"], issuer)

    def endpoint(self, name):
        return self.metadata[name]

    def keys(self):
        return requests.get(self.endpoint("jwks_uri"), timeout=10).json()["keys"]

    def verified(self, token, audience, typ=None):
        """Header and claims of a token of this provider, once its signature, issuer and audience are right."""
        header = jwt.get_unverified_header(token)
        assert header["alg"] != "none", header
        if typ:
            equal(header.get("typ"), typ)
        (key,) = [key for key in self.keys() if key["kid"] == header["kid"]]
        public = jwt.PyJWK(key, algorithm=header["alg"])
        claims = jwt.decode(token, public, algorithms=[header["alg"]], audience=audience, issuer=self.issuer)
        return header, claims

    def authorize(self, client, redirect_uri, browser=None, **more):
        """The answer of the authorization endpoint: its members, and how they came (query, fragment, form_post)."""
        query = {"client_id": client, "redirect_uri": redirect_uri, "state": secrets.token_urlsafe(8), **more}
        query = {name: value for name, value in query.items() if value is not None}
        answer = (browser or Browser()).sign_in(f"{self.endpoint('authorization_endpoint')}?{urlencode(query)}", stop_at=redirect_uri)
        if not isinstance(answer, str):
            return posted(answer, redirect_uri)
        parts = urlsplit(answer)
        way = "fragment" if parts.fragment else "query"
        members = dict(parse_qsl(parts.fragment or parts.query, keep_blank_values=True))
        if "state" in query and "response" not in members:
            equal(members.get("state"), query["state"])
        return members, way

    def token(self, auth=None, **form):
        """The answer of the token endpoint. `auth`: client id and secret for HTTP Basic."""
        form = {name: value for name, value in form.items() if value is not None}
        answer = requests.post(self.endpoint("token_endpoint"), form, auth=auth, timeout=10)
        equal(answer.headers["cache-control"], "no-store")
        return answer

    def userinfo(self, token, scheme="Bearer", **headers):
        return requests.get(
            self.endpoint("userinfo_endpoint"), headers={"Authorization": f"{scheme} {token}", **headers}, timeout=10
        )


def posted(answer, redirect_uri):
    """The members of a page that posts itself (OAuth 2.0 Form Post Response Mode)."""
    found = re.search(r'<form\b[^>]*action="([^"]*)"[^>]*>(.*?)</form>', answer.text, re.S)
    if answer.status_code != 200 or not found or html.unescape(found[1]) != redirect_uri:
        return {"status": answer.status_code, "page": answer.text}, "page"
    inputs = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', found[2])
    return {name: html.unescape(value) for name, value in inputs}, "form_post"


def refused(answer, status, error):
    """An error answer of an endpoint for programs (RFC 6749 5.2)."""
    equal((answer.status_code, answer.json()["error"]), (status, error))


def claims_of(token):
    """The claims of a token that was verified before, or is not for us."""
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
