// The policy editor: Ace in place of the text field, with what the server says of the text, and buttons that swap the
// editor, not the page. Without a script the text field and the buttons post the form.
(() => {
  const inside = (element) => element?.closest?.("[data-policy-editor]");
  const announce = (text) => document.dispatchEvent(new CustomEvent("ui:announce", { detail: text }));

  // -- buttons ------------------------------------------------------------------------------------
  let pressed = "";
  let busy = false;
  let next = "";
  const problem = () => document.querySelector("#policy-findings [data-problem]")?.dataset.problem || "";
  // Before form.js, which lets a form be sent once.
  window.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (button?.name === "editor" && inside(button)) {
      if (button.closest("[data-visual-editor]")) return;  // visual_editor.js sends it
      event.preventDefault();
      event.stopImmediatePropagation();
      // One after the other: the next one is about the text that this one makes.
      if (busy) { next = button.id; return; }
      busy = true;
      pressed = button.id;
      for (const field of document.querySelectorAll(".json-text")) window.htmx.trigger(field, "htmx:abort");
      window.htmx.ajax("POST", event.target.action, { source: button, target: "#policy-editor", select: "#policy-editor", swap: "outerHTML" });
    } else if (!button?.name && event.target.querySelector("[data-policy-editor]") && problem()) {
      // Enter in a field: the button itself is disabled.
      event.preventDefault();
      event.stopImmediatePropagation();
      announce(problem());
    }
  }, true);

  // Enter in a field of the editor presses the button that belongs to it; the form's own would leave the step.
  document.addEventListener("keydown", (event) => {
    const field = event.target.closest?.("input[data-presses]");
    if (event.key !== "Enter" || event.isComposing || !inside(field)) return;
    event.preventDefault();
    document.getElementById(field.dataset.presses)?.click();
  });
  // A choice presses its button at once.
  document.addEventListener("change", (event) => {
    const field = event.target.closest?.("[data-presses][data-at-once]");
    if (inside(field)) document.getElementById(field.dataset.presses)?.click();
  });

  // Errors keep the form from being sent; nothing else does.
  const gate = () => {
    const form = document.querySelector("[data-policy-editor]")?.closest("form");
    for (const button of form?.querySelectorAll('button[data-kind="primary"][type="submit"]:not([name])') || []) {
      if (button.dataset.busy !== undefined) continue;
      if (problem()) { button.setAttribute("aria-disabled", "true"); button.title = problem(); }
      else { button.removeAttribute("aria-disabled"); button.removeAttribute("title"); }
    }
  };

  // -- the text -----------------------------------------------------------------------------------
  const night = window.matchMedia("(prefers-color-scheme: dark)");
  const theme = () => {
    const chosen = document.documentElement.dataset.theme;
    const isDark = chosen === "dark" || (chosen !== "light" && night.matches);
    return { cssClass: isDark ? "ace-cloud_editor_dark" : "ace-cloud_editor", isDark, cssText: "" };
  };
  let ace = null;
  let area = null;
  let receiving = false;

  const restyle = () => ace?.setTheme(theme());
  night.addEventListener("change", restyle);
  new MutationObserver(restyle).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });

  // Only what differs is replaced: the caret stays where it was, and the change can be undone.
  const receive = (text) => {
    const old = ace.getValue();
    if (old === text) return;
    let start = 0;
    while (start < Math.min(old.length, text.length) && old[start] === text[start]) start += 1;
    let end = 0;
    while (end < Math.min(old.length, text.length) - start && old.at(-1 - end) === text.at(-1 - end)) end += 1;
    const lines = ace.session.getDocument();
    const at = (index) => lines.indexToPosition(index, 0);
    const caret = ace.getCursorPosition();
    receiving = true;
    const { Range } = window.ace.require("ace/range");
    ace.session.replace(Range.fromPoints(at(start), at(old.length - end)), text.slice(start, text.length - end));
    receiving = false;
    area.value = text;
    ace.moveCursorToPosition(caret);
    ace.clearSelection();
  };

  const showPlace = () => {
    const place = document.querySelector("[data-caret-place]");
    if (!ace || !place) return;
    const { row, column } = ace.getCursorPosition();
    place.textContent = `Ln ${row + 1}, Col ${column + 1}`;
    for (const part of place.parentElement.querySelectorAll("[data-scripted]")) part.hidden = false;
  };

  const MARKS = { ERROR: "error", SECURITY_WARNING: "security", WARNING: "warning", SUGGESTION: "info" };
  const annotate = () => {
    gate();
    if (!ace) return;
    showPlace();
    ace.session.setAnnotations([...document.querySelectorAll("#policy-findings [data-finding]")].map((item) => ({
      row: Number(item.dataset.line) - 1,
      column: Number(item.dataset.column) - 1,
      text: item.querySelector(".finding-text").textContent,
      type: MARKS[item.dataset.type],
    })));
  };

  const open = (host) => {
    window.ace.config.set("useStrictCSP", true);
    // Errors come from the server, with everything else that is to be said.
    window.ace.config.setDefaultValue("session", "useWorker", false);
    host.hidden = false;
    host.style.lineHeight = "20px";
    ace = window.ace.edit(host, {
      value: area.value,
      mode: "ace/mode/json",
      theme: theme(),
      enableKeyboardAccessibility: true,
      textInputAriaLabel: "Policy editor",
      showPrintMargin: false,
      useSoftTabs: true,
      tabSize: 4,
      minLines: 20,
      maxLines: 40,
      fontSize: 13,
    });
    ace.renderer.setPadding(8);
    ace.session.setUndoManager(new (window.ace.require("ace/undomanager").UndoManager)());
    ace.clearSelection();
    ace.gotoLine(1);
    ace.on("change", () => {
      if (receiving) return;
      area.value = ace.getValue();
      area.dispatchEvent(new Event("input", { bubbles: true }));
    });
    ace.selection.on("changeCursor", () => { showPlace(); follow(); });
    ace.on("focus", () => announce("Tab indents. To leave the editor, press Escape, then Tab."));
  };

  // -- the panel beside it ------------------------------------------------------------------------
  // It shows the statement in which the caret stands.
  let waiting = 0;
  let seen = "";
  const follow = () => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(() => {
      const panel = document.getElementById("edit-statement");
      if (!ace || !panel || busy || document.activeElement?.closest?.("#edit-statement")) return;
      const { row, column } = ace.getCursorPosition();
      const now = `${row} ${area.value}`;
      if (now === seen) return;
      seen = now;
      window.htmx.ajax("POST", panel.dataset.editStatement, { source: panel, target: "#edit-statement", swap: "outerHTML", values: { kind: panel.dataset.kind, row, column } });
    }, 400);
  };

  // Filters the list of actions while one types; the server's filter does it without a script.
  document.addEventListener("input", (event) => {
    const list = inside(event.target) && document.getElementById(event.target.dataset.filters || "");
    if (!list) return;
    const wanted = event.target.value.trim().toLowerCase();
    for (const item of list.querySelectorAll("label")) item.hidden = !item.textContent.toLowerCase().includes(wanted);
    for (const group of list.querySelectorAll("fieldset")) group.hidden = !group.querySelector("label:not([hidden])");
  });

  let opener = "";
  const showDialog = () => {
    const dialog = document.querySelector("[data-editor-dialog]");
    if (dialog) {
      opener = opener || pressed;
      dialog.removeAttribute("open");
      dialog.setAttribute("aria-modal", "true");
      const focused = dialog.contains(document.activeElement) ? document.activeElement : null;
      dialog.showModal();
      (focused || dialog.querySelector(".modal-body :is(input:not([type=hidden]), select)"))?.focus();
      dialog.addEventListener("cancel", (event) => { event.preventDefault(); dialog.querySelector("[data-closes]").click(); });
    } else if (opener) {
      const button = document.getElementById(opener);
      (button?.closest("[data-menu]")?.querySelector("summary") || button)?.focus();
      opener = "";
    }
  };

  const start = () => {
    showDialog();
    const host = document.getElementById("policy-ace");
    area = inside(host)?.querySelector("textarea[name=document]") || null;
    if (!host || !area || !window.ace) { ace = null; gate(); return; }
    const kept = ace && host.env?.editor === ace;
    if (kept) { receive(area.value); ace.resize(true); }
    else open(host);
    // Still there for whatever fills in forms; what it writes is taken over.
    area.closest(".control").classList.add("sr-only");
    area.setAttribute("aria-hidden", "true");
    area.tabIndex = -1;
    const focused = document.activeElement === area || area.autofocus;
    area.removeAttribute("autofocus");
    const caret = inside(host).dataset.caret;
    if (caret) { const [row, column] = caret.split(",").map(Number); ace.moveCursorTo(row, column); ace.clearSelection(); ace.renderer.scrollCursorIntoView(); }
    if (focused) ace.focus();
    seen = `${ace.getCursorPosition().row} ${area.value}`;
    annotate();
  };
  const goOn = () => {
    const button = document.getElementById(next);
    next = "";
    button?.click();
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();

  document.addEventListener("htmx:afterSettle", (event) => {
    const target = event.detail.elt;
    if (target.id === "policy-findings" || event.detail.target?.id === "policy-findings") annotate();
    else if (target.id === "policy-editor" || event.detail.target?.id === "policy-editor") { start(); goOn(); }
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.target?.id !== "policy-editor") return;
    busy = false;
    if (!event.detail.successful) next = "";
  });
  document.addEventListener("input", (event) => { if (ace && event.target === area && area.value !== ace.getValue()) receive(area.value); }, true);
  // What cannot be looked at is for the server to refuse.
  for (const name of ["htmx:sendError", "htmx:responseError"]) {
    document.addEventListener(name, (event) => {
      if (event.detail.target?.id !== "policy-findings") return;
      document.querySelector("#policy-findings [data-problem]")?.removeAttribute("data-problem");
      gate();
    });
  }

  document.addEventListener("click", (event) => {
    const item = event.target.closest?.(".finding-place")?.closest("[data-finding]");
    if (item && ace) {
      event.preventDefault();
      ace.gotoLine(Number(item.dataset.line), Number(item.dataset.column) - 1, false);
      ace.focus();
    } else if (ace && event.target.closest?.("label")?.htmlFor === area.id) { event.preventDefault(); ace.focus(); }
  });
})();
