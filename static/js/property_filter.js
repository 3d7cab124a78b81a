// The property filter: one line of text with suggestions fills the plain fields that the server reads.
(() => {
  const partsOf = (input) => {
    const root = input.closest("[data-property-filter]");
    return { root, input, list: root.querySelector(".filter-list"), properties: JSON.parse(root.dataset.properties) };
  };
  const open = new WeakMap(); // input: the suggestions shown, and which is active

  // `User name = john` → property, operator, value; the longest label and operator that fit win.
  const parse = (text, properties) => {
    const lower = text.toLowerCase();
    const byLength = [...properties].sort((a, b) => b.label.length - a.label.length);
    const property = byLength.find((one) => lower.startsWith(one.label.toLowerCase()) && /^($|[\s=!:^])/.test(text.slice(one.label.length)));
    if (!property) return { text };
    const rest = text.slice(property.label.length).trimStart();
    const operators = property.operators.map(([operator]) => operator).sort((a, b) => b.length - a.length);
    const operator = operators.find((one) => rest.startsWith(one));
    return operator ? { property, operator, value: rest.slice(operator.length).trim(), text } : { property, rest, text };
  };

  const suggest = (text, properties) => {
    const found = parse(text, properties);
    const wanted = text.trim().toLowerCase();
    const groups = [];
    const use = (token, words) => groups.push({ title: "", options: [{ words: `Use: "${words}"`, token }] });
    if (found.operator) {
      const { property, operator, value } = found;
      if (value) use({ key: property.key, operator, value }, text.trim());
      const values = property.values.filter((one) => one.toLowerCase().includes(value.toLowerCase()) && one);
      groups.push({ title: "Values", options: values.map((one) => ({ words: one, token: { key: property.key, operator, value: one } })) });
    } else if (found.property) {
      const operators = found.property.operators.filter(([operator]) => operator.startsWith(found.rest));
      groups.push({ title: "Operators", options: operators.map(([operator, words]) => ({ words: `${found.property.label} ${operator}`, more: words, text: `${found.property.label} ${operator} ` })) });
      if (!operators.length) use({ key: "", operator: ":", value: text.trim() }, text.trim());
    } else {
      if (wanted) use({ key: "", operator: ":", value: text.trim() }, text.trim());
      const named = properties.filter((one) => one.label.toLowerCase().includes(wanted));
      groups.push({ title: "Properties", options: named.map((one) => ({ words: one.label, text: `${one.label} ` })) });
      const values = wanted ? properties.flatMap((one) => one.values.filter((value) => value.toLowerCase().includes(wanted)).map((value) => ({ words: `${one.label} = ${value}`, token: { key: one.key, operator: "=", value } }))) : [];
      groups.push({ title: "Values", options: values });
    }
    return groups.filter((group) => group.options.length);
  };

  const element = (name, attributes, text = "") => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = text;
    return made;
  };
  const close = (input) => {
    const { list } = partsOf(input);
    list.hidden = true;
    list.replaceChildren();
    open.delete(input);
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const show = (input) => {
    const { list, properties } = partsOf(input);
    const groups = suggest(input.value, properties);
    const options = groups.flatMap((group) => group.options);
    if (!options.length) { close(input); return; }
    let number = 0;
    list.replaceChildren(...groups.map((group, place) => {
      const box = element("div", { role: "group" });
      if (group.title) {
        const id = `${list.id}-group-${place}`;
        box.setAttribute("aria-labelledby", id);
        box.append(element("p", { class: "menu-heading", id, role: "presentation" }, group.title));
      }
      for (const option of group.options) {
        const row = element("div", { role: "option", class: "filter-option", id: `${list.id}-${number}`, "aria-selected": "false", "data-number": number });
        row.append(element("span", {}, option.words));
        if (option.more) row.append(element("span", { class: "description" }, option.more));
        box.append(row);
        number += 1;
      }
      return box;
    }));
    list.hidden = false;
    open.set(input, { options, active: -1 });
    input.setAttribute("aria-expanded", "true");
    input.removeAttribute("aria-activedescendant");
  };
  const mark = (input, active) => {
    const state = open.get(input);
    const { list } = partsOf(input);
    list.querySelector('[aria-selected="true"]')?.setAttribute("aria-selected", "false");
    state.active = active;
    const row = document.getElementById(`${list.id}-${active}`);
    row.setAttribute("aria-selected", "true");
    row.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", row.id);
  };

  const add = (input, token) => {
    const { root } = partsOf(input);
    close(input);
    input.value = token.value;
    root.querySelector("[name$=token-property]").value = token.key;
    root.querySelector("[name$=token-operator]").value = token.operator;
    root.querySelector("[data-filter-go]").click();
    document.dispatchEvent(new CustomEvent("ui:announce", { detail: "Filter added" }));
  };
  const accept = (input, option) => {
    if (option.token) { add(input, option.token); return; }
    input.value = option.text;
    input.focus();
    show(input);
  };

  const start = () => {
    for (const input of document.querySelectorAll("[data-property-filter] input[type=text]:not([role])")) {
      const list = partsOf(input).list;
      for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", list.id], ["aria-haspopup", "listbox"]]) input.setAttribute(name, value);
    }
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
  document.addEventListener("htmx:afterSwap", start);

  const inputOf = (target) => (target.matches?.("[data-property-filter] input[type=text]") ? target : null);
  document.addEventListener("input", (event) => { const input = inputOf(event.target); if (input) show(input); });
  document.addEventListener("click", (event) => {
    const input = inputOf(event.target);
    if (input) { show(input); return; }
    const row = event.target.closest(".filter-option");
    if (!row) return;
    const own = row.closest("[data-property-filter]").querySelector("input[type=text]");
    accept(own, open.get(own).options[Number(row.dataset.number)]);
  });
  // The field keeps the focus while a suggestion is pressed.
  document.addEventListener("mousedown", (event) => { if (event.target.closest(".filter-list")) event.preventDefault(); });
  document.addEventListener("focusout", (event) => { const input = inputOf(event.target); if (input && open.has(input)) close(input); });
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-filter-join]") || !event.target.form?.matches("#wizard")) return;
    event.target.closest("[data-property-filter]").querySelector("[data-filter-go]").click();
  });
  document.addEventListener("keydown", (event) => {
    const input = inputOf(event.target);
    if (!input) return;
    const state = open.get(input);
    if (event.key === "Escape" && state) { event.preventDefault(); close(input); }
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!state) { show(input); return; }
      const count = state.options.length;
      mark(input, event.key === "ArrowDown" ? (state.active + 1) % count : (state.active <= 0 ? count : state.active) - 1);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (state && state.active >= 0) { accept(input, state.options[state.active]); return; }
      const found = parse(input.value.trim(), partsOf(input).properties);
      if (found.operator && found.value) add(input, { key: found.property.key, operator: found.operator, value: found.value });
      else if (!found.property && input.value.trim()) add(input, { key: "", operator: ":", value: input.value.trim() });
    }
  });
})();
