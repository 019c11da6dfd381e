#!/usr/bin/env bash
# check.sh NAME: whether a tool is there and does here what the tests do with it; nothing is left behind.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

case ${1:?"check.sh NAME"} in
    curl)
        # Over HTTP, from a port that nothing listens at: 7 is "could not connect".
        status=0
        curl --silent http://127.0.0.1:1/ || status=$?
        ((status == 7))
        ;;
    jq) [[ $(jq -er '.a[0]' <<<'{"a": ["b"]}') == b ]] ;;
    python3) python3 -m venv venv && venv/bin/python -m pip --version && venv/bin/python -c 'import ssl, sqlite3' ;;
    node)
        # What the libraries are made for: `fetch`, and cryptography as browsers have it.
        cat >needs.mjs <<'NODE'
if (Number(process.versions.node.split('.')[0]) < 20) process.exit(1)
await fetch('data:,')
await globalThis.crypto.subtle.digest('SHA-256', new Uint8Array(1))
NODE
        node needs.mjs
        ;;
    npm) npm --version && npm init --yes && [[ -s package.json ]] ;;
    php) php -r 'exit(curl_init("http://127.0.0.1/") !== false && json_decode("{}", true) === [] && hash("sha256", random_bytes(1)) ? 0 : 1);' ;;
    mono)
        cat >Needs.cs <<'CSHARP'
using System;
using System.Linq;
using System.Net;
using System.Web.Script.Serialization;

public static class Needs
{
    public static int Main()
    {
        var request = (HttpWebRequest)WebRequest.Create("http://127.0.0.1:1/");
        return new JavaScriptSerializer().Serialize(new[] { request.Method }.Select(name => name + name)) == "[\"GETGET\"]" ? 0 : 1;
    }
}
CSHARP
        mcs -warnaserror -r:System.Web.Extensions -out:Needs.exe Needs.cs && mono Needs.exe
        ;;
    java)
        # A source file is run as it is: a JDK.
        printf 'public class Needs { public static void main(String[] a) throws Exception { java.net.http.HttpClient.newHttpClient(); } }' >Needs.java
        java Needs.java
        ;;
    mod_auth_openidc) apache2 -v && [[ -f /usr/lib/apache2/modules/mod_auth_openidc.so ]] ;;
    chromium) [[ $(chromium --headless --no-sandbox --disable-gpu --user-data-dir="$work/profile" --dump-dom 'data:text/html,<p>there') == *there* ]] ;;
    *) echo "check.sh knows no $1" >&2; exit 2 ;;
esac
