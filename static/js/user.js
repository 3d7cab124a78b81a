// Users: the access key's Next, and leaving before the password was seen.
(() => {
  const reveal = () => {
    for (const element of document.querySelectorAll("[data-show-password][hidden]")) element.hidden = false;
  };

  // Next waits until the recommendation was acknowledged; the server asks as well.
  const checkUseCase = () => {
    const choices = document.querySelector("[data-use-cases]");
    if (!choices) return;
    const chosen = choices.querySelector("[name=use_case]:checked");
    const ready = chosen && (chosen.value === "other" || choices.querySelector("[name=understood]").checked);
    const next = document.querySelector("#wizard > .buttons [data-kind=primary]");
    next?.setAttribute("aria-disabled", String(!ready));
  };

  const start = () => { reveal(); checkUseCase(); };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
  window.addEventListener("pageshow", checkUseCase);
  document.addEventListener("htmx:afterSwap", reveal);
  document.addEventListener("change", checkUseCase);

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-download]")) seen();
    // Older browsers lack `command`, with which a button opens a dialog without a script.
    const button = event.target.closest("[commandfor]");
    if (button && !("command" in HTMLButtonElement.prototype)) {
      const dialog = document.getElementById(button.getAttribute("commandfor"));
      if (button.getAttribute("command") === "close") dialog.close();
      else dialog.showModal();
    }
  });

  // Once the password was shown, copied or downloaded there is nothing to ask.
  const seen = () => {
    for (const element of document.querySelectorAll("[data-unseen]")) element.hidden = true;
    for (const element of document.querySelectorAll("[data-seen]")) element.hidden = false;
  };
  document.addEventListener("toggle", (event) => { if (event.target.closest?.(".secret")) seen(); }, true);
  document.addEventListener("click", (event) => { if (event.target.closest(".secret [data-copy]")) seen(); });
})();
