// The list of messages as the customer sees it.

import { dayName, dayOf, timeOf } from "./clock.js";
import { arrange, byId, element } from "./dom.js";

const GROUP_MS = 5 * 60_000;
const NEAR_END_PX = 90;
const QUIET_MS = 500;
const SENDERS = { customer: "Вы", assistant: "Помощник", operator: "Оператор" };
const SVG_OUT = "M14 5h5v5M19 5l-8 8M17 14v4a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1h4";

const CLIP = "M19 11l-7.5 7.5a4.5 4.5 0 0 1-6.4-6.4L13 4.3a3 3 0 0 1 4.2 4.2L9.5 16.2a1.5 1.5 0 0 1-2.1-2.1L14 7.5";

export class View {
  #on;
  #nodes = new Map();
  #list = byId("messages");
  #scroll = byId("scroll");
  #atEnd = true;
  #unseen = 0;
  #aloud = 0;

  /** `on`: {press(button, messageId), retry(), edit(item)}. */
  constructor(on) {
    this.#on = on;
    this.#scroll.addEventListener("scroll", () => this.#noticePlace(), { passive: true });
    byId("to-bottom").addEventListener("click", () => this.toEnd());
    // The keyboard of a phone, or a growing input, takes room: what was last stays in sight.
    new ResizeObserver(() => this.#atEnd && this.toEnd()).observe(this.#scroll);
    this.quietly(() => {});
  }

  /**
   * `messages`: of the server, in order; `pending`: of the outbox. `fresh`: ids of answers that
   * have just come. `keepPlace`: older ones were put before; what was read stays where it was.
   */
  show(messages, pending, { fresh = new Set(), keepPlace = false, mine = false } = {}) {
    const below = this.#scroll.scrollHeight - this.#scroll.scrollTop;
    const wasAtEnd = this.#atEnd;
    const items = [...messages, ...pending.map(asMessage)];
    // A person's word, the customer's or the operator's, makes the choices before it stale.
    const lastHuman = items.findLastIndex((item) => item.author !== "assistant");
    const nodes = [];
    const used = new Set();
    let before = null;
    items.forEach((item, index) => {
      const date = new Date(item.time);
      if (!before || dayOf(new Date(before.time)) !== dayOf(date)) {
        nodes.push(this.#node(`day:${dayOf(date)}`, used, () => dayNode(date)));
        before = null;
      }
      const first =
        !before || before.author !== item.author || date - new Date(before.time) > GROUP_MS;
      nodes.push(this.#message(item, { first, active: index > lastHuman, fresh, used }));
      before = item;
    });
    for (const name of this.#nodes.keys()) if (!used.has(name)) this.#nodes.delete(name);
    arrange(this.#list, nodes);
    if (keepPlace) this.#scroll.scrollTop = this.#scroll.scrollHeight - below;
    else if (mine) this.toEnd();
    else if (wasAtEnd) this.#follow(fresh);
    else this.#count(fresh.size);
  }

  clear() {
    this.#nodes.clear();
    this.#list.replaceChildren();
    this.#unseen = 0;
    this.#atEnd = true;
  }

  /** Screen readers hear what comes from now on, and not the history that is put in. */
  quietly(put) {
    const log = byId("log");
    log.setAttribute("aria-live", "off");
    put();
    clearTimeout(this.#aloud);
    this.#aloud = setTimeout(() => log.setAttribute("aria-live", "polite"), QUIET_MS);
  }

  toEnd() {
    this.#scroll.scrollTop = this.#scroll.scrollHeight;
    this.#atEnd = true;
    this.#count(-this.#unseen);
  }

  /** After new answers: the end, or the beginning of an answer longer than the window. */
  #follow(fresh) {
    const first = [...fresh].map((id) => this.#nodes.get(`m:${id}`)).find(Boolean);
    const end = this.#scroll.scrollHeight - this.#scroll.clientHeight;
    const top = first
      ? first.getBoundingClientRect().top - this.#scroll.getBoundingClientRect().top
        + this.#scroll.scrollTop - 12
      : end;
    this.#scroll.scrollTop = Math.min(end, top);
    this.#noticePlace();
  }

  #noticePlace() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroll;
    this.#atEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    this.#count(this.#atEnd ? -this.#unseen : 0);
  }

  #count(more) {
    this.#unseen += more;
    byId("to-bottom").hidden = this.#atEnd;
    byId("to-bottom").classList.toggle("news", this.#unseen > 0);
    byId("to-bottom-text").textContent = this.#unseen ? `Новые: ${this.#unseen}` : "Вниз";
  }

  #node(name, used, make) {
    used.add(name);
    if (!this.#nodes.has(name)) this.#nodes.set(name, make());
    return this.#nodes.get(name);
  }

  #message(item, { first, active, fresh, used }) {
    const name = item.key ? `k:${item.key}` : `m:${item.id}`;
    const node = this.#node(name, used, () => element("li", { className: "message" }));
    // Rebuilt only when it changes, so that focus and selection inside stay.
    const look = JSON.stringify(
      [item.id, item.state, item.problem, item.parts?.length, item.files?.length, first],
    );
    if (node.dataset.look !== look) {
      node.dataset.look = look;
      const own = item.author === "customer";
      node.className = `message ${item.author}${own ? " own" : ""}`;
      if (own) node.setAttribute("aria-live", "off"); // nobody needs his own words read out
      node.classList.toggle("first", first);
      node.classList.toggle("new", fresh.has(item.id) || item.state === "sending");
      node.replaceChildren(...this.#content(item, first));
    }
    for (const button of node.querySelectorAll("button.choice")) button.disabled = !active;
    return node;
  }

  #content(item, first) {
    const seen = item.author === "operator" && first;
    const sender = element(
      "span", { className: seen ? "sender" : "unseen" }, `${SENDERS[item.author]}${seen ? "" : ": "}`,
    );
    if (item.author === "customer") return [sender, this.#own(item), ...this.#trouble(item)];
    const parts = item.parts.map((part, index) => {
      const last = index === item.parts.length - 1;
      return element("div", { className: "bubble" }, rich(part), ...fileOf(part), ...(last ? [meta(item)] : []));
    });
    const rows = item.parts.flatMap(({ rows }) => rows);
    return [sender, ...parts, ...(rows.length ? [this.#choices(rows, item.id)] : [])];
  }

  #own(item) {
    return element("div", { className: "bubble" }, ...ownFiles(item), item.text, meta(item));
  }

  #trouble(item) {
    if (!["failed", "refused", "paused"].includes(item.state)) return [];
    const line = element("p", { className: "not-sent" });
    // Said aloud once, and not with every attempt.
    if ((item.pending.failures ?? 0) < 2) line.role = "alert";
    if (item.state === "paused") line.append(item.problem, " Отправим сами.");
    else if (item.state === "refused") line.append(`Не отправлено. ${item.problem}`);
    else line.append("Не отправлено");
    const button = (text, run) => element("button", { type: "button", onclick: run }, text);
    if (item.state === "failed") line.append(button("Повторить", () => this.#on.retry()));
    if (item.state === "refused") line.append(button(item.pending.file ? "Убрать" : "Изменить", () => this.#on.edit(item.pending)));
    return [line];
  }

  #choices(rows, messageId) {
    const group = element("div", { className: "choices", role: "group", "aria-label": "Варианты ответа" });
    for (const row of rows) {
      group.append(
        element("div", { className: "choice-row" }, ...row.map((button) => this.#choice(button, messageId))),
      );
    }
    return group;
  }

  #choice({ label, action, url }, messageId) {
    if (url) {
      const link = element("a", { className: "choice", href: url, target: "_blank", rel: "noopener noreferrer" }, label);
      link.append(outward());
      return link;
    }
    return element(
      "button",
      { className: "choice", type: "button", onclick: () => this.#on.press({ label, action }, messageId) },
      label,
    );
  }
}

function asMessage(pending) {
  const { key, text, at, state, problem, file } = pending;
  const files = file ? [{ name: file.name }] : [];
  return { id: null, author: "customer", key, text, files, time: at, state, problem, pending };
}

function meta(item) {
  const date = new Date(item.time);
  const moment = element("time", { dateTime: item.time }, timeOf(date));
  const note = item.state === "sending" ? ["отправляем…"] : [];
  return element("span", { className: "meta" }, ...note, moment);
}

function dayNode(date) {
  return element("li", { className: "day" }, dayName(date));
}

/** The server has cleaned the HTML; here only links are made to open beside the chat. */
function rich({ html, markup }) {
  const box = element("div", { className: "rich" });
  if (markup !== "web_html") {
    box.append(html);
    return box;
  }
  box.append(...parse(html));
  for (const link of box.querySelectorAll("a[href^='http']")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer";
  }
  return box;
}

/** What the customer sent: a picture as the server made it, or as it lies here before that. */
function ownFiles({ files = [], pending }) {
  return files.map((file) => {
    if (pending?.blob && pending.file.picture) return localPicture(pending);
    if (file.preview) {
      const { preview, name, width, height } = file;
      const link = element("a", { className: "file picture", href: preview, target: "_blank", rel: "noopener noreferrer" });
      link.append(element("img", { src: preview, alt: name, width, height, loading: "lazy", decoding: "async" }));
      return link;
    }
    const name = [outward(CLIP), element("span", {}, file.name)];
    if (!file.url) return element("span", { className: "file document" }, ...name);
    return element("a", { className: "file document", href: file.url, download: file.name }, ...name);
  });
}

function localPicture({ blob, file }) {
  const url = URL.createObjectURL(blob);
  const image = element("img", { src: url, alt: file.name });
  image.onload = () => URL.revokeObjectURL(url);
  // Not every browser shows every picture (HEIC): then its name.
  image.onerror = () => image.replaceWith(file.name);
  return element("span", { className: "file picture" }, image);
}

/** A picture in the bubble, opened whole by a click; a document as a link to save it. */
function fileOf({ file }) {
  if (!file) return [];
  const link = element("a", { className: `file ${file.kind}`, href: file.url, target: "_blank", rel: "noopener noreferrer" });
  if (file.kind === "picture") {
    link.append(element("img", { src: file.url, alt: file.alt, loading: "lazy", decoding: "async" }));
  } else {
    link.download = file.name;
    link.title = file.alt;
    link.append(outward(), element("span", {}, file.name));
  }
  return [link];
}

function parse(html) {
  return new DOMParser().parseFromString(html, "text/html").body.childNodes;
}

function outward(drawn = SVG_OUT) {
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  icon.setAttribute("viewBox", "0 0 24 24");
  icon.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", drawn);
  icon.append(path);
  return icon;
}
