// Sections marked data-live are fetched anew while somebody looks at the page. The page works without.
//
// A section needs an id. What it holds is replaced when the server's page says something else, and left alone while the focus or a
// selection is in it, a form in it was touched, or a fold in it is open.
"use strict";

const PERIOD = 5000;
const LONGEST = 60000;
const live = Array.from(document.querySelectorAll("[data-live][id]"));
const touched = new Set();

for (const section of live) section.addEventListener("input", () => touched.add(section));

const busy = (section) =>
  touched.has(section)
  || section.contains(document.activeElement)
  || section.querySelector("details[open]") !== null
  || (!getSelection().isCollapsed && getSelection().containsNode(section, true));

const take = (section, fresh) => {
  const now = fresh.getElementById(section.id);
  if (now === null || busy(section) || now.innerHTML === section.innerHTML) return;
  section.replaceChildren(...Array.from(now.childNodes).map((node) => document.importNode(node, true)));
};

let wait = PERIOD;
const look = async () => {
  if (!document.hidden) {
    try {
      const answer = await fetch(location.href, { credentials: "same-origin", redirect: "error", cache: "no-store" });
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const section of live) take(section, fresh);
      wait = PERIOD;
    } catch (error) {
      // Signed out (the page leads elsewhere): whoever looks hears it at their next step. The network: it may come back.
      if (navigator.onLine) wait *= 2;
      if (wait > LONGEST) return;
    }
  }
  setTimeout(look, wait);
};
if (live.length > 0) setTimeout(look, PERIOD);
