// The policy simulator: choosing a service shows its actions; all of them can be ticked at once.
(() => {
  const start = () => { for (const bar of document.querySelectorAll("[data-select-actions]")) bar.hidden = false; };
  // Arrow keys change a closed list at every step: only a choice by pointer goes on at once.
  let byKeyboard = false;
  document.addEventListener("keydown", () => { byKeyboard = true; }, true);
  document.addEventListener("pointerdown", () => { byKeyboard = false; }, true);
  document.addEventListener("change", (event) => { if (!byKeyboard && event.target.matches("[data-submit-on-change]") && event.target.value) event.target.form.submit(); });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-select]");
    if (!button) return;
    for (const box of button.form.querySelectorAll("input[name='actions']")) box.checked = button.dataset.select === "all";
  });
  document.addEventListener("htmx:afterSwap", start);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
