#!/usr/bin/env bash
# Real client libraries against the running demo: run.sh [--manifest FILE] [--only NAME]..
#
# Without a manifest (or $CLAVIGER_MANIFEST) it starts the demo itself, on free ports and in a folder of its own, and
# ends it. Each client prints `ok - ..` or `not ok - ..` for what it has tried; a client that stops early, or tries
# nothing, has failed as well. What is missing is installed; what cannot be installed is named, and is a failure.
#
# Each line below: a tool, a check that does what the clients do with it, and what installs it on Debian.
#
# needs: curl | bash check.sh curl | apt-get install -y --no-install-recommends curl
# needs: jq | bash check.sh jq | apt-get install -y --no-install-recommends jq
# needs: python3 | bash check.sh python3 | apt-get install -y --no-install-recommends python3-venv
# needs: node | bash check.sh node | apt-get install -y --no-install-recommends nodejs npm && { bash check.sh node || npm install --global node@22; }
# needs: npm | bash check.sh npm | apt-get install -y --no-install-recommends npm
# needs: php | bash check.sh php | apt-get install -y --no-install-recommends php-cli php-curl
# needs: phpseclib | test -f /usr/share/php/phpseclib3/autoload.php | apt-get install -y --no-install-recommends php-phpseclib3
# needs: mono | bash check.sh mono | apt-get install -y --no-install-recommends mono-mcs mono-runtime libmono-system4.0-cil libmono-system-web-extensions4.0-cil
# needs: java | bash check.sh java | apt-get install -y --no-install-recommends default-jdk-headless
# needs: maven | command -v mvn | apt-get install -y --no-install-recommends maven
# needs: chromium | bash check.sh chromium | apt-get install -y --no-install-recommends chromium
# needs: slapd | test -x /usr/sbin/slapd | apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends slapd ldap-utils

set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
demo=
passed=0 failed=0 only=()
manifest=${CLAVIGER_MANIFEST:-}
# No package asks anything while it is installed.
export DEBIAN_FRONTEND=noninteractive

. "$here/common.sh"
trap leave EXIT
trap 'exit 130' INT TERM

while (($#)); do
    case $1 in
        --only) only+=("${2:?--only NAME}"); shift 2 ;;
        --manifest) manifest=$(realpath "${2:?--manifest FILE}"); shift 2 ;;
        *) echo "usage: run.sh [--manifest FILE] [--only NAME].." >&2; exit 2 ;;
    esac
done
((${#only[@]})) || only=(curl authlib requests-oauthlib php mono postman openid-client admin-api guide guide-apis)

# What the first lines of this file ask for.
provide() {
    local name check install
    while IFS='|' read -r name check install; do
        name=${name#\# needs: } name=${name% }
        [[ " $* " == *" $name "* ]] || continue
        (cd "$here" && bash -c "$check") </dev/null >/dev/null 2>&1 && continue
        echo "installing $name"
        (cd "$here" && bash -c "$install") </dev/null >"$work/install.log" 2>&1 ||
            (apt-get update && cd "$here" && bash -c "$install") </dev/null >"$work/install.log" 2>&1
        (cd "$here" && bash -c "$check") </dev/null >>"$work/install.log" 2>&1 || { tail -n 5 "$work/install.log"; return 1; }
    done < <(grep '^# needs: ' "$here/run.sh")
}

python() {
    python_venv "$root/target/clients-venv" "$here/python/requirements.txt" && "$root/target/clients-venv/bin/python" "$here/python/$1"
}

# Every file of stories; each ends by itself.
stories() {
    local file failed=0
    for file in "$root"/tests/browser/*.mjs; do
        [[ $file == */driver.mjs ]] || node "$file" || failed=1
    done
    return $failed
}

client() {
    case $1 in
        curl) provide curl jq && bash "$here/curl/guides.sh" ;;
        authlib) provide python3 && python authlib_clients.py ;;
        requests-oauthlib) provide python3 && python requests_oauthlib_clients.py ;;
        php) provide php && php "$here/php/audaconnect.php" ;;
        mono) provide mono && mcs -warnaserror -r:System.Web.Extensions -out:"$work/Jim2.exe" "$here/csharp/Jim2.cs" &&
            mono "$work/Jim2.exe" "$(value '.realms.jim2 | .endpoints.token')" "$(value '.realms.jim2 | .endpoints.logoff')" \
                "$(value '.realms.jim2.apis | map("\(.method) \(.url)") | join(",")')" \
                "$(value '.realms.jim2.clients | map(select(.grants | index("client_credentials"))) | map("\(.id)=\(.secret)") | join("\n")')" ;;
        postman) provide node npm jq && node_modules "$here/node" && node "$here/node/postman.mjs" "$here/postman/blastiq.postman_collection.json" ;;
        openid-client) provide node npm && node_modules "$here/node" && node "$here/node/openid_client.mjs" ;;
        admin-api) provide curl jq python3 node npm && bash "$here/api/run.sh" ;;
        guide) provide curl python3 node php mono java && python3 "$here/guide/snippets.py" ;;
        guide-apis) provide curl python3 node npm php phpseclib java maven && node_modules "$here/node" && python ../guide/protected.py ;;
        browser) provide node npm chromium slapd && node_modules "$root/tests/browser" && stories ;;
        *) echo "there is no client $1"; return 2 ;;
    esac
}

value() { jq -er "$1" "$manifest"; }

if [[ -z $manifest ]]; then
    start_demo 19080 || { printf '\n0 passed, 1 failed\n'; exit 1; }
fi
export CLAVIGER_MANIFEST=$manifest

for name in "${only[@]}"; do
    printf '== %s\n' "$name"
    client "$name" 2>&1 | tee "$work/out"
    status=${PIPESTATUS[0]}
    good=$(grep -c '^ok - ' "$work/out")
    bad=$(grep -c '^not ok - ' "$work/out")
    if ((bad == 0 && (status != 0 || good == 0))); then
        echo "not ok - $name ended early (status $status)"
        bad=1
    fi
    passed=$((passed + good)) failed=$((failed + bad))
done

if ((failed)) && [[ -s $work/demo.log ]]; then
    echo "-- the demo's last words"
    tail -n 20 "$work/demo.log"
fi
printf '\n%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
