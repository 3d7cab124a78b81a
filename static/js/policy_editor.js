// The policy editor: its buttons swap the editor, not the page. Without a script they post the form.
(() => {
  const inside = (element) => element?.closest?.("[data-policy-editor]");

  // Before form.js, which lets a form be sent once.
  window.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (button?.name !== "editor" || !inside(button)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    window.htmx.ajax("POST", event.target.action, { source: button, target: "#policy-editor", select: "#policy-editor", swap: "outerHTML" });
  }, true);

  // Enter in a field of the editor presses the button that belongs to it; the form's own would leave the step.
  document.addEventListener("keydown", (event) => {
    const field = event.target.closest?.("input[data-presses]");
    if (event.key !== "Enter" || event.isComposing || !inside(field)) return;
    event.preventDefault();
    document.getElementById(field.dataset.presses)?.click();
  });
})();
