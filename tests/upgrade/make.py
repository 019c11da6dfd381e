#!/usr/bin/env python3
"""Makes the data that the upgrade test opens: make.py PROGRAM FOLDER.

Runs a release's program as its users did (the demo's realms, each flow once, apps in every state, users of every
kind) and leaves in FOLDER what that release would leave to the next one:

  claviger.db   the SQLite database, as one file
  master.key    the key that its secrets are sealed with
  made.json     what integrators and users hold: tokens, cookies, passwords; and when it was made

Run it with the program of each release before the next one changes a table, and commit the folder.
"""

import base64
import hashlib
import html
import http.client
import json
import pathlib
import re
import secrets
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse

BASE = 19300


class Browser:
    """Cookies of one person's browser, by host; follows redirects within this machine."""

    def __init__(self):
        self.cookies = {}

    def request(self, method, url, form=None, headers=None):
        at = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection("127.0.0.1", at.port, timeout=10)
        sent = {"Host": at.netloc, **(headers or {})}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        body = None
        if form is not None:
            body = urllib.parse.urlencode(form)
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, at.path + (f"?{at.query}" if at.query else ""), body, sent)
        answer = connection.getresponse()
        text = answer.read().decode()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, content = value.split(";")[0].partition("=")
                self.cookies[key] = content
        return answer.status, answer.getheader("Location"), text

    def code(self, url, callback, username, password):
        """Signs in and allows whatever is asked, until the browser is sent to the callback."""
        method, form = "GET", None
        for _ in range(12):
            status, location, text = self.request(method, url, form)
            method, form = "GET", None
            if location:
                url = urllib.parse.urljoin(url, location)
                if url.startswith(callback):
                    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
                continue
            assert status == 200, (status, text)
            url, form = filled(url, text, username, password)
            method = "POST"
        raise AssertionError("never sent back")


def filled(url, page, username, password):
    """The page's main form, filled in by somebody who signs in and allows everything."""
    forms = re.findall(r"<form[^>]*action=\"([^\"]*)\"[^>]*>(.*?)</form>", page, re.S)
    wanted = [(action, inner) for action, inner in forms if 'name="username"' in inner or 'value="allow"' in inner]
    action, inner = wanted[0]
    fields = []
    for tag in re.findall(r"<input[^>]*>", inner):
        attributes = {name: html.unescape(value) for name, value in re.findall(r"([a-z-]+)=\"([^\"]*)\"", tag)}
        name = attributes.get("name")
        if name == "username":
            fields.append((name, username))
        elif name == "password":
            fields.append((name, password))
        elif name and not (attributes.get("type") == "radio" and any(name == known for known, _ in fields)):
            fields.append((name, attributes.get("value", "")))
    if 'value="allow"' in inner:
        fields.append(("decision", "allow"))
    return urllib.parse.urljoin(url, html.unescape(action)), fields


def main():
    program, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    work = pathlib.Path(tempfile.mkdtemp(prefix="claviger-upgrade-"))
    demo = subprocess.Popen(
        [program, "demo", "--port-base", str(BASE), "--data", work / "data", "--manifest", work / "manifest.json"],
        stdout=subprocess.DEVNULL,
    )
    try:
        made = fill(program, demo, work)
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(20)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "claviger.db").unlink(missing_ok=True)
    with sqlite3.connect(work / "data" / "claviger.db") as database:
        database.execute("VACUUM INTO ?", (str(folder / "claviger.db"),))
    shutil.copy(work / "data" / "master.key", folder / "master.key")
    (folder / "made.json").write_text(json.dumps(made, indent=1) + "\n")
    shutil.rmtree(work)


def fill(program, demo, work):
    manifest = wait_for(demo, work / "manifest.json")
    realms = manifest["realms"]
    database = f"sqlite://{work}/data/claviger.db"

    def claviger(realm, *arguments):
        command = [program, "--database", database, "--realm", realm, "-o", "json", *arguments]
        return json.loads(subprocess.run(command, check=True, capture_output=True).stdout or "null")

    def post(realm, endpoint, form, client=None, body=None):
        url = realms[realm]["endpoints"][endpoint]
        headers = {}
        if client:
            headers["Authorization"] = "Basic " + base64.b64encode(":".join(client).encode()).decode()
        if body is not None:
            at = urllib.parse.urlsplit(url)
            connection = http.client.HTTPConnection("127.0.0.1", at.port, timeout=10)
            connection.request("POST", at.path, json.dumps(body), {"Host": at.netloc, "Content-Type": "application/json"})
            answer = connection.getresponse()
            status, text = answer.status, answer.read().decode()
        else:
            status, _, text = Browser().request("POST", url, form, headers)
        assert status == 200, (realm, endpoint, status, text)
        return json.loads(text)

    def client(realm, name):
        return next(found for found in realms[realm]["clients"] if found["id"] == name)

    made = {"made_at": int(time.time() * 1000), "port_base": BASE, "realms": {n: r["issuer"] for n, r in realms.items()}}
    # Somebody signs in at each realm whose apps send people there; the verifier is the one of RFC 7636, appendix B.
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    grants = {}
    for realm, app, extra in [
        ("audaconnect", "demo-workshop", {"response_type": "code", "scope": "BMS.Basic"}),
        ("blastiq", "demo-fieldapp", {"response_type": "code", "scope": "openid offline_access cosmos"}),
        ("billit-live", None, {}),
        ("standard", None, {"response_type": "code", "scope": "openid offline_access"}),
    ]:
        browsing = [c for c in realms[realm]["clients"] if "authorization_code" in c["grants"]]
        app = client(realm, app) if app else browsing[0]
        callback = next(uri for uri in app["redirect_uris"] if "localhost" in uri or "127.0.0.1" in uri)
        pkce = realm in ("blastiq", "standard")
        query = {"client_id": app["id"], "redirect_uri": callback, "state": "s", **extra}
        if pkce:
            query |= {"code_challenge": challenge, "code_challenge_method": "S256"}
        user = next(u for u in realms[realm]["users"] if u["username"] == "alice")
        browser = Browser()
        url = realms[realm]["endpoints"]["authorization"] + "?" + urllib.parse.urlencode(query)
        found = browser.code(url, callback, user["username"], user["password"])
        form = {"grant_type": "authorization_code", "code": found["code"], "redirect_uri": callback}
        if pkce:
            form["code_verifier"] = verifier
        if app["secret"] is None or realm == "billit-live":
            form["client_id"] = app["id"]
        if realm == "billit-live":
            answer = post(realm, "token", None, body={**form, "client_secret": app["secret"]})
        else:
            answer = post(realm, "token", form, (app["id"], app["secret"]) if app["secret"] else None)
        grants[realm] = {
            "client": app["id"], "secret": app["secret"], "callback": callback, "user": user["username"],
            "password": user["password"], "access_token": answer["access_token"],
            "refresh_token": answer["refresh_token"], "cookies": browser.cookies,
        }
    made["grants"] = grants
    # Licence seats that are held, and a service user's password grant.
    made["sessions"] = [
        {"client": name, "secret": secret, **post("jim2", "token", {"grant_type": "client_credentials", "scope": "all"}, (name, secret))}
        for name, secret in [("TestClientId", "password"), ("AliceClient", "demo-alice-jim2")]
    ]
    service = {"grant_type": "password", "username": "north.service", "password": "demo-north-service-blastiq"}
    made["service"] = post("blastiq", "token", {**service, "client_id": "external.customer"})
    # A refresh token that was used once: the answer may have been lost.
    audaconnect = grants["audaconnect"]
    again = {"grant_type": "refresh_token", "refresh_token": audaconnect["refresh_token"]}
    audaconnect["second"] = post("audaconnect", "token", again, (audaconnect["client"], audaconnect["secret"]))["refresh_token"]
    # Apps in every state; a disabled user; a secret that was retired.
    apps = {}
    for state in ["pending", "active", "rejected", "suspended"]:
        name = f"upgrade-{state}"
        claviger("standard", "app", "create", "--id", name, "--name", name, "--grant", "client_credentials", "--scope", "notes:read")
        if state in ("active", "suspended"):
            claviger("standard", "app", "approve", name)
            secret = claviger("standard", "secret", "add", name)
            apps[name] = secret["secret"]
        if state == "rejected":
            claviger("standard", "app", "reject", name)
        if state == "suspended":
            claviger("standard", "app", "suspend", name, "--yes")
    made["apps"] = apps
    bob = next(u for u in realms["standard"]["users"] if u["username"] != "alice")
    claviger("standard", "user", "disable", bob["username"], "--yes")
    made["disabled"] = {"username": bob["username"], "password": bob["password"]}
    made["seats"] = claviger("jim2", "seat", "list")
    time.sleep(1.5)  # The server writes the use of legacy behaviour down once a second.
    return made


def wait_for(demo, path):
    for _ in range(300):
        if path.exists() and path.stat().st_size:
            return json.loads(path.read_text())
        assert demo.poll() is None, "the demo ended"
        time.sleep(0.1)
    raise AssertionError("the demo is not ready")


if __name__ == "__main__":
    main()
