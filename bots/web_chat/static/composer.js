// The line one writes in: grows with the text, sends on Enter, keeps a draft over a reload.

import { byId } from "./dom.js";
import { keptInTab } from "./keep.js";

const DRAFT = "draft";
const WARN_BEFORE = 1_000;

export class Composer {
  #text = byId("text");
  #problem = byId("composer-problem");
  #longest;
  #send;

  constructor({ longest, send }) {
    this.#longest = longest;
    this.#send = send;
    this.#text.value = keptInTab.get(DRAFT) ?? "";
    this.#text.addEventListener("input", () => this.#changed());
    this.#text.addEventListener("keydown", (event) => {
      // While an input method composes, Enter chooses a word; Shift+Enter begins a new line.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit();
    });
    byId("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    // A press on the button must not take the focus, and with it a phone's keyboard, away.
    byId("send").addEventListener("pointerdown", (event) => event.preventDefault());
    this.#changed();
  }

  /** The text is put back for changing. */
  restore(text) {
    this.#text.value = this.#text.value ? `${text}\n${this.#text.value}` : text;
    this.#changed();
    this.#text.focus();
  }

  /** A phone's keyboard must not jump up where nobody has asked for it. */
  focus() {
    if (matchMedia("(pointer: fine)").matches) this.#text.focus({ preventScroll: true });
  }

  clear() {
    this.#text.value = "";
    this.#changed();
  }

  /** Take the draft out of the page, and put it back. */
  set hidden(hidden) {
    this.#text.value = hidden ? "" : (keptInTab.get(DRAFT) ?? "");
    this.#fit();
  }

  #submit() {
    const text = this.#text.value.trim();
    const over = [...text].length - this.#longest;
    if (!text) return this.#text.focus();
    if (over > 0) {
      this.#text.focus();
      return this.#say(`Принять можно до ${spaced(this.#longest)} знаков, а в сообщении на ${spaced(over)} больше. Сократите его или разделите.`);
    }
    this.clear();
    this.#send(text);
    this.#text.focus();
  }

  #changed() {
    keptInTab.set(DRAFT, this.#text.value);
    byId("send").toggleAttribute("data-empty", !this.#text.value.trim());
    const left = this.#longest - this.#text.value.length;
    this.#say(left >= 0 && left < WARN_BEFORE ? `Осталось знаков: ${spaced(left)}` : "");
    this.#fit();
  }

  #fit() {
    this.#text.style.height = "auto";
    this.#text.style.height = `${this.#text.scrollHeight + 3}px`;
  }

  #say(problem) {
    if (this.#problem.textContent !== problem) this.#problem.textContent = problem;
  }
}

function spaced(number) {
  return number.toLocaleString("ru");
}
