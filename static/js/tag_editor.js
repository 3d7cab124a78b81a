// The tag editor: Remove takes a row away, a new row has the focus, and the number that is left is right.
(() => {
  const reveal = () => { for (const button of document.querySelectorAll("[data-remove-row][hidden]")) button.hidden = false; };
  const recount = (editor) => {
    const rows = editor.querySelectorAll("[data-row]").length;
    const left = Math.max(Number(editor.dataset.most) - rows, 0);
    editor.querySelector("[data-no-tags]").hidden = rows > 0;
    editor.querySelector("[data-tags-left]").textContent = left;
    editor.querySelector("[data-tags-plural]").hidden = left === 1;
    if (left) { const add = editor.querySelector("#add-tag"); add.removeAttribute("aria-disabled"); add.removeAttribute("title"); }
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", reveal);
  else reveal();
  document.addEventListener("htmx:afterSwap", (event) => {
    reveal();
    if (event.detail.target?.matches?.("[data-tag-editor]")) [...document.querySelectorAll("[data-tag-editor] [name=tag_key]")].at(-1)?.focus();
  });
  document.addEventListener("click", (event) => {
    const remove = event.target.closest("[data-remove-row]");
    if (!remove) return;
    const editor = remove.closest("[data-tag-editor]");
    const rows = [...editor.querySelectorAll("[data-row]")];
    const at = rows.indexOf(remove.closest("[data-row]"));
    const next = rows[at + 1] || rows[at - 1];
    rows[at].remove();
    recount(editor);
    (next?.querySelector("input") || editor.querySelector("#add-tag")).focus();
    document.dispatchEvent(new CustomEvent("ui:announce", { detail: "Tag removed" }));
  });
})();
