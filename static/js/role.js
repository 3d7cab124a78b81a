// Roles: the tile of the policy editor opens as a page of its own, since the editor comes with scripts.
(() => {
  document.addEventListener("change", (event) => {
    const opener = document.getElementById(event.target.dataset?.opensPage);
    if (opener) event.target.form.requestSubmit(opener);
  });
})();
