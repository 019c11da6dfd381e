<?php
// An integrator of Audaconnect, written from the guide (A2 to A7): PHP and its curl extension.

$manifest = json_decode(file_get_contents(getenv('CLAVIGER_MANIFEST')), true);
$realm = $manifest['realms']['audaconnect'];
$user = $realm['users'][0];
$failed = false;

function app(string $grant): array
{
    global $realm;
    foreach ($realm['clients'] as $client) {
        if (in_array($grant, $client['grants'], true)) {
            return $client;
        }
    }
    throw new RuntimeException("audaconnect has no client for $grant");
}

function story(string $name, callable $work): void
{
    global $failed;
    try {
        $work();
        echo "ok - $name\n";
    } catch (Throwable $error) {
        $failed = true;
        echo "not ok - $name: {$error->getMessage()} (line {$error->getLine()})\n";
    }
}

function equal($found, $expected): void
{
    if ($found !== $expected) {
        throw new RuntimeException(json_encode($found) . ' instead of ' . json_encode($expected));
    }
}

/** One request: status, headers (lower case), body. Redirects are not followed. */
function request(string $method, string $url, array $options = []): array
{
    $headers = [];
    $curl = curl_init($url);
    curl_setopt_array($curl, $options + [
        CURLOPT_CUSTOMREQUEST => $method,
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT => 20,
        CURLOPT_HEADERFUNCTION => function ($_, $line) use (&$headers) {
            if (str_contains($line, ':')) {
                [$name, $value] = explode(':', $line, 2);
                $headers[strtolower($name)] = trim($value);
            }
            return strlen($line);
        },
    ]);
    $body = curl_exec($curl);
    if ($body === false) {
        throw new RuntimeException("$method $url: " . curl_error($curl));
    }
    return ['status' => curl_getinfo($curl, CURLINFO_RESPONSE_CODE), 'headers' => $headers, 'body' => $body];
}

/** Goes through login and consent as a browser without scripts does; returns the address of the redirect. */
function browse(string $url, array $user, string $jar, string $decision = 'allow'): string
{
    $cookies = [CURLOPT_COOKIEJAR => $jar, CURLOPT_COOKIEFILE => $jar];
    $answer = request('GET', $url, $cookies);
    for ($page = 0; $page < 10; $page++) {
        if (isset($answer['headers']['location'])) {
            $next = absolute($answer['headers']['location'], $url);
            if (origin($next) !== origin($url)) {
                return $next;
            }
            $url = $next;
            $answer = request('GET', $url, $cookies);
            continue;
        }
        equal($answer['status'], 200);
        [$action, $fields] = form($answer['body'], $user, $decision);
        $url = absolute($action, $url);
        $answer = request('POST', $url, $cookies + [CURLOPT_POSTFIELDS => http_build_query($fields)]);
    }
    throw new RuntimeException('the pages do not end');
}

/** The form to fill in: the one with a password, or with a decision. */
function form(string $html, array $user, string $decision): array
{
    preg_match_all('~<form\b[^>]*action="([^"]*)"[^>]*>(.*?)</form>~s', $html, $forms, PREG_SET_ORDER);
    foreach ($forms as [, $action, $inside]) {
        $fields = [];
        preg_match_all('~<input type="hidden" name="([^"]*)" value="([^"]*)">~', $inside, $hidden, PREG_SET_ORDER);
        foreach ($hidden as [, $name, $value]) {
            $fields[$name] = html_entity_decode($value, ENT_QUOTES | ENT_HTML5);
        }
        $action = html_entity_decode($action, ENT_QUOTES | ENT_HTML5);
        if (str_contains($inside, 'name="password"')) {
            return [$action, $fields + ['username' => $user['username'], 'password' => $user['password']]];
        }
        if (str_contains($inside, 'name="decision"')) {
            return [$action, $fields + ['decision' => $decision]];
        }
    }
    throw new RuntimeException('a page with neither login nor consent: ' . substr(strip_tags($html), 0, 400));
}

function origin(string $url): string
{
    return parse_url($url, PHP_URL_SCHEME) . '://' . parse_url($url, PHP_URL_HOST) . ':' . parse_url($url, PHP_URL_PORT);
}

function absolute(string $url, string $base): string
{
    return str_contains($url, '://') ? $url : origin($base) . $url;
}

function query(string $url): array
{
    parse_str(parse_url($url, PHP_URL_QUERY) ?? '', $parameters);
    return $parameters;
}

function authorize(array $app, string $type, array $more = []): string
{
    global $realm;
    return $realm['endpoints']['authorization'] . '?' . http_build_query([
        'client_id' => $app['id'],
        'redirect_uri' => $app['redirect_uris'][0],
        'scope' => implode(' ', $app['scopes']),
        'response_type' => $type,
    ] + $more);
}

/** A form at the token endpoint, or at another spelling of it. */
function token(array $fields, array $options = [], ?string $url = null): array
{
    global $realm;
    $answer = request('POST', $url ?? $realm['endpoints']['token'], $options + [CURLOPT_POSTFIELDS => http_build_query($fields)]);
    return [$answer['status'], json_decode($answer['body'], true) ?? [$answer['body']]];
}

function me(string $access): array
{
    global $realm;
    $answer = request('GET', $realm['apis'][0]['url'], [CURLOPT_HTTPHEADER => ["Authorization: Bearer $access"]]);
    return [$answer['status'], json_decode($answer['body'], true)];
}

$jar = tempnam(sys_get_temp_dir(), 'jar');
$app = app('authorization_code');
$first = null;
$credentials = ['client_id' => $app['id'], 'client_secret' => $app['secret']];

story('A2 A3 A6 PHP: log in, consent, exchange the code, ask who consented', function () use ($app, $user, $jar, $credentials, &$first) {
    $back = browse(authorize($app, 'code', ['state' => 'it & me=1']), $user, $jar);
    equal(str_starts_with($back, $app['redirect_uris'][0]), true);
    equal(query($back)['state'], 'it & me=1');
    $exchange = ['code' => query($back)['code'], 'redirect_uri' => $app['redirect_uris'][0], 'grant_type' => 'authorization_code'];
    [$status, $first] = token($exchange + $credentials);
    equal($status, 200);
    equal($first['token_type'], 'Bearer');
    equal($first['expires_in'], 1800);
    equal(isset($first['refresh_token']), true);
    [$status, $person] = me($first['access_token']);
    equal($status, 200);
    equal(str_contains(json_encode($person), $user['name']), true);
    [$status, $error] = token(['code' => 'nonsense'] + $exchange + $credentials);
    equal([$status, $error['error']], [400, 'invalid_grant']);
});

story('A2 PHP: comes back without being asked again', function () use ($app, $user, $jar) {
    $answer = request('GET', authorize($app, 'code'), [CURLOPT_COOKIEFILE => $jar]);
    equal($answer['status'], 303);
    equal(isset(query($answer['headers']['location'])['code']), true);
});

story('A4 A5 PHP: refreshes at the lower-case path and with Basic, and goes on using the first refresh token', function () use ($credentials, $app, &$first) {
    global $realm;
    $refresh = ['refresh_token' => $first['refresh_token'], 'grant_type' => 'refresh_token'];
    $lower = str_replace('OAuth20', 'oauth20', $realm['endpoints']['token']);
    equal($lower !== $realm['endpoints']['token'], true);
    for ($round = 0; $round < 3; $round++) {
        [$status, $new] = token($refresh + $credentials, [], $lower);
        equal($status, 200);
        equal(isset($new['refresh_token']), true);
        equal(me($new['access_token'])[0], 200);
    }
    [$status, $new] = token($refresh, [CURLOPT_USERPWD => "{$app['id']}:{$app['secret']}"], $lower);
    equal($status, 200);
    [$status, $newest] = token(['refresh_token' => $new['refresh_token'], 'grant_type' => 'refresh_token'] + $credentials);
    equal($status, 200);
    equal(me($newest['access_token'])[0], 200);
});

story('A2 PHP: a user who does not permit access', function () use ($app, $user) {
    global $realm;
    $jar = tempnam(sys_get_temp_dir(), 'jar');
    // Asked although consent was given before.
    $back = browse(authorize($app, 'code', ['state' => 's', 'prompt' => 'consent']), $user, $jar, 'deny');
    unlink($jar);
    equal(query($back)['error'], 'access_denied');
    equal(query($back)['state'], 's');
    equal(isset(query($back)['code']), false);
});

story('A7 PHP: the implicit answer is in the fragment and its token opens users/me', function () use ($user, $jar) {
    $app = app('implicit');
    $back = browse(authorize($app, 'token', ['state' => 'itsme']), $user, $jar);
    parse_str(parse_url($back, PHP_URL_FRAGMENT), $fragment);
    equal(query($back), []);
    equal($fragment['token_type'], 'bearer');
    equal($fragment['expires_in'], '1800');
    equal($fragment['state'], 'itsme');
    equal(isset($fragment['scope']), true);
    equal(isset($fragment['refresh_token']), false);
    equal(in_array(me($fragment['access_token'])[0], [200, 403], true), true);
});

story('PHP: a wrong secret is invalid_client with words', function () use ($app) {
    [$status, $error] = token(['grant_type' => 'refresh_token', 'refresh_token' => 'x', 'client_id' => $app['id'], 'client_secret' => 'wrong']);
    equal($status === 400 || $status === 401, true);
    equal($error['error'], 'invalid_client');
    equal(strlen($error['error_description'] ?? '') > 10, true);
});

unlink($jar);
exit($failed ? 1 : 0);
