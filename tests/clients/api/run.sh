#!/usr/bin/env bash
# The admin API of the running demo, as its own document says it: schemathesis, and clients that are generated of the document for Python
# and TypeScript. Each line that is printed begins with `ok - ` or `not ok - `; $CLAVIGER_MANIFEST names the demo's manifest.

set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
venv=$root/target/api-venv
export PATH=$venv/bin:$PATH

say() { if (($1)); then echo "not ok - $2"; tail -n 40 "$3"; else echo "ok - $2"; fi; }

if ! cmp -s "$here/requirements.txt" "$venv/installed"; then
    { python3 -m venv --clear "$venv" && "$venv/bin/pip" install -q -r "$here/requirements.txt"; } >"$work/log" 2>&1 ||
        { say 1 "the Python packages are installed" "$work/log"; exit 1; }
    cp "$here/requirements.txt" "$venv/installed"
fi
if ! cmp -s "$here/package-lock.json" "$here/node_modules/.installed"; then
    (cd "$here" && npm ci --no-audit --no-fund --ignore-scripts) >"$work/log" 2>&1 ||
        { say 1 "the Node packages are installed" "$work/log"; exit 1; }
    cp "$here/package-lock.json" "$here/node_modules/.installed"
fi

api=$(jq -er '.realms.admin.admin_api' "$CLAVIGER_MANIFEST")
issuer=$(jq -er '.realms.admin.issuer' "$CLAVIGER_MANIFEST")
token() {
    local secret
    secret=$(jq -er --arg id "$1" '.realms.admin.clients[] | select(.id == $id) | .secret' "$CLAVIGER_MANIFEST")
    curl -sf "$issuer/token" -u "$1:$secret" -d grant_type=client_credentials | jq -er .access_token
}

# Two of its checks are left out: a text in the right form may still be no name of anything, and who sends too much is told that first.
# What only reads is tried at each edge of the document; both together stay below what a caller may send in a minute.
bearer="Authorization: Bearer $(token demo-automation)"
conform() {
    (cd "$work" && schemathesis run "$api/openapi.json" -H "$bearer" --seed 1 --suppress-health-check all --no-color \
        --exclude-checks positive_data_acceptance,missing_required_header "$@") >"$work/log" 2>&1
}
conform --phases coverage --include-method GET
say $? "every answer to what reads is as the document says (schemathesis)" "$work/log"
conform --phases fuzzing --max-examples 8 --exclude-method GET
say $? "every answer to what changes something is as the document says (schemathesis)" "$work/log"

openapi-python-client generate --path "$root/docs/openapi.json" --meta none --output-path "$work/claviger_admin" >"$work/log" 2>&1
say $? "a Python client is generated" "$work/log"
API=$api TOKEN=$(token demo-report) PYTHONPATH=$work python "$here/generated.py" || echo "not ok - the Python client ended early"

cp "$here/package.json" "$here/generated.ts" "$work/" && ln -s "$here/node_modules" "$work/node_modules"
(cd "$work" && node_modules/.bin/openapi-typescript "$root/docs/openapi.json" -o schema.d.ts &&
    node_modules/.bin/tsc --strict --target es2022 --module nodenext --moduleResolution nodenext --skipLibCheck --lib es2022,dom generated.ts) \
    >"$work/log" 2>&1
say $? "a TypeScript client is generated, and its use is checked" "$work/log"
API=$api TOKEN=$(token demo-report) node "$work/generated.js" || echo "not ok - the TypeScript client ended early"
