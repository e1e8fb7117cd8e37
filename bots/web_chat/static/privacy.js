// After a while without a touch the conversation leaves the page until it is asked for.

import { byId } from "./dom.js";
import { kept } from "./keep.js";

const SEEN = "active-at";
const CHECK_MS = 5_000;
const TOUCHES = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"];

export class Privacy {
  #after;
  #on;
  #activeAt = Date.now();
  #writtenAt = 0;
  isHidden = false;

  /** `minutes` of idleness; `on`: {hide, reveal}. */
  constructor({ minutes, on }) {
    this.#after = minutes * 60_000;
    this.#on = on;
    for (const name of TOUCHES) {
      addEventListener(name, () => this.#touched(), { passive: true, capture: true });
    }
    setInterval(() => this.check(), CHECK_MS);
    // A laptop that slept ran no timers.
    document.addEventListener("visibilitychange", () => this.check());
    byId("reveal").addEventListener("click", () => this.reveal());
  }

  /** Whether the page was left for so long before it was opened again. */
  wasLeft() {
    const before = kept.get(SEEN);
    return typeof before === "number" && Date.now() - before > this.#after;
  }

  check() {
    if (!this.isHidden && Date.now() - this.#activeAt > this.#after) this.hide();
  }

  hide() {
    this.isHidden = true;
    this.#show();
    byId("hidden-news").textContent = "";
    this.#on.hide();
  }

  reveal() {
    this.isHidden = false;
    this.#activeAt = Date.now();
    this.#touched();
    this.#show();
    this.#on.reveal();
  }

  #show() {
    byId("hidden-data").hidden = !this.isHidden;
    byId("conversation").hidden = this.isHidden;
    byId("bottom").hidden = this.isHidden;
    if (this.isHidden) byId("reveal").focus();
  }

  #touched() {
    if (this.isHidden) return;
    // The first movement after a long absence must not undo the hiding.
    this.check();
    if (this.isHidden) return;
    this.#activeAt = Date.now();
    if (this.#activeAt - this.#writtenAt > CHECK_MS) {
      this.#writtenAt = this.#activeAt;
      kept.set(SEEN, this.#activeAt);
    }
  }
}
