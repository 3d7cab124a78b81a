// The Policy Generator: a choice of type or service is made at once; without a script there is a button beside it.
(() => {
  document.documentElement.toggleAttribute("data-chooser", true);
  const chooses = { type: "do-type", service: "do-service", all_services: "do-service" };
  document.addEventListener("change", (event) => {
    const field = event.target.closest("#generator select, #generator [name=all_services]");
    const button = field && document.getElementById(chooses[field.name] || "");
    button?.click();
  });
  // How many actions are ticked stands on the closed list.
  document.addEventListener("change", (event) => {
    const list = event.target.name === "actions" && event.target.closest(".generator-actions");
    if (!list) return;
    const count = list.querySelectorAll("[name=actions]:checked").length;
    list.querySelector("summary").textContent = count ? `${count} Action${count === 1 ? "" : "s"} Selected` : "-- Select Actions --";
  });
})();
