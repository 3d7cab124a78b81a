// The visual view of the policy editor: a button or a box sends the form and gets back the block that it changed.
// Without a script each button posts the page, and `Update` takes over what was ticked.
(() => {
  const editorOf = (element) => element?.closest?.("[data-visual-editor]");

  // One request at a time. What is ticked meanwhile goes with the next one, and the answer to the one before, which knows
  // nothing of it, is not shown. While a button is at work nothing else is: its answer is what counts.
  let busy = null;
  let waiting = null;
  const send = (source, pressed) => {
    if (busy) { if (busy !== "button") waiting = [source, pressed]; return; }
    busy = source.matches("button") ? "button" : "box";
    const editor = editorOf(source);
    const block = source.closest("[data-block]");
    const target = block && !("whole" in source.dataset) ? `#${block.id}` : "#visual-blocks";
    const values = { editor: pressed, kind: editor.dataset.kind, limit: editor.dataset.limit };
    const done = () => {
      busy = null;
      const [next, again] = waiting || [];
      waiting = null;
      if (next?.isConnected) send(next, again);
    };
    window.htmx.ajax("POST", editor.dataset.visualEditor, { source, target, swap: "outerHTML", values }).then(done, done);
  };

  // Before form.js, which lets a form be sent once.
  window.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (button?.name !== "editor" || !editorOf(button)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    send(button, button.value);
  }, true);

  const redraw = (element) => send(element, `${element.closest("[data-block]").id}-redraw`);
  document.addEventListener("change", (event) => {
    const element = event.target;
    if (editorOf(element) && element.matches("[data-redraws]:not([data-redraws='input'])")) redraw(element);
  });
  let timer = 0;
  document.addEventListener("input", (event) => {
    const element = event.target;
    if (!editorOf(element)) return;
    if (element.matches("[data-redraws='input']")) {
      window.clearTimeout(timer);
      timer = window.setTimeout(() => { if (element.isConnected) redraw(element); }, 300);
    }
    if (element.matches("[data-service-query]")) search(element);
    const dialog = element.closest("[data-visual-dialog]");
    if (dialog) refresh(dialog, element);
  });

  // The services are all there: what does not match is hidden.
  const search = (field) => {
    const box = field.closest("[data-services]");
    const words = field.value.trim().toLowerCase();
    let found = 0;
    for (const group of box.querySelectorAll("[data-service-group]")) {
      let inGroup = 0;
      for (const item of group.querySelectorAll("li")) {
        const button = item.firstElementChild;
        const hit = `${button.textContent} ${button.title} ${button.value.split("-service-")[1]}`.toLowerCase().includes(words);
        item.hidden = !hit;
        inGroup += hit;
      }
      group.hidden = !inGroup;
      found += inGroup;
    }
    box.querySelector("[data-no-services]").hidden = found > 0;
  };
  window.addEventListener("keydown", (event) => {
    const field = event.target;
    if (!field.matches?.("[data-service-query]") || event.isComposing || !["Enter", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const buttons = [...field.closest("[data-services]").querySelectorAll("li:not([hidden]) > button")];
    const exact = buttons.find((one) => one.textContent.toLowerCase() === field.value.trim().toLowerCase());
    if (event.key === "ArrowDown") buttons[0]?.focus();
    else if (field.value.trim()) (exact || buttons[0])?.click();
  }, true);

  // The ARN as it is typed; the server puts it together again.
  const refresh = (dialog, element) => {
    if (element?.matches("[data-arn-part]") && element.value.trim() === "*") {
      dialog.querySelector(`[data-arn-any="${element.dataset.arnPart}"]`).checked = true;
    } else if (element?.matches("[data-arn-part]")) {
      dialog.querySelector(`[data-arn-any="${element.dataset.arnPart}"]`).checked = false;
    }
    const output = dialog.querySelector("[data-arn]");
    if (output) {
      const place = dialog.querySelector("[data-arn-account]:checked")?.dataset.arnAccount;
      const other = dialog.querySelector("[data-arn-other]");
      if (other) other.hidden = place !== "other";
      const account = place === "other" ? other.querySelector("input").value.trim() || "{Account}" : place;
      output.textContent = output.dataset.arn.replace(/\{account\}|\{(\d+):([^}]*)\}/g, (_, number, name) => {
        if (number === undefined) return account;
        const any = dialog.querySelector(`[data-arn-any="${number}"]`).checked;
        return any ? "*" : dialog.querySelector(`[data-arn-part="${number}"]`).value.trim() || `{${name}}`;
      });
    }
    const tag = dialog.querySelector("[data-tag-key]");
    if (tag) tag.hidden = !/\$\{|</.test(dialog.querySelector("select").value);
  };

  // A long list of actions stays where it was scrolled to.
  let scrolled = new Map();
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!editorOf(event.detail.target)) return;
    if (waiting) { event.detail.shouldSwap = false; return; }
    scrolled = new Map([...document.querySelectorAll(".visual-actions")].map((list) => [list.id, list.scrollTop]));
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const [id, top] of scrolled) { const list = document.getElementById(id); if (list) list.scrollTop = top; }
  });

  const settle = () => {
    const editor = document.querySelector("[data-visual-editor]");
    const next = document.querySelector('#wizard > .buttons [data-kind="primary"]');
    const empty = Boolean(editor?.querySelector("#visual-status[data-empty]"));
    if (next && empty) { next.dataset.emptyPolicy = ""; next.setAttribute("aria-disabled", "true"); next.title = "Select a service first."; }
    else if (next && "emptyPolicy" in next.dataset) { delete next.dataset.emptyPolicy; next.removeAttribute("aria-disabled"); next.removeAttribute("title"); }
    if (!editor) return;
    for (const box of editor.querySelectorAll("[data-some]")) box.indeterminate = true;
    const dialog = editor.querySelector("dialog[data-visual-dialog]");
    if (!dialog || dialog.matches(":modal")) return;
    dialog.removeAttribute("open");
    dialog.showModal();
    refresh(dialog);
    const first = dialog.querySelector('[aria-invalid="true"]') || dialog.querySelector("[autofocus]");
    first?.focus();
    dialog.addEventListener("cancel", (event) => { event.preventDefault(); dialog.querySelector("[data-cancel]").click(); });
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", settle);
  else settle();
  document.addEventListener("htmx:afterSettle", settle);
})();
