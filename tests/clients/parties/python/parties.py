"""Authlib with FastAPI, idpyoidc and django-allauth, as their documentation configures them."""

import os
import sys
import tempfile

from common import APP, ISSUER, Browser, done, equal, secret, story

CONF_URL = f"{ISSUER}/.well-known/openid-configuration"


@story
def authlib_with_fastapi():
    """Authlib with FastAPI: code with a nonce and no PKCE, the user from the ID token"""
    from authlib.integrations.starlette_client import OAuth
    from fastapi import FastAPI, Request
    from fastapi.testclient import TestClient
    from starlette.middleware.sessions import SessionMiddleware

    app = FastAPI()
    app.add_middleware(SessionMiddleware, secret_key="some-random-string")
    oauth = OAuth()
    oauth.register(
        name="claviger",
        client_id="authlib",
        client_secret=secret("authlib"),
        server_metadata_url=CONF_URL,
        client_kwargs={"scope": "openid email profile"},
    )

    @app.get("/login")
    async def login(request: Request):
        return await oauth.claviger.authorize_redirect(request, request.url_for("auth"))

    @app.get("/auth", name="auth")
    async def auth(request: Request):
        token = await oauth.claviger.authorize_access_token(request)
        userinfo = await oauth.claviger.userinfo(token=token)
        return {"user": token["userinfo"], "userinfo": userinfo}

    with TestClient(app, base_url=APP, follow_redirects=False) as client:
        start = client.get("/login").headers["location"]
        assert "nonce=" in start and "code_challenge" not in start, start
        answer = client.get(Browser().sign_in(start, follow_app=False)).json()
    equal((answer["user"]["email"], answer["user"]["name"]), ("ada@example.com", "Ada Lovelace"))
    equal((answer["userinfo"]["email_verified"], answer["userinfo"]["given_name"]), (True, "Ada"))


@story
def idpyoidc():
    """idpyoidc: its relying party handler, with userinfo"""
    from urllib.parse import parse_qs, urlsplit

    from idpyoidc.client.rp_handler import RPHandler

    # It writes keys of its own into the folder it runs in.
    folder = tempfile.TemporaryDirectory()
    os.chdir(folder.name)
    handler = RPHandler(
        base_url=APP,
        client_configs={
            "claviger": {
                "issuer": f"{ISSUER}",
                "client_id": "idpyoidc",
                "client_secret": secret("idpyoidc"),
                "redirect_uris": [f"{APP}/authz_cb/claviger"],
                "client_type": "oidc",
                "scopes_supported": ["openid", "profile", "email"],
                "preference": {
                    "response_types_supported": ["code"],
                    "scopes_supported": ["openid", "profile", "email"],
                    "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                },
                "services": {
                    "discovery": {"class": "idpyoidc.client.oidc.provider_info_discovery.ProviderInfoDiscovery"},
                    "authorization": {"class": "idpyoidc.client.oidc.authorization.Authorization"},
                    "accesstoken": {"class": "idpyoidc.client.oidc.access_token.AccessToken"},
                    "userinfo": {"class": "idpyoidc.client.oidc.userinfo.UserInfo"},
                },
            }
        },
        httpc_params={"verify": False, "timeout": 10},
    )
    start = handler.begin("claviger")
    start = start if isinstance(start, str) else start["url"]
    assert "nonce=" in start and "code_challenge" not in start, start
    back = urlsplit(Browser().sign_in(start, follow_app=False))
    response = {name: values[0] for name, values in parse_qs(back.query).items()}
    finished = handler.finalize(ISSUER, response)
    equal(finished["userinfo"]["email"], "ada@example.com")
    equal(finished["id_token"]["aud"], ["idpyoidc"])


@story
def django_allauth():
    """django-allauth: its OpenID Connect provider with PKCE, the address verified, no form to fill in"""
    import django
    from django.conf import settings

    settings.configure(
        SECRET_KEY="x",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="django_urls",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "allauth",
            "allauth.account",
            "allauth.socialaccount",
            "allauth.socialaccount.providers.openid_connect",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "allauth.account.middleware.AccountMiddleware",
        ],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {
            "context_processors": ["django.template.context_processors.request"]}}],
        AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
        EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
        ACCOUNT_EMAIL_VERIFICATION="mandatory",
        SOCIALACCOUNT_PROVIDERS={
            "openid_connect": {
                "APPS": [
                    {
                        "provider_id": "claviger",
                        "name": "Claviger",
                        "client_id": "django-allauth",
                        "secret": secret("django-allauth"),
                        # It sends no nonce, so it needs the documented switch for PKCE.
                        "settings": {"server_url": CONF_URL, "oauth_pkce_enabled": True},
                    }
                ]
            }
        },
    )
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    django.setup()
    from allauth.account.models import EmailAddress
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.test import Client

    call_command("migrate", verbosity=0)
    client = Client(headers={"host": APP.removeprefix("http://")})
    start = client.post("/accounts/oidc/claviger/login/").headers["Location"]
    back = Browser().sign_in(start, follow_app=False)
    answer = client.get(back.removeprefix(APP))
    equal(answer.status_code, 302)
    user = get_user_model().objects.get()
    equal((user.email, user.first_name, user.last_name), ("ada@example.com", "Ada", "Lovelace"))
    equal(EmailAddress.objects.get().verified, True)
    assert "_auth_user_id" in client.session, f"not signed in, sent to {answer.headers['Location']}"


done()
