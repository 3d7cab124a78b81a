// The upload page: shows what was chosen or dropped before it is sent.
(() => {
  const size = (bytes) => { let amount = bytes; for (const unit of ["B", "KB", "MB"]) { if (amount < 1024) return `${amount.toFixed(1)} ${unit}`; amount /= 1024; } return `${amount.toFixed(1)} GB`; };
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-upload]")) return;
    const list = event.target.closest("form").querySelector("[data-upload-list]");
    const rows = [...event.target.files].map((file) => {
      const row = document.createElement("tr");
      for (const text of [file.name, file.type || "-", size(file.size)]) { const cell = document.createElement("td"); cell.textContent = text; row.append(cell); }
      return row;
    });
    list.querySelector("tbody").replaceChildren(...rows);
    list.hidden = rows.length === 0;
  });
})();
