// The console session: a warning two minutes before its end that can be answered with more time, and a word when it is over.
(() => {
  const WARN = 120;
  const warning = document.getElementById("session-warning");
  const ended = document.getElementById("session-ended");
  if (!warning || !ended) return;
  let until = Date.now() + Number(warning.dataset.left) * 1000;
  let dialog = null;
  let asking = false;
  let finished = false;
  const left = () => Math.round((until - Date.now()) / 1000);

  const show = (template) => {
    const shown = template.content.firstElementChild.cloneNode(true);
    const before = document.activeElement;
    document.body.append(shown);
    shown.addEventListener("close", () => { shown.remove(); if (dialog === shown) dialog = null; before?.focus?.(); });
    shown.showModal();
    return shown;
  };

  // What was typed can still be read and copied: Escape closes the dialog, and the server refuses what is sent.
  const over = () => {
    finished = true;
    window.clearInterval(timer);
    dialog?.close();
    dialog = show(ended);
    const reload = dialog.querySelector("[data-reload]");
    // A link, never a reload: this page may be the answer to a form.
    reload.href = window.location.pathname + window.location.search;
    reload.focus();
  };

  const take = (answer) => {
    if (answer.marker !== warning.dataset.marker || answer.left <= 0) { over(); return; }
    until = Date.now() + answer.left * 1000;
    if (answer.left > WARN) dialog?.close();
  };

  const ask = async (url, options = {}) => {
    if (asking && !options.method) return;
    asking = true;
    try {
      const response = await fetch(url, { cache: "no-store", ...options });
      if (response.ok) take(await response.json());
      else if (response.status === 403) over();
    } catch {
      // No network now: the clock goes on, and the next look asks again.
    } finally {
      asking = false;
    }
  };

  const warn = () => {
    dialog = show(warning);
    const form = dialog.querySelector("[data-extend]");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask(form.action, { method: "POST", body: new FormData(form) }).then(() => {
        if (left() > WARN) document.dispatchEvent(new CustomEvent("ui:announce", { detail: "You stay signed in." }));
      });
    });
    form.querySelector("button").focus();
  };

  // Escape puts the warning away; it does not come back before the end.
  let warned = false;
  const tick = async () => {
    if (finished) return;
    if (left() > WARN) { warned = false; return; }
    if (!warned || left() <= 0) await ask(warning.dataset.url);
    if (finished || left() > WARN) return;
    if (!warned) { warned = true; warn(); }
    const minutes = dialog?.querySelector("[data-minutes]");
    if (minutes) minutes.textContent = left() > 60 ? "2 minutes" : "1 minute";
  };
  const timer = window.setInterval(tick, 5000);
  tick();
  document.addEventListener("visibilitychange", () => { if (!document.hidden) tick(); });
})();
