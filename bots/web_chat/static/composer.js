// The line one writes in: grows with the text, sends on Enter, keeps a draft over a reload.

import { byId } from "./dom.js";
import { keptInTab } from "./keep.js";

const DRAFT = "draft";
const WARN_BEFORE = 1_000;

export class Composer {
  #text = byId("text");
  #problem = byId("composer-problem");
  #longest;
  #largest;
  #send;
  #attach;

  /** `attach(file)`: a file was chosen, pasted or dropped; `largest` in bytes. */
  constructor({ longest, largest, send, attach }) {
    this.#longest = longest;
    this.#largest = largest;
    this.#send = send;
    this.#attach = attach;
    this.#listenForFiles();
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

  #listenForFiles() {
    const input = byId("file");
    byId("attach").addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      this.#take([...input.files]);
      input.value = ""; // the same file may be chosen again
    });
    this.#text.addEventListener("paste", (event) => {
      const files = [...event.clipboardData.files];
      if (!files.length) return;
      event.preventDefault();
      this.#take(files);
    });
    const chat = byId("chat");
    const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
    for (const kind of ["dragenter", "dragover"]) {
      chat.addEventListener(kind, (event) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        chat.classList.add("dropping");
      });
    }
    chat.addEventListener("dragleave", (event) => {
      if (!chat.contains(event.relatedTarget)) chat.classList.remove("dropping");
    });
    chat.addEventListener("drop", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      chat.classList.remove("dropping");
      this.#take([...event.dataTransfer.files]);
    });
  }

  /** One that can't be taken is told of before it is sent for nothing. */
  #take(files) {
    if (!byId("hidden-data").hidden) return;
    this.#say("");
    for (const file of files) {
      if (file.size > this.#largest) {
        this.#say(`«${file.name}» больше ${Math.floor(this.#largest / 2 ** 20)} МБ. Пришлите фото поменьше или часть документа.`);
      } else if (!file.size) this.#say(`«${file.name}» пустой. Выберите другой файл.`);
      else this.#attach(file);
    }
    this.focus();
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
