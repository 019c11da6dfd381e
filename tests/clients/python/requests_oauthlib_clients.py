"""requests-oauthlib: BlastIQ's service users and Aurora's client credentials."""

import os

# The demo is on this machine and speaks plain HTTP; oauthlib wants to be told that this is meant.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

from oauthlib.oauth2 import BackendApplicationClient, LegacyApplicationClient, OAuth2Error  # noqa: E402
from requests_oauthlib import OAuth2Session  # noqa: E402

from common import api, client, done, equal, realm, story  # noqa: E402

BLASTIQ = realm("blastiq")
SERVICE = next(user for user in BLASTIQ["users"] if user["service"])
SITE_DATA = api("blastiq")["url"].replace("{site}", SERVICE["organisations"][0])


@story
def password_grant():
    """B2 B3 requests-oauthlib: password grant, site data, refresh"""
    session = OAuth2Session(client=LegacyApplicationClient(client_id="external.customer"))
    token = session.fetch_token(
        BLASTIQ["endpoints"]["token"],
        username=SERVICE["username"],
        password=SERVICE["password"],
        include_client_id=True,
    )
    equal(token["access_token"].count("."), 2)
    equal(session.get(SITE_DATA, timeout=10).status_code, 200)
    new = session.refresh_token(BLASTIQ["endpoints"]["token"], client_id="external.customer")
    assert new["access_token"] != token["access_token"]
    equal(session.get(SITE_DATA, timeout=10).status_code, 200)


@story
def scope_and_unused_parameters():
    """B2 requests-oauthlib with scope cosmos, and with an audience and a secret that should not be sent"""
    session = OAuth2Session(client=LegacyApplicationClient(client_id="external.customer"), scope=["cosmos"])
    token = session.fetch_token(
        BLASTIQ["endpoints"]["token"],
        username=SERVICE["username"],
        password=SERVICE["password"],
        include_client_id=True,
        client_secret="not wanted",
        audience="not wanted",
    )
    assert token["access_token"]


@story
def wrong_password():
    """B6 requests-oauthlib reads invalid_grant from a wrong password"""
    session = OAuth2Session(client=LegacyApplicationClient(client_id="external.customer"))
    try:
        session.fetch_token(
            BLASTIQ["endpoints"]["token"], username=SERVICE["username"], password="wrong", include_client_id=True
        )
    except OAuth2Error as error:
        equal(error.error, "invalid_grant")
        equal(error.status_code, 400)
    else:
        raise AssertionError("it was accepted")


@story
def client_credentials():
    """U2 U3 U4 requests-oauthlib: client credentials by header and by body, /Accounts"""
    app = client("aurora-dev", "client_credentials")
    for in_body in (False, True):
        session = OAuth2Session(client=BackendApplicationClient(client_id=app["id"]))
        token = session.fetch_token(
            realm("aurora-dev")["endpoints"]["token"],
            client_id=app["id"],
            client_secret=app["secret"],
            include_client_id=True if in_body else None,
            audience=app["audiences"][0],
        )
        assert "refresh_token" not in token
        answer = session.get(
            api("aurora-dev")["url"], headers={"Authentication": f"Bearer {token['access_token']}"}, timeout=10
        )
        equal(answer.status_code, 200)


done()
