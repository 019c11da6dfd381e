// Passkeys: asks the browser for one, and sends what comes of it with the form of the button. Loaded on pages that ask for a passkey alone;
// they go on without it by other ways, where there are such.
"use strict";

(() => {
  const button = document.querySelector("[data-passkey]");
  if (!button) return;
  const said = document.getElementById("passkey-said");
  const say = (text) => {
    said.textContent = text;
    said.hidden = !text;
  };
  if (!window.PublicKeyCredential || !navigator.credentials) {
    if ("alone" in button.dataset) say(button.dataset.unsupported);
    return;
  }

  const fromBase64url = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const toBase64url = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  const { form } = button;
  const kind = button.dataset.passkey;
  const publicKey = JSON.parse(button.dataset.options);
  publicKey.challenge = fromBase64url(publicKey.challenge);
  if (publicKey.user) publicKey.user.id = fromBase64url(publicKey.user.id);
  for (const list of [publicKey.allowCredentials, publicKey.excludeCredentials]) {
    for (const one of list ?? []) one.id = fromBase64url(one.id);
  }

  const send = ({ rawId, type, response }) => {
    const told = { clientDataJSON: toBase64url(response.clientDataJSON) };
    if (kind === "create") {
      told.attestationObject = toBase64url(response.attestationObject);
      told.transports = response.getTransports?.() ?? [];
    } else {
      told.authenticatorData = toBase64url(response.authenticatorData);
      told.signature = toBase64url(response.signature);
      if (response.userHandle) told.userHandle = toBase64url(response.userHandle);
    }
    const id = toBase64url(rawId);
    form.elements.namedItem("passkey").value = JSON.stringify({ id, rawId: id, type, response: told });
    form.requestSubmit(button);
  };

  // One question at a time: the one behind the field of the user name, or the one that was clicked for.
  let asking;
  let isOver = false;
  const ask = async (mediation) => {
    asking?.abort();
    asking = new AbortController();
    const { signal } = asking;
    const credential = await navigator.credentials[kind]({ publicKey, signal, ...mediation });
    if (credential && !signal.aborted) send(credential);
  };

  const offer = async () => {
    if (!("offered" in button.dataset) || isOver) return;
    try {
      if (await PublicKeyCredential.isConditionalMediationAvailable?.()) await ask({ mediation: "conditional" });
    } catch {
      // Nobody has asked for anything yet.
    }
  };

  button.hidden = false;
  button.addEventListener("click", async (event) => {
    // What was asked is over: the form brings another question.
    if (isOver || form.elements.namedItem("passkey").value) return;
    event.preventDefault();
    say("");
    try {
      await ask({});
    } catch (error) {
      if (error.name === "AbortError") return;
      say(error.name === "InvalidStateError" ? button.dataset.known : button.dataset.cancelled);
      offer();
    }
  });
  setTimeout(() => {
    isOver = true;
    asking?.abort();
  }, Number(button.dataset.goodFor) * 1000);
  // A page that comes back from the browser's memory has sent its answer already.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) form.elements.namedItem("passkey").value = "";
  });
  offer();
})();
