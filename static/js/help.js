// The help panel: `Info` links open at the right of the page; Esc closes and the focus returns to the link.
(() => {
  let opener = null;
  const panel = () => document.getElementById("help-panel");

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target?.id === "help-content") opener = event.detail.elt;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id !== "help-content") return;
    panel().hidden = false;
    document.body.dataset.help = "open";
    document.getElementById("help-title")?.focus();
  });
  const close = () => {
    panel().hidden = true;
    delete document.body.dataset.help;
    // The link may have been swapped since: then its like has the same address.
    const link = opener?.isConnected ? opener : opener && document.querySelector(`.info-link[href="${CSS.escape(opener.getAttribute("href"))}"]`);
    (link || document.getElementById("main"))?.focus();
    opener = null;
  };
  document.addEventListener("click", (event) => { if (event.target.closest("[data-close-help]")) close(); });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || !panel() || panel().hidden) return;
    if (document.querySelector("dialog:modal, [data-menu][open]")) return;
    event.preventDefault();
    close();
  });
})();
