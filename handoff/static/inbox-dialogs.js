// The small dialogs of a conversation: hand over, promise, close, «понято неверно».
(() => {
  const byId = (id) => document.getElementById(id);

  document.addEventListener("click", ({ target }) => {
    const opener = target.closest("[data-dialog]");
    const misread = target.closest("[data-misread]");
    if (opener) {
      const menu = opener.closest("details[open]");
      if (menu) menu.open = false;
      byId(opener.dataset.dialog)?.showModal();
    } else if (misread) {
      const dialog = byId("ib-misread");
      dialog.querySelector("[name=message]").value = misread.dataset.misread;
      dialog.showModal();
    } else if (target.closest("[data-close]")) {
      target.closest("dialog").close();
    } else if (target.matches("dialog.ib-dialog")) {
      target.close(); // beside the form
    } else if (target.closest(".ib-more .ib-setting")) {
      target.closest("details").open = false;
    }
  });
  // The first field is a choice, which Enter would open on some systems and elsewhere not.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    if (!event.target.matches("dialog.ib-dialog select")) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    const dialog = detail.elt?.closest?.("dialog.ib-dialog");
    if (!dialog || !detail.successful) return;
    dialog.close();
    if (dialog.id === "ib-label") dialog.querySelector("form").reset();
  });
})();
