// Browser storage that may be missing or forbidden (a frame on another site): then memory.

const PREFIX = "okno-chat:";

class Keep {
  #area;
  #memory = new Map();

  constructor(area) {
    this.#area = area;
  }

  get(name) {
    try {
      const text = this.#storage().getItem(PREFIX + name);
      if (text !== null) return JSON.parse(text);
    } catch {
      // forbidden, or not ours
    }
    return this.#memory.get(name) ?? null;
  }

  set(name, value) {
    try {
      this.#storage().setItem(PREFIX + name, JSON.stringify(value));
      this.#memory.delete(name);
    } catch {
      this.#memory.set(name, value);
    }
  }

  clear() {
    this.#memory.clear();
    try {
      const storage = this.#storage();
      for (const name of Object.keys(storage)) {
        if (name.startsWith(PREFIX)) storage.removeItem(name);
      }
    } catch {
      // nothing was kept there
    }
  }

  #storage() {
    return window[this.#area]; // the property itself throws where storage is forbidden
  }
}

/** Outlives the tab. */
export const kept = new Keep("localStorage");
/** For this tab only: what is typed and not sent yet. */
export const keptInTab = new Keep("sessionStorage");
