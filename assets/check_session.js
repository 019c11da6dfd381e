(function () {
  "use strict";
  var K = [], H = [];
  function root(n, power) {
    return Math.floor((Math.pow(n, power) % 1) * 4294967296) | 0;
  }
  (function primes() {
    for (var n = 2; K.length < 64; n++) {
      var prime = true;
      for (var d = 2; d * d <= n; d++) {
        if (n % d === 0) { prime = false; }
      }
      if (prime) {
        if (H.length < 8) { H.push(root(n, 1 / 2)); }
        K.push(root(n, 1 / 3));
      }
    }
  })();
  function turn(x, by) { return (x >>> by) | (x << (32 - by)); }
  function sha256(bytes) {
    var length = bytes.length * 8, h = H.slice(), w = [], i, at;
    bytes = bytes.concat([128]);
    while (bytes.length % 64 !== 60) { bytes.push(0); }
    bytes.push(length >>> 24 & 255, length >>> 16 & 255, length >>> 8 & 255, length & 255);
    for (at = 0; at < bytes.length; at += 64) {
      var s = h.slice();
      for (i = 0; i < 64; i++) {
        if (i < 16) {
          var b = at + i * 4;
          w[i] = bytes[b] << 24 | bytes[b + 1] << 16 | bytes[b + 2] << 8 | bytes[b + 3];
        } else {
          var x = w[i - 15], y = w[i - 2];
          var s0 = turn(x, 7) ^ turn(x, 18) ^ (x >>> 3), s1 = turn(y, 17) ^ turn(y, 19) ^ (y >>> 10);
          w[i] = w[i - 16] + s0 + w[i - 7] + s1 | 0;
        }
        var e = s[4], a = s[0];
        var one = s[7] + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + (e & s[5] ^ ~e & s[6]) + K[i] + w[i] | 0;
        var two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + (a & s[1] ^ a & s[2] ^ s[1] & s[2]) | 0;
        s = [one + two | 0, a, s[1], s[2], s[3] + one | 0, e, s[5], s[6]];
      }
      for (i = 0; i < 8; i++) { h[i] = h[i] + s[i] | 0; }
    }
    return h;
  }
  function hash(text) {
    var utf8 = unescape(encodeURIComponent(text)), bytes = [], out = "", i, words;
    for (i = 0; i < utf8.length; i++) { bytes.push(utf8.charCodeAt(i)); }
    words = sha256(bytes);
    for (i = 0; i < 8; i++) {
      out += String.fromCharCode(words[i] >>> 24 & 255, words[i] >>> 16 & 255, words[i] >>> 8 & 255, words[i] & 255);
    }
    return btoa(out).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
  }
  function state() {
    var name = document.body.getAttribute("data-cookie") + "=", all = document.cookie.split("; ");
    for (var i = 0; i < all.length; i++) {
      if (all[i].indexOf(name) === 0) { return all[i].substring(name.length); }
    }
    return "";
  }
  function answer(data, origin) {
    var found = typeof data === "string" ? /^([!-~]+) ([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/.exec(data) : null;
    if (!found || !navigator.cookieEnabled) { return "error"; }
    var is = hash(found[1] + " " + origin + " " + state() + " " + found[3]);
    return is === found[2] ? "unchanged" : "changed";
  }
  window.addEventListener("message", function (event) {
    if (!event.source || !event.origin || event.origin === "null") { return; }
    function say(has) {
      event.source.postMessage(has ? answer(event.data, event.origin) : "error", event.origin);
    }
    // A browser that keeps the cookie back from frames of other sites would look like one that was signed out.
    if (!document.hasStorageAccess) { say(true); return; }
    document.hasStorageAccess().then(say, function () { say(false); });
  }, false);
})();
