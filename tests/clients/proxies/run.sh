#!/usr/bin/env bash
# `claviger guard` behind the proxies that Debian has, each with the very configuration that docs/let-assistants-in.md prints. The realm
# is that of the running demo ($CLAVIGER_MANIFEST), or of one that this script starts.
#
# needs: python3 | bash ../check.sh python3 | apt-get install -y --no-install-recommends python3-venv
# needs: nginx | /usr/sbin/nginx -V 2>&1 | grep -q http_auth_request_module | apt-get install -y --no-install-recommends nginx
# needs: caddy | caddy version | apt-get install -y --no-install-recommends caddy

set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
work=$(mktemp -d)
demo=
manifest=${CLAVIGER_MANIFEST:-}
. "$here/../common.sh"
trap leave EXIT
trap 'exit 130' INT TERM

find_program || exit 1
[[ -n $manifest ]] || start_demo 22080 || exit 1
chmod 755 "$work"
status=0
PROGRAM=$program CLAVIGER_MANIFEST=$manifest WORK=$work in_time 120 "the proxies" python3 "$here/proxies.py" "$root/docs/let-assistants-in.md" \
    >"$work/out" 2>&1 || status=$?
cat "$work/out"
passed=$(grep -c '^ok - ' "$work/out") failed=$(grep -c '^not ok - ' "$work/out")
((failed == 0 && (status != 0 || passed == 0))) && { echo "not ok - the proxies ended early (status $status)"; failed=1; }
if ((failed)); then tail -n 20 "$work"/*.log; fi
printf '\n%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
