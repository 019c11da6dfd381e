"""The official SDK as an assistant: registers, signs in, calls tools, refreshes, steps up."""

import asyncio
import html
import json
import os
import re
import sys
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


class Stop(urllib.request.HTTPRedirectHandler):
    """Follows the issuer's own redirects, and stops at the answer."""

    def redirect_request(self, request, fp, code, msg, headers, newurl):
        if newurl.startswith(CALLBACK):
            raise Answer(newurl)
        return urllib.request.Request(newurl)


class Answer(Exception):
    pass


class Person:
    """Signs in and allows."""

    def __init__(self):
        self.browser = urllib.request.build_opener(Stop, urllib.request.HTTPCookieProcessor(CookieJar()))
        self.asked = []

    def goes(self, url):
        self.asked.append(urllib.parse.parse_qs(urllib.parse.urlsplit(url).query))
        user = REALM["users"][0]
        data = None
        try:
            for _ in range(6):
                page = self.browser.open(urllib.request.Request(url, data)).read().decode()
                forms = re.findall(r'<form\b[^>]*action="([^"]*)"[^>]*>(.*?)</form>', page, re.S)
                action, inside = next(form for form in forms if re.search(r'name="(password|decision)"', form[1]))
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


async def story():
    keeper, person, answers = Keeper(), Person(), []

    async def redirect(url):
        answers.append(await asyncio.to_thread(person.goes, url))

    async def callback():
        back = answers.pop()
        return AuthorizationCodeResult(code=back["code"][0], state=back["state"][0], iss=back["iss"][0])

    def provider():
        metadata = OAuthClientMetadata(
            client_name="SDK", redirect_uris=[CALLBACK], grant_types=["authorization_code", "refresh_token"],
            response_types=["code"], token_endpoint_auth_method="none",
        )
        return OAuthClientProvider(URL, metadata, keeper, redirect, callback)

    async def call(tool, arguments):
        async with httpx2.AsyncClient(auth=provider(), timeout=30) as http:
            async with Client(streamable_http_client(URL, http_client=http)) as client:
                tools = await client.list_tools()
                assert len(tools.tools) == 7, tools
                return (await client.call_tool(tool, arguments)).structured_content

    assert (await call("orders", {}))["orders"][0]["id"] == 1
    assert keeper.client.client_id and not keeper.client.client_secret
    before = keeper.tokens.refresh_token
    assert before and len(person.asked) == 1
    assert (await call("new_item", {"code": "PEN"}))["code"] == "PEN"
    scope = person.asked[-1]["scope"][0].split()
    assert len(person.asked) == 2 and "stock:write" in scope and "orders:read" in scope, person.asked
    assert (await call("items", {}))["items"][0]["code"] == "DESK-160"
    assert len(person.asked) == 2, "what was allowed is not asked for again"


try:
    asyncio.run(story())
    print("ok - the Python SDK registers, calls and steps up")
except BaseException:
    traceback.print_exc()
    print("not ok - the Python SDK registers, calls and steps up")
    sys.exit(1)
