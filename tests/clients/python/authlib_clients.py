"""Authlib: BlastIQ's service users (B1 to B4) and Aurora's client credentials (U1 to U4)."""

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import KeySet

from common import api, client, done, equal, realm, story

BLASTIQ = realm("blastiq")
SERVICE = next(user for user in BLASTIQ["users"] if user["service"])
SITE = SERVICE["organisations"][0]
CUSTOMER = next(one for one in BLASTIQ["clients"] if one["id"] == "external.customer")


def site_url(site):
    return api("blastiq")["url"].replace("{site}", site)


def discovery(name):
    issuer = realm(name)["issuer"]
    answer = requests.get(issuer.rstrip("/") + "/.well-known/openid-configuration", timeout=10)
    equal(answer.status_code, 200)
    metadata = answer.json()
    equal(metadata["issuer"], issuer)
    return metadata


def read(token, metadata):
    keys = KeySet.import_key_set(requests.get(metadata["jwks_uri"], timeout=10).json())
    decoded = jwt.decode(token, keys, algorithms=["RS256", "ES256", "PS256", "EdDSA", "Ed25519"])
    jwt.JWTClaimsRegistry(iss={"essential": True, "value": metadata["issuer"]}, exp={"essential": True}).validate(
        decoded.claims
    )
    return decoded


def blastiq(method):
    session = OAuth2Session(CUSTOMER["id"], token_endpoint_auth_method=method)
    token = session.fetch_token(
        discovery("blastiq")["token_endpoint"],
        username=SERVICE["username"],
        password=SERVICE["password"],
    )
    return session, token


@story
def endpoints_lie_under_the_authority():
    """B1 Authlib finds BlastIQ's endpoints under its authority"""
    metadata = discovery("blastiq")
    for name, value in metadata.items():
        if name.endswith("_endpoint") or name == "jwks_uri":
            assert value.startswith(BLASTIQ["issuer"] + "/"), f"{name} is {value}"


@story
def password_grant():
    """B2 B3 B4 Authlib as the guide links it: password grant, JWT verified by JWKS, site data, refresh"""
    session, token = blastiq("none")
    equal(token["token_type"], "Bearer")
    assert token["expires_in"] > 0 and token["refresh_token"]
    metadata = discovery("blastiq")
    decoded = read(token["access_token"], metadata)
    claims = decoded.claims
    equal(decoded.header["alg"], "RS256")
    equal(claims["client_id"], "external.customer")
    equal(claims["org"] if isinstance(claims["org"], list) else [claims["org"]], [SITE])
    answer = session.get(site_url(SITE), timeout=10)
    equal((answer.status_code, answer.json()["site"]), (200, SITE))
    equal(session.get(site_url("south-pit" if SITE == "north-pit" else "north-pit"), timeout=10).status_code, 403)
    old = session.token["access_token"]
    new = session.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"])
    assert new["access_token"] != old
    equal(session.get(site_url(SITE), timeout=10).status_code, 200)


@story
def basic_with_an_empty_secret():
    """B2 Authlib's own default, HTTP Basic with an empty secret"""
    session = OAuth2Session(CUSTOMER["id"], "")
    token = session.fetch_token(
        BLASTIQ["endpoints"]["token"],
        grant_type="password",
        username=SERVICE["username"],
        password=SERVICE["password"],
        scope="cosmos",
        audience="whatever",
    )
    assert token["access_token"]


@story
def wrong_password():
    """B6 Authlib reads invalid_grant from a wrong password"""
    session = OAuth2Session(CUSTOMER["id"], token_endpoint_auth_method="none")
    try:
        session.fetch_token(BLASTIQ["endpoints"]["token"], username=SERVICE["username"], password="wrong")
    except AuthlibBaseError as error:
        equal(error.error, "invalid_grant")
        assert error.description
    else:
        raise AssertionError("it was accepted")


def aurora(name, method):
    app = client(name, "client_credentials")
    session = OAuth2Session(app["id"], app["secret"], token_endpoint_auth_method=method)
    token = session.fetch_token(
        discovery(name)["token_endpoint"], grant_type="client_credentials", audience=app["audiences"][0]
    )
    return app, token


def accounts(name, token):
    return requests.get(api(name)["url"], headers={"Authentication": f"Bearer {token}"}, timeout=10)


@story
def aurora_both_ways():
    """U1 U2 U3 U4 Authlib at Aurora: header and body, /Accounts with the Authentication header"""
    for name in ("aurora-dev", "aurora-live"):
        for method in ("client_secret_basic", "client_secret_post"):
            app, token = aurora(name, method)
            equal(set(token) - {"expires_at", "scope"}, {"access_token", "token_type", "expires_in"})
            equal(read(token["access_token"], discovery(name)).claims["aud"], app["audiences"][0])
            equal(accounts(name, token["access_token"]).status_code, 200)


@story
def instances_are_strangers():
    """U1 a token of Aurora's dev instance is refused by live, and the other way round"""
    for one, other in (("aurora-dev", "aurora-live"), ("aurora-live", "aurora-dev")):
        _, token = aurora(one, "client_secret_basic")
        equal(accounts(other, token["access_token"]).status_code, 401)


@story
def two_headers():
    """U4 both headers with different tokens are a 400, with the same one they are fine"""
    first, second = (aurora("aurora-dev", "client_secret_basic")[1]["access_token"] for _ in range(2))
    url = api("aurora-dev")["url"]

    def status(authorization, authentication):
        headers = {"Authorization": f"Bearer {authorization}", "Authentication": f"Bearer {authentication}"}
        return requests.get(url, headers=headers, timeout=10).status_code

    equal(status(first, second), 400)
    equal(status(first, first), 200)


@story
def audience_errors():
    """U2 Authlib reads invalid_request without an audience, invalid_target for a strange one"""
    app = client("aurora-dev", "client_credentials")
    for extra, expected in (({}, "invalid_request"), ({"audience": "https://elsewhere.example"}, "invalid_target")):
        session = OAuth2Session(app["id"], app["secret"])
        try:
            session.fetch_token(realm("aurora-dev")["endpoints"]["token"], grant_type="client_credentials", **extra)
        except AuthlibBaseError as error:
            equal(error.error, expected)
        else:
            raise AssertionError("it was accepted")


done()
