// The server's «there is something new». Read with fetch, because EventSource sends no headers.

const SILENCE_MS = 40_000; // the server is heard every 15 s
const PAUSES_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000];

export class Stream {
  #api;
  #position;
  #on;
  #abort = null;
  #failures = 0;
  #timer = 0;

  /** `position()`: the event number the page has. `on`: {news, typing, over, state(live)}. */
  constructor(api, position, on) {
    this.#api = api;
    this.#position = position;
    this.#on = on;
  }

  get isOpen() {
    return this.#abort !== null || this.#timer !== 0;
  }

  open() {
    if (!this.isOpen) this.#follow();
  }

  /** Try at once if the last attempt failed. */
  hurry() {
    if (!this.#timer) return;
    this.#clearTimer();
    this.#failures = 0;
    this.#follow();
  }

  close() {
    this.#clearTimer();
    this.#abort?.abort();
    this.#abort = null;
  }

  async #follow() {
    const abort = new AbortController();
    this.#abort = abort;
    let over = false;
    try {
      over = await this.#read(abort);
    } catch {
      // lost: the pause below
    }
    if (this.#abort !== abort) return; // closed on purpose
    this.#abort = null;
    this.#on.state(false);
    if (over) return this.#on.over();
    const pause = PAUSES_MS[Math.min(this.#failures++, PAUSES_MS.length - 1)];
    // Thousands of pages must not come back in the same moment.
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      this.#follow();
    }, pause * (0.7 + Math.random() * 0.6));
  }

  /** Whether the server said that this visitor is not known any more. */
  async #read(abort) {
    let watchdog = setTimeout(() => abort.abort(), SILENCE_MS);
    try {
      const response = await fetch(`/chat/events?after=${this.#position()}`, {
        headers: this.#api.headers(),
        credentials: this.#api.credentials,
        cache: "no-store",
        signal: abort.signal,
      });
      if (response.status === 401) return true;
      if (!response.ok) return false;
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return false;
        clearTimeout(watchdog);
        watchdog = setTimeout(() => abort.abort(), SILENCE_MS);
        this.#failures = 0;
        this.#on.state(true);
        const frames = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
        rest = frames.pop();
        for (const frame of frames) {
          const name = /^event: ?(.*)$/m.exec(frame)?.[1];
          if (name === "over") return true;
          if (name === "news" || name === "reload") this.#on.news();
          if (name === "typing") this.#on.typing();
        }
      }
    } finally {
      clearTimeout(watchdog);
      abort.abort();
    }
  }

  #clearTimer() {
    clearTimeout(this.#timer);
    this.#timer = 0;
  }
}
