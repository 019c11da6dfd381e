"""Programs that stand in front of an app, or are one: behind.py NAME [PROGRAM]. Each is started, signed in at, and ended."""

import base64
import contextlib
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import time

import requests

from common import APP, ISSUER, Browser, done, equal, secret, story, token_for

PORT = int(APP.rsplit(":", 1)[1])
UPSTREAM = PORT + 1


@contextlib.contextmanager
def running(command, **options):
    """A program, until the block ends; its last words where it fails."""
    with tempfile.TemporaryFile("w+") as log:
        program = subprocess.Popen(command, stdout=log, stderr=log, **options)
        try:
            for _ in range(600):
                with contextlib.suppress(requests.ConnectionError):
                    requests.get(APP, allow_redirects=False, timeout=10)
                    break
                assert program.poll() is None, "it has ended"
                time.sleep(0.1)
            yield
        except BaseException:
            log.seek(0)
            print(log.read()[-2000:])
            raise
        finally:
            program.terminate()
            program.wait(10)


class Echo(http.server.BaseHTTPRequestHandler):
    """The app behind a proxy: it says which headers it was given."""

    def do_GET(self):
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def upstream():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", UPSTREAM), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def oauth2_proxy(program):
    @story
    def _():
        """oauth2-proxy: in front of an app with PKCE, with the user's verified address"""
        behind_oauth2_proxy(program, "--code-challenge-method=S256")

    @story
    def _():
        """oauth2-proxy: the same with a nonce in place of PKCE"""
        behind_oauth2_proxy(program, "--insecure-oidc-skip-nonce=false")


def behind_oauth2_proxy(program, way):
    command = [
        program,
        "--provider=oidc",
        f"--oidc-issuer-url={ISSUER}",
        "--client-id=oauth2-proxy",
        f"--client-secret={secret('oauth2-proxy')}",
        f"--redirect-url={APP}/oauth2/callback",
        f"--http-address=127.0.0.1:{PORT}",
        f"--upstream=http://127.0.0.1:{UPSTREAM}/",
        "--email-domain=*",
        "--cookie-secret=" + base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "--cookie-secure=false",
        "--skip-provider-button=true",
        way,
    ]
    with upstream(), running(command):
        answer = Browser().sign_in(f"{APP}/")
        equal(answer.status_code, 200)
        equal(answer.json()["x-forwarded-email"], "ada@example.com")


def go_oidc(program):
    @story
    def _():
        """go-oidc: its own example, code with a nonce, the ID token verified, userinfo"""
        environment = {
            **os.environ,
            "ISSUER": ISSUER,
            "CLIENT_ID": "go-oidc",
            "CLIENT_SECRET": secret("go-oidc"),
            "ADDRESS": f"127.0.0.1:{PORT}",
            "REDIRECT_URL": f"{APP}/auth/claviger/callback",
        }
        with running([program], env=environment):
            answer = Browser().sign_in(f"{APP}/")
            equal(answer.status_code, 200)
            said = answer.json()
            equal((said["UserInfo"]["email"], said["UserInfo"]["email_verified"]), ("ada@example.com", True))
            equal(said["IDTokenClaims"]["aud"], "go-oidc")


def openidconnect(program):
    @story
    def _():
        """openidconnect (Rust): code with PKCE and a nonce, at_hash checked, userinfo, refresh"""
        environment = {
            **os.environ,
            "ISSUER": ISSUER,
            "CLIENT_ID": "openidconnect-rs",
            "CLIENT_SECRET": secret("openidconnect-rs"),
            "REDIRECT_URL": f"{APP}/openidconnect/callback",
        }
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen([program], env=environment, **pipes) as party:
            start = party.stdout.readline().strip()
            assert start.startswith(ISSUER), start
            said, _ = party.communicate(Browser().sign_in(start, follow_app=False) + "\n", timeout=30)
        equal(party.returncode, 0)
        expected = {"aud": ["openidconnect-rs"], "email": "ada@example.com", "email_verified": True, "refreshed": True}
        equal(json.loads(said), expected)


APACHE = """
ServerRoot {work}
PidFile {work}/pid
ServerName localhost
Listen 127.0.0.1:{port}
ErrorLog /dev/stderr
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authn_core_module {modules}/mod_authn_core.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule authz_user_module {modules}/mod_authz_user.so
LoadModule proxy_module {modules}/mod_proxy.so
LoadModule proxy_http_module {modules}/mod_proxy_http.so
LoadModule auth_openidc_module {modules}/mod_auth_openidc.so
OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID mod-auth-openidc
OIDCClientSecret {secret}
OIDCRedirectURI {app}/protected/redirect_uri
OIDCCryptoPassphrase a-passphrase-of-the-parties
OIDCScope "openid profile email"
OIDCRemoteUserClaim email
<Location /protected>
    AuthType openid-connect
    Require valid-user
    ProxyPass http://127.0.0.1:{upstream}/
</Location>
"""


def mod_auth_openidc():
    @story
    def _():
        """mod_auth_openidc: a protected place of Apache, with the claims as headers"""
        with tempfile.TemporaryDirectory() as work:
            os.chmod(work, 0o755)
            file = f"{work}/apache.conf"
            with open(file, "w", encoding="utf-8") as out:
                out.write(
                    APACHE.format(
                        work=work,
                        port=PORT,
                        modules="/usr/lib/apache2/modules",
                        issuer=ISSUER,
                        app=APP,
                        secret=secret("mod-auth-openidc"),
                        upstream=UPSTREAM,
                    )
                )
            with upstream(), running(["apache2", "-X", "-f", file]):
                answer = Browser().sign_in(f"{APP}/protected/")
                equal(answer.status_code, 200)
                said = answer.json()
                equal((said["oidc_claim_email"], said["oidc_claim_name"]), ("ada@example.com", "Ada Lovelace"))
                equal(said["oidc_claim_email_verified"], "1")


def spring(jar):
    command = ["java", "-jar", jar, f"--server.port={PORT}", "--server.address=127.0.0.1"]
    environment = {**os.environ, "ISSUER": ISSUER}

    def takes(audience):
        """Whether the API takes a token for this audience, of the two that there are."""
        headers = {"Authorization": f"Bearer {token_for(audience)}"}
        return requests.get(f"{APP}/api/me", headers=headers, timeout=10).status_code

    with running([*command, "--spring.profiles.active=at-jwt"], env=environment):

        @story
        def _():
            """Spring Boot: a resource server with a decoder that knows at+jwt and ES256"""
            equal([takes("https://api.parties.example"), takes("https://spring.parties.example")], [200, 401])

    with running(command, env=environment):

        @story
        def _():
            """Spring Boot: oauth2Login with a nonce and no PKCE, authorities from the answer's scope"""
            answer = Browser().sign_in(f"{APP}/")
            equal(answer.status_code, 200)
            said = answer.json()
            equal((said["email"], said["name"], said["verified"]), ("ada@example.com", "Ada Lovelace", True))
            assert "SCOPE_email" in said["authorities"], said

        @story
        def _():
            """Spring Boot: a resource server out of the box, for an API with typ JWT and RS256"""
            equal([takes("https://api.parties.example"), takes("https://spring.parties.example")], [401, 200])


{
    "oauth2-proxy": oauth2_proxy,
    "spring": spring,
    "go-oidc": go_oidc,
    "mod-auth-openidc": mod_auth_openidc,
    "openidconnect": openidconnect,
}[sys.argv[1]](*sys.argv[2:])
done()
