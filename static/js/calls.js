// The drawer of calls: Escape closes it; what a swap brings along is put into it, and the oldest of many additions goes.
(() => {
  const MOST = 10;
  const START = "<template data-calls-new>";
  const END = "</template>";
  const drawer = () => document.querySelector("[data-calls]");

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || !drawer()?.open || !drawer().contains(document.activeElement)) return;
    event.preventDefault();
    drawer().open = false;
    drawer().querySelector("summary").focus();
  });

  // Not an out-of-band swap: htmx looks for its target where the asking element is, which may have been replaced meanwhile.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const text = String(event.detail.serverResponse || "");
    const start = text.lastIndexOf(START);
    if (start < 0) return;
    const end = text.indexOf(END, start);
    event.detail.serverResponse = text.slice(0, start) + text.slice(end + END.length);
    const later = document.getElementById("calls-later");
    if (!later) return;
    later.insertAdjacentHTML("afterbegin", text.slice(start + START.length, end));
    for (const old of [...later.children].slice(MOST)) old.remove();
    for (const button of later.querySelectorAll("[data-copy-from][hidden]")) button.hidden = false;
    const counts = [...drawer().querySelectorAll("[data-calls-section]")].map((section) => Number(section.dataset.callsSection));
    drawer().querySelector("[data-calls-count]").textContent = counts.reduce((sum, count) => sum + count, 0);
  });
})();
