#!/usr/bin/env bash
# A browser logs in, consents, denies and comes back on the running demo; see ../clients/run.sh for the options.
#
# needs: node | bash ../clients/check.sh node | apt-get install -y --no-install-recommends nodejs npm && { bash ../clients/check.sh node || npm install --global node@22; }
# needs: npm | bash ../clients/check.sh npm | apt-get install -y --no-install-recommends npm
# needs: jq | bash ../clients/check.sh jq | apt-get install -y --no-install-recommends jq
# needs: chromium | bash ../clients/check.sh chromium | apt-get install -y --no-install-recommends chromium
# needs: slapd | test -x /usr/sbin/slapd | apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends slapd ldap-utils

exec bash "$(dirname "${BASH_SOURCE[0]}")/../clients/run.sh" --only browser "$@"
