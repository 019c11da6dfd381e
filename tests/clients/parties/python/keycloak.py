"""Keycloak as a broker: people sign in to its realm with their account at the issuer. keycloak.py FOLDER, where it was unpacked."""

import base64
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import parse_qs, urlencode, urlsplit

import requests

from common import APP, ISSUER, Browser, done, equal, secret, story

PORT = int(APP.rsplit(":", 1)[1])
SHOP = f"http://localhost:{PORT + 1}/back"
# Keycloak's cookies are Secure, which browsers send to this machine without TLS as well.
DefaultCookiePolicy.return_ok_secure = lambda *_: True
REALM = f"{APP}/realms/parties"
HERE = pathlib.Path(__file__).parent


def the_realm(pkce):
    text = (HERE.parent / "keycloak" / "realm.json").read_text(encoding="utf-8")
    values = {"SHOP": SHOP, "ISSUER": ISSUER, "SECRET": secret("keycloak"), "PKCE": str(pkce).lower()}
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text


@contextlib.contextmanager
def keycloak(folder, pkce):
    """Keycloak with its own database, until the block ends; its last words where it fails."""
    with tempfile.TemporaryFile("w+") as log:
        data = pathlib.Path(folder) / "data"
        shutil.rmtree(data / "h2", ignore_errors=True)
        imported = data / "import"
        imported.mkdir(parents=True, exist_ok=True)
        (imported / "realm.json").write_text(the_realm(pkce), encoding="utf-8")
        command = [
            f"{folder}/bin/kc.sh",
            "start-dev",
            "--import-realm",
            f"--http-port={PORT}",
            "--http-host=127.0.0.1",
        ]
        environment = {**os.environ, "JAVA_OPTS_APPEND": "-Xmx768m"}
        program = subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)
        try:
            for _ in range(1200):
                with contextlib.suppress(requests.ConnectionError):
                    if requests.get(f"{REALM}/.well-known/openid-configuration", timeout=10).status_code == 200:
                        break
                assert program.poll() is None, "it has ended"
                time.sleep(0.1)
            yield
        except BaseException:
            log.seek(0)
            print(log.read()[-4000:])
            raise
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(program.pid, 15)
            program.wait(30)


def sign_in():
    """From an app of Keycloak's to the issuer and back: the claims of Keycloak's ID token, which needs no check here."""
    query = {
        "client_id": "shop",
        "redirect_uri": SHOP,
        "response_type": "code",
        "scope": "openid",
        "state": "s",
        "kc_idp_hint": "claviger",
    }
    browser = Browser()
    with contextlib.suppress(requests.ConnectionError):
        answer = browser.sign_in(f"{REALM}/protocol/openid-connect/auth?{urlencode(query)}", stop_at=SHOP)
    assert isinstance(answer, str), (answer.url, " ".join(re.sub(r"(?s)<script.*?</script>|<[^>]*>", " ", answer.text).split())[-600:])
    code = parse_qs(urlsplit(answer).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": SHOP}
    app = ("shop", "a-secret-inside-of-keycloak")
    tokens = requests.post(f"{REALM}/protocol/openid-connect/token", form, auth=app, timeout=10)
    equal(tokens.status_code, 200)
    payload = tokens.json()["id_token"].split(".")[1]
    return browser, tokens.json()["id_token"], json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def main(folder):
    with keycloak(folder, pkce=False):

        @story
        def _():
            """Keycloak: a broker with a nonce and no PKCE; name and verified address arrive"""
            _, _, claims = sign_in()
            equal((claims["email"], claims["email_verified"]), ("ada@example.com", True))
            equal((claims["given_name"], claims["family_name"]), ("Ada", "Lovelace"))

        @story
        def _():
            """Keycloak: logging out there signs out here, and comes back"""
            browser, id_token, _ = sign_in()
            query = {"id_token_hint": id_token, "post_logout_redirect_uri": SHOP}
            back = browser.sign_in(f"{REALM}/protocol/openid-connect/logout?{urlencode(query)}", stop_at=SHOP)
            equal(back, SHOP)

    with keycloak(folder, pkce=True):

        @story
        def _():
            """Keycloak: the same with PKCE"""
            equal(sign_in()[2]["email"], "ada@example.com")


main(sys.argv[1])
done()
