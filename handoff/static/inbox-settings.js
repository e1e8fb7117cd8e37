// What an operator has chosen for himself, kept in this browser.
window.inboxSettings = (() => {
  const KEY = "okno:inbox";
  const DEFAULTS = { sound: false, notices: false, counter: true, send: "enter" };

  function all() {
    try {
      return { ...DEFAULTS, ...JSON.parse(localStorage.getItem(KEY)) };
    } catch {
      return { ...DEFAULTS };
    }
  }

  function set(name, value) {
    try {
      localStorage.setItem(KEY, JSON.stringify({ ...all(), [name]: value }));
    } catch {
      // private browsing: the choice lasts as long as the page
    }
    show();
  }

  function show() {
    const chosen = all();
    for (const box of document.querySelectorAll("[data-setting]")) {
      box.checked = Boolean(chosen[box.dataset.setting]);
    }
    for (const button of document.querySelectorAll("[data-send]")) {
      button.setAttribute("aria-pressed", String(button.dataset.send === chosen.send));
    }
    document.dispatchEvent(new CustomEvent("ib:settings"));
  }

  document.addEventListener("change", async ({ target }) => {
    const name = target.dataset?.setting;
    if (!name) return;
    let on = target.checked;
    if (name === "notices" && on) {
      on = "Notification" in window && (await Notification.requestPermission()) === "granted";
      if (!on) window.okno.notice("Браузер не разрешил уведомления для этой страницы.", "trouble");
    }
    set(name, on);
  });
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-send]");
    if (button) set("send", button.dataset.send);
  });
  addEventListener("storage", (event) => event.key === KEY && show());
  show();

  return { get: (name) => all()[name] };
})();
