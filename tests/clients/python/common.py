"""The demo's manifest, and a line for each thing that was tried."""

import json
import os
import sys
import traceback

with open(os.environ["CLAVIGER_MANIFEST"], encoding="utf-8") as file:
    MANIFEST = json.load(file)

_failed = False


def realm(name):
    return MANIFEST["realms"][name]


def client(realm_name, grant, kind=None):
    """The first client of a realm that may use a grant."""
    for found in realm(realm_name)["clients"]:
        if grant in found["grants"] and kind in (None, found["kind"]):
            return found
    raise LookupError(f"{realm_name} has no {kind or ''} client for {grant}")


def api(realm_name, method="GET"):
    return next(one for one in realm(realm_name)["apis"] if one["method"] == method)


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
