// The field for answers and notes: drafts per conversation, one key per line, who may send.
window.inboxComposer = (() => {
  const { login } = document.body.dataset;
  const PREFIX = "okno:draft:";
  const BARRIERS = {
    other: (head) => `Отвечает ${head.dataset.operator}. Вы можете оставить заметку.`,
    closed: () => "Разговор закрыт. Вы можете оставить заметку.",
  };
  const KEPT = "Ваш текст остался на месте.";
  const form = () => document.getElementById("ib-composer");
  const field = () => document.getElementById("ib-text");
  let movedToNote = false; // the mode was changed by us, not by the operator

  function newKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  function place(handoff = form().dataset.handoff) {
    return `${PREFIX}${login}:${handoff}`;
  }

  function mode() {
    return form().elements.mode.value;
  }

  function setMode(value) {
    form().elements.mode.value = value;
    show();
  }

  function saveDraft() {
    const text = field().value;
    if (!text.trim()) {
      sessionStorage.removeItem(place());
      return;
    }
    const draft = { text, mode: mode(), key: form().elements.key.value };
    sessionStorage.setItem(place(), JSON.stringify(draft));
  }

  function restoreDraft() {
    let draft = null;
    try {
      draft = JSON.parse(sessionStorage.getItem(place()));
    } catch {
      // a broken draft is none
    }
    if (!draft) return;
    field().value = draft.text;
    form().elements.mode.value = draft.mode;
    form().elements.key.value = draft.key; // what was sent before the reload counts as sent
  }

  function canAnswer(head) {
    return head.dataset.standing === "mine" || head.dataset.standing === "free";
  }

  // Adapts the composer to whose conversation it is now. What is typed stays.
  function show() {
    const head = document.getElementById("ib-head");
    if (!form() || !head) return;
    const { standing, unreachable } = head.dataset;
    const answering = canAnswer(head) && !unreachable;
    form().querySelector("[value=answer]").disabled = !answering;
    const empty = !field().value.trim();
    if (!answering && mode() === "answer" && empty) {
      form().elements.mode.value = "note";
      movedToNote = true;
    } else if (answering && movedToNote && empty) {
      form().elements.mode.value = "answer";
      movedToNote = false;
    }
    const note = mode() === "note";
    form().dataset.mode = mode();
    const barrier = document.getElementById("ib-barrier");
    const why = BARRIERS[standing]?.(head) ?? unreachable;
    barrier.textContent = why && !note && !empty ? `${why} ${KEPT}` : why;
    barrier.hidden = !why;
    document.getElementById("ib-no-answer").hidden = standing !== "mine" || head.dataset.owed !== "1";
    const send = document.getElementById("ib-send");
    send.disabled = !answering && !note;
    send.querySelector("span").textContent = note
      ? "Сохранить"
      : standing === "free"
        ? "Взять и ответить"
        : "Отправить";
    field().placeholder = note ? "Заметка: увидят только сотрудники" : "Ответ клиенту";
    hint();
  }

  function hint() {
    const box = document.getElementById("ib-hint");
    if (!box) return;
    box.classList.add("ib-only-keys");
    box.textContent =
      window.inboxSettings.get("send") === "enter"
        ? "Enter — отправить, Shift+Enter — новая строка"
        : "Ctrl+Enter — отправить, Enter — новая строка";
  }

  function opened() {
    movedToNote = false;
    if (!form()) return;
    restoreDraft();
    show();
  }

  function sent() {
    field().value = "";
    form().elements.key.value = newKey();
    show();
  }

  const isTouch = matchMedia("(pointer: coarse)");

  document.addEventListener("input", ({ target }) => {
    if (target.id === "ib-text") saveDraft();
  });
  document.addEventListener("change", ({ target }) => {
    if (target.name !== "mode" || target.form !== form()) return;
    movedToNote = false;
    saveDraft();
    show();
    field().focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "ib-text" || event.key !== "Enter" || event.isComposing) return;
    const asked = event.ctrlKey || event.metaKey;
    const plain = window.inboxSettings.get("send") === "enter" && !event.shiftKey && !isTouch.matches;
    if (!asked && !plain) return;
    event.preventDefault();
    if (!document.getElementById("ib-send").disabled) form().requestSubmit();
  });
  document.addEventListener("submit", (event) => {
    if (event.target.action.endsWith("/logout")) forget();
  });
  document.addEventListener("ib:settings", hint);

  // htmx sends; an empty line is not worth a request.
  document.addEventListener("htmx:confirm", (event) => {
    if (event.target === form() && !field().value.trim()) event.preventDefault();
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target === form()) field().readOnly = true;
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const { detail } = event;
    const handoff = /^\/inbox\/(\d+)\/say$/.exec(detail.requestConfig?.path ?? "")?.[1];
    if (!handoff) return;
    if (detail.successful) sessionStorage.removeItem(place(handoff));
    if (form()?.dataset.handoff !== handoff) return; // another conversation is open by now
    field().readOnly = false;
    if (detail.successful) sent();
    else if (detail.xhr.status === 409) form().elements.key.value = newKey();
    saveDraft();
    field().focus();
  });

  function forget() {
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
    }
  }

  return { opened, show, setMode };
})();
