// `Show Password`: a check box that makes its form's passwords readable.
(() => {
  const start = () => { for (const label of document.querySelectorAll("[data-show-password][hidden]")) label.hidden = false; };
  document.addEventListener("change", (event) => {
    const label = event.target.closest("[data-show-password]");
    const form = event.target.form;
    if (!label || !form) return;
    for (const input of form.querySelectorAll("input[autocomplete$='-password']")) input.type = event.target.checked ? "text" : "password";
  });
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
