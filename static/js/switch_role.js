// Suggests a display name for a role, until somebody types one or takes it away.
(() => {
  const form = document.querySelector("[data-switch-role]");
  if (!form) return;
  const [account, role, name] = ["account", "roleName", "displayName"].map((field) => form.elements[field]);
  const suggestion = () => (account.value.trim() && role.value.trim() ? `${role.value.trim()} @ ${account.value.trim()}`.slice(0, name.maxLength) : "");
  let suggested = name.value === "" || name.value === suggestion();
  form.addEventListener("input", ({ target }) => {
    if (target === name) suggested = false;
    else if (suggested && (target === account || target === role)) name.value = suggestion();
  });
})();
