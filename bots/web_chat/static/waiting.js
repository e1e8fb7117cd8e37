// What is offered while the customer waits for a person: sound, a notice, a call back.

import { byId } from "./dom.js";
import { Offline } from "./api.js";

const WORDS = {
  queue: ["Ждём оператора", "Он ответит здесь. Чтобы не смотреть в экран, включите сигнал."],
  operator: ["Вам отвечает оператор", "Пишите здесь: он увидит сразу."],
};
const STATUS = {
  assistant: "Отвечаем круглосуточно",
  queue: "Вы в очереди к оператору",
  operator: "С Вами оператор",
};

export class Waiting {
  #api;
  #turn = "assistant";

  constructor(api) {
    this.#api = api;
    byId("offer-phone").addEventListener("click", () => this.#openPhone(byId("phone-form").hidden));
    byId("phone-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#leavePhone();
    });
  }

  /** `turn` of the conversation: assistant, queue or operator. */
  show(turn) {
    byId("waiting").hidden = turn === "assistant";
    byId("waiting").classList.toggle("talking", turn === "operator");
    byId("status-text").textContent = STATUS[turn];
    byId("status").classList.toggle("human", turn !== "assistant");
    if (turn === this.#turn) return;
    this.#turn = turn;
    if (turn === "assistant") return this.reset();
    byId("waiting-done").textContent = "";
    [byId("waiting-title").textContent, byId("waiting-hint").textContent] = WORDS[turn];
  }

  reset() {
    this.#openPhone(false);
    byId("phone").value = "";
    byId("waiting-done").textContent = "";
  }

  #openPhone(open) {
    byId("phone-form").hidden = !open;
    byId("offer-phone").setAttribute("aria-expanded", String(open));
    byId("phone-problem").textContent = "";
    if (open) byId("phone").focus();
  }

  async #leavePhone() {
    const submit = byId("phone-form").querySelector("button");
    submit.disabled = true;
    try {
      const { message } = await this.#api.leavePhone(byId("phone").value.trim());
      byId("phone").value = "";
      this.#openPhone(false);
      byId("waiting-done").textContent = message;
      byId("offer-phone").focus();
    } catch (error) {
      byId("phone-problem").textContent =
        error instanceof Offline ? "Нет связи. Попробуйте ещё раз." : error.message;
      byId("phone").focus();
    } finally {
      submit.disabled = false;
    }
  }
}
