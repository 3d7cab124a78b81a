// A dialog's page, fetched by htmx into #modal-root, becomes a real dialog: focus trapped, Esc closes, focus returns.
(() => {
  let opener = null;

  const check = (field) => {
    const form = field.form;
    const buttons = document.querySelectorAll(`[data-confirm-button]${form?.id ? `[form="${CSS.escape(form.id)}"]` : ""}, #${CSS.escape(form?.id || "none")} [data-confirm-button]`);
    for (const button of buttons) {
      const ready = field.value === field.dataset.confirmText;
      button.setAttribute("aria-disabled", String(!ready));
    }
  };
  const checkAll = (root) => { for (const field of root.querySelectorAll("[data-confirm-text]")) check(field); };

  const open = (dialog) => {
    dialog.removeAttribute("open");
    dialog.setAttribute("aria-modal", "true");
    dialog.showModal();
    checkAll(dialog);
    const first = dialog.querySelector("[autofocus], .modal-body :is(input:not([type=hidden]), select, textarea)") || dialog.querySelector("footer [data-close-modal]");
    first?.focus();
  };
  const start = () => {
    checkAll(document);
    // One that the page came with, because the form behind it asks for more.
    const waiting = document.querySelector("[data-opens-now] > dialog");
    if (!waiting) return;
    open(waiting);
    // Fields of a closed dialog would still be sent.
    waiting.addEventListener("close", () => {
      const form = waiting.closest("form");
      waiting.remove();
      form?.querySelector('[type="submit"][data-kind="primary"]')?.focus();
    });
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
  document.addEventListener("input", (event) => { if (event.target.matches("[data-confirm-text]")) check(event.target); });

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target?.id === "modal-root" && !event.detail.elt.closest("#modal-root")) opener = event.detail.elt;
  });
  // What the server refuses comes back as the same dialog, with its errors; what it did, as the next page (ui/middleware.py).
  const sendFromHere = (dialog) => {
    for (const form of dialog.querySelectorAll('form[method="post"]:not([hx-post])')) {
      // For the form alone: a field in it that asks by itself, such as a preview, has its own target.
      const how = { post: form.getAttribute("action"), target: "#modal-root", select: "dialog", swap: "innerHTML", sync: "this:drop", disinherit: "*" };
      for (const [name, value] of Object.entries(how)) form.setAttribute(`hx-${name}`, value);
    }
    window.htmx.process(dialog);
  };
  // An answer that is no dialog (what it was about is gone, a fault) takes the place of the page behind.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr } = event.detail;
    if (target?.id !== "modal-root" || xhr.status < 400 || xhr.status === 422 || !/ id="main"/.test(xhr.responseText)) return;
    target.querySelector("dialog")?.remove();
    Object.assign(event.detail, { target: document.getElementById("main"), selectOverride: "#main", swapOverride: "outerHTML show:window:top", shouldSwap: true, isError: false });
    document.addEventListener("htmx:afterSettle", () => document.getElementById("main")?.focus(), { once: true });
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const root = document.getElementById("modal-root");
    if (event.detail.target !== root) return;
    const dialog = root.querySelector("dialog");
    if (!dialog) return;
    open(dialog);
    sendFromHere(dialog);
    dialog.addEventListener("close", () => {
      dialog.remove();
      const menu = opener?.closest("[data-menu]");
      (menu ? menu.querySelector("summary") : opener)?.focus();
    });
  });

  document.addEventListener("click", (event) => {
    const stopped = event.target.closest('[aria-disabled="true"]');
    if (stopped && stopped.matches("button, a")) { event.preventDefault(); event.stopImmediatePropagation(); return; }
    const close = event.target.closest("[data-close-modal]");
    const dialog = close?.closest("dialog:modal");
    if (dialog) { event.preventDefault(); dialog.close(); }
  }, true);

  document.addEventListener("submit", (event) => {
    const field = event.target.querySelector("[data-confirm-text]");
    if (field && field.value !== field.dataset.confirmText) { event.preventDefault(); event.stopImmediatePropagation(); }
  }, true);
})();
