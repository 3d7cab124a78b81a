// Tables: what is ticked decides which buttons work, the header counts it, and it survives a swap.
(() => {
  const update = (table) => {
    const ticked = table.querySelectorAll("[data-pick]:checked").length + table.querySelectorAll("[data-hidden-selection]").length;
    const others = document.querySelectorAll(`[data-of-table="${CSS.escape(table.id)}"]`);
    for (const button of [...table.querySelectorAll("[data-needs]"), ...others]) {
      const ready = button.dataset.needs === "one" ? ticked === 1 : ticked > 0;
      // A row in the wrong state for it: the button says so.
      const barred = [...table.querySelectorAll("[data-bars]:checked")].some((pick) => pick.dataset.bars.split("|").includes(button.textContent.trim()));
      button.setAttribute("aria-disabled", String(!ready || barred));
      if (ready && barred) button.title = button.dataset.barred;
      else if (ready) button.removeAttribute("title");
      else button.title = button.dataset.needs === "one" ? "Select one first" : "Select at least one first";
    }
    const count = table.querySelector("[data-count]");
    const total = table.dataset.total;
    // Without selection the server's words stay: a policy's summary counts services.
    if (count && total !== "" && table.dataset.selection !== "none") {
      const shown = Number(total).toLocaleString("en-US");
      count.textContent = ticked ? `(${ticked}/${shown})` : `(${shown})`;
    }
    const all = table.querySelector("[data-select-all]");
    if (all) {
      const picks = [...table.querySelectorAll("[data-pick]")];
      const on = picks.filter((pick) => pick.checked).length;
      all.checked = on > 0 && on === picks.length;
      all.indeterminate = on > 0 && on < picks.length;
    }
  };
  const updateAll = () => { for (const table of document.querySelectorAll("[data-table]")) update(table); };

  let last = null;
  document.addEventListener("click", (event) => {
    const pick = event.target.closest("[data-pick]");
    if (!pick || pick.type !== "checkbox") return;
    const picks = [...pick.closest("[data-table]").querySelectorAll("[data-pick]")];
    const from = picks.indexOf(last);
    if (event.shiftKey && from >= 0) {
      const to = picks.indexOf(pick);
      for (const one of picks.slice(Math.min(from, to), Math.max(from, to) + 1)) one.checked = pick.checked;
    }
    last = pick;
  });
  document.addEventListener("change", (event) => {
    const table = event.target.closest("[data-table]");
    if (!table) return;
    // Of radio buttons one alone is chosen: what a search has hidden is chosen no longer.
    if (event.target.matches("[data-pick][type=radio]")) for (const hidden of table.querySelectorAll("[data-hidden-selection]")) hidden.remove();
    if (event.target.matches("[data-select-all]")) for (const pick of table.querySelectorAll("[data-pick]")) pick.checked = event.target.checked;
    update(table);
  });

  // The Preferences dialog is in the page already: it opens without a request. Its like without a script is a link.
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    const dialog = opener && document.getElementById(opener.dataset.opens);
    if (!dialog || dialog.matches(":modal")) return;
    event.preventDefault();
    dialog.removeAttribute("open");
    dialog.showModal();
    dialog.querySelector("input:not([type=hidden])")?.focus();
  });
  // `close` does not bubble. What was changed and not confirmed is as before.
  document.addEventListener("close", (event) => {
    const dialog = event.target.matches?.("[data-preferences]") ? event.target : null;
    if (!dialog) return;
    for (const input of dialog.querySelectorAll("input")) input.checked = input.defaultChecked;
    document.querySelector(`[data-opens="${CSS.escape(dialog.id)}"]`)?.focus();
  }, true);
  // Inside a wizard's form Enter would press Next.
  document.addEventListener("keydown", (event) => {
    const part = event.key === "Enter" && event.target.matches("input") && event.target.closest("[data-enter]");
    if (!part) return;
    event.preventDefault();
    document.getElementById(part.dataset.enter).click();
  });

  // A cell cut short shows all of itself as a tooltip.
  const tip = (event) => {
    const cell = event.target.closest?.(".table-panel td");
    if (!cell || (cell.title && !("tip" in cell.dataset))) return;
    const cut = cell.scrollWidth > cell.clientWidth + 1;
    if (cut) { cell.title = cell.innerText.trim(); cell.dataset.tip = ""; } else if ("tip" in cell.dataset) cell.removeAttribute("title");
  };
  document.addEventListener("pointerover", tip);
  document.addEventListener("focusin", tip);

  // Typing in a search field has searched already: Enter inside a form must not send the form.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("[data-search-in-form]")) return;
    event.preventDefault();
  });

  // A swap replaces the table: ticked rows, and letters typed while the answer was on its way, are put back.
  let kept = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const table = event.detail.target;
    if (!table?.matches?.("[data-table]")) return;
    const search = table.querySelector("input[type=search]");
    const picks = [...table.querySelectorAll("[data-pick]")];
    kept = {
      id: table.id,
      focused: table.contains(document.activeElement),
      menu: document.activeElement?.closest?.("[data-menu]") !== null,
      dialog: document.activeElement?.closest?.("[data-preferences]") !== null,
      typed: document.activeElement === search ? search.value : null,
      ticked: table.dataset.selection === "multi" && picks.every((one) => one.form?.id === `${table.id}-form`)
        ? [...picks.filter((one) => one.checked), ...table.querySelectorAll("[data-hidden-selection]")].map((one) => one.value) : null,
      name: table.querySelector("[data-pick], [data-hidden-selection]")?.name,
    };
  });
  document.addEventListener("htmx:afterSwap", () => {
    updateAll();
    if (!kept) return;
    const was = kept;
    kept = null;
    const table = document.getElementById(was.id);
    if (!table) return;
    if (was.ticked?.length && was.name) {
      const left = new Set(was.ticked);
      for (const pick of table.querySelectorAll("[data-pick]")) if (left.delete(pick.value)) pick.checked = true;
      for (const value of left) {
        const hidden = document.createElement("input");
        Object.assign(hidden, { type: "hidden", name: was.name, value });
        hidden.setAttribute("form", `${was.id}-form`);
        hidden.dataset.hiddenSelection = "";
        table.append(hidden);
      }
      update(table);
    }
    const search = table.querySelector("input[type=search]");
    if (was.typed !== null && search) {
      search.focus();
      if (search.value !== was.typed) {
        search.value = was.typed;
        // htmx listens to the new field only once the swap has settled.
        const ask = () => search.dispatchEvent(new Event("input", { bubbles: true }));
        document.addEventListener("htmx:afterSettle", ask, { once: true });
      }
      search.setSelectionRange(search.value.length, search.value.length);
    }
    // htmx focuses what has the same id again. What is gone (Clear, a filter's item) leaves the focus to its neighbour.
    const rest = () => {
      if (!was.focused || document.activeElement !== document.body) return;
      (was.dialog && table.querySelector(".gear") || was.menu && table.querySelector(".table-filter summary") || search || table.querySelector(".table-scroll"))?.focus();
    };
    document.addEventListener("htmx:afterSettle", rest, { once: true });
    if (table.dataset.matches) document.dispatchEvent(new CustomEvent("ui:announce", { detail: table.dataset.matches }));
  });
  for (const [name, busy] of [["htmx:beforeRequest", "true"], ["htmx:afterRequest", "false"]]) {
    document.addEventListener(name, (event) => { if (event.detail.target?.matches?.("[data-table]")) event.detail.target.setAttribute("aria-busy", busy); });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", updateAll);
  else updateAll();
  window.addEventListener("pageshow", updateAll);
})();
