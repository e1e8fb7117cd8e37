// The field for answers and notes: drafts per conversation, one key per line, who may send.
window.inboxComposer = (() => {
  const { login } = document.body.dataset;
  const PREFIX = "okno:draft:";
  const BARRIERS = {
    other: (head) => `Отвечает ${head.dataset.operator}. Вы можете оставить заметку.`,
    closed: () => "Разговор закрыт. Можно оставить заметку, а написать первым — в панели о клиенте.",
  };
  const BLANK = /\{(имя|счёт|офис|оператор|компания)\}/;
  const KEPT = "Ваш текст остался на месте.";
  const LONGEST = 4000; // as in answer_text.py; what is longer stays whole in the field
  const form = () => document.getElementById("ib-composer");
  const field = () => document.getElementById("ib-text");
  let movedToNote = false; // the mode was changed by us, not by the operator
  let held = { upTo: 0, text: "" }; // what the server knew and the page did not: it is told already
  let unread = ""; // what came while one was typing: one Enter shows it, the next one sends
  let last = null; // the answer that can still be called back: {handoff, message, text}
  let undoTimer = null;

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

  function isEmpty() {
    return !field().value.trim() && !window.inboxFiles.any();
  }

  function saveDraft() {
    const text = field().value;
    const files = window.inboxFiles.kept();
    if (!text.trim() && !files.length) {
      sessionStorage.removeItem(place());
      return;
    }
    const draft = { text, files, mode: mode(), key: form().elements.key.value };
    sessionStorage.setItem(place(), JSON.stringify(draft));
  }

  function draftOf(handoff) {
    try {
      return JSON.parse(sessionStorage.getItem(place(handoff)));
    } catch {
      return null; // a broken draft is none
    }
  }

  function restoreDraft() {
    const draft = draftOf();
    window.inboxFiles.put(draft?.files ?? []);
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
    const empty = isEmpty();
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
    const why = (BARRIERS[standing]?.(head) ?? unreachable) || held.text;
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
    document.dispatchEvent(new CustomEvent("ib:composer"));
  }

  function hint() {
    const box = document.getElementById("ib-hint");
    if (!box) return;
    const over = [...field().value.trim()].length - LONGEST;
    box.classList.toggle("ib-only-keys", over <= 0);
    if (over > 0) box.textContent = `Можно до ${LONGEST} знаков, лишних: ${over}. Отправьте частями.`;
    else box.textContent =
      window.inboxSettings.get("send") === "enter"
        ? "Enter — отправить, Shift+Enter — новая строка"
        : "Ctrl+Enter — отправить, Enter — новая строка";
  }

  // A line that has come while the conversation is open.
  function arrived(line) {
    if (!form() || isEmpty() || mode() === "note") return;
    if (Number(line.dataset.id) <= held.upTo) return;
    const { by } = line.dataset;
    const words = line.querySelector(".ib-text")?.textContent.trim().slice(0, 200) ?? "";
    const own = line.querySelector(".ib-author")?.textContent.trim() === form().dataset.me;
    if (by === "customer") unread = `Клиент написал: «${words}». Нажмите ещё раз, чтобы отправить.`;
    else if (by === "operator" && !own) unread = `Коллега уже ответил: «${words}». Нажмите ещё раз, чтобы отправить.`;
  }

  function warn(text) {
    const barrier = document.getElementById("ib-barrier");
    barrier.textContent = text;
    barrier.hidden = false;
    window.inbox.toBottom();
  }

  function offerUndo({ message, seconds }) {
    clearTimeout(undoTimer);
    document.getElementById("ib-undo").hidden = false;
    last = { ...last, message };
    undoTimer = setTimeout(endUndo, seconds * 1000);
  }

  function endUndo() {
    clearTimeout(undoTimer);
    last = null;
    const bar = document.getElementById("ib-undo");
    if (bar) bar.hidden = true;
  }

  async function undo() {
    if (!last?.message) return;
    const { handoff, message, text, files } = last;
    endUndo();
    const headers = { "HX-Request": "true", ...JSON.parse(document.body.getAttribute("hx-headers")) };
    const body = new URLSearchParams({ message });
    const response = await fetch(`/inbox/${handoff}/undo`, { method: "POST", headers, body });
    if (!response.ok) {
      window.okno.notice("Уже отправлено: отменить нельзя.", "trouble");
      return;
    }
    if (form()?.dataset.handoff !== handoff) return;
    field().value = field().value.trim() ? `${text}\n${field().value}` : text;
    window.inboxFiles.put([...files, ...window.inboxFiles.kept()]);
    saveDraft();
    show();
    field().focus();
  }

  function opened() {
    movedToNote = false;
    unread = "";
    held = { upTo: 0, text: "" };
    endUndo();
    if (!form()) return;
    restoreDraft();
    show();
  }

  function sent() {
    field().value = "";
    if (mode() === "answer") window.inboxFiles.put([]); // none goes with a note
    form().elements.key.value = newKey();
    held.text = "";
    show();
  }

  const isTouch = matchMedia("(pointer: coarse)");

  document.addEventListener("input", ({ target }) => {
    if (target.id !== "ib-text") return;
    saveDraft();
    hint();
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
    if (event.defaultPrevented) return;
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
    if (event.target !== form()) return;
    const note = mode() === "note";
    const obstacle = note ? "" : window.inboxFiles.obstacle();
    if (note ? !field().value.trim() : isEmpty()) event.preventDefault();
    else if (obstacle) {
      event.preventDefault();
      warn(obstacle);
    } else if (mode() === "answer" && unread) {
      event.preventDefault();
      warn(unread);
      unread = "";
    } else if (mode() === "answer" && BLANK.test(field().value)) {
      event.preventDefault();
      warn(`Заполните: ${field().value.match(BLANK)[0]}`);
    } else if (mode() === "answer") {
      const files = window.inboxFiles.kept();
      last = { handoff: form().dataset.handoff, text: field().value.trim(), files };
    }
  });
  document.addEventListener("htmx:configRequest", ({ target, detail }) => {
    if (target !== form() || mode() === "note") return;
    detail.parameters.file = window.inboxFiles.kept().map((file) => file.token);
    const shown = Number(document.getElementById("ib-lines").lastElementChild?.dataset.id ?? 0);
    detail.parameters.seen = Math.max(shown, held.upTo);
  });
  document.addEventListener("ib:newer", ({ detail: { message, text } }) => {
    held = { upTo: message, text };
    unread = "";
    show();
    window.inbox.toBottom();
  });
  document.addEventListener("ib:files", () => {
    saveDraft();
    show();
  });
  // Another conversation was opened before the file was there.
  document.addEventListener("ib:files-elsewhere", ({ detail: { handoff, file } }) => {
    const draft = draftOf(handoff) ?? { text: "", files: [], mode: "answer", key: newKey() };
    draft.files = [...(draft.files ?? []), file];
    sessionStorage.setItem(place(handoff), JSON.stringify(draft));
  });
  document.addEventListener("ib:done", ({ detail }) => offerUndo(detail));
  document.addEventListener("click", ({ target }) => {
    if (target.closest("#ib-undo-now")) undo();
  });
  document.addEventListener("keydown", (event) => {
    const undoing = (event.ctrlKey || event.metaKey) && event.code === "KeyZ";
    if (!undoing || !last?.message || field()?.value) return;
    event.preventDefault();
    undo();
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

  return { opened, show, setMode, arrived };
})();
