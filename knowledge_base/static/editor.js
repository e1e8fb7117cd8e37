// The edit page: toolbar, keys, rows of buttons, and text that is never lost.
(() => {
  const form = document.getElementById("article");
  const body = form.elements.body;
  // Milliseconds: how soon what is typed is sent, and how soon again after a failure.
  const EVERY = 1000;
  const AGAIN = 5000;
  const NAMES = ["title", "body", "short", "questions", "button_label", "button_target",
    "button_url", "audience", "review_by", "valid_from", "valid_until", "legal_basis", "tags"];

  // Toolbar. execCommand keeps the browser's own «undo».

  function insert(area, text) {
    area.focus();
    document.execCommand("insertText", false, text);
  }

  function wrap(mark) {
    const { selectionStart: start, selectionEnd: end, value } = body;
    const inside = value.slice(start, end);
    insert(body, `${mark}${inside}${mark}`);
    body.setSelectionRange(start + mark.length, start + mark.length + inside.length);
  }

  function startLines(mark) {
    const { value } = body;
    const start = value.lastIndexOf("\n", body.selectionStart - 1) + 1;
    const next = value.indexOf("\n", body.selectionEnd);
    body.setSelectionRange(start, next < 0 ? value.length : next);
    const lines = value.slice(body.selectionStart, body.selectionEnd).split("\n");
    const marked = lines.map((line, n) => (mark === "1. " ? `${n + 1}. ` : mark) + line);
    // A list must stand apart from the paragraph before it.
    const apart = start > 0 && !/\n\n$|\n\s*([-*]|\d+\.) .*\n$/.test(value.slice(0, start));
    insert(body, (apart ? "\n" : "") + marked.join("\n"));
  }

  function link() {
    const { selectionStart: start, selectionEnd: end, value } = body;
    const words = value.slice(start, end) || "текст ссылки";
    insert(body, `[${words}](https://)`);
    const place = start + words.length + 3;
    body.setSelectionRange(place, place + "https://".length);
  }

  const toolbar = form.querySelector(".kb-toolbar");
  toolbar.hidden = false;
  toolbar.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.wrap) wrap(button.dataset.wrap);
    else if (button.dataset.line) startLines(button.dataset.line);
    else if ("link" in button.dataset) link();
    else if ("file" in button.dataset) chooser.click();
    else if (button.dataset.insert) {
      button.closest("details").open = false;
      insert(body, button.dataset.insert);
    }
  });

  // Pictures and documents: chosen, dropped or pasted into a text. One after another, so that
  // they stand in it in their order.

  const uploading = document.getElementById("uploading");
  const chooser = document.getElementById("file");
  const written = new Set();
  let area = body;
  let uploads = Promise.resolve();

  // 401: no login; 419: a token of the login before.
  function isLoginEnded({ status }) {
    return status === 401 || status === 419;
  }

  async function upload(file, into) {
    uploading.textContent = `Загружаю «${file.name}»…`;
    uploading.hidden = false;
    try {
      const answer = await fetch(`/kb/files?name=${encodeURIComponent(file.name)}`, {
        method: "POST",
        headers: { "x-csrf-token": form.elements._csrf.value },
        body: file,
      });
      const told = await answer.json();
      if (answer.ok) place(into, told);
      else if (isLoginEnded(answer) && (await window.oknoLogin.ended())) return upload(file, into);
      else window.okno.notice(told.problem ?? told.error, "trouble");
    } catch {
      window.okno.notice(`«${file.name}» не загрузился. Проверьте связь и попробуйте ещё раз.`, "trouble");
    }
    uploading.hidden = true;
  }

  // A paragraph of its own under the one written last, its words selected: they are to be written.
  function place(into, { markdown, words }) {
    const next = into.value.indexOf("\n", into.selectionEnd);
    const at = next < 0 || !written.has(into) ? into.value.trimEnd().length : next;
    into.setSelectionRange(at, at);
    const before = into.value.slice(0, at);
    const after = into.value.slice(at);
    const start = !before.trim() ? "" : "\n\n".slice(/\n*$/.exec(before)[0].length);
    insert(into, start + markdown + (after.trim() && !after.startsWith("\n\n") ? "\n" : ""));
    const from = at + start.length + markdown.indexOf("[") + 1;
    into.setSelectionRange(from, from + words.length);
  }

  function take(files, into) {
    for (const file of files) uploads = uploads.then(() => upload(file, into));
  }

  chooser.addEventListener("change", () => {
    take([...chooser.files], area);
    chooser.value = "";
  });
  for (const text of [body, form.elements.short]) {
    text.addEventListener("focus", () => (area = text));
    text.addEventListener("input", () => written.add(text));
    text.addEventListener("pointerup", () => written.add(text));
    text.addEventListener("paste", (event) => {
      if (!event.clipboardData.files.length) return;
      event.preventDefault();
      take([...event.clipboardData.files], text);
    });
    text.addEventListener("dragover", (event) => {
      if (event.dataTransfer.types.includes("Files")) event.preventDefault();
    });
    text.addEventListener("drop", (event) => {
      if (!event.dataTransfer.files.length) return;
      event.preventDefault();
      take([...event.dataTransfer.files], text);
    });
  }

  // Keys, by their place, so that they work in the Russian layout too.

  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    const inBody = document.activeElement === body;
    if (event.code === "KeyS") document.getElementById("save").click();
    else if (event.code === "Enter" && form.contains(document.activeElement)) {
      document.getElementById("publish").click();
    } else if (inBody && event.code === "KeyB") wrap("**");
    else if (inBody && event.code === "KeyI") wrap("*");
    else if (inBody && event.code === "KeyK") link();
    else return;
    event.preventDefault();
  });

  // Rows of buttons.

  const rows = document.getElementById("buttons");
  const add = form.querySelector("[data-add-button]");
  const countRows = () => (add.hidden = rows.children.length >= 8);
  const addRow = () => rows.append(document.getElementById("button-row").content.cloneNode(true));
  add.addEventListener("click", () => {
    addRow();
    countRows();
    rows.lastElementChild.querySelector("input").focus();
  });
  rows.addEventListener("click", (event) => {
    const remove = event.target.closest("[data-remove]");
    if (!remove) return;
    remove.closest(".kb-button-row").remove();
    countRows();
    changed();
  });

  // What is typed is kept on the server, for this editor, until it is saved as a version.

  function read(valueOf = (field) => field.value) {
    return Object.fromEntries(
      NAMES.map((name) => [name, [...form.querySelectorAll(`[name="${name}"]`)].map(valueOf)]),
    );
  }

  // What the page came with, not what the fields hold by now: one may type before this script runs.
  function sentByServer(field) {
    const fresh = field.cloneNode(true);
    if ("defaultValue" in fresh) fresh.value = fresh.defaultValue;
    return fresh.value;
  }
  const onArrival = JSON.stringify(read(sentByServer));
  // As a version. After an answer that refused it, nothing is known to be saved.
  let saved = form.dataset.saved === "yes" ? onArrival : null;
  // In either way.
  let kept = form.dataset.kept === "yes" ? onArrival : null;
  const url = `/kb/${form.dataset.article}/autosave`;
  const dirty = document.getElementById("dirty");
  let timer = null;

  function keep() {
    const now = JSON.stringify(read());
    if (now === kept) {
      dirty.textContent = now === saved ? "" : "Версия не сохранена, но набранное не пропадёт";
      return;
    }
    dirty.textContent = "Есть несохранённые изменения";
    timer ??= setTimeout(send, EVERY);
  }

  async function send() {
    timer = null;
    const now = JSON.stringify(read());
    if (now === kept) return;
    try {
      const answer = await fetch(url, { method: "POST", body: new FormData(form) });
      // 400: too long even to be taken apart.
      if ([400, 413].includes(answer.status)) {
        dirty.textContent = "Текст слишком длинный и не сохранён: разделите его на статьи";
        return;
      }
      if (isLoginEnded(answer)) {
        const isBack = await window.oknoLogin.ended();
        if (!isBack) dirty.textContent = "Вход закончился: набранное пока только на этой странице";
        timer ??= setTimeout(send, isBack ? 0 : AGAIN);
        return;
      }
      if (!answer.ok) throw new Error(String(answer.status));
      kept = now;
      keep();
    } catch {
      dirty.textContent = "Нет связи: набранное пока только на этой странице";
      timer ??= setTimeout(send, AGAIN);
    }
  }

  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && JSON.stringify(read()) !== kept) {
      navigator.sendBeacon(url, new FormData(form));
    }
  });

  const changed = () => form.dispatchEvent(new Event("input", { bubbles: true }));
  form.addEventListener("input", keep);
  form.addEventListener("change", keep);

  let sent = null;
  const isStep = (detail) => {
    const path = detail.requestConfig?.path;
    return ["save", "publish"].some((step) => path === `/kb/${form.dataset.article}/${step}`);
  };
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (isStep(event.detail)) sent = JSON.stringify(read());
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.id !== "outcome" || !isStep(event.detail)) return;
    const outcome = document.getElementById("outcome");
    if (event.detail.xhr.status === 200) {
      saved = sent;
      kept = sent;
      document.getElementById("kept").hidden = true;
    }
    keep();
    if (outcome.getBoundingClientRect().top < 0) outcome.scrollIntoView({ block: "center" });
  });

  // Somebody else has saved this article.

  document.body.addEventListener("okno:kb.saved", (event) => {
    const { article_id: article, author_id: author } = event.detail.ids;
    if (String(article) !== form.dataset.article || String(author) === form.dataset.me) return;
    window.okno.notice("Эту статью только что сохранил другой редактор. Ваш текст на месте: "
      + "при сохранении Вы увидите отличия.", "trouble");
  });

  countRows();
  keep();
  // The preview listens only when the whole page has been read.
  document.addEventListener("DOMContentLoaded", () => {
    if (JSON.stringify(read()) !== onArrival) changed();
  });
})();
