// Copy buttons. The clipboard API needs https or localhost; a class on a plain-http address gets the older way.
(() => {
  const older = (text) => {
    const box = document.createElement("textarea");
    const focused = document.activeElement;
    const dialog = document.querySelector("dialog:modal") || document.body;
    box.value = text;
    box.readOnly = true;
    box.className = "sr-only";
    dialog.append(box);
    box.select();
    const done = document.execCommand("copy");
    box.remove();
    focused?.focus?.();
    return done;
  };

  const copy = async (text) => {
    if (window.isSecureContext && navigator.clipboard) {
      try { await navigator.clipboard.writeText(text); return true; } catch { /* refused: try the older way */ }
    }
    return older(text);
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-copy-from]");
    if (!button) return;
    event.preventDefault();
    const source = "copyFrom" in button.dataset ? button.parentElement.querySelector("[data-copy-source]") : null;
    const done = await copy(source ? source.textContent.replace(/\n$/, "") : button.dataset.copy);
    const words = done ? "Copied" : "Copy failed";
    button.title = words;
    button.classList.toggle("copied", done);
    const label = button.querySelector("span:not(.sr-only)");
    if (label) { label.dataset.was ??= label.textContent; label.textContent = words; }
    document.dispatchEvent(new CustomEvent("ui:announce", { detail: words }));
    window.setTimeout(() => {
      button.title = "Copy";
      button.classList.remove("copied");
      if (label) label.textContent = label.dataset.was;
    }, 2000);
  });
})();
