// Tabs are links with an address each. With a script they are a tab list: arrows, Home and End move, Enter or Space
// opens. They do not open on the way: what a tab shows are calls that are allowed or refused, and recorded.
(() => {
  const upgrade = () => {
    for (const bar of document.querySelectorAll("[data-tabs]")) {
      const panel = document.getElementById(bar.dataset.tabs);
      // Without a panel around what they show they stay links.
      if (!panel) continue;
      bar.setAttribute("role", "tablist");
      for (const part of bar.querySelectorAll("ul, li")) part.setAttribute("role", "none");
      for (const tab of bar.querySelectorAll("a:not([role])")) {
        const current = tab.hasAttribute("aria-current");
        tab.setAttribute("role", "tab");
        tab.setAttribute("aria-selected", String(current));
        tab.tabIndex = current ? 0 : -1;
        tab.removeAttribute("aria-current");
        if (current) tab.setAttribute("aria-controls", panel.id);
        // A boosted link: the whole page is asked for, of which the panel and the tabs are taken.
        const swap = { boost: "true", target: `#${panel.id}`, select: `#${panel.id}`, "select-oob": `#${bar.id}`, swap: "outerHTML show:none" };
        for (const [name, value] of Object.entries(swap)) tab.setAttribute(`hx-${name}`, value);
        window.htmx.process(tab);
      }
      // A swap brings the tabs first and then a panel that is plain again.
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", bar.querySelector('[aria-selected="true"]')?.id || "");
      panel.tabIndex = 0;
    }
    for (const bar of document.querySelectorAll(".tabs")) {
      const tab = bar.querySelector('[aria-selected="true"], [aria-current]');
      if (!tab) continue;
      // On a narrow screen the tab that is open may stand outside the strip.
      const [one, all] = [tab.getBoundingClientRect(), bar.getBoundingClientRect()];
      if (one.right > all.right) bar.scrollLeft += one.right - all.right;
      else if (one.left < all.left) bar.scrollLeft -= all.left - one.left;
    }
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", upgrade);
  else upgrade();
  document.addEventListener("htmx:afterSettle", upgrade);
  document.addEventListener("htmx:oobAfterSwap", upgrade);

  document.addEventListener("keydown", (event) => {
    const tab = event.target.closest?.('[role="tab"]');
    if (!tab || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === " ") { event.preventDefault(); tab.click(); return; }
    const tabs = [...tab.closest('[role="tablist"]').querySelectorAll('[role="tab"]')];
    const at = tabs.indexOf(tab);
    const next = { ArrowRight: tabs[(at + 1) % tabs.length], ArrowLeft: tabs.at(at - 1), Home: tabs[0], End: tabs.at(-1) }[event.key];
    if (!next) return;
    event.preventDefault();
    for (const one of tabs) one.tabIndex = one === next ? 0 : -1;
    next.focus();
  });
})();
