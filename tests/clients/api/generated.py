"""The admin API by a client that was generated of its document."""

import os

from claviger_admin import AuthenticatedClient
from claviger_admin.api.apps import get_app, list_apps
from claviger_admin.api.caller import get_caller
from claviger_admin.api.users import list_users
from claviger_admin.models import Problem

client = AuthenticatedClient(base_url=os.environ["API"], token=os.environ["TOKEN"])


def check(name, holds):
    print(("ok - " if holds else "not ok - ") + name)


me = get_caller.sync(client=client)
check("Python: who calls is told", me.id == "demo-report" and me.roles[0].role == "auditor")
page = list_apps.sync("standard", client=client, limit=3)
check("Python: a page of apps", len(page.items) == 3 and page.next_ is not None)
rest = list_apps.sync("standard", client=client, limit=200, after=page.next_)
first, others = {app.id for app in page.items}, {app.id for app in rest.items}
check("Python: the page behind it", others and not first & others)
app = get_app.sync("standard", "demo-web", client=client)
check("Python: an app", app.name == "Notes on the Web" and app.managed_by.endswith("standard.toml"))
users = list_users.sync("standard", client=client, search="archer")
check("Python: a user is found by their name", [user.username for user in users.items] == ["alice"])
missing = get_app.sync_detailed("standard", "no-such-app", client=client)
problem = missing.parsed
check("Python: a problem", isinstance(problem, Problem) and problem.status == 404 and bool(problem.reference))
