// Files for an answer: chosen, pasted, dropped or an article's; kept on the server at once, sent with
// the answer.
window.inboxFiles = (() => {
  const LARGEST = 20 * 2 ** 20;
  const MOST = 10; // as in uploads.py
  const byId = (id) => document.getElementById(id);
  // {token, name, size, picture} when kept; before that {upload, …}, or {why}; «article»: whose it is.
  let files = [];
  let number = 0;

  function changed() {
    show();
    document.dispatchEvent(new CustomEvent("ib:files"));
  }

  function icon(name) {
    const svg = byId("ib-attach").querySelector("svg").cloneNode(true);
    const use = svg.querySelector("use");
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${name}`));
    return svg;
  }

  function button(label, name, run) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "btn btn-icon btn-sm";
    made.ariaLabel = label;
    made.title = label;
    made.append(icon(name));
    made.addEventListener("click", run);
    return made;
  }

  function line(file) {
    const item = document.createElement("li");
    if (file.picture) {
      const picture = document.createElement("img");
      picture.src = `/inbox/files/draft/${file.token}`;
      picture.alt = "";
      item.append(picture);
    } else {
      item.append(icon("paperclip"));
    }
    const name = document.createElement("span");
    name.className = "ib-enclosed-name";
    name.textContent = file.name;
    const about = document.createElement("small");
    about.textContent = file.why ?? file.size ?? "загружается…";
    item.append(name, about);
    item.classList.toggle("ib-enclosed-failed", Boolean(file.why));
    if (file.why && file.again) item.append(button("Повторить", "refresh", () => (file.article ? fetchArticle : upload)(file)));
    item.append(button(`Убрать ${file.name}`, "x", () => remove(file)));
    return item;
  }

  function show() {
    const list = byId("ib-enclosed");
    if (!list) return;
    list.replaceChildren(...files.map(line));
    list.hidden = !files.length;
  }

  function remove(file) {
    file.upload?.abort();
    files = files.filter((other) => other !== file);
    changed();
    byId("ib-text").focus();
  }

  function open() {
    return byId("ib-composer")?.dataset.handoff;
  }

  function token() {
    return JSON.parse(document.body.getAttribute("hx-headers"));
  }

  function elsewhere(handoff, file) {
    document.dispatchEvent(new CustomEvent("ib:files-elsewhere", { detail: { handoff, file } }));
  }

  // The files of an article that was inserted; inserted twice, they are there once.
  function enclose(article, title) {
    if (files.some((file) => file.article === article)) return;
    const file = { article, name: `Файлы статьи «${title}»` };
    files.push(file);
    fetchArticle(file);
  }

  async function fetchArticle(waiting) {
    const handoff = open();
    const { article } = waiting;
    delete waiting.why;
    waiting.upload = new AbortController();
    changed();
    let found = [];
    try {
      const response = await fetch("/inbox/files/article", {
        method: "POST", headers: token(), body: new URLSearchParams({ topic: article }), signal: waiting.upload.signal,
      });
      if (response.status === 401) window.oknoLogin.ended();
      if (!response.ok) throw new Error(response.statusText);
      found = (await response.json()).map((file) => ({ ...file, article }));
    } catch {
      waiting.why = "не получилось загрузить.";
      waiting.again = true;
    }
    delete waiting.upload;
    if (open() !== handoff) {
      found.forEach((file) => elsewhere(handoff, file));
      return;
    }
    if (!waiting.why) files = files.flatMap((file) => (file === waiting ? found : [file]));
    if (files.length > MOST) {
      tooMany(files.slice(MOST));
      files = files.slice(0, MOST);
    }
    changed();
  }

  function tooMany(left) {
    const names = left.map((file) => `«${file.name}»`).join(", ");
    window.okno.notice(`С одним ответом можно отправить не больше ${MOST} файлов. Не поместились: ${names}.`, "trouble");
  }

  async function upload(file) {
    const handoff = open();
    delete file.why;
    file.upload = new AbortController();
    changed();
    const headers = { "Content-Type": "application/octet-stream", ...token() };
    try {
      const response = await fetch(`/inbox/files?name=${encodeURIComponent(file.name)}`, {
        method: "POST", headers, body: file.content, signal: file.upload.signal,
      });
      if (response.status === 201) {
        Object.assign(file, await response.json());
        delete file.content;
      } else {
        if (response.status === 401) window.oknoLogin.ended();
        const told = await response.json().catch(() => ({}));
        file.why = told.why ?? "не получилось загрузить.";
        file.again = !told.why;
      }
    } catch {
      file.why = "нет связи.";
      file.again = true;
    }
    delete file.upload;
    if (open() === handoff) changed();
    else if (file.token) elsewhere(handoff, file);
  }

  function add(chosen) {
    if (!byId("ib-composer")) return;
    const left = chosen.splice(Math.max(0, MOST - files.length));
    if (left.length) tooMany(left);
    for (const content of chosen) {
      // A picture from the clipboard has a name that says nothing.
      const pasted = /^image\.\w+$/.test(content.name);
      const name = pasted ? `Снимок ${++number}.${content.name.split(".").at(-1)}` : content.name;
      const file = { name, content };
      files.push(file);
      if (content.size > LARGEST) {
        file.why = "больше 20 МБ. Отправьте файл поменьше.";
        delete file.content;
      } else {
        upload(file);
      }
    }
    changed();
  }

  function kept() {
    return files.filter((file) => file.token);
  }

  // What keeps an answer from being sent, in words; "" when nothing does.
  function obstacle() {
    if (files.some((file) => file.upload)) return "Файл ещё загружается. Нажмите ещё раз, когда он загрузится.";
    const failed = files.find((file) => file.why);
    return failed ? `${failed.name}: ${failed.why} Уберите его, чтобы отправить остальное.` : "";
  }

  function put(list) {
    files = list.map((file) => ({ ...file }));
    show();
  }

  function isAsked(event) {
    return [...(event.dataTransfer?.types ?? [])].includes("Files");
  }

  document.addEventListener("click", ({ target }) => target.closest("#ib-attach") && byId("ib-file").click());
  document.addEventListener("change", ({ target }) => {
    if (target.id !== "ib-file") return;
    add([...target.files]);
    target.value = "";
  });
  document.addEventListener("paste", (event) => {
    const pasted = [...(event.clipboardData?.files ?? [])];
    // Office programs put a picture of a text beside the text itself.
    if (event.target.id !== "ib-text" || !pasted.length || event.clipboardData.getData("text/plain")) return;
    event.preventDefault();
    add(pasted);
  });
  // Anywhere over the page, so that a miss does not open the file instead of it.
  document.addEventListener("dragover", (event) => {
    if (!isAsked(event)) return;
    event.preventDefault();
    byId("ib-conversation")?.classList.add("ib-dropping");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) byId("ib-conversation")?.classList.remove("ib-dropping");
  });
  document.addEventListener("drop", (event) => {
    if (!isAsked(event)) return;
    event.preventDefault();
    byId("ib-conversation")?.classList.remove("ib-dropping");
    add([...event.dataTransfer.files]);
  });

  return { kept, put, obstacle, enclose, any: () => files.length > 0 };
})();
