// What the customer has said and the server has not confirmed yet.
//
// Messages go one after another, so that they arrive in their order. Each has its key from the
// beginning: sent again after a lost answer, it is recognised. Kept in the tab over a reload.

import { Offline } from "./api.js";
import { keptInTab } from "./keep.js";

const STORE = "outbox";

export class Outbox {
  #api;
  #on;
  #items;
  #working = false;

  /** `on`: {change, stored(item)}. */
  constructor(api, on) {
    this.#api = api;
    this.#on = on;
    this.#items = (keptInTab.get(STORE) ?? []).map((item) => ({ ...item, ...restored(item) }));
  }

  /** {key, text, at, action?, message?, file?: {name, picture}, blob?, state: sending | stored | failed | refused | paused,
      problem, failures} */
  get items() {
    return this.#items;
  }

  add(content) {
    this.#items.push({ key: newKey(), at: new Date().toISOString(), state: "sending", ...content });
    this.#changed();
    this.#work();
  }

  /** All of them: one alone would overtake the others. */
  retryFailed() {
    if (!this.#items.some(({ state }) => state === "failed")) return;
    this.#set("failed", "sending");
    this.#work();
  }

  remove(item) {
    clearTimeout(item.timer);
    this.#items = this.#items.filter((other) => other !== item);
    this.#changed();
  }

  /** The server shows these keys itself now. */
  confirmed(keys) {
    const left = this.#items.filter((item) => !keys.has(item.key));
    if (left.length === this.#items.length) return;
    this.#items = left;
    this.#changed();
  }

  clear() {
    for (const item of this.#items) clearTimeout(item.timer);
    this.#items = [];
    this.#changed();
  }

  async #work() {
    if (this.#working) return;
    this.#working = true;
    try {
      for (;;) {
        const item = this.#items.find(({ state }) => state === "sending" || state === "paused");
        if (item?.state !== "sending") break;
        await this.#send(item);
      }
    } finally {
      this.#working = false;
    }
  }

  async #send(item) {
    const { key, text, action, message, file, blob } = item;
    try {
      if (file) await this.#api.upload(key, file.name, blob);
      else await this.#api.say(action === undefined ? { key, text } : { key, action, message });
      item.state = "stored";
      this.#on.stored(item);
    } catch (error) {
      item.problem = error instanceof Offline ? "" : error.message;
      if (error instanceof Offline || error.passing) {
        item.failures = (item.failures ?? 0) + 1;
        this.#set("sending", "failed");
      } else if (error.wait) {
        item.state = "paused";
        item.timer = setTimeout(() => {
          item.state = "sending";
          this.#changed();
          this.#work();
        }, error.wait * 1000);
      } else {
        item.state = "refused";
      }
    }
    this.#changed();
  }

  start() {
    this.#work();
  }

  #set(from, to) {
    for (const item of this.#items) if (item.state === from) item.state = to;
    this.#changed();
  }

  #changed() {
    const open = this.#items.filter((item) => item.state !== "stored");
    keptInTab.set(STORE, open.map(({ timer, problem, state, blob, ...content }) => content));
    this.#on.change();
  }
}

/** A file's content does not outlive the page. */
function restored({ file }) {
  if (!file) return { state: "sending" };
  return { state: "refused", problem: "Страница обновилась, выберите файл ещё раз." };
}

function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID(); // not there without https
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}
