// Forms: one press of a button is one request, and leaving a changed wizard asks first.
(() => {
  // Before htmx, which sends a dialog's form.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-once]")) return;
    if (form.dataset.sent) { event.preventDefault(); event.stopImmediatePropagation(); return; }
    form.dataset.sent = "true";
    const button = event.submitter;
    // After the browser has read the form: a disabled button would not be sent.
    window.setTimeout(() => { if (button) { button.setAttribute("aria-disabled", "true"); button.dataset.busy = ""; } }, 0);
  }, true);
  const release = () => {
    for (const form of document.querySelectorAll("[data-once][data-sent]")) delete form.dataset.sent;
    for (const button of document.querySelectorAll("[data-busy]")) { delete button.dataset.busy; button.removeAttribute("aria-disabled"); }
  };
  window.addEventListener("pageshow", release);
  // Answered without another page coming: it can be sent again.
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt.matches("[data-once]") && !event.detail.xhr?.getResponseHeader("HX-Redirect")) release();
  });

  const changed = new WeakSet();
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form?.matches("[data-leave-guard]")) changed.add(form);
  });
  document.addEventListener("click", (event) => {
    const leave = event.target.closest("[data-leave]");
    const form = leave?.closest("form");
    if (!form || !(changed.has(form) || new URL(window.location.href).searchParams.has("wizard"))) return;
    event.preventDefault();
    ask(leave);
  });

  const element = (name, text, attributes = {}) => {
    const made = document.createElement(name);
    made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const ask = (leave) => {
    const dialog = element("dialog", "", { class: "modal", "aria-labelledby": "leave-title" });
    const head = document.createElement("header");
    head.append(element("h2", "Leave page?", { id: "leave-title" }));
    const shut = element("button", "✕", { class: "button", "data-kind": "icon", type: "button", "aria-label": "Close modal", title: "Close modal" });
    shut.addEventListener("click", () => dialog.close());
    head.append(shut);
    const body = element("div", "", { class: "modal-body" });
    body.append(element("p", "You'll lose the changes you made on this page."));
    const foot = element("footer", "", { class: "buttons", "data-align": "end" });
    const stay = element("button", "Cancel", { class: "button", "data-kind": "link", type: "button" });
    const go = element("a", "Leave", { class: "button", "data-kind": "primary", href: leave.href });
    stay.addEventListener("click", () => dialog.close());
    foot.append(stay, go);
    dialog.append(head, body, foot);
    document.body.append(dialog);
    dialog.addEventListener("close", () => { dialog.remove(); leave.focus(); });
    dialog.showModal();
    stay.focus();
  };
})();
