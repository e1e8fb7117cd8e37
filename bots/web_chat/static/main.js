// The chat page: puts the parts together and keeps the conversation up to date.
//
// `position` is the event number up to which the page is complete. The stream only says that
// something is new; the page then asks for what has changed since its position, so nothing is
// missed or doubled however often the connection is lost.

import { Api, Refused } from "./api.js";
import { Attention } from "./attention.js";
import { Composer } from "./composer.js";
import { byId, plural } from "./dom.js";
import { Frame } from "./frame.js";
import { kept, keptInTab } from "./keep.js";
import { Outbox } from "./outbox.js";
import { Privacy } from "./privacy.js";
import { Stream } from "./stream.js";
import { View } from "./view.js";
import { Waiting } from "./waiting.js";

const POLL_MS = 5_000; // while the stream is not there, or a request was lost beside it
const TYPING_MS = 30_000;
const OPERATOR_TYPING_MS = 7_000; // said anew every few seconds
const LEAVE_STREAM_MS = 60_000;
const LOOK_MS = 600; // one report for what comes together

class Chat {
  #settings = document.body.dataset;
  #embedded = "embed" in this.#settings;
  #api = new Api({ embed: this.#embedded });
  #frame = new Frame({ embedded: this.#embedded });
  #tabs = this.#embedded ? null : new BroadcastChannel("okno-chat");
  #messages = new Map();
  #position = null;
  #epoch = 0;
  #more = false;
  #turn = "assistant";
  #live = false;
  #failures = 0;
  #refreshing = null;
  #again = false;
  #loadingOlder = false;
  #typingUntil = 0;
  #typingTimer = 0;
  #operatorUntil = 0;
  #operatorTimer = 0;
  #leaveTimer = 0;
  #hiddenNews = 0;
  #seen = 0; // the newest answer that was told to be seen
  #lookTimer = 0;

  constructor() {
    this.view = new View({
      press: (button, message) => this.#press(button, message),
      retry: () => this.outbox.retryFailed(),
      edit: (item) => this.#edit(item),
    });
    this.outbox = new Outbox(this.#api, {
      change: () => this.#draw(),
      stored: () => this.#stored(),
    });
    this.composer = new Composer({
      longest: Number(this.#settings.longestText),
      largest: Number(this.#settings.largestFile),
      send: (text) => this.#say({ text }),
      attach: (file) => this.#say({
        text: "", file: { name: file.name, picture: file.type.startsWith("image/") }, blob: file,
      }),
    });
    this.waiting = new Waiting(this.#api);
    this.attention = new Attention({ company: this.#settings.company, frame: this.#frame });
    this.stream = new Stream(this.#api, () => this.#position, {
      news: () => void this.refresh(),
      typing: () => this.#operatorTypes(),
      over: () => this.#forget(),
      state: (live) => this.#setLive(live),
    });
    this.privacy = new Privacy({
      minutes: Number(this.#settings.idleMinutes),
      on: { hide: () => this.#hide(), reveal: () => void this.#reveal() },
    });
    this.#listen();
  }

  async start() {
    const left = this.privacy.wasLeft();
    await this.refresh();
    if (left && this.#messages.size) this.privacy.hide();
    this.outbox.start();
    this.composer.focus();
  }

  // --- what the customer does ---------------------------------------------------------------

  #say(content) {
    this.outbox.add(content);
    this.#draw({ mine: true });
  }

  #press({ label, action }, message) {
    this.#say({ text: label, action, message });
    this.composer.focus();
  }

  #edit(item) {
    this.outbox.remove(item);
    if (!item.file) this.composer.restore(item.text);
  }

  #stored() {
    this.#awaitAnswer();
    void this.refresh();
  }

  async #end() {
    const confirm = byId("end-confirm");
    confirm.disabled = true;
    byId("end-problem").textContent = "";
    try {
      await this.#api.end();
    } catch {
      // Without the server the cookie stays good: the customer must not go away believing.
      byId("end-problem").textContent = "Нет связи, завершить не получилось. Не закрывайте страницу и попробуйте ещё раз.";
      return;
    } finally {
      confirm.disabled = false;
    }
    byId("end-dialog").close();
    this.#tabs?.postMessage("ended");
    this.#forget();
    this.composer.focus();
  }

  // --- what the server says -----------------------------------------------------------------

  /** Fetch what is new; one at a time, and once more if it was asked for meanwhile. */
  refresh() {
    this.#again = this.#refreshing !== null;
    this.#refreshing ??= this.#fetch().finally(() => {
      this.#refreshing = null;
      if (this.#again) void this.refresh();
    });
    return this.#refreshing;
  }

  async #fetch() {
    const first = this.#position === null;
    const epoch = this.#epoch;
    let page;
    try {
      page = await this.#api.history(first ? {} : { after: this.#position });
    } catch (error) {
      this.#failures += 1;
      this.#showConnection();
      if (!(error instanceof Refused)) return;
      if (error.wait) setTimeout(() => void this.refresh(), error.wait * 1000);
      return;
    }
    this.#failures = 0;
    // Asked before the page was emptied: the next answer is the right one.
    if (epoch !== this.#epoch) return void (this.#again = true);
    this.outbox.retryFailed();
    if (!page.known) {
      if (this.#messages.size) return this.#forget();
      this.#position = page.position; // the first answer comes as something new
      this.#draw();
    } else if (this.privacy.isHidden) {
      this.#countHidden(page);
    } else {
      this.#take(page, first);
    }
    this.#showConnection();
  }

  #take(page, first) {
    if (page.reset) this.#messages.clear();
    const fresh = page.messages.filter(
      ({ id, author }) => author !== "customer" && !first && !page.reset && !this.#messages.has(id),
    );
    for (const message of page.messages) this.#messages.set(message.id, message);
    if (first || page.reset) this.#more = page.more;
    this.#position = page.position;
    this.#turn = page.turn;
    if (page.busy) this.#awaitAnswer();
    this.outbox.confirmed(new Set(page.messages.map(({ key }) => key).filter(Boolean)));
    this.waiting.show(page.turn);
    if (first || page.reset) this.view.quietly(() => this.#draw({ mine: true }));
    else this.#draw({ fresh: new Set(fresh.map(({ id }) => id)) });
    if (fresh.length) {
      this.#operatorUntil = 0;
      this.attention.came(fresh.length, { human: this.#isHuman(fresh) });
    }
    if (this.#messages.size && !document.hidden) this.stream.open();
    this.#look();
  }

  /** Tell the operators that the customer has the newest answer before him. */
  #look() {
    clearTimeout(this.#lookTimer);
    this.#lookTimer = setTimeout(async () => {
      const answers = [...this.#messages.values()].filter(({ author }) => author !== "customer");
      const newest = Math.max(0, ...answers.map(({ id }) => id));
      if (newest <= this.#seen || !this.attention.isWatched || this.privacy.isHidden) return;
      const before = this.#seen;
      this.#seen = newest;
      try {
        await this.#api.saw(newest);
      } catch {
        this.#seen = Math.min(this.#seen, before); // with the next answer, or the next look
      }
    }, LOOK_MS);
  }

  /** While the conversation is hidden its text stays out of the page; only a count is shown. */
  #countHidden(page) {
    const came = page.messages.filter(({ author }) => author !== "customer");
    this.#position = page.position;
    this.#turn = page.turn;
    if (!came.length || page.reset) return;
    this.#hiddenNews += came.length;
    const count = this.#hiddenNews;
    byId("hidden-news").textContent =
      `${count} ${plural(count, "новое сообщение", "новых сообщения", "новых сообщений")}`;
    this.attention.came(came.length, { human: this.#isHuman(came) });
  }

  #isHuman(answers) {
    return this.#turn !== "assistant" || answers.some(({ author }) => author === "operator");
  }

  async #loadOlder() {
    if (this.#loadingOlder || !this.#more || this.privacy.isHidden) return;
    this.#loadingOlder = true;
    const epoch = this.#epoch;
    try {
      const page = await this.#api.history({ before: Math.min(...this.#messages.keys()) });
      if (!page.known || epoch !== this.#epoch) return;
      for (const message of page.messages) this.#messages.set(message.id, message);
      this.#more = page.more;
      this.view.quietly(() => this.#draw({ keepPlace: true }));
    } catch {
      // the button stays
    } finally {
      this.#loadingOlder = false;
    }
  }

  // --- hiding and forgetting ----------------------------------------------------------------

  #hide() {
    this.#epoch += 1;
    this.#messages.clear();
    this.#hiddenNews = 0;
    this.view.clear();
    this.composer.hidden = true;
    this.waiting.reset();
    if (byId("end-dialog").open) byId("end-dialog").close();
  }

  async #reveal() {
    this.stream.close(); // until there is a position again to follow from
    this.#live = false;
    this.#epoch += 1;
    this.#position = null;
    this.composer.hidden = false;
    this.attention.noticed();
    await this.refresh();
    this.composer.focus();
  }

  /** This browser knows the conversation no more: ended here or in another tab. */
  #forget() {
    this.#epoch += 1;
    this.stream.close();
    this.#live = false;
    this.#messages.clear();
    this.#position = null;
    this.#more = false;
    this.#seen = 0;
    this.#turn = "assistant";
    this.#typingUntil = this.#operatorUntil = 0;
    kept.clear();
    this.outbox.clear();
    this.composer.clear();
    keptInTab.clear();
    this.view.clear();
    this.waiting.show("assistant");
    this.waiting.reset();
    this.attention.reset();
    if (this.privacy.isHidden) this.privacy.reveal();
    this.#draw();
    void this.refresh();
  }

  // --- showing ------------------------------------------------------------------------------

  #draw(how = {}) {
    if (this.privacy?.isHidden) return;
    const messages = [...this.#messages.values()].sort((a, b) => a.id - b.id);
    const pending = this.outbox?.items ?? [];
    this.view.show(messages, pending, how);
    byId("welcome").hidden = this.#position === null && this.#failures > 0
      ? true
      : messages.length + pending.length > 0;
    byId("older").hidden = !this.#more;
    byId("end-open").hidden = messages.length + pending.length === 0;
    this.#showTyping(messages, pending);
  }

  #awaitAnswer() {
    this.#typingUntil = Date.now() + TYPING_MS;
    clearTimeout(this.#typingTimer);
    this.#typingTimer = setTimeout(() => this.#draw(), TYPING_MS + 100);
  }

  #operatorTypes() {
    this.#operatorUntil = Date.now() + OPERATOR_TYPING_MS;
    clearTimeout(this.#operatorTimer);
    this.#operatorTimer = setTimeout(() => this.#draw(), OPERATOR_TYPING_MS + 100);
    this.#draw();
  }

  #showTyping(messages, pending) {
    const last = pending.at(-1) ?? messages.at(-1);
    const own = last && (last.author ?? "customer") === "customer";
    const stored = !last?.state || last.state === "stored";
    const human = this.#turn === "operator";
    const until = human ? this.#operatorUntil : this.#typingUntil;
    const typing = (human || (own && stored)) && Date.now() < until;
    byId("typing-who").textContent = human ? "Оператор печатает ответ" : "Помощник печатает ответ";
    if (byId("typing").hidden !== !typing) {
      byId("typing").hidden = !typing;
      if (typing) this.view.toEnd();
    }
  }

  #setLive(live) {
    if (live === this.#live) return;
    this.#live = live;
    if (live) {
      this.#failures = 0;
      void this.refresh();
    }
    this.#showConnection();
  }

  #showConnection() {
    const lost = !navigator.onLine || this.#failures > 1;
    byId("status").classList.toggle("lost", lost);
    byId("connection").textContent = lost
      ? "Нет связи с сервером. Как только она появится, отправим всё сами."
      : "";
  }

  // --- events of the browser ----------------------------------------------------------------

  #listen() {
    for (const chip of document.querySelectorAll("[data-say]")) {
      chip.addEventListener("click", () => {
        this.#say({ text: chip.dataset.say });
        this.composer.focus();
      });
    }
    byId("end-open").addEventListener("click", () => {
      byId("end-problem").textContent = "";
      byId("end-dialog").showModal();
    });
    byId("end-confirm").addEventListener("click", () => void this.#end());
    byId("older").addEventListener("click", () => void this.#loadOlder());
    new IntersectionObserver(
      (entries) => entries.some(({ isIntersecting }) => isIntersecting) && void this.#loadOlder(),
      { root: byId("scroll") },
    ).observe(byId("older"));

    const close = byId("frame-close");
    if (close) {
      close.hidden = !this.#frame.canClose;
      close.addEventListener("click", () => this.#frame.close());
    }
    addEventListener("focus", () => this.#look());
    this.#frame.onOpened = () => {
      byId(this.privacy.isHidden ? "reveal" : "text").focus();
      this.#look();
    };
    this.#tabs?.addEventListener("message", () => this.#forget());

    addEventListener("online", () => this.#returned());
    addEventListener("offline", () => this.#showConnection());
    addEventListener("pageshow", (event) => event.persisted && void this.refresh());
    document.addEventListener("visibilitychange", () => this.#visibilityChanged());
    setInterval(() => this.#poll(), POLL_MS);
  }

  #returned() {
    this.stream.hurry();
    void this.refresh();
  }

  /** Browsers allow few connections per site: a tab nobody looks at gives its own back, unless
      a person's answer is awaited. */
  #visibilityChanged() {
    clearTimeout(this.#leaveTimer);
    if (document.hidden) {
      this.#leaveTimer = setTimeout(() => {
        if (this.#turn === "assistant") this.stream.close();
      }, LEAVE_STREAM_MS);
    } else if (this.#position !== null) {
      if (!this.stream.isOpen) void this.refresh();
      this.stream.hurry();
      this.#look();
    }
  }

  #poll() {
    const waits = this.outbox.items.some(({ state }) => state === "failed");
    if (document.hidden || (this.#live && !waits && !this.#failures)) return;
    if (waits || this.#messages.size || this.#failures || this.privacy.isHidden) void this.refresh();
  }

}

void new Chat().start();
