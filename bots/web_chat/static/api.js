// Requests to the server. Every one carries the header that other sites cannot send.

import { kept } from "./keep.js";

const TIMEOUT_MS = 15_000;
const FILE_TIMEOUT_MS = 180_000;

/** The server has answered, and not taken it. `wait`: seconds until it would. */
export class Refused extends Error {
  constructor(status, body) {
    super(body.message ?? "Не получилось. Попробуйте ещё раз.");
    this.status = status;
    this.code = body.error ?? "";
    this.wait = body.wait ?? 0;
  }

  /** The same again may be taken, without anybody doing anything. */
  get passing() {
    return this.status >= 500;
  }
}

/** No answer came: nobody knows whether the request arrived. */
export class Offline extends Error {}

export class Api {
  #embed;
  #known = false;

  constructor({ embed }) {
    this.#embed = embed;
  }

  headers() {
    const headers = { "x-okno-chat": "1" };
    if (this.#embed) {
      headers["x-okno-embed"] = "1";
      const token = kept.get("token");
      if (token) headers["x-okno-visitor"] = token;
    }
    return headers;
  }

  get credentials() {
    return this.#embed ? "omit" : "same-origin";
  }

  async history(query = {}) {
    const search = new URLSearchParams(query).toString();
    const page = await this.#ask("GET", `/chat/history${search && "?"}${search}`);
    this.#known = page.known;
    return page;
  }

  /** Store a message. */
  say(message) {
    return this.#asVisitor("/chat/messages", message);
  }

  /** Store a file as a message of its own. */
  upload(key, name, blob) {
    return this.#asVisitor(`/chat/files?${new URLSearchParams({ key, name })}`, blob);
  }

  /** A visitor begins with the first message. */
  async #asVisitor(path, body) {
    if (!this.#known) await this.#begin();
    try {
      return await this.#ask("POST", path, body);
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 401) throw error;
    }
    await this.#begin(); // ended in another tab, or too old
    try {
      return await this.#ask("POST", path, body);
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 401) throw error;
      throw new Refused(401, { message: "Браузер не сохраняет cookie этого сайта. Разрешите их и повторите." });
    }
  }

  /** Asked again by somebody known, it changes nothing. */
  async #begin() {
    const { token } = await this.#ask("POST", "/chat/visitor", {});
    if (token) kept.set("token", token);
    this.#known = true;
  }

  /** The customer has seen the answers up to `message`. */
  saw(message) {
    return this.#ask("POST", "/chat/seen", { message });
  }

  leavePhone(phone) {
    return this.#ask("POST", "/chat/phone", { phone });
  }

  end() {
    return this.#ask("POST", "/chat/end", {});
  }

  async #ask(method, path, body) {
    const headers = this.headers();
    const isFile = body instanceof Blob;
    if (body) headers["content-type"] = isFile ? "application/octet-stream" : "application/json";
    let response, answer;
    try {
      response = await fetch(path, {
        method,
        headers,
        body: isFile ? body : body && JSON.stringify(body),
        credentials: this.credentials,
        cache: "no-store",
        signal: AbortSignal.timeout(isFile ? FILE_TIMEOUT_MS : TIMEOUT_MS),
      });
      answer = response.status === 204 ? {} : await response.json();
    } catch (error) {
      // A proxy's own page instead of our JSON tells as little as silence.
      if (response && !response.ok) throw new Refused(response.status, {});
      throw new Offline(String(error));
    }
    if (!response.ok) throw new Refused(response.status, answer);
    return answer;
  }
}
