"""The code of the generated guides, taken off the pages of the demo and run: each language against three vendors' realms."""

import html
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar

with open(os.environ["CLAVIGER_MANIFEST"], encoding="utf-8") as file:
    REALMS = json.load(file)["realms"]

# How each is run: the file's name, and what is done with it.
LANGUAGES = {
    "sh": ("snippet.sh", ["bash snippet.sh"]),
    "python": ("snippet.py", [f"{sys.executable} snippet.py"]),
    "javascript": ("snippet.mjs", ["node snippet.mjs"]),
    "php": ("snippet.php", ["php snippet.php"]),
    "csharp": ("Tokens.cs", ["mcs -out:Tokens.exe Tokens.cs", "mono Tokens.exe"]),
    "java": ("Tokens.java", ["java Tokens.java"]),
}


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def guide(realm, client):
    url = REALMS[realm]["issuer"].rstrip("/") + "/guide.md?client_id=" + client["id"]
    return urllib.request.urlopen(url, timeout=20).read().decode()


def snippet(text, title, language):
    """The code of a language below a heading."""
    section = re.search(rf"^### {title}$(.*?)(?=^##? |^### |\Z)", text, re.M | re.S)
    assert section, f"there is no heading {title}"
    code = re.search(rf"^```{language}\n(.*?)^```$", section[1], re.M | re.S)
    assert code, f"there is no {language} below {title}"
    return code[1]


def run(code, language, variables):
    """What a snippet prints, as JSON."""
    name, commands = LANGUAGES[language]
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(code)
        for command in commands:
            done = subprocess.run(
                command, shell=True, cwd=folder, env={**os.environ, **variables}, timeout=120, capture_output=True, text=True
            )
            assert done.returncode == 0, f"{command}: {done.stderr[-300:]}"
    return json.loads(done.stdout)


def client_for(realm, grant):
    return next(one for one in REALMS[realm]["clients"] if grant in one["grants"] and one.get("secret"))


def code_for(realm, client, query):
    """Signs somebody in, lets the app, and takes the code off the redirect."""
    opener = urllib.request.build_opener(NoRedirect, urllib.request.HTTPCookieProcessor(CookieJar()))
    user = REALMS[realm]["users"][0]
    url, body = REALMS[realm]["endpoints"]["authorization"] + "?" + urllib.parse.urlencode(query), None
    for _ in range(10):
        try:
            answer = opener.open(url, body, timeout=20)
        except urllib.error.HTTPError as error:
            answer = error
        page, body = answer.read().decode(), None
        if answer.status in (302, 303):
            url = urllib.parse.urljoin(url, answer.headers["location"])
            if url.startswith(query["redirect_uri"]):
                return urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)["code"][0]
            continue
        assert answer.status == 200, f"{url}: {answer.status}"
        form = next(
            form for form in re.findall(r"<form.*?</form>", page, re.S) if 'name="password"' in form or 'name="decision"' in form
        )
        fields = re.findall(r'name="(csrf|pending)"[^>]*value="([^"]*)"', form)
        fields = [(name, html.unescape(value)) for name, value in fields]
        if 'name="password"' in form:
            fields += [("username", user["username"]), ("password", user["password"])]
        else:
            fields += [("decision", "allow")]
            fields += [("organisation", found) for found in re.findall(r'name="organisation"[^>]*value="([^"]*)"', form)[:1]]
        url = urllib.parse.urljoin(url, html.unescape(re.search(r'action="([^"]*)"', form)[1]))
        body = urllib.parse.urlencode(fields).encode()
    raise AssertionError("the flow does not end")


def credentials_and_refresh(language):
    """J1 J4: client credentials, and then a refresh with what they gave."""
    client = client_for("jim2", "client_credentials")
    text = guide("jim2", client)
    secret = {"CLIENT_SECRET": client["secret"]}
    tokens = run(snippet(text, "Client credentials", language), language, secret)
    assert tokens["access_token"] and tokens["token_type"] == "Bearer", tokens
    more = {**secret, "REFRESH_TOKEN": tokens["refresh_token"]}
    again = run(snippet(text, "Refresh", language), language, more)
    assert again["access_token"] != tokens["access_token"], again
    call = urllib.request.Request(
        REALMS["jim2"]["endpoints"]["logoff"], b"", {"Authorization": "Bearer " + again["access_token"]}
    )
    urllib.request.urlopen(call, timeout=20)


def code(realm, language, name=None):
    """A code becomes tokens."""
    client = client_for(realm, "authorization_code")
    uri = next(one for one in client["redirect_uris"] if "*" not in one)
    query = {"client_id": client["id"], "redirect_uri": uri, "state": "s"}
    if realm != "billit-sandbox":
        query |= {"response_type": "code", "scope": "BMS.Basic"}
    variables = {"CLIENT_SECRET": client["secret"], "REDIRECT_URI": uri, "CODE": code_for(realm, client, query)}
    tokens = run(snippet(guide(realm, client), "Redeem a code", name or language), language, variables)
    assert tokens["access_token"] and tokens["refresh_token"], tokens


def service_user(language):
    """B2: the password grant of a service user, without a secret."""
    user = next(user for user in REALMS["blastiq"]["users"] if user["service"])
    text = guide("blastiq", {"id": "external.customer"})
    variables = {"SERVICE_USER": user["username"], "SERVICE_PASSWORD": user["password"]}
    tokens = run(snippet(text, "Password", language), language, variables)
    assert tokens["access_token"] and tokens["refresh_token"], tokens


def audience(language):
    """U2: client credentials for the named audience."""
    client = client_for("aurora-dev", "client_credentials")
    tokens = run(
        snippet(guide("aurora-dev", client), "Client credentials", language), language, {"CLIENT_SECRET": client["secret"]}
    )
    assert tokens["access_token"] and "refresh_token" not in tokens, tokens


def story(name, function, *arguments):
    try:
        function(*arguments)
        return f"ok - {name}"
    except Exception as error:  # a snippet may fail in any way
        return f"not ok - {name}: {type(error).__name__}: {str(error)[:400]}".replace("\n", " ")


STORIES = [(f"code of the guide redeems a code: {one}", code, "audaconnect", one) for one in LANGUAGES]
STORIES += [(f"code of the guide names an audience: {one}", audience, one) for one in LANGUAGES]
STORIES += [(f"code of the guide signs a service user in: {one}", service_user, one) for one in ("sh", "python", "java")]
STORIES += [
    ("code of the guide redeems a code by a form: sh", code, "billit-sandbox", "sh"),
    ("code of the guide redeems a code by JSON: sh", code, "billit-sandbox", "sh", "sh-json"),
]

with ThreadPoolExecutor(4) as pool:
    lines = list(pool.map(lambda one: story(*one), STORIES))
# One after the other: each holds a licence.
lines += [story(f"code of the guide gets tokens and refreshes them: {one}", credentials_and_refresh, one) for one in LANGUAGES]
print("\n".join(lines), flush=True)
sys.exit(any(line.startswith("not ok") for line in lines))
