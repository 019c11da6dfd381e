#!/usr/bin/env bash
# The guides' requests with curl, one vendor after the other, and the mistakes that integrators make.

set -uo pipefail
manifest=$CLAVIGER_MANIFEST
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
bad=0

m() { jq -er "$1" "$manifest"; }
# field NAME: of the last answer
field() { jq -er "$1" "$dir/body" 2>/dev/null; }
# call CURL-ARGUMENTS: prints the status; the answer is in $dir/body, its headers in $dir/head
call() { curl -sS -m 20 -o "$dir/body" -D "$dir/head" -w '%{http_code}' "$@"; }
header() { sed -n "s/^$1: //Ip" "$dir/head" | tr -d '\r' | head -1; }

say() { # say NAME COMMAND..: runs a story
    local name=$1 problem
    shift
    if problem=$("$@" 2>&1); then echo "ok - $name"; else
        echo "not ok - $name: $(tail -n 1 <<<"$problem")"
        bad=1
    fi
}
want() { # want EXPECTED FOUND
    [[ $1 == "$2" ]] || { echo "$2 instead of $1; $(head -c 300 "$dir/body")"; exit 1; }
}

# browse AUTHORIZATION_URL USER PASSWORD DECISION [FIELD..]: through login and consent, prints where it ends
browse() {
    local url=$1 user=$2 password=$3 decision=$4 jar origin page form action status
    shift 4
    jar=$(mktemp -p "$dir")
    origin=$(sed -E 's#^(https?://[^/]+).*#\1#' <<<"$url")
    status=$(call -b "$jar" -c "$jar" "$url")
    for page in 1 2 3 4 5 6 7 8; do
        if [[ $status == 30[23] ]]; then
            url=$(header location)
            [[ $url == /* ]] && url=$origin$url
            [[ $url == "$origin"/* ]] || { printf '%s\n' "$url"; return; }
            status=$(call -b "$jar" -c "$jar" "$url")
            continue
        fi
        form=$(tr '\n' ' ' <"$dir/body" | grep -oP '<form\b.*?</form>' | grep -E 'name="(password|decision)"' | head -1)
        [[ -n $form ]] || { echo "neither login nor consent: $(head -c 400 "$dir/body")" >&2; return 1; }
        action=$(grep -oP 'action="\K[^"]*' <<<"$form" | head -1 | plain)
        [[ $action == /* ]] && action=$origin$action
        local send=()
        while IFS=$'\t' read -r name value; do send+=(--data-urlencode "$name=$value"); done \
            < <(grep -oP '<input type="hidden" name="[^"]*" value="[^"]*"' <<<"$form" | sed -E 's/.*name="([^"]*)" value="([^"]*)"/\1\t\2/' | plain)
        if grep -q 'name="password"' <<<"$form"; then
            send+=(--data-urlencode "username=$user" --data-urlencode "password=$password")
        else
            send+=(-d "decision=$decision")
            for one in "$@"; do send+=(-d "$one"); done
        fi
        status=$(call -b "$jar" -c "$jar" "${send[@]}" "$action")
    done
    echo "the pages do not end" >&2
    return 1
}
plain() { sed "s/&#x2f;/\//g; s/&quot;/\"/g; s/&#x27;/'/g; s/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g"; }
parameter() { sed -nE "s/.*[?&#]$2=([^&#]*).*/\1/p" <<<"$1"; }
decoded() { local text=${1//+/ }; printf '%b' "${text//%/\\x}"; }
encoded() { jq -rn --arg text "$1" '$text | @uri'; }

# --- Audaconnect
A=.realms.audaconnect
AC="$A.clients | map(select(.grants | index(\"authorization_code\"))) | .[0]"

audaconnect() {
    local id secret redirect scope back code refresh token endpoint
    id=$(m "$AC.id") secret=$(m "$AC.secret") redirect=$(m "$AC.redirect_uris[0]") endpoint=$(m "$A.endpoints.token")
    scope=$(m "$AC.scopes | join(\" \")")
    back=$(browse "$(m "$A.endpoints.authorization")?client_id=$id&redirect_uri=$(encoded "$redirect")&scope=$(encoded "$scope")&response_type=code" \
        "$(m "$A.users[0].username")" "$(m "$A.users[0].password")" allow) || exit 1
    code=$(parameter "$back" code)
    [[ -n $code ]] || { echo "no code in $back"; exit 1; }
    want 200 "$(call -d "code=$code" -d "client_id=$id" --data-urlencode "client_secret=$secret" --data-urlencode "redirect_uri=$redirect" -d grant_type=authorization_code "$endpoint")"
    want Bearer "$(field .token_type)"
    want 1800 "$(field .expires_in)"
    want no-store "$(header cache-control)"
    token=$(field .access_token) refresh=$(field .refresh_token)
    want 200 "$(call -H "Authorization: Bearer $token" "$(m "$A.apis[0].url")")"
    want "$(m "$A.users[0].name")" "$(field .name)"
    want 200 "$(call -d "client_id=$id" --data-urlencode "client_secret=$secret" --data-urlencode "refresh_token=$refresh" -d grant_type=refresh_token "${endpoint/OAuth20/oauth20}")"
    want 200 "$(call -u "$id:$secret" --data-urlencode "refresh_token=$refresh" -d grant_type=refresh_token "$endpoint")"
    # The code was spent.
    want 400 "$(call -d "code=$code" -d "client_id=$id" --data-urlencode "client_secret=$secret" --data-urlencode "redirect_uri=$redirect" -d grant_type=authorization_code "$endpoint")"
    want invalid_grant "$(field .error)"
}
say "A2 A3 A4 A5 A6 curl: Audaconnect's code flow, users/me, refresh" audaconnect

# --- Jim2
J=.realms.jim2
JC="$J.clients | map(select(.grants | index(\"client_credentials\"))) | .[0]"

jim2() {
    local id secret endpoint token
    id=$(m "$JC.id") secret=$(m "$JC.secret") endpoint=$(m "$J.endpoints.token")
    want 200 "$(call -u "$id:$secret" -H 'Expect: 100-continue' -d grant_type=client_credentials -d scope=view "$endpoint")"
    token=$(field .access_token)
    [[ -n $(field .refresh_token) && -n $(field .expires_in) ]] || exit 1
    want 200 "$(call -H "Authorization: Bearer $token" "$(m "$J.apis | map(select(.method == \"GET\")) | .[0].url")")"
    want 403 "$(call -H "Authorization: Bearer $token" --json '{"code":"X"}' "$(m "$J.apis | map(select(.method == \"POST\")) | .[0].url")")"
    want 204 "$(call -X POST -H "Authorization: Bearer $token" "$(m "$J.endpoints.logoff")")"
    # The API follows a feed of what was taken back: it knows within a moment.
    local tries
    for tries in $(seq 50); do
        [[ $(call -H "Authorization: Bearer $token" "$(m "$J.apis | map(select(.method == \"GET\")) | .[0].url")") == 401 ]] && break
        sleep 0.1
    done
    want 401 "$(call -H "Authorization: Bearer $token" "$(m "$J.apis | map(select(.method == \"GET\")) | .[0].url")")"
    want 200 "$(call -H "AUTHORIZATION: bAsIc $(printf %s "$id:$secret" | base64 -w0)" -d grant_type=client_credentials -d scope=view "$endpoint")"
    want 401 "$(call -u "$id:wrong" -d grant_type=client_credentials "$endpoint")"
    want invalid_client "$(field .error)"
    want 400 "$(call -u "$id:$secret" -d grant_type=password -d username=a -d password=b "$endpoint")"
}
say "J1 J3 J4 J6 curl: Jim2's token, read, refused write, log-off" jim2

# --- BlastIQ
B=.realms.blastiq
BU="$B.users | map(select(.service)) | .[0]"

blastiq() {
    local endpoint token refresh site
    endpoint=$(m "$B.endpoints.token") site=$(m "$BU.organisations[0]")
    want 200 "$(call -d grant_type=password --data-urlencode "username=$(m "$BU.username")" --data-urlencode "password=$(m "$BU.password")" -d client_id=external.customer "$endpoint")"
    [[ $(header content-type) == application/json* ]] || { header content-type; exit 1; }
    token=$(field .access_token) refresh=$(field .refresh_token)
    want 200 "$(call -H "Authorization: Bearer $token" "$(m "$B.apis[0].url | sub(\"\\\\{site\\\\}\"; \"$site\")")")"
    want 200 "$(call -d grant_type=refresh_token -d client_id=external.customer --data-urlencode "refresh_token=$refresh" "$endpoint")"
    # A person is not a service user (B4), and the error is a 400 (B6).
    want 400 "$(call -d grant_type=password --data-urlencode "username=$(m "$B.users[0].username")" --data-urlencode "password=$(m "$B.users[0].password")" -d client_id=external.customer "$endpoint")"
    want invalid_grant "$(field .error)"
    want 400 "$(call -d grant_type=password -d username=x -d password=y -d client_id=nobody "$endpoint")"
    want invalid_client "$(field .error)"
}
say "B2 B3 B4 B6 curl: BlastIQ's password grant, site data, refresh" blastiq

# --- Aurora
aurora() {
    local realm id secret audience endpoint token
    for realm in aurora-dev aurora-live; do
        local R=".realms[\"$realm\"]"
        local C="$R.clients | map(select(.grants | index(\"client_credentials\"))) | .[0]"
        id=$(m "$C.id") secret=$(m "$C.secret") audience=$(m "$C.audiences[0]")
        local issuer; issuer=$(m "$R.issuer")
        want 200 "$(call "${issuer%/}/.well-known/openid-configuration")"
        endpoint=$(field .token_endpoint)
        want 200 "$(call -d "client_id=$id" --data-urlencode "client_secret=$secret" -d "audience=$audience" -d grant_type=client_credentials "$endpoint")"
        want false "$(field 'has("refresh_token") | tostring')"
        token=$(field .access_token)
        want 200 "$(call -H "Authentication: Bearer $token" "$(m "$R.apis[0].url")")"
        want 200 "$(call -H "Authorization: Bearer $token" "$(m "$R.apis[0].url")")"
        want 401 "$(call "$(m "$R.apis[0].url")")"
        want 400 "$(call -d "client_id=$id" --data-urlencode "client_secret=$secret" -d grant_type=client_credentials "$endpoint")"
        want invalid_request "$(field .error)"
        want 400 "$(call -d "client_id=$id" --data-urlencode "client_secret=$secret" -d audience=https://no -d grant_type=client_credentials "$endpoint")"
        want invalid_target "$(field .error)"
    done
}
say "U1 U2 U3 U4 curl: Aurora's two instances" aurora

# U5: the server takes a live token back; the API refuses it, a new one works.
aurora_early() {
    local R='.realms["aurora-dev"]' id secret audience endpoint token
    local C="$R.clients | map(select(.grants | index(\"client_credentials\"))) | .[0]"
    id=$(m "$C.id") secret=$(m "$C.secret") audience=$(m "$C.audiences[0]") endpoint=$(m "$R.endpoints.token")
    want 200 "$(call -u "$id:$secret" -d "audience=$audience" -d grant_type=client_credentials "$endpoint")"
    token=$(field .access_token)
    want 200 "$(call -u "$id:$secret" -d "token=$token" "$(m "$R.endpoints.revocation")")"
    local tries
    for tries in $(seq 50); do
        [[ $(call -H "Authentication: Bearer $token" "$(m "$R.apis[0].url")") == 401 ]] && break
        sleep 0.1
    done
    want 401 "$(call -H "Authentication: Bearer $token" "$(m "$R.apis[0].url")")"
    want 200 "$(call -u "$id:$secret" -d "audience=$audience" -d grant_type=client_credentials "$endpoint")"
    want 200 "$(call -H "Authentication: Bearer $(field .access_token)" "$(m "$R.apis[0].url")")"
}
say "U5 curl: a token taken back early is a 401, a new one is served" aurora_early

# --- Billit
L='.realms["billit-sandbox"]'
LC="$L.clients | map(select(.id == \"demo-invoicing\")) | .[0]"

# exchange JSON: at the token endpoint
exchange() { call --json "$1" "$(m "$L.endpoints.token")"; }

billit() {
    local id secret redirect back code token refresh orders state='a guid;x=1'
    id=$(m "$LC.id") secret=$(m "$LC.secret") redirect=$(m "$LC.redirect_uris[0]") orders=$(m "$L.apis[0].url")
    back=$(browse "$(m "$L.endpoints.authorization")?client_id=$id&redirect_uri=$(encoded "$redirect")&state=$(encoded "$state")&prompt=consent" \
        "$(m "$L.users[0].username")" "$(m "$L.users[0].password")" allow organisation=bakery) || exit 1
    code=$(parameter "$back" code)
    want "$state" "$(decoded "$(parameter "$back" state)")"
    want 200 "$(exchange "$(jq -n --arg i "$id" --arg s "$secret" --arg c "$code" --arg r "$redirect" \
        '{client_id: $i, client_secret: $s, code: $c, grant_type: "authorization_code", redirect_uri: $r}')")"
    want 'Bearer 3600' "$(field '"\(.token_type) \(.expires_in)"')"
    token=$(field .access_token) refresh=$(field .refresh_token)
    want 200 "$(call -H "Authorization: Bearer $token" -H 'Accept: application/json' "$orders")"
    want bakery "$(field '[.Items[].CompanyID] | unique | join(",")')"
    # Another client's refresh token is refused, and stays alive (L5).
    local O="$L.clients | map(select(.id == \"demo-other\")) | .[0]"
    want 400 "$(exchange "$(jq -n --arg i "$(m "$O.id")" --arg s "$(m "$O.secret")" --arg t "$refresh" \
        '{client_id: $i, client_secret: $s, refresh_token: $t, grant_type: "refresh_token"}')")"
    want invalid_grant "$(field .error)"
    want 200 "$(exchange "$(jq -n --arg i "$id" --arg s "$secret" --arg t "$refresh" \
        '{client_id: $i, client_secret: $s, refresh_token: $t, grant_type: "refresh_token"}')")"
    [[ $(field .access_token) != "$token" && $(field .refresh_token) != "$refresh" ]] || { echo "the tokens did not change"; exit 1; }
    token=$(field .access_token) refresh=$(field .refresh_token)
    # A form is fine as well.
    want 200 "$(call -d "client_id=$id" --data-urlencode "client_secret=$secret" --data-urlencode "refresh_token=$refresh" -d grant_type=refresh_token "$(m "$L.endpoints.token")")"
    token=$(field .access_token)
    want 401 "$(call -H 'Authorization: Bearer nonsense' "$orders")"
    want InvalidAccessToken "$(field '.errors[0].Code')"
    want 200 "$(call -u "$id:$secret" --data-urlencode "token=$token" "$(m "$L.endpoints.revocation")")"
    local tries
    for tries in $(seq 50); do
        call -H "Authorization: Bearer $token" "$orders" >/dev/null
        [[ $(field '.errors[0].Code') == AccessTokenRevoked ]] && break
        sleep 0.1
    done
    want 401 "$(call -H "Authorization: Bearer $token" "$orders")"
    want AccessTokenRevoked "$(field '.errors[0].Code')"
}
say "L2 to L7 curl: Billit's JSON exchange, orders of the chosen company, refresh, error words" billit

billit_pages() {
    local page id redirect
    page=$(m "$L.endpoints.authorization") id=$(m "$LC.id") redirect=$(m "$LC.redirect_uris[0]")
    want 400 "$(call "$page?client_id=$id")"
    grep -q 'Invalid OAuth2 request' "$dir/body" || { echo "no heading"; exit 1; }
    want 400 "$(call "$page?redirect_uri=$(encoded "$redirect")")"
    want 400 "$(call "$page?client_id=$id&redirect_uri=$(encoded "$redirect?own=1")")"
    want 200 "$(call "$page")"
    grep -q 'name="password"' "$dir/body" || { echo "no login"; exit 1; }
    local back
    back=$(browse "$page?client_id=$id&redirect_uri=$(encoded "$redirect")&state=s&prompt=consent" "$(m "$L.users[1].username")" "$(m "$L.users[1].password")" deny) || exit 1
    want access_denied "$(parameter "$back" error)"
    want s "$(parameter "$back" state)"
    want '' "$(parameter "$back" code)"
}
say "L1 L2 L3 curl: Billit's page without parameters, with some, and a user who denies" billit_pages

billit_wildcard() {
    local W="$L.clients | map(select(.id == \"demo-wildcard\")) | .[0]" id secret redirect back
    id=$(m "$W.id") secret=$(m "$W.secret") redirect=$(m "$W.redirect_uris[0]") redirect=${redirect/\*/user-4711}
    back=$(browse "$(m "$L.endpoints.authorization")?client_id=$id&redirect_uri=$(encoded "$redirect")" \
        "$(m "$L.users[0].username")" "$(m "$L.users[0].password")" allow organisation=garage) || exit 1
    [[ $back == "$redirect?"* ]] || { echo "$back"; exit 1; }
    local body
    body=$(jq -n --arg i "$id" --arg s "$secret" --arg c "$(parameter "$back" code)" --arg r "$redirect" \
        '{client_id: $i, client_secret: $s, code: $c, grant_type: "authorization_code", redirect_uri: $r}')
    want 400 "$(exchange "${body/user-4711/user-4712}")"
    want 200 "$(exchange "$body")"
}
say "L2 curl: Billit's wildcard redirect carries the user's number" billit_wildcard

exit $bad
