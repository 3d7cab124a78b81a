// The drawer of calls: Escape closes it; what a swap adds is counted, and the oldest of many additions goes.
(() => {
  const MOST = 10;
  const drawer = () => document.querySelector("[data-calls]");

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || !drawer()?.open || !drawer().contains(document.activeElement)) return;
    event.preventDefault();
    drawer().open = false;
    drawer().querySelector("summary").focus();
  });

  document.addEventListener("htmx:oobAfterSwap", (event) => {
    if (event.detail.target?.id !== "calls-later") return;
    for (const old of [...event.detail.target.children].slice(MOST)) old.remove();
    for (const button of drawer().querySelectorAll("[data-copy-from][hidden]")) button.hidden = false;
    const counts = [...drawer().querySelectorAll("[data-calls-section]")].map((section) => Number(section.dataset.callsSection));
    drawer().querySelector("[data-calls-count]").textContent = counts.reduce((sum, count) => sum + count, 0);
  });
})();
