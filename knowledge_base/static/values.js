// A reference table's page: rows come and go; what was shown must be what is saved.
(() => {
  const form = document.getElementById("values");
  const rows = document.getElementById("rows");
  const add = form.querySelector("[data-add]");
  // After a change the uses that were shown are no longer true: look again before saving.
  const changed = () => {
    document.getElementById("save")?.remove();
    document.getElementById("uses")?.remove();
  };
  form.addEventListener("input", changed);
  document.getElementById("uses")?.scrollIntoView({ block: "nearest" });
  if (!rows) return;
  add.hidden = false;
  add.addEventListener("click", () => {
    rows.append(document.getElementById("row").content.cloneNode(true));
    rows.lastElementChild.querySelector("input").focus();
  });
  rows.addEventListener("click", (event) => {
    const remove = event.target.closest("[data-remove]");
    if (!remove) return;
    remove.closest("tr").remove();
    changed();
  });
})();
