#!/usr/bin/env bash
# The official SDKs of the Model Context Protocol as assistants, against a demo of this script's own (which trusts a certificate that
# is made here, so that a document at https://localhost can be read).
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

finish() {
    [[ -z $demo ]] || kill -INT "$demo" 2>/dev/null
    wait 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

program=${CLAVIGER:-}
for built in "$root/target/release/claviger" "$root/target/debug/claviger"; do
    [[ -z $program && -x $built ]] && program=$built
done
[[ -n $program ]] || { echo "cargo build makes the program first"; exit 1; }

if ! cmp -s "$here/node/package-lock.json" "$here/node/node_modules/.installed"; then
    (cd "$here/node" && npm ci --no-audit --no-fund --ignore-scripts) >"$work/install.log" 2>&1 || { tail -n 8 "$work/install.log"; exit 1; }
    cp "$here/node/package-lock.json" "$here/node/node_modules/.installed"
fi

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE -keyout "$work/key.pem" -out "$work/certificate.pem" 2>/dev/null || exit 1

for base in $(seq 21080 30 22000); do
    free=1
    for port in $(seq "$base" $((base + 19))); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && free=0 && break
    done
    ((free)) && break
done
(cd "$work" && SSL_CERT_FILE=$work/certificate.pem exec "$program" demo --port-base "$base" --data "$work/data" --manifest "$work/manifest.json") >"$work/demo.log" 2>&1 </dev/null &
demo=$!
for _ in $(seq 600); do
    [[ -s $work/manifest.json ]] && break
    kill -0 "$demo" 2>/dev/null || { tail -n 20 "$work/demo.log"; exit 1; }
    sleep 0.1
done

export CLAVIGER_MANIFEST=$work/manifest.json PROGRAM=$program DATABASE=sqlite://$work/data/claviger.db
export CERTIFICATE=$work/certificate.pem KEY=$work/key.pem
venv=$root/target/mcp-venv want=$here/python/requirements.txt
if ! cmp -s "$want" "$venv/installed"; then
    rm -rf "$venv"
    { python3 -m venv "$venv" && "$venv/bin/pip" install -q -r "$want"; } >"$work/install.log" 2>&1 || { tail -n 8 "$work/install.log"; exit 1; }
    cp "$want" "$venv/installed"
fi
{
    node "$here/node/assistant.mjs" && "$venv/bin/python" "$here/python/assistant.py"
} | tee "$work/out"
status=${PIPESTATUS[0]}
((status == 0)) || tail -n 20 "$work/demo.log"
printf '\n%d passed, %d failed\n' "$(grep -c '^ok - ' "$work/out")" "$(grep -c '^not ok - ' "$work/out")"
((status == 0)) && grep -q '^ok - ' "$work/out"
