// What was typed and not taken (the page was stale, a plain form met no login, the server failed)
// comes back when its page is open again. Kept in this tab only, for the same person only; never
// passwords, hidden fields or files.
(() => {
  const KEY = "okno:unsent";
  const SKIPPED = new Set(["password", "hidden", "file", "submit", "button", "image", "reset"]);
  const here = () => location.pathname + location.search;

  function fields(form) {
    return [...form.elements].filter((field) => field.name && !SKIPPED.has(field.type));
  }

  function actionOf(form) {
    return form.getAttribute("action") || form.getAttribute("hx-post") || "";
  }

  function isToggle(field) {
    return field.type === "checkbox" || field.type === "radio";
  }

  function save(ready) {
    const forms = [...document.forms].map((form) => ({
      action: actionOf(form),
      values: fields(form).map((field) => (isToggle(field) ? field.checked : field.value)),
    }));
    const kept = { page: here(), login: document.body.dataset.login, ready, forms };
    sessionStorage.setItem(KEY, JSON.stringify(kept));
  }

  function restore(kept) {
    const forms = [...document.forms];
    for (const saved of kept.forms) {
      // By what they are, not by their place: some come later than the page, some not at all.
      const at = forms.findIndex(
        (form) => actionOf(form) === saved.action && fields(form).length === saved.values.length,
      );
      if (at < 0) continue;
      const [form] = forms.splice(at, 1);
      fields(form).forEach((field, position) => {
        const value = saved.values[position];
        if (isToggle(field)) field.checked = value;
        else if (field.value !== value) field.value = value;
        else return;
        field.dispatchEvent(new Event("input", { bubbles: true }));
      });
    }
  }

  function read() {
    try {
      return JSON.parse(sessionStorage.getItem(KEY));
    } catch {
      return null;
    }
  }

  const kept = read();
  const inTheWay = document.querySelector("[data-unsent]");
  if (kept && inTheWay) {
    sessionStorage.setItem(KEY, JSON.stringify({ ...kept, ready: true }));
  } else if (kept && !kept.ready) {
    sessionStorage.removeItem(KEY); // it was taken
  } else if (kept && kept.page === here()) {
    sessionStorage.removeItem(KEY);
    if (kept.login === document.body.dataset.login) restore(kept);
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method === "post" && !form.querySelector("[type=password]")) save(false);
  });

  function isChanged(field) {
    if (isToggle(field)) return field.checked !== field.defaultChecked;
    if (field.type !== "select-one") return field.value !== field.defaultValue;
    const options = [...field.options];
    return field.selectedIndex !== Math.max(0, options.findIndex((option) => option.defaultSelected));
  }

  // Whether the page holds what a person has typed and would lose with it.
  function isTyped() {
    const isSending = (form) => form.method === "post" || form.hasAttribute("hx-post");
    return [...document.forms].some((form) => isSending(form) && fields(form).some(isChanged));
  }

  window.oknoUnsent = {
    isTyped,
    keep: () => save(true),
    drop: () => sessionStorage.removeItem(KEY),
    reload() {
      save(true);
      location.reload();
    },
  };
})();
