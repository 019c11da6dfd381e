"""docs/let-assistants-in.md, walked as it stands there: its commands and its configuration are taken off the page, with ports of this
machine in the place of its own. What it prints for proxies is tried in tests/clients/proxies."""

import json
import os
import re
import subprocess
import sys
import tempfile

from assistant import REALM, URL, Assistant, publishes, tell, words

PAGE = open(sys.argv[1]).read()
PROGRAM, WORK = os.environ["PROGRAM"], os.environ["WORK"]


def block(language, holding):
    """The one block of code in a language that holds a text."""
    all_of_them = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.S | re.M)
    found = [text for named, text in all_of_them if named == language and holding in text]
    assert len(found) == 1, (holding, found)
    return found[0]


def line_of(text, port):
    """A line of the page, at the port of a demo that runs here."""
    return text.replace("localhost:8099", f"localhost:{port}")


def shell(command):
    """Runs a line of the page where the demo was started; what it prints."""
    tried = ["bash", "-euc", f"claviger() {{ '{PROGRAM}' \"$@\"; }}\n{command}"]
    done = subprocess.run(tried, cwd=WORK, timeout=60, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


async def the_demo_prints_the_line():
    command = block("", "claviger demo --mcp").strip()
    promised = block("", "claude mcp add").strip()
    base = int(os.environ["FREE_PORTS"])
    with tempfile.TemporaryDirectory() as folder:
        words_of = [PROGRAM, *command.split()[1:], "--port-base", str(base), "--manifest", f"{folder}/manifest.json"]
        with open(f"{folder}/out", "w+") as out:
            demo = subprocess.Popen(words_of, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL)
            try:
                for _ in range(600):
                    if os.path.exists(f"{folder}/manifest.json") and os.path.getsize(f"{folder}/out"):
                        break
                    assert demo.poll() is None, "the demo ended by itself"
                    try:
                        demo.wait(0.1)
                    except subprocess.TimeoutExpired:
                        pass
            finally:
                demo.terminate()
                try:
                    demo.wait(10)
                except subprocess.TimeoutExpired:
                    demo.kill()
                    demo.wait(10)
            out.seek(0)
            printed = out.read().splitlines()
    # Its ports are one behind the other, and 8080 is the first unless somebody says another.
    assert printed == [line_of(promised, base + 8099 - 8080)], printed


async def an_assistant_that_is_told_the_address_comes_in():
    servers = json.loads(line_of(block("json", "mcpServers"), URL.split(":")[2].split("/")[0]))["mcpServers"]
    assert [server["url"] for server in servers.values()] == [URL], servers
    named = re.search(r"Sign in as `(\w+)` with `([\w-]+)`", PAGE)
    assert [named[1], named[2]] == [REALM["users"][0]["username"], REALM["users"][0]["password"]], named.groups()
    assistant = Assistant()
    assert (await assistant.calls(("orders", {})))["orders"], "it has a tool for each sample API"
    assert "`new_item`" in PAGE
    assert (await assistant.calls(("new_item", {"code": "INK"})))["code"] == "INK"
    assert len(assistant.person.asked) == 2 and "You have not allowed this before" in assistant.person.pages[-1]


async def the_operator_approves_what_waits():
    listing, approving = block("", "claviger app list --realm assistants").strip().splitlines()
    document = publishes()
    example = "https://assistant.example/client.json"
    assert example in approving
    assistant = Assistant(document)
    try:
        await assistant.calls(("orders", {}))
        raise AssertionError("nobody approved it")
    except BaseException as error:
        assert "not approved" in words(error), words(error)
    assert document in shell(listing)
    shell(approving.replace(example, document))
    assert document not in shell(listing)
    assert document in shell(listing.replace("pending", "active"))


async def the_realm_of_the_page_is_one():
    own = block("toml", "[[registration.documents.domain]]")
    assert '[[scope]]\nname = "orders.read"' in own
    more = ["openid", "offline_access", "orders.write"]
    scopes = "".join(f'[[scope]]\nname = "{name}"\nsentence = "What it is."\n' for name in more)
    realm = '[realm]\nid = "own"\nname = "Own"\ndialect = "standard"\nissuer = "https://login.example.com"\nauthorities = ["login.example.com"]\n'
    with open(f"{WORK}/own.toml", "w") as file:
        file.write(realm + own + scopes)
    shell(f"mkdir -p own && cd own && claviger apply ../own.toml --create --database 'sqlite://{WORK}/own/own.db'")
    shown = shell(f"cd own && claviger realm export own --database 'sqlite://{WORK}/own/own.db'")
    assert 'name = "claude.ai"' in shown and 'audience = "https://api.example.com/mcp"' in shown, shown


tell({
    "the demo prints the line of the page": the_demo_prints_the_line,
    "an assistant that is told the address of the page comes in": an_assistant_that_is_told_the_address_comes_in,
    "the operator approves what waits with the commands of the page": the_operator_approves_what_waits,
    "the realm of the page is one": the_realm_of_the_page_is_one,
})
