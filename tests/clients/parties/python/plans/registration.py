"""Dynamic OP and third-party-initiated login: clients that register themselves, and what they register."""

import html
import re
from urllib.parse import parse_qs, urlsplit

import requests

from common import APP, Browser, equal, story
from plans.answers import BACK, check_id_token
from plans.provider import Provider, refused


def register(op: Provider, **metadata):
    metadata = {"redirect_uris": [BACK], **metadata}
    return requests.post(op.endpoint("registration_endpoint"), json=metadata, timeout=10)


def dynamic(op: Provider):
    @story
    def _():
        """Dynamic: a client registers, is served, reads, changes and removes itself"""
        answer = register(op, client_name="Suite", token_endpoint_auth_method="client_secret_basic")
        equal((answer.status_code, answer.headers["cache-control"]), (201, "no-store"))
        client = answer.json()
        auth = (client["client_id"], client["client_secret"])
        members, _ = op.authorize(client["client_id"], BACK, response_type="code", scope="openid", nonce="n")
        tokens = op.token(auth=auth, grant_type="authorization_code", code=members["code"], redirect_uri=BACK).json()
        check_id_token(op, client["client_id"], tokens["id_token"], "n", tokens["access_token"])
        bearer = {"Authorization": f"Bearer {client['registration_access_token']}"}
        address = client["registration_client_uri"]
        equal(requests.get(address, headers=bearer, timeout=10).json()["client_name"], "Suite")
        change = {"client_id": client["client_id"], "redirect_uris": [BACK], "client_name": "Changed"}
        equal(requests.put(address, json=change, headers=bearer, timeout=10).json()["client_name"], "Changed")
        equal(requests.delete(address, headers=bearer, timeout=10).status_code, 204)
        equal(requests.get(address, headers=bearer, timeout=10).status_code, 401)
        refused(op.token(auth=auth, grant_type="client_credentials"), 401, "invalid_client")

    @story
    def _():
        """Dynamic: what cannot be is refused by its own error"""
        for uri in ("javascript:alert(1)", f"{BACK}#fragment", "http://app.example/callback"):
            refused(register(op, redirect_uris=[uri]), 400, "invalid_redirect_uri")
        both = {"jwks": {"keys": []}, "jwks_uri": "https://app.example/jwks"}
        for wrong in (both, {"subject_type": "nonsense"}, {"id_token_signed_response_alg": "none"}):
            refused(register(op, **wrong), 400, "invalid_client_metadata")

    @story
    def _():
        """Dynamic: ID token and userinfo in the algorithms that the client names"""
        for algorithm in ("RS256", "ES256", "PS256", "EdDSA"):
            client = register(op, id_token_signed_response_alg=algorithm, userinfo_signed_response_alg=algorithm).json()
            auth = (client["client_id"], client["client_secret"])
            members, _ = op.authorize(client["client_id"], BACK, response_type="code", scope="openid", nonce="n")
            tokens = op.token(auth=auth, grant_type="authorization_code", code=members["code"], redirect_uri=BACK).json()
            header, claims = op.verified(tokens["id_token"], client["client_id"])
            info = op.userinfo(tokens["access_token"])
            equal(info.headers["content-type"], "application/jwt")
            equal((header["alg"], op.verified(info.text, client["client_id"])[1]["sub"]), (algorithm, claims["sub"]))

    @story
    def _():
        """Third-party-initiated login: our first page offers it, and leads to the app with iss"""
        start = f"{APP}/plans/start"
        client = register(op, client_name="Begins here", initiate_login_uri=start).json()
        browser = Browser()
        op.authorize(client["client_id"], BACK, browser, response_type="code", scope="openid", nonce="n")
        page = browser.session.get(f"{op.issuer}/", headers={"Accept": "text/html"}, timeout=10).text
        links = [html.unescape(link) for link in re.findall(r'href="([^"]*)"', page) if "/plans/start" in link]
        assert any(parse_qs(urlsplit(link).query).get("iss") == [op.issuer] for link in links), page
