// Menus are <details>; this adds arrows, Home, End, typing, Esc and closing by a click elsewhere.
(() => {
  const itemsOf = (menu) => [...menu.querySelectorAll(".menu-list :is(a, button, [tabindex])")].filter((item) => item.offsetParent !== null);
  const close = (menu, focus) => {
    menu.open = false;
    if (focus) menu.querySelector("summary").focus();
  };

  // The buttons say what they open and whether it is; a menu of actions is one to a screen reader too. Without a
  // script all this is a disclosure of links and buttons.
  const upgrade = () => {
    for (const menu of document.querySelectorAll("[data-menu]:not([data-ready])")) {
      menu.dataset.ready = "";
      const [button, list] = [menu.querySelector("summary"), menu.querySelector(".menu-list")];
      button.setAttribute("role", "button");
      button.setAttribute("aria-expanded", String(menu.open));
      if (menu.dataset.menu !== "actions") continue;
      button.setAttribute("aria-haspopup", "menu");
      list.setAttribute("role", "menu");
      list.setAttribute("aria-label", list.dataset.label);
      for (const item of list.querySelectorAll(".menu-item")) { item.setAttribute("role", "menuitem"); item.tabIndex = -1; }
    }
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", upgrade);
  else upgrade();
  document.addEventListener("htmx:afterSwap", upgrade);

  // Opened with a key, the first item has the focus at once; a click leaves it on the button.
  let pressed = false;
  document.addEventListener("click", (event) => { pressed = event.detail === 0; }, true);

  // A list that would leave the window opens from the button's other edge. `toggle` does not bubble.
  document.addEventListener("toggle", (event) => {
    const menu = event.target.matches?.("[data-menu]") ? event.target : null;
    const list = menu?.querySelector(".menu-list");
    if (menu && list) menu.querySelector("summary").setAttribute("aria-expanded", String(menu.open));
    if (!menu?.open || !list) return;
    if (pressed && !menu.contains(document.activeElement?.closest(".menu-list"))) itemsOf(menu)[0]?.focus();
    delete list.dataset.edge;
    const box = list.getBoundingClientRect();
    if (box.left < 0) list.dataset.edge = "start";
    else if (box.right > document.documentElement.clientWidth) list.dataset.edge = "end";
  }, true);

  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("[data-menu][open]")) {
      const item = event.target.closest(".menu-item");
      if (!menu.contains(event.target) || (item && menu.contains(item) && item.getAttribute("aria-disabled") !== "true")) close(menu, Boolean(item) && pressed);
    }
  });

  document.addEventListener("focusout", (event) => {
    const menu = event.target.closest?.("[data-menu][open]");
    if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) close(menu, false);
  });

  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.("[data-menu]");
    if (!menu) return;
    const onButton = event.target.closest("summary") !== null;
    if (event.key === "Escape" && menu.open) { event.preventDefault(); close(menu, true); return; }
    if (onButton && !menu.open && (event.key === "ArrowDown" || event.key === "ArrowUp")) menu.open = true;
    if (!menu.open || event.target.matches("input, textarea, select")) return;
    const items = itemsOf(menu);
    const at = items.indexOf(event.target);
    let next = null;
    if (event.key === "ArrowDown") next = items[(at + 1) % items.length];
    else if (event.key === "ArrowUp") next = items[(at <= 0 ? items.length : at) - 1];
    else if (event.key === "Home") next = items[0];
    else if (event.key === "End") next = items.at(-1);
    else if (event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const rest = [...items.slice(at + 1), ...items.slice(0, at + 1)];
      next = rest.find((item) => item.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()));
    }
    if (next) { event.preventDefault(); next.focus(); }
  });
})();
