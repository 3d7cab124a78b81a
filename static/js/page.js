// The frame: remembers the side navigation, dismisses flash messages, announces, and tells CSS that scripts run.
(() => {
  document.documentElement.classList.add("scripted");
  const narrow = window.matchMedia("(width <= 688px)");

  // Deep links of the real console, pasted by a learner: /iam/home#/users/details/john?section=permissions
  if (window.location.pathname === "/iam/home" && /^#\/\w/.test(window.location.hash)) window.location.replace(`/iam${window.location.hash.slice(1)}`);

  const announce = (text) => {
    const live = document.getElementById("live");
    if (!live || !text) return;
    live.textContent = "";
    window.setTimeout(() => { live.textContent = text; }, 50);
  };
  document.addEventListener("ui:announce", (event) => announce(event.detail));

  const reveal = (root) => {
    for (const element of root.querySelectorAll("[data-copy][hidden], [data-copy-from][hidden], [data-dismiss][hidden], [data-select-all][hidden]")) element.hidden = false;
  };

  // The `Notifications` bar counts what is left; with three or fewer there is nothing to collapse.
  const recount = (bar) => {
    const more = bar.querySelector(".flash-more");
    if (!more) return;
    for (const count of more.querySelectorAll(".flash-count")) count.lastChild.data = bar.querySelectorAll(`[data-flash][data-kind="${count.dataset.kind}"]`).length;
    if (!bar.querySelector(":scope > [data-flash]")) { const first = more.querySelector("[data-flash]"); if (first) more.before(first); }
    if (bar.querySelectorAll("[data-flash]").length <= 3) more.replaceWith(...more.querySelectorAll("[data-flash]"));
  };

  document.addEventListener("click", (event) => {
    const dismiss = event.target.closest("[data-dismiss]");
    if (dismiss) {
      const flash = dismiss.closest("[data-flash]");
      const bar = flash.closest(".flashbar");
      const all = [...bar.querySelectorAll("[data-flash]")];
      const next = all[all.indexOf(flash) + 1] || all[all.indexOf(flash) - 1];
      flash.remove();
      recount(bar);
      (next?.querySelector("[data-dismiss]") || document.getElementById("main"))?.focus();
    }
  });

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-nav-toggle]");
    if (!form) return;
    event.preventDefault();
    const state = event.submitter.value;
    document.body.dataset.nav = state;
    // On a narrow screen the navigation covers the page: open it for this page only.
    if (!narrow.matches) document.cookie = `navigation=${state}; path=/; max-age=31536000; samesite=lax`;
    form.querySelector(`[data-when="${state}"]`)?.focus();
  });

  // `Search IAM` hides the entries that lack the text; a parent stays with its children, and they with it.
  const filterNavigation = (box) => {
    const wanted = box.value.trim().toLowerCase();
    const nav = box.closest(".side-nav");
    const says = (link) => link.textContent.toLowerCase().includes(wanted);
    for (const section of nav.querySelectorAll("[data-nav-section]")) {
      for (const item of section.querySelectorAll("li")) {
        const links = [...item.querySelectorAll("a")];
        const parent = item.parentElement.closest("li")?.querySelector("a");
        item.hidden = !links.some(says) && !(parent && says(parent));
      }
      section.hidden = !section.querySelector("li:not([hidden])");
    }
    const none = !nav.querySelector("[data-nav-section]:not([hidden])");
    nav.querySelector("[data-nav-none]").hidden = !none;
    if (none) announce("No matches");
  };
  document.addEventListener("input", (event) => { if (event.target.matches("[data-nav-search] input")) filterNavigation(event.target); });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-nav-search]")) return;
    event.preventDefault();
    event.target.closest(".side-nav").querySelector("li:not([hidden]) > a")?.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !event.target.matches("[data-nav-search] input") || !event.target.value) return;
    event.preventDefault();
    event.target.value = "";
    filterNavigation(event.target);
  });

  // On a narrow screen where the breadcrumbs end may stand outside their strip.
  const showWhere = () => {
    const crumbs = document.querySelector(".breadcrumbs");
    if (crumbs) crumbs.scrollLeft = crumbs.scrollWidth;
  };

  const start = () => {
    showWhere();
    if (narrow.matches && document.body.dataset.nav === "open") document.body.dataset.nav = "auto";
    reveal(document);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
  document.addEventListener("htmx:afterSwap", (event) => reveal(event.detail.elt.isConnected ? event.detail.elt.parentElement || document : document));

  for (const name of ["htmx:sendError", "htmx:responseError"]) {
    document.addEventListener(name, (event) => {
      const status = event.detail.xhr?.status;
      // By its address, never a reload: this page may be the answer to a form.
      if (status === 401 || status === 403) { window.location.assign(window.location.pathname + window.location.search); return; }
      announce("Could not refresh. Try again.");
      const bar = document.querySelector("dialog:modal .modal-body") || document.getElementById("flashbar");
      if (!bar || bar.querySelector("[data-refresh-failed]")) return;
      const box = document.createElement("div");
      box.className = "flash";
      box.dataset.kind = "error";
      box.dataset.flash = "";
      box.dataset.refreshFailed = "";
      box.setAttribute("role", "alert");
      const body = document.createElement("p");
      body.className = "flash-body flash-title";
      body.textContent = "Could not refresh. Try again.";
      const retry = document.createElement("a");
      retry.className = "button";
      retry.href = window.location.href;
      retry.textContent = "Retry";
      box.append(body, retry);
      bar.prepend(box);
    });
  }
})();
