// What every staff page does: notices, menus, and htmx's troubles told in words.
(() => {
  const NOTICE_MS = 6000;

  function notice(text, kind = "done", action = null) {
    const box = document.createElement("div");
    box.className = `ok-notice ok-notice-${kind}`;
    const words = document.createElement("p");
    words.textContent = text;
    box.append(words);
    if (action) box.append(button(action.title, "btn btn-sm", action.run));
    const close = button("×", "ok-notice-close", () => box.remove());
    close.setAttribute("aria-label", "Закрыть");
    box.append(close);
    document.getElementById("notices").append(box);
    if (!action) setTimeout(() => box.remove(), NOTICE_MS + text.length * 40);
  }

  function button(title, css, run) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = css;
    made.textContent = title;
    made.addEventListener("click", run);
    return made;
  }

  const refresh = { title: "Обновить", run: () => window.oknoUnsent.reload() };

  // Mostly the person has logged in anew in another tab: then the page needs no new loading.
  async function stale(text) {
    if (await window.oknoLogin?.ended()) notice("Нажмите ещё раз: введённое на месте.", "trouble");
    else notice(text, "trouble", refresh);
  }

  document.addEventListener("okno:notice", (event) => {
    const { text, kind } = event.detail;
    if (event.detail.stale) stale(text);
    else notice(text, kind);
  });

  document.addEventListener("htmx:responseError", (event) => {
    const { xhr } = event.detail;
    if (xhr.getResponseHeader("HX-Trigger") || xhr.status === 401) return;
    notice("Не получилось. Попробуйте ещё раз через минуту.", "trouble");
  });
  for (const kind of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(kind, (event) => {
      if (isUnattended(event.detail.requestConfig)) return; // «Нет связи» is shown already
      notice("Нет связи с сервером. Введённое осталось на месте: попробуйте ещё раз.", "trouble");
    });
  }

  // A piece that is fetched because something changed is no sign of a person at work, and takes
  // nothing out of his hands. What a page fetches by the clock says so itself (hx-headers).
  function isUnattended(config) {
    return Boolean(config?.triggeringEvent?.type?.startsWith("okno:")
      || config?.headers["X-Okno-Unattended"]);
  }
  document.addEventListener("htmx:configRequest", (event) => {
    if (isUnattended(event.detail)) event.detail.headers["X-Okno-Unattended"] = "1";
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const field = document.activeElement;
    if (isUnattended(event.detail.requestConfig) && event.detail.target.contains(field)
      && field.matches("select, input, textarea")) event.detail.shouldSwap = false;
  });
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.xhr.status === 401) window.oknoLogin.ended();
  });

  function closeMenus(except) {
    for (const menu of document.querySelectorAll("details.ok-menu[open]")) {
      if (!menu.contains(except)) menu.open = false;
    }
  }
  document.addEventListener("click", (event) => closeMenus(event.target));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector("details.ok-menu[open]");
    if (!open) return;
    event.preventDefault(); // done: it closes nothing else
    open.open = false;
    open.querySelector("summary").focus();
  });

  window.okno = { notice };
})();
