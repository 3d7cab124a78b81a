// The search of the top bar: a combobox over the listbox that the server answers with. Without a script it is a form.
(() => {
  const field = () => document.getElementById("service-search");
  const box = () => document.getElementById("service-search-box");
  const options = () => [...box().querySelectorAll("[role=option]")];
  let active = -1;

  const show = (on) => {
    const input = field();
    box().hidden = !on;
    input.setAttribute("aria-expanded", String(on && options().length > 0));
    if (!on) mark(-1);
  };
  // The star of the marked service, as a button of its own: a listbox has no room for one that Tab could reach.
  // Pages outside the frame have no search, and keys are pressed there too.
  const favorite = () => box()?.querySelector(".search-favorite");
  const nameFavorite = () => {
    const star = options()[active]?.querySelector("[data-star]");
    const button = favorite();
    if (!button) return;
    button.hidden = !star;
    if (!star) return;
    const name = star.closest("[role=option]").querySelector("strong").textContent;
    button.toggleAttribute("data-on", "on" in star.dataset);
    button.querySelector("span").textContent = "on" in star.dataset ? `Remove ${name} from favorites` : `Add ${name} to favorites`;
  };
  const mark = (next) => {
    const all = options();
    all[active]?.setAttribute("aria-selected", "false");
    active = next;
    const option = all[active];
    nameFavorite();
    if (!option) { field().removeAttribute("aria-activedescendant"); return; }
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    field().setAttribute("aria-activedescendant", option.id);
  };

  const start = () => {
    const input = field();
    if (!input) return;
    for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", "service-search-list"], ["aria-haspopup", "listbox"]]) input.setAttribute(name, value);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== box()) return;
    active = -1;
    const found = options();
    const open = field().value.trim() !== "" && document.activeElement === field();
    show(open);
    if (!open) return;
    mark(found.findIndex((one) => one.getAttribute("aria-disabled") !== "true"));
    const words = found.length === 1 ? "1 result" : `${found.length} results`;
    document.dispatchEvent(new CustomEvent("ui:announce", { detail: found.length ? words : "No matches" }));
  });

  document.addEventListener("keydown", (event) => {
    if (event.altKey && !event.ctrlKey && !event.metaKey && event.code === "KeyS") {
      const input = field();
      if (!input) return;
      event.preventDefault();
      if (input.offsetParent === null) { window.location.assign(input.form.action); return; }
      input.focus();
      input.select();
      return;
    }
    if (event.target === favorite() && event.key === "Escape") { event.preventDefault(); field().focus(); show(false); }
    if (event.target !== field()) return;
    const count = options().length;
    const open = !box().hidden && count > 0;
    if (event.key === "Escape") {
      event.preventDefault();
      if (box().hidden) field().value = "";
      show(false);
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && count && field().value.trim()) {
      event.preventDefault();
      if (!open) { show(true); return; }
      const step = event.key === "ArrowDown" ? 1 : -1;
      mark((active + step + count) % count);
    } else if (event.key === "Enter" && open && active >= 0) {
      event.preventDefault();
      const option = options()[active];
      if (option.getAttribute("aria-disabled") !== "true") option.click();
      else document.dispatchEvent(new CustomEvent("ui:announce", { detail: "Not part of this lab" }));
    } else if (event.key === "Tab" && !event.shiftKey && open && favorite()?.hidden === false) {
      event.preventDefault();
      favorite().focus();
    } else if (event.key === "Tab") show(false);
  });
  document.addEventListener("input", (event) => { if (event.target === field() && !event.target.value.trim()) show(false); });
  document.addEventListener("focusin", (event) => {
    if (!box()) return;
    if (event.target === field() && field().value.trim() && options().length) show(true);
    else if (!event.target.closest("[data-service-search]")) show(false);
  });
  document.addEventListener("pointerdown", (event) => { if (box() && !event.target.closest("[data-service-search]")) show(false); });

  // The star of an option is for the pointer, the button under the list for the keyboard.
  document.addEventListener("click", (event) => {
    const star = event.target.closest(".search-favorite") ? options()[active]?.querySelector("[data-star]") : event.target.closest("[data-star]");
    if (!star) return;
    event.preventDefault();
    const on = "on" in star.dataset;
    window.htmx.ajax("POST", "/console/settings/favorite", { values: { service: star.dataset.star, star: on ? "off" : "on" }, swap: "none" });
    if (on) delete star.dataset.on;
    else star.dataset.on = "";
    nameFavorite();
    document.dispatchEvent(new CustomEvent("ui:announce", { detail: on ? "Removed from favorites" : "Added to favorites" }));
  }, true);
})();
