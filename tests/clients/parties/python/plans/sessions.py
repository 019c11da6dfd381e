"""RP-initiated, back-channel and front-channel logout, session management: how a session ends, and who hears of it."""

import contextlib
import html
import http.server
import queue
import re
import threading
from urllib.parse import parse_qs, urlencode, urlsplit

from common import APP, Browser, equal, story
from plans.answers import BACK, secret
from plans.provider import Provider

OUT = f"{APP}/plans/out"
CLIENT = "basic"


@contextlib.contextmanager
def listening():
    """The app's own server, at which back-channel calls arrive."""
    calls = queue.Queue()

    class Calls(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()
            calls.put((self.path, self.headers["content-type"], parse_qs(body)))

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("localhost", int(APP.rsplit(":", 1)[1])), Calls)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield calls
    finally:
        server.shutdown()
        server.server_close()


def signed_in(op: Provider):
    """A browser with a session, the answer that began it, its ID token and that one's claims."""
    browser = Browser()
    members, _ = op.authorize(CLIENT, BACK, browser, response_type="code", scope="openid", nonce="n")
    form = {"grant_type": "authorization_code", "code": members["code"], "redirect_uri": BACK}
    id_token = op.token(auth=secret(CLIENT), **form).json()["id_token"]
    return browser, members, id_token, op.verified(id_token, CLIENT)[1]


def log_out(op: Provider, browser, stop_at=OUT, **query):
    address = f"{op.endpoint('end_session_endpoint')}?{urlencode(query)}"
    return browser.session.get(address, allow_redirects=False, timeout=10) if not stop_at else browser.sign_in(address, stop_at=stop_at)


def is_signed_in(op: Provider, browser):
    members, _ = op.authorize(CLIENT, BACK, browser, response_type="code", scope="openid", nonce="n", prompt="none")
    return "code" in members


def logout(op: Provider):
    @story
    def _():
        """RP-initiated logout: with a hint the session ends; a registered address and no other is gone back to"""
        browser, _, id_token, _ = signed_in(op)
        with listening():
            answer = log_out(op, browser, None, id_token_hint=id_token, post_logout_redirect_uri=f"{OUT}/other", state="s")
            assert "location" not in answer.headers, answer.headers
            browser, _, id_token, _ = signed_in(op)
            answer = log_out(op, browser, None, id_token_hint=id_token, post_logout_redirect_uri=OUT, state="s p")
            page = answer.text
            assert "location" in answer.headers or f'{html.escape(OUT)}?state=s' in page.replace("&amp;", "&"), page
        equal(is_signed_in(op, browser), False)

    @story
    def _():
        """RP-initiated logout: without a hint the person is asked, and stays signed in"""
        browser, _, _, _ = signed_in(op)
        answer = log_out(op, browser, None)
        equal(answer.status_code, 200)
        equal(is_signed_in(op, browser), True)

    @story
    def _():
        """Back channel: a logout token of the session, signed like the ID token, without a nonce"""
        browser, _, id_token, claims = signed_in(op)
        with listening() as calls:
            log_out(op, browser, None, id_token_hint=id_token)
            path, media, form = calls.get(timeout=20)
        equal((path, media), ("/plans/back-channel", "application/x-www-form-urlencoded"))
        _, told = op.verified(form["logout_token"][0], CLIENT, typ="logout+jwt")
        equal((told["sub"], told["sid"]), (claims["sub"], claims["sid"]))
        equal(told["events"], {"http://schemas.openid.net/event/backchannel-logout": {}})
        assert "nonce" not in told and told["jti"] and told["iat"]

    @story
    def _():
        """Front channel: the page that says so loads the app's address with iss and sid, and may load no other"""
        browser, _, id_token, claims = signed_in(op)
        with listening():
            page = log_out(op, browser, None, id_token_hint=id_token)
        frames = [html.unescape(src) for src in re.findall(r'<iframe\b[^>]*src="([^"]*)"', page.text)]
        (address,) = [urlsplit(frame) for frame in frames]
        equal(address.path, "/plans/front-channel")
        equal(parse_qs(address.query), {"iss": [op.issuer], "sid": [claims["sid"]]})
        assert f"frame-src {APP}" in page.headers["content-security-policy"], page.headers

    @story
    def _():
        """Session management: session_state comes with the answer, and the frame's page may be framed"""
        browser, members, _, _ = signed_in(op)
        assert "." in members["session_state"] and " " not in members["session_state"], members
        frame = browser.session.get(op.endpoint("check_session_iframe"), timeout=10)
        equal(frame.status_code, 200)
        assert "frame-ancestors 'none'" not in frame.headers["content-security-policy"]
        assert "x-frame-options" not in frame.headers
        equal(op.metadata["frontchannel_logout_session_supported"], True)
        equal(op.metadata["backchannel_logout_session_supported"], True)
