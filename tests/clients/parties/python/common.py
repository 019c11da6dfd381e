"""A browser without scripts, and a line for each thing that was tried."""

import html
import os
import re
import sys
import traceback
from urllib.parse import urljoin, urlsplit

import requests

ISSUER, APP = os.environ["ISSUER"], os.environ["APP"]
USER, PASSWORD = "ada", "ada-of-the-parties"
_failed = False


def secret(client):
    return f"{client}-secret-of-the-parties"


def story(function):
    """Runs a test and says how it went."""
    global _failed
    name = function.__doc__.strip()
    try:
        function()
        print(f"ok - {name}", flush=True)
    except Exception as error:  # a test may fail in any way
        _failed = True
        where = traceback.extract_tb(error.__traceback__)[-1]
        print(f"not ok - {name}: {type(error).__name__}: {error} ({where.name}:{where.lineno})", flush=True)
    return function


def done():
    sys.exit(1 if _failed else 0)


def equal(found, expected):
    assert found == expected, f"{found!r} instead of {expected!r}"


def token_for(audience):
    """An access token of the job for an API."""
    answer = requests.post(
        f"{ISSUER}/token",
        {"grant_type": "client_credentials", "audience": audience},
        auth=("job", secret("job")),
        timeout=10,
    )
    equal((answer.status_code, answer.json()["scope"]), (200, "orders"))
    return answer.json()["access_token"]


def form_of(page):
    """The login or the consent form of a page: where it goes, and its hidden fields."""
    for action, inside in re.findall(r'<form\b[^>]*action="([^"]*)"[^>]*>(.*?)</form>', page, re.S):
        if re.search(r'name="(password|decision)"', inside):
            hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', inside)
            return html.unescape(action), {name: html.unescape(value) for name, value in hidden}, inside
    return None


class Browser:
    """Cookies, redirects, the login and the consent form of the issuer."""

    def __init__(self):
        self.session = requests.Session()

    def sign_in(self, url, follow_app=True, stop_at=None):
        """Goes from `url` through sign-in and consent; the answer of the app. Without `follow_app`: the address at which
        the app would be asked. With `stop_at`: the first address that begins so."""
        answer = self.session.get(url, allow_redirects=False, timeout=10)
        for _ in range(20):
            location = answer.headers.get("location")
            if location:
                url = urljoin(answer.url, location)
                if (not follow_app and url.startswith(APP)) or (stop_at and url.startswith(stop_at)):
                    return url
                answer = self.session.get(url, allow_redirects=False, timeout=10)
                continue
            form = form_of(answer.text) if answer.url.startswith(ISSUER) else None
            if form is None:
                return answer
            action, fields, inside = form
            if 'name="password"' in inside:
                fields |= {"username": USER, "password": PASSWORD}
            else:
                fields["decision"] = "allow"
            origin = "{0.scheme}://{0.netloc}".format(urlsplit(answer.url))
            answer = self.session.post(
                urljoin(answer.url, action), fields, headers={"Origin": origin}, allow_redirects=False, timeout=10
            )
        raise AssertionError("the pages do not end")
