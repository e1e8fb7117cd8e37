// Ctrl+K: every action by name, with its key.
(() => {
  const byId = (id) => document.getElementById(id);
  const dialog = byId("ib-palette");
  const field = byId("ib-palette-q");
  const list = byId("ib-palette-list");
  const button = (id) => () => byId(id)?.click();
  const there = (id) => () => byId(id) && !byId(id).hidden;
  const write = (mode) => () => {
    if (!byId("ib-composer").querySelector(`[value=${mode}]`).disabled) window.inboxComposer.setMode(mode);
    byId("ib-text").focus();
  };
  const tab = (name) => () => window.inbox.setTab(name);
  const ACTIONS = [
    ["Взять разговор", "T", button("ib-take"), there("ib-take")],
    ["Забрать себе", "T", button("ib-take-over"), there("ib-take-over")],
    ["Написать ответ", "R", write("answer"), there("ib-text")],
    ["Написать заметку", "N", write("note"), there("ib-text")],
    ["Ответа не требует", "X", button("ib-no-answer"), there("ib-no-answer")],
    ["Передать коллеге или группе", "M", button("ib-do-transfer"), there("ib-do-transfer")],
    ["Пообещать ответ: другой отдел, звонок", "P", button("ib-do-promise"), there("ib-do-promise")],
    ["Вернуть из отложенных", "Z", button("ib-unsnooze"), there("ib-unsnooze")],
    ["Отложить на час", "Z", button("ib-snooze-hour"), there("ib-snooze-hour")],
    ["Отложить до завтрашнего открытия", "Y", button("ib-snooze-tomorrow"), there("ib-snooze-tomorrow")],
    ["Отложить, пока клиент не напишет", "U", button("ib-snooze-customer"), there("ib-snooze-customer")],
    ["Бот: подтвердить личность клиента", "I", button("ib-lend-identity"), there("ib-lend-identity")],
    ["Бот: принять показания", "G", button("ib-lend-reading"), there("ib-lend-reading")],
    ["Бот: показать квитанцию", "B", button("ib-lend-bill"), there("ib-lend-bill")],
    ["Бот: QR-код для оплаты", "Q", button("ib-lend-payment"), there("ib-lend-payment")],
    ["Остановить бота", "A", button("ib-lend-stop"), there("ib-lend-stop")],
    ["Попросить оценку", "O", button("ib-do-rating"), there("ib-do-rating")],
    ["Вернуть боту", "D", button("ib-return"), there("ib-return")],
    ["Закрыть разговор", "C", button("ib-close"), there("ib-close")],
    ["Поставить метку", "L", button("ib-do-label"), there("ib-do-label")],
    ["Приложить файл", "F", button("ib-attach"), there("ib-attach")],
    ["Предупредить об оскорблениях", "W", button("ib-warn"), there("ib-warn")],
    ["Прекратить разговор на сутки", "Shift+W", button("ib-stop"), there("ib-stop")],
    ["О клиенте", "E", button("ib-customer-toggle"), there("ib-customer-toggle")],
    ["Отметить разговор", "V", () => window.inboxMany.toggle(), there("ib-conversation")],
    ["Следующий разговор", "J", () => window.inbox.step(1), () => true],
    ["Предыдущий разговор", "K", () => window.inbox.step(-1), () => true],
    ["Поиск", "S", () => byId("ib-q").focus(), () => true],
    ["Вкладка «Ждут»", "1", tab("waiting"), () => true],
    ["Вкладка «Мои»", "2", tab("mine"), () => true],
    ["Вкладка «Отложены»", "3", tab("snoozed"), () => true],
    ["Вкладка «Все»", "4", tab("all"), () => true],
    ["Вкладка «Закрытые»", "5", tab("closed"), () => true],
    ["Готовые ответы", "H", () => location.assign("/inbox/canned"), () => true],
    ["Все клавиши", "?", button("ib-show-keys"), () => true],
  ];
  let shown = [];
  let at = 0;

  const fold = (text) => text.toLowerCase().replaceAll("ё", "е");

  function fill() {
    const words = fold(field.value).split(/\s+/).filter(Boolean);
    shown = ACTIONS.filter(([title, , , can]) => can() && words.every((word) => fold(title).includes(word)));
    at = 0;
    list.replaceChildren(
      ...shown.map(([title, key], index) => {
        const item = document.createElement("li");
        item.role = "option";
        item.id = `ib-command-${index}`;
        item.dataset.index = index;
        item.append(title);
        if (key) {
          const mark = document.createElement("kbd");
          mark.textContent = key;
          item.append(mark);
        }
        return item;
      }),
    );
    mark();
  }

  function mark() {
    [...list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === at)));
    list.children[at]?.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", list.children[at]?.id ?? "");
  }

  function run(index) {
    const action = shown[index];
    if (!action) return;
    dialog.close();
    action[2]();
  }

  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.code !== "KeyK") return;
    event.preventDefault();
    if (document.querySelector("dialog[open]")) return;
    field.value = "";
    fill();
    dialog.showModal();
    field.focus();
  });
  field.addEventListener("input", fill);
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") at = Math.min(at + 1, shown.length - 1);
    else if (event.key === "ArrowUp") at = Math.max(at - 1, 0);
    else if (event.key === "Enter") run(at);
    else return;
    event.preventDefault();
    mark();
  });
  list.addEventListener("click", ({ target }) => run(Number(target.closest("li")?.dataset.index)));
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
})();
