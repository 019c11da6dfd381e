"""Config, Basic, Implicit, Hybrid and Form Post OP: what each plan's happy path and main refusals need."""

import secrets

import requests

from common import APP, Browser, equal, story
from plans.provider import Provider, half_hash, refused

BACK = f"{APP}/plans/callback"
SCOPE = "openid profile email address phone"


def secret(client):
    return (client, f"{client}-secret-of-the-plans")


def config(op: Provider):
    @story
    def _():
        """Config: discovery names what the plans ask for, and the key set has a key for each algorithm that is used"""
        metadata = op.metadata
        for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"):
            assert metadata[name].startswith(op.issuer), name
        assert {"openid"} <= set(metadata["scopes_supported"])
        assert "RS256" in metadata["id_token_signing_alg_values_supported"]
        assert "none" not in metadata["id_token_signing_alg_values_supported"]
        assert {"public"} <= set(metadata["subject_types_supported"])
        assert any(key["kty"] == "RSA" and key.get("use") == "sig" for key in op.keys())
        assert all("d" not in key and "p" not in key for key in op.keys())


def check_id_token(op, client, token, nonce, access_token=None, code=None, front=False):
    header, claims = op.verified(token, client)
    equal(claims.get("nonce"), nonce)
    for name, value in (("at_hash", access_token), ("c_hash", code)):
        if value and (front or name in claims):
            equal(claims.get(name), half_hash(value, header["alg"]))
    assert claims["exp"] > claims["iat"]
    return claims


def basic(op: Provider):
    client = "basic"

    @story
    def _():
        """Basic: code, ID token, userinfo by GET, POST and in the body, refresh; the same sub everywhere"""
        nonce = secrets.token_urlsafe(8)
        members, way = op.authorize(client, BACK, response_type="code", scope=SCOPE + " offline_access", nonce=nonce, prompt="consent")
        equal((way, members.get("iss")), ("query", op.issuer))
        answer = op.token(auth=secret(client), grant_type="authorization_code", code=members["code"], redirect_uri=BACK)
        equal(answer.status_code, 200)
        tokens = answer.json()
        claims = check_id_token(op, client, tokens["id_token"], nonce, tokens["access_token"])
        address = op.endpoint("userinfo_endpoint")
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        infos = [
            op.userinfo(tokens["access_token"]),
            requests.post(address, headers=bearer, timeout=10),
            requests.post(address, {"access_token": tokens["access_token"]}, timeout=10),
        ]
        for info in infos:
            equal((info.status_code, info.json()["sub"]), (200, claims["sub"]))
            equal(info.json()["address"]["country"], "UK")
            equal((info.json()["email"], info.json()["phone_number"]), ("ada@example.com", "+44 20 7946 0000"))
        again = op.token(auth=secret(client), grant_type="refresh_token", refresh_token=tokens["refresh_token"]).json()
        equal(op.userinfo(again["access_token"]).json()["sub"], claims["sub"])

    @story
    def _():
        """Basic: client_secret_post; a code works once, and its replay ends what it gave"""
        other = "basic-post"
        members, _ = op.authorize(other, BACK, response_type="code", scope="openid", nonce="n")
        form = {"grant_type": "authorization_code", "code": members["code"], "redirect_uri": BACK}
        form |= dict(zip(("client_id", "client_secret"), secret(other)))
        tokens = op.token(**form).json()
        equal(op.userinfo(tokens["access_token"]).status_code, 200)
        refused(op.token(**form), 400, "invalid_grant")
        equal(op.userinfo(tokens["access_token"]).status_code, 401)

    @story
    def _():
        """Basic: prompt=none, prompt=login, max_age, id_token_hint"""
        browser = Browser()
        fresh, _ = op.authorize(client, BACK, browser, response_type="code", scope="openid", prompt="none")
        equal(fresh["error"], "login_required")
        first, _ = op.authorize(client, BACK, browser, response_type="code", scope="openid", nonce="a")
        before = op.token(auth=secret(client), grant_type="authorization_code", code=first["code"], redirect_uri=BACK).json()
        silent, _ = op.authorize(
            client, BACK, browser, response_type="code", scope="openid", nonce="b", prompt="none", id_token_hint=before["id_token"], max_age="1000"
        )
        after = op.token(auth=secret(client), grant_type="authorization_code", code=silent["code"], redirect_uri=BACK).json()
        one, two = (check_id_token(op, client, t["id_token"], n) for t, n in ((before, "a"), (after, "b")))
        equal(two["sub"], one["sub"])
        assert "auth_time" in two

    @story
    def _():
        """Basic: a wrong redirect URI is a page that names it, an unknown response type goes back"""
        members, way = op.authorize(client, BACK + "/other", response_type="code", scope="openid", state=None)
        equal((way, members["status"]), ("page", 400))
        assert "redirect_uri" in members["page"]
        members, _ = op.authorize(client, BACK, response_type="nonsense", scope="openid")
        equal(members["error"], "unsupported_response_type")


def front(op, client, response_type, mode=None):
    """One answer of the front channel, checked; its members."""
    nonce = secrets.token_urlsafe(8)
    members, way = op.authorize(client, BACK, response_type=response_type, scope=SCOPE, nonce=nonce, response_mode=mode)
    types = response_type.split()
    equal(way, mode or ("query" if types == ["code"] else "fragment"))
    equal(members.get("iss"), op.issuer)
    equal("code" in members, "code" in types)
    equal("access_token" in members, "token" in types)
    equal("id_token" in members, "id_token" in types)
    if "id_token" in types:
        claims = check_id_token(op, client, members["id_token"], nonce, members.get("access_token"), members.get("code"), front=True)
        if types == ["id_token"]:
            equal(claims["email"], "ada@example.com")
    if "token" in types:
        equal(op.userinfo(members["access_token"]).status_code, 200)
        assert "refresh_token" not in members
    if "code" in types:
        answer = op.token(auth=secret(client), grant_type="authorization_code", code=members["code"], redirect_uri=BACK)
        equal(answer.status_code, 200)
        check_id_token(op, client, answer.json()["id_token"], nonce, answer.json()["access_token"])
    return members


def implicit_and_hybrid(op: Provider):
    @story
    def _():
        """Implicit: id_token, id_token token; without a nonce they are refused"""
        for response_type in ("id_token", "id_token token"):
            front(op, "hybrid", response_type)
            members, way = op.authorize("hybrid", BACK, response_type=response_type, scope="openid")
            equal((way, members["error"]), ("fragment", "invalid_request"))

    @story
    def _():
        """Hybrid: code id_token, code token, code id_token token"""
        for response_type in ("code id_token", "code token", "code id_token token"):
            front(op, "hybrid", response_type)

    @story
    def _():
        """Implicit: who was not given it is refused"""
        members, _ = op.authorize("basic", BACK, response_type="id_token token", scope="openid", nonce="n")
        equal(members["error"], "unauthorized_client")


def form_post(op: Provider):
    @story
    def _():
        """Form Post: every response type, and errors as well"""
        for response_type in ("code", "id_token", "id_token token", "code id_token", "code token", "code id_token token"):
            front(op, "hybrid", response_type, "form_post")
        members, way = op.authorize("hybrid", BACK, Browser(), response_type="code", scope="openid", prompt="none", response_mode="form_post")
        equal((way, members["error"]), ("form_post", "login_required"))
