"""The official SDK as an assistant: registers, signs in, calls tools, refreshes, steps up; and by a document, is refused until the
operator approves. Every wait has a bound, and the first story that fails is the last one."""

import asyncio
import html
import http.server
import json
import logging
import os
import re
import ssl
import subprocess
import sys
import threading
import time
import traceback
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

import httpx2
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientMetadata

with open(os.environ["CLAVIGER_MANIFEST"]) as file:
    REALM = json.load(file)["realms"]["assistants"]
URL = REALM["apis"][0]["url"]
CALLBACK = "http://127.0.0.1:49152/callback"
TOOLS = 7
# That somebody was refused is what a story is about, and the SDK writes down each time with a traceback.
logging.getLogger("mcp").setLevel(logging.CRITICAL)


class Stop(urllib.request.HTTPRedirectHandler):
    """Follows the issuer's own redirects, and stops at the answer."""

    def redirect_request(self, request, fp, code, msg, headers, newurl):
        if newurl.startswith(CALLBACK):
            raise Answer(newurl)
        return urllib.request.Request(newurl)


class Answer(Exception):
    pass


class Refused(Exception):
    """A page that leads no further, by its words."""


class Person:
    """Signs in and allows."""

    def __init__(self):
        self.browser = urllib.request.build_opener(Stop, urllib.request.HTTPCookieProcessor(CookieJar()))
        self.asked, self.pages = [], []

    def goes(self, url):
        self.asked.append(urllib.parse.parse_qs(urllib.parse.urlsplit(url).query))
        user = REALM["users"][0]
        data = None
        try:
            for _ in range(6):
                try:
                    page = self.browser.open(urllib.request.Request(url, data), timeout=20).read().decode()
                except urllib.error.HTTPError as refused:
                    page = refused.read().decode()
                self.pages.append(page)
                forms = re.findall(r'<form\b[^>]*action="([^"]*)"[^>]*>(.*?)</form>', page, re.S)
                asking = [form for form in forms if re.search(r'name="(password|decision)"', form[1])]
                if not asking:
                    raise Refused(re.sub(r"<[^>]+>", " ", page))
                action, inside = asking[0]
                fields = {n: html.unescape(v) for n, v in re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', inside)}
                own = {"decision": "allow"}
                if 'name="password"' in inside:
                    own = {"username": user["username"], "password": user["password"]}
                url = urllib.parse.urljoin(url, html.unescape(action))
                data = urllib.parse.urlencode(fields | own).encode()
        except Answer as answer:
            return urllib.parse.parse_qs(urllib.parse.urlsplit(str(answer)).query)
        raise AssertionError("the pages do not end")


class Keeper:
    tokens = client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


class Documents(http.server.BaseHTTPRequestHandler):
    """Says what the app is, at an address whose certificate the demo trusts."""

    def do_GET(self):
        body = json.dumps({
            "client_id": self.server.document, "client_name": "Python Desk", "redirect_uris": [CALLBACK],
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"], "token_endpoint_auth_method": "none",
        }).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def publishes():
    """The address of a document that is served beside the story."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Documents)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(os.environ["CERTIFICATE"], os.environ["KEY"])
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.document = f"https://localhost:{server.server_port}/client.json"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.document


class Assistant:
    """The SDK with what it keeps, and the person in front of it."""

    def __init__(self, document=None):
        self.document = document
        self.keeper, self.person, self.answers = Keeper(), Person(), []

    async def redirect(self, url):
        self.answers.append(await asyncio.to_thread(self.person.goes, url))

    async def callback(self):
        back = self.answers.pop()
        return AuthorizationCodeResult(code=back["code"][0], state=back["state"][0], iss=back["iss"][0])

    def provider(self):
        metadata = OAuthClientMetadata(
            client_name="SDK", redirect_uris=[CALLBACK], grant_types=["authorization_code", "refresh_token"],
            response_types=["code"], token_endpoint_auth_method="none",
        )
        return OAuthClientProvider(URL, metadata, self.keeper, self.redirect, self.callback, client_metadata_url=self.document)

    async def calls(self, *several):
        """Calls tools in one connection, and gives what the last one said; before each but the first the access token is over."""
        provider = self.provider()
        async with httpx2.AsyncClient(auth=provider, timeout=30) as http_client:
            async with Client(streamable_http_client(URL, http_client=http_client)) as client:
                tools = await client.list_tools()
                assert len(tools.tools) == TOOLS, tools
                said = None
                for tool, arguments in several:
                    if said is not None:
                        # The SDK knows when its token is over by its own clock, and asks for the next one then: its note is set back.
                        provider.context.token_expiry_time = time.time() - 1
                    said = (await client.call_tool(tool, arguments)).structured_content
                return said


async def registers():
    assistant = Assistant()
    keeper, person = assistant.keeper, assistant.person
    assert (await assistant.calls(("orders", {})))["orders"][0]["id"] == 1
    assert keeper.client.client_id and not keeper.client.client_secret
    before = keeper.tokens
    assert before.refresh_token and len(person.asked) == 1
    assert (await assistant.calls(("orders", {}), ("items", {})))["items"][0]["code"] == "DESK-160"
    assert len(person.asked) == 1, "a refresh asks nobody"
    assert keeper.tokens.refresh_token not in (None, before.refresh_token), "it is another one with each use"
    assert keeper.tokens.access_token != before.access_token
    assert (await assistant.calls(("new_item", {"code": "PEN"})))["code"] == "PEN"
    scope = person.asked[-1]["scope"][0].split()
    assert len(person.asked) == 2 and "stock:write" in scope and "orders:read" in scope, person.asked
    assert (await assistant.calls(("items", {}), ("new_item", {"code": "INK"})))["code"] == "INK"
    assert len(person.asked) == 2, "what was allowed is not asked for again, and a refresh keeps it"


async def by_document():
    document = publishes()
    assistant = Assistant(document)
    try:
        await assistant.calls(("orders", {}))
        raise AssertionError("nobody approved it")
    except BaseException as error:
        assert "not approved" in words(error), words(error)
    assert assistant.keeper.client.client_id == document
    approve = [os.environ["PROGRAM"], "app", "approve", document, "--realm", "assistants", "--database", os.environ["DATABASE"]]
    subprocess.run(approve, check=True, timeout=30, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    # The running server hears of what another process wrote within seconds.
    until = time.monotonic() + 60
    while True:
        try:
            said = await assistant.calls(("damage_claims", {}), ("orders", {}))
            break
        except BaseException as error:
            if "not approved" not in words(error) or time.monotonic() > until:
                raise
            await asyncio.sleep(0.2)
    assert said["orders"][0]["id"] == 1
    assert assistant.person.asked[-1]["client_id"] == [document]


def words(error):
    """What an error says, and each one in a group of them."""
    inner = [words(one) for one in getattr(error, "exceptions", ())]
    cause = [words(one) for one in (error.__cause__, error.__context__) if one is not None]
    return " ".join([str(error), *inner, *cause])


def tell(stories):
    """Runs each, and says how it ended; the first that fails is the last."""
    for name, story in stories.items():
        try:
            asyncio.run(asyncio.wait_for(story(), 120))
            print(f"ok - {name}", flush=True)
        except BaseException:
            traceback.print_exc()
            print(f"not ok - {name}", flush=True)
            sys.stdout.flush()
            os._exit(1)


if __name__ == "__main__":
    tell({
        "the Python SDK registers, calls, refreshes and steps up": registers,
        "the Python SDK waits by its document until the operator approves it": by_document,
    })
