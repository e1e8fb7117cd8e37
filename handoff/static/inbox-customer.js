// The customer's panel is fetched anew when something about him changes: what is open, typed or
// ticked in it stays, and so does the place that is being read.
(() => {
  const byId = (id) => document.getElementById(id);
  let kept = null;
  let shown = null;

  function fields(panel) {
    return [...panel.querySelectorAll("input[id], textarea[id]")];
  }

  document.addEventListener("htmx:beforeSwap", ({ target, detail }) => {
    if (target.id !== "ib-customer" || detail.xhr.status !== 200) return;
    detail.shouldSwap = true; // also while somebody types in it: nothing of his is lost
    const { id, selectionStart, selectionEnd } = document.activeElement;
    kept = {
      shown: target.classList.contains("ib-shown"),
      top: target.scrollTop,
      focused: target.contains(document.activeElement) ? id : "",
      selection: [selectionStart, selectionEnd],
      open: [...target.querySelectorAll("details[open][id]")].map((one) => one.id),
      typed: fields(target)
        .filter((one) => one.value !== one.defaultValue || one.checked !== one.defaultChecked)
        .map((one) => [one.id, one.value, one.checked]),
    };
  });
  document.addEventListener("htmx:afterSwap", () => {
    const panel = byId("ib-customer");
    if (!kept || !panel) return;
    for (const id of kept.open) byId(id)?.setAttribute("open", "");
    for (const [id, value, checked] of kept.typed) {
      const field = byId(id);
      if (!field) continue;
      field.value = value;
      field.checked = checked;
    }
    panel.scrollTop = kept.top;
    const focused = kept.focused && byId(kept.focused);
    if (focused) {
      focused.focus({ preventScroll: true });
      if (focused.matches("textarea, input:not([type=checkbox])")) {
        focused.setSelectionRange(...kept.selection);
      }
    }
    shown = kept.shown;
    kept = null;
  });
  // Classes are the server's again only when htmx has settled.
  document.addEventListener("htmx:afterSettle", () => {
    if (shown === null) return;
    byId("ib-customer")?.classList.toggle("ib-shown", shown);
    shown = null;
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    const form = detail.elt?.closest?.("#ib-customer form");
    if (!form || !detail.successful) return;
    form.reset();
    form.closest("details")?.removeAttribute("open");
  });
  // The words of an earlier conversation begin at their end.
  document.addEventListener("htmx:afterSettle", ({ target }) => {
    if (target.id !== "ib-earlier-lines") return;
    const lines = target.querySelector("ol");
    if (lines) lines.scrollTop = lines.scrollHeight;
  });
})();
