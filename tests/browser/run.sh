#!/usr/bin/env bash
# A browser logs in, consents, denies and comes back on the running demo; see ../clients/run.sh for the options.
#
# needs: node | node --version | apt-get install -y --no-install-recommends nodejs
# needs: npm | npm --version | apt-get install -y --no-install-recommends npm
# needs: jq | jq --version | apt-get install -y --no-install-recommends jq
# needs: chromium | chromium --version | apt-get install -y --no-install-recommends chromium

exec bash "$(dirname "${BASH_SOURCE[0]}")/../clients/run.sh" --only browser "$@"
