#!/usr/bin/env bash
# The official SDKs of the Model Context Protocol as assistants, against a demo of this script's own (which trusts a certificate that
# is made here, so that a document at https://localhost can be read); and the page "Let assistants in", walked as it is written. The first
# that fails ends it.
#
# needs: node | bash ../check.sh node | apt-get install -y --no-install-recommends nodejs npm && { bash ../check.sh node || npm install --global node@22; }
# needs: npm | bash ../check.sh npm | apt-get install -y --no-install-recommends npm
# needs: chromium | bash ../check.sh chromium | apt-get install -y --no-install-recommends chromium
# needs: python3 | bash ../check.sh python3 | apt-get install -y --no-install-recommends python3-venv
# needs: openssl | command -v openssl | apt-get install -y --no-install-recommends openssl

set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
work=$(mktemp -d)
demo=
. "$here/../common.sh"
trap leave EXIT
trap 'exit 130' INT TERM

node_modules "$here/node" && python_venv "$root/target/mcp-venv" "$here/python/requirements.txt" || exit 1

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE -keyout "$work/key.pem" -out "$work/certificate.pem" 2>/dev/null || exit 1
SSL_CERT_FILE=$work/certificate.pem start_demo 21080 --data demo-data || exit 1
free_ports 21480 20 || exit 1

export CLAVIGER_MANIFEST=$manifest PROGRAM=$program DATABASE=sqlite://$work/demo-data/claviger.db WORK=$work FREE_PORTS=$base
export CERTIFICATE=$work/certificate.pem KEY=$work/key.pem

# What they print goes to a file: a browser that outlives its story holds no pipe open that somebody reads to its end.
passed=0 failed=0
run() {
    local name=$1 status=0 good bad
    shift
    in_time 300 "$name" "$@" >"$work/out" 2>&1 || status=$?
    cat "$work/out"
    good=$(grep -c '^ok - ' "$work/out") bad=$(grep -c '^not ok - ' "$work/out")
    ((bad == 0 && (status != 0 || good == 0))) && { echo "not ok - $name ended early (status $status)"; bad=1; }
    passed=$((passed + good)) failed=$((failed + bad))
    ((bad == 0))
}
python=$root/target/mcp-venv/bin/python
run "the TypeScript SDK" node "$here/node/assistant.mjs" &&
    run "the Python SDK" "$python" "$here/python/assistant.py" &&
    run "the walk" "$python" "$here/python/walk.py" "$root/docs/let-assistants-in.md"
if ((failed)); then
    echo "-- the demo's last words"
    tail -n 20 "$work/demo.log"
fi
printf '\n%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
