#!/usr/bin/env bash
# Relying parties and API libraries, each configured as its own documentation says (docs/clients/), against a server of this
# script's own: run.sh [--only NAME]..
#
# Each prints `ok - ..` or `not ok - ..` for what it has tried. What needs Go, or Java with Maven, runs where those are found; the
# end says what did not run.
#
# needs: python3 | bash ../check.sh python3 | apt-get install -y --no-install-recommends python3-venv
# needs: node | bash ../check.sh node | apt-get install -y --no-install-recommends nodejs npm && { bash ../check.sh node || npm install --global node@22; }
# needs: npm | bash ../check.sh npm | apt-get install -y --no-install-recommends npm
# needs: chromium | bash ../check.sh chromium | apt-get install -y --no-install-recommends chromium
# needs: curl | bash ../check.sh curl | apt-get install -y --no-install-recommends curl
# needs: nginx | command -v nginx | apt-get install -y --no-install-recommends nginx
# needs: haproxy | command -v haproxy | apt-get install -y --no-install-recommends haproxy
# needs: mod_auth_openidc | bash ../check.sh mod_auth_openidc | apt-get install -y --no-install-recommends apache2 libapache2-mod-auth-openidc

set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
work=$(mktemp -d)
server=
passed=0 failed=0 only=() not_run=()

finish() {
    [[ -z $server ]] || kill -INT "$server" 2>/dev/null
    wait 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

while (($#)); do
    case $1 in
        --only) only+=("${2:?--only NAME}"); shift 2 ;;
        *) echo "usage: run.sh [--only NAME].." >&2; exit 2 ;;
    esac
done
((${#only[@]})) || only=(plans python node login-app upstream openid-client openidconnect browser apache proxies go-oidc spring spring-4 keycloak oauth2-proxy)

# Says ok to a command that installs something; shows its last words where it fails.
quietly() { "$@" >"$work/install.log" 2>&1 || { tail -n 8 "$work/install.log"; return 1; }; }

python() {
    local venv=$root/target/parties-venv want=$here/python/requirements.txt
    if ! cmp -s "$want" "$venv/installed"; then
        rm -rf "$venv"
        quietly python3 -m venv "$venv" && quietly "$venv/bin/pip" install -q -r "$want" || return 1
        cp "$want" "$venv/installed"
    fi
    "$venv/bin/python" -W ignore "$here/python/$1" "${@:2}"
}

node_modules() {
    if ! cmp -s "$here/node/package-lock.json" "$here/node/node_modules/.installed"; then
        (cd "$here/node" && quietly npm ci --no-audit --no-fund --ignore-scripts) || return 1
        cp "$here/node/package-lock.json" "$here/node/node_modules/.installed"
    fi
}

programs=$root/target/parties-go
has_go() { command -v go >/dev/null; }

# oauth2-proxy takes minutes to compile the first time: beside the others.
proxy_build() {
    [[ -x $programs/oauth2-proxy ]] || GOBIN=$programs go install github.com/oauth2-proxy/oauth2-proxy/v7@v7.15.6
}

party() {
    case $1 in
        plans) ISSUER=${ISSUER/localhost/127.0.0.1} python walk_plans.py ;;
        python) python parties.py && python resource_server.py ;;
        node) node_modules && node "$here/node/parties.mjs" ;;
        openid-client) node_modules && node "$here/node/openid_client.mjs" &&
            ISSUER=${ISSUER/localhost/127.0.0.1} node "$here/node/openid_client_5.mjs" ;;
        openidconnect) quietly cargo build -q --locked --manifest-path "$here/rust/Cargo.toml" --target-dir "$root/target/parties-rust" &&
            python behind.py openidconnect "$root/target/parties-rust/debug/relying-party" ;;
        upstream) node_modules && node "$here/node/upstream.mjs" ;;
        login-app) node_modules && node "$here/node/login_app_story.mjs" ;;
        browser) node_modules && node "$here/node/oidc_client_ts.mjs" ;;
        proxies) python proxies.py ;;
        apache) python behind.py mod-auth-openidc ;;
        go-oidc) (cd "$here/go" && quietly go build -o "$programs/relying-party" ./relying-party) &&
            python behind.py go-oidc "$programs/relying-party" ;;
        spring) quietly mvn -q -B -f "$here/spring/pom.xml" "-Dparties.target=$root/target/parties-spring" package &&
            python behind.py spring "$root/target/parties-spring/spring.jar" ;;
        spring-4) quietly mvn -q -B -f "$here/spring/pom.xml" -Dboot.version=4.0.7 "-Dparties.target=$root/target/parties-spring-4" package &&
            python behind.py spring "$root/target/parties-spring-4/spring.jar" ;;
        keycloak) quietly mvn -q -B -f "$here/keycloak/pom.xml" "-Dparties.target=$root/target/parties-keycloak" package &&
            python keycloak.py "$(echo "$root"/target/parties-keycloak/keycloak-*/)" ;;
        oauth2-proxy) wait "$proxy" || { tail -n 8 "$work/proxy.log"; return 1; }
            python behind.py oauth2-proxy "$programs/oauth2-proxy" ;;
        *) echo "there is no party $1"; return 2 ;;
    esac
}

# The tool that a party needs and that is not here, where it is one that nothing here installs.
lacking() {
    case $1 in
        go-oidc | oauth2-proxy) has_go && return 1; echo Go ;;
        spring | spring-4 | keycloak) command -v java >/dev/null && command -v mvn >/dev/null && return 1; echo "Java with Maven" ;;
        *) return 1 ;;
    esac
}

is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

start_server() {
    local program=${CLAVIGER:-} base
    for base in "$root/target/release/claviger" "$root/target/debug/claviger"; do
        [[ -z $program && -x $base ]] && program=$base
    done
    [[ -n $program ]] || { echo "cargo build makes the program first"; return 1; }
    export PROGRAM=$program
    for base in $(seq 20080 10 20480); do
        is_free "$base" && is_free $((base + 1)) && is_free $((base + 2)) && is_free $((base + 3)) && is_free $((base + 4)) && break
    done
    export ISSUER=http://localhost:$base APP=http://localhost:$((base + 1)) MANAGEMENT=http://127.0.0.1:$((base + 3)) UPSTREAM=http://localhost:$((base + 4))
    cat >"$work/claviger.toml" <<TOML
[server]
listen = ["127.0.0.1:$base"]
management = "127.0.0.1:$((base + 3))"
[database]
url = "sqlite://$work/claviger.db"
TOML
    cp "$here/realm.toml" "$here/plans.toml" "$here/login-app.toml" "$here/upstream.toml" "$work/"
    (cd "$work" && "$program" apply realm.toml plans.toml login-app.toml upstream.toml --create --config claviger.toml --set "issuer=$base" --set "app=$((base + 1))" --set "upstream=$((base + 4))") \
        >"$work/server.log" 2>&1 || { cat "$work/server.log"; return 1; }
    (cd "$work" && exec "$program" serve --config claviger.toml) >>"$work/server.log" 2>&1 </dev/null &
    server=$!
    for _ in $(seq 200); do
        is_free "$base" || return 0
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    echo "the server did not start:"
    tail -n 20 "$work/server.log"
    return 1
}

proxy=
if has_go && [[ " ${only[*]} " == *" oauth2-proxy "* ]]; then
    mkdir -p "$programs"
    proxy_build >"$work/proxy.log" 2>&1 &
    proxy=$!
fi

start_server || { printf '\n0 passed, 1 failed\n'; exit 1; }

for name in "${only[@]}"; do
    printf '== %s\n' "$name"
    if lacks=$(lacking "$name"); then
        not_run+=("$name (no $lacks here)")
        continue
    fi
    party "$name" >"$work/out" 2>&1
    status=$?
    cat "$work/out"
    good=$(grep -c '^ok - ' "$work/out")
    bad=$(grep -c '^not ok - ' "$work/out")
    if ((bad == 0 && (status != 0 || good == 0))); then
        echo "not ok - $name ended early (status $status)"
        bad=1
    fi
    passed=$((passed + good)) failed=$((failed + bad))
done

echo
for name in "${not_run[@]}"; do echo "did not run: $name"; done
if ((failed)); then
    echo "-- the server's last words"
    tail -n 20 "$work/server.log"
fi
printf '\n%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
