"""What proxies do with the answers of `claviger guard`: the commands and configurations of the page that is named, with addresses of
this machine in the place of its examples, and requests of clients through each proxy to a small API."""

import contextlib
import http.client
import http.server
import json
import os
import re
import shlex
import socket
import subprocess
import sys
import threading
import time
import traceback
import urllib.parse
import urllib.request

WORK = os.environ["WORK"]
PAGE = open(sys.argv[1]).read()
with open(os.environ["CLAVIGER_MANIFEST"]) as file:
    REALM = json.load(file)["realms"]["standard"]
APP = next(client for client in REALM["clients"] if "client_credentials" in client["grants"])
AUDIENCE = "https://api.standard.example/notes"
NEEDED, OTHER = "notes:read", "notes:write"
DOCUMENT = "/.well-known/oauth-protected-resource/notes"
# What the API is told of the caller, and what a client may well send under these names.
TOLD = ["X-Auth-Subject", "X-Auth-Client", "X-Auth-Scope", "X-Auth-Organisations"]
FORGED = {name: "forged" for name in TOLD}


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Api(http.server.BaseHTTPRequestHandler):
    """Says what reached it."""

    seen = []

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        told = {name: self.headers.get_all(name) for name in TOLD}
        Api.seen.append(self.path)
        answer = json.dumps({"method": self.command, "path": self.path, "body": body, "told": told}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_GET

    def log_message(self, *_):
        pass


API = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
threading.Thread(target=API.serve_forever, daemon=True).start()
GUARD = free_port()


def here(text, scope=NEEDED):
    """A text of the page, for this machine and this scope."""
    for example, own in {
        "127.0.0.1:9180": f"127.0.0.1:{GUARD}",
        "127.0.0.1:8000": f"127.0.0.1:{API.server_port}",
        "https://login.example.com": REALM["issuer"],
        "https://api.example.com/mcp": AUDIENCE,
        "orders.read": scope,
    }.items():
        text = text.replace(example, own)
    return text


def block(after, scope):
    """The first block of code behind a line of the page, which must be there."""
    found = re.search(rf"^{after}\n\n```\w*\n(.*?)^```", PAGE, re.S | re.M)
    assert found, f"the page has no block behind {after!r}"
    return here(found[1], scope)


def write(name, text):
    path = os.path.join(WORK, name)
    with open(path, "w") as file:
        file.write(text)
    return path


@contextlib.contextmanager
def running(name, command, port):
    """A program that answers at a port, for as long as the block goes on."""
    with open(os.path.join(WORK, f"{name}.log"), "w") as log:
        env = os.environ | {"HOME": WORK, "XDG_DATA_HOME": WORK, "XDG_CONFIG_HOME": WORK}
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env)
        try:
            until = time.monotonic() + 20
            while True:
                assert process.poll() is None, f"{name} ended by itself"
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                assert time.monotonic() < until, f"waited 20 s in vain for {name}"
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


def nginx(port, scope):
    """The page's locations in the smallest server there can be."""
    temporary = "".join(f"{kind}_temp_path {WORK}/{kind};\n" for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
    config = f"""daemon off;
pid {WORK}/nginx.pid;
error_log stderr;
events {{}}
http {{
{temporary}access_log off;
server {{
listen 127.0.0.1:{port};
{block("nginx:", scope)}}}
}}
"""
    return ["/usr/sbin/nginx", "-p", WORK, "-e", "stderr", "-c", write("nginx.conf", config)]


def caddy(port, scope):
    """The page's site at a port of this machine."""
    site = block("Caddy:", scope).replace("api.example.com", f"http://127.0.0.1:{port}")
    config = "{\nadmin off\nauto_https off\n}\n" + site
    return ["caddy", "run", "--adapter", "caddyfile", "--config", write("Caddyfile", config)]


def token():
    form = {"grant_type": "client_credentials", "client_id": APP["id"], "client_secret": APP["secret"], "scope": NEEDED, "resource": AUDIENCE}
    asked = urllib.request.Request(REALM["endpoints"]["token"], urllib.parse.urlencode(form).encode())
    with urllib.request.urlopen(asked, timeout=20) as answer:
        return json.load(answer)["access_token"]


def send(port, path="/items?page=2", bearer=None, method="GET", body=None, more=None):
    """What a client gets: the status, the challenge, the body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = dict(more or {})
    if bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    challenges = answer.headers.get_all("WWW-Authenticate") or []
    connection.close()
    return answer.status, challenges, text


def challenged(challenges, **expected):
    """The one challenge has these parameters."""
    assert len(challenges) == 1 and challenges[0].startswith("Bearer "), challenges
    said = dict(re.findall(r'(\w+)="([^"]*)"', challenges[0]))
    for name, value in expected.items():
        assert said.get(name) == value, (name, value, said)
    return said


METADATA = f"https://api.standard.example{DOCUMENT}"
GOOD = token()


def who_may_passes(port):
    status, _, text = send(port, bearer=GOOD)
    assert status == 200, (status, text)
    reached = json.loads(text)
    assert (reached["method"], reached["path"]) == ("GET", "/items?page=2"), reached
    assert reached["told"]["X-Auth-Subject"] == [APP["id"]], reached


def a_body_passes(port):
    status, _, text = send(port, bearer=GOOD, method="POST", body="a=b")
    assert status == 200 and json.loads(text)["body"] == "a=b" and json.loads(text)["method"] == "POST", (status, text)


def what_a_client_says_of_itself_does_not_reach_the_api(port):
    status, _, text = send(port, bearer=GOOD, more=FORGED)
    told = json.loads(text)["told"]
    assert status == 200 and "forged" not in text, (status, text)
    assert [told[name] for name in TOLD[:3]] == [[APP["id"]], [APP["id"]], [NEEDED]], told


def whoever_says_nothing_is_told_where_to_ask(port):
    status, challenges, _ = send(port)
    assert status == 401, status
    said = challenged(challenges, resource_metadata=METADATA, scope=NEEDED)
    assert "error" not in said, said


def a_bad_token_is_refused(port):
    status, challenges, _ = send(port, bearer="nobody.made.this")
    assert status == 401, status
    challenged(challenges, error="invalid_token", resource_metadata=METADATA)


def a_token_in_the_address_is_refused(port):
    status, _, _ = send(port, path=f"/items?access_token={GOOD}")
    assert status == 401, status


def a_token_without_the_scope_is_told_which_one(port):
    status, challenges, _ = send(port, bearer=GOOD)
    assert status == 403, status
    said = challenged(challenges, error="insufficient_scope", resource_metadata=METADATA)
    assert OTHER in said["scope"].split(), said


def the_document_says_who_gives_tokens(port):
    status, _, text = send(port, path=DOCUMENT)
    assert status == 200, (status, text)
    said = json.loads(text)
    assert (said["resource"], said["authorization_servers"]) == (AUDIENCE, [REALM["issuer"]]), said
    assert said["scopes_supported"] == [NEEDED], said


# With whether the API hears of it, for a route that needs the scope that the token has, and for one that needs another.
CHECKS = {
    who_may_passes: True,
    a_body_passes: True,
    what_a_client_says_of_itself_does_not_reach_the_api: True,
    whoever_says_nothing_is_told_where_to_ask: False,
    a_bad_token_is_refused: False,
    a_token_in_the_address_is_refused: False,
    the_document_says_who_gives_tokens: False,
}


OF_OTHER = {a_token_without_the_scope_is_told_which_one: False}


def check(proxy, port, checks):
    for one, reaches in checks.items():
        Api.seen.clear()
        one(port)
        assert bool(Api.seen) == reaches, f"{one.__name__}: the API heard {Api.seen}"
        print(f"ok - {proxy}: {one.__name__.replace('_', ' ')}", flush=True)


COMMAND = shlex.split(here(re.search(r"^claviger (guard .*)$", PAGE, re.M)[1]))
try:
    with running("guard", [os.environ["PROGRAM"], *COMMAND], GUARD):
        for make in [nginx, caddy]:
            proxy = make.__name__
            try:
                for scope, checks in [(NEEDED, CHECKS), (OTHER, OF_OTHER)]:
                    port = free_port()
                    with running(proxy, make(port, scope), port):
                        check(proxy, port, checks)
            except Exception:
                traceback.print_exc()
                print(f"not ok - {proxy}", flush=True)
                sys.exit(1)
finally:
    API.shutdown()
