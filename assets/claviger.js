// What the pages do in a browser with scripts. Everything works without: what only a script can do is hidden until it runs.
"use strict";

// Shows what was typed as the password, until it is sent.
for (const button of document.querySelectorAll("[data-reveal]")) {
  const field = document.getElementById(button.dataset.reveal);
  const show = button.textContent;
  const set = (shown) => {
    field.type = shown ? "text" : "password";
    button.textContent = shown ? button.dataset.hide : show;
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    set(field.type === "password");
    field.focus();
  });
  field.form.addEventListener("submit", () => set(false));
}

// A lock that runs: its seconds pass, and its button waits for them.
for (const clock of document.querySelectorAll("[data-seconds]")) {
  const end = Date.now() + Number(clock.dataset.seconds) * 1000;
  const alert = clock.closest("[data-over]");
  const button = document.querySelector("[data-waits]");
  const two = (number) => String(number).padStart(2, "0");
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (left > 0) {
      const [hours, minutes, seconds] = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
      clock.textContent = hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
      return;
    }
    clearInterval(timer);
    if (button) button.disabled = false;
    if (alert) {
      alert.classList.add("over");
      clock.parentElement.textContent = alert.dataset.over;
    }
  };
  if (button) button.disabled = true;
  const timer = setInterval(tick, 500);
  tick();
}

// Finds among many, and ticks all or none of those that are shown.
for (const filter of document.querySelectorAll("[data-filter]")) {
  const fieldset = filter.closest("fieldset");
  const field = filter.querySelector("input");
  const options = Array.from(fieldset.querySelectorAll(".option"));
  const none = fieldset.querySelector("[data-no-match]");
  const plain = (text) => text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  filter.hidden = false;
  field.addEventListener("input", () => {
    const wanted = plain(field.value.trim());
    for (const option of options) option.hidden = !plain(option.textContent).includes(wanted);
    none.hidden = options.some((option) => !option.hidden);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  for (const button of fieldset.querySelectorAll("[data-pick]")) {
    button.addEventListener("click", (event) => {
      event.preventDefault();
      for (const option of options) {
        if (!option.hidden) option.querySelector("input").checked = button.dataset.pick === "all";
      }
    });
  }
}

// Copies the block that stands before the button.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  const say = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.previousElementSibling.textContent);
    } catch {
      return;
    }
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = say; }, 2000);
  });
}
