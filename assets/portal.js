// What the pages of the partners' portal do in a browser with scripts: calls appear as they come, redirect URIs are checked while they
// are typed. Without scripts a link and a button do the same.
"use strict";

// Asks for a page of this portal, and gives what is marked on it; nothing where the session is over or the server does not answer.
const portalPart = async (url, mark, sent) => {
  try {
    const answer = await fetch(url, sent ? { method: "POST", body: sent } : {});
    if (!answer.ok || answer.redirected) return null;
    return new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(mark);
  } catch {
    return null;
  }
};

// Calls as they come, while somebody looks.
for (const list of document.querySelectorAll("[data-watch]")) {
  const most = 500;
  const said = document.querySelector("[data-arrived]");
  const none = document.querySelector("[data-none]");
  let missed = 0;
  let arrived = 0;
  const look = async () => {
    if (document.hidden) return;
    const fresh = await portalPart(list.dataset.newer, "[data-newer]");
    if (!fresh) {
      missed += 1;
      if (missed < 5) return;
      clearInterval(timer);
      said.textContent = said.dataset.ended;
      return;
    }
    missed = 0;
    list.dataset.newer = fresh.dataset.newer;
    const rows = Array.from(fresh.querySelectorAll("tbody tr"));
    if (!rows.length) return;
    const body = list.querySelector("tbody");
    body.prepend(...rows.map((row) => document.importNode(row, true)));
    while (body.rows.length > most) body.deleteRow(-1);
    list.hidden = false;
    if (none) none.hidden = true;
    arrived += rows.length;
    said.textContent = `${said.dataset.words} ${arrived}`;
  };
  const timer = setInterval(look, 2000);
}

// Redirect URIs, with the rule that one breaks, a moment after somebody stopped typing.
for (const button of document.querySelectorAll("[data-check-uris]")) {
  const form = button.form;
  const field = form.elements.redirect_uris;
  const place = document.querySelector("[data-checked]");
  let waiting;
  let asked = 0;
  const check = async () => {
    const mine = ++asked;
    const sent = new URLSearchParams({ csrf: form.elements.csrf.value, redirect_uris: field.value });
    const found = await portalPart(button.dataset.checkUris, "[data-checked]", sent);
    // What was typed since then is asked for by itself.
    if (found && mine === asked) place.replaceChildren(...Array.from(found.childNodes, (node) => document.importNode(node, true)));
  };
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(check, 400);
  });
}
