// Calling a customer who looks elsewhere: unread count, sound, the browser's notice.

import { byId } from "./dom.js";
import { kept } from "./keep.js";

export class Attention {
  #company;
  #frame;
  #title = document.title;
  #unread = 0;
  #audio = null;

  constructor({ company, frame }) {
    this.#company = company;
    this.#frame = frame;
    for (const name of ["visibilitychange", "focus"]) {
      (name === "focus" ? window : document).addEventListener(name, () => this.noticed());
    }
    frame.onShown = () => this.noticed();
    byId("offer-sound").addEventListener("click", () => this.#toggleSound());
    byId("offer-notice").addEventListener("click", () => this.#toggleNotice());
    byId("offer-notice").hidden = !noticesWork() || frame.isEmbedded;
    this.#showOffers();
  }

  get isWatched() {
    return !document.hidden && this.#frame.isShown;
  }

  /** `count` answers have come; `human`: an operator's, or one that was waited for. */
  came(count, { human }) {
    if (!this.isWatched) this.#setUnread(this.#unread + count);
    if (human && kept.get("sound")) this.#ring();
    if (human && kept.get("notice") && !this.isWatched) this.#notify();
  }

  noticed() {
    if (this.isWatched) this.#setUnread(0);
  }

  reset() {
    this.#setUnread(0);
    this.#showOffers();
  }

  #setUnread(count) {
    if (count === this.#unread) return;
    this.#unread = count;
    document.title = count ? `(${count}) ${this.#title}` : this.#title;
    this.#frame.tellUnread(count);
  }

  #toggleSound() {
    kept.set("sound", !kept.get("sound"));
    if (kept.get("sound")) this.#ring(); // so that one knows what to listen for
    this.#showOffers();
  }

  async #toggleNotice() {
    let wanted = !kept.get("notice");
    if (wanted && Notification.permission !== "granted") {
      wanted = (await Notification.requestPermission()) === "granted";
      byId("waiting-done").textContent = wanted
        ? ""
        : "Браузер не разрешил уведомления. Их можно включить в его настройках для этого сайта.";
    }
    kept.set("notice", wanted);
    this.#showOffers();
  }

  #showOffers() {
    byId("offer-sound").setAttribute("aria-pressed", String(Boolean(kept.get("sound"))));
    byId("offer-notice").setAttribute("aria-pressed", String(Boolean(kept.get("notice"))));
  }

  /** Two soft tones. A browser lets them sound only after the customer has touched the page. */
  #ring() {
    try {
      this.#audio ??= new AudioContext();
      void this.#audio.resume();
      [660, 880].forEach((pitch, index) => {
        const start = this.#audio.currentTime + index * 0.16;
        const tone = this.#audio.createOscillator();
        const volume = this.#audio.createGain();
        tone.frequency.value = pitch;
        volume.gain.setValueAtTime(0.0001, start);
        volume.gain.exponentialRampToValueAtTime(0.18, start + 0.02);
        volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.3);
        tone.connect(volume).connect(this.#audio.destination);
        tone.start(start);
        tone.stop(start + 0.32);
      });
    } catch {
      // no sound on this device
    }
  }

  /** Says nothing of what was written: the screen may be looked at by others. */
  #notify() {
    try {
      const notice = new Notification(this.#company, {
        body: "Вам ответили в чате",
        tag: "okno-chat",
        icon: document.querySelector("link[rel=icon]").href,
      });
      notice.onclick = () => {
        window.focus();
        notice.close();
      };
    } catch {
      kept.set("notice", false); // some browsers have the permission and not the notice
      this.#showOffers();
    }
  }
}

function noticesWork() {
  return "Notification" in window && !/Android/.test(navigator.userAgent);
}
