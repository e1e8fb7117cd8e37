// What of an answer could be said more softly: shown while one types, never in the way.
(() => {
  const PAUSE_MS = 700;
  const byId = (id) => document.getElementById(id);
  let timer = null;
  let asked = 0;
  let last = ""; // the text for which advice is shown

  function show(html) {
    const box = byId("ib-advice");
    if (!box) return;
    box.innerHTML = html;
    box.hidden = !box.children.length;
  }

  async function ask() {
    const form = byId("ib-composer");
    const written = byId("ib-text")?.value.trim() ?? "";
    const text = form?.elements.mode.value === "answer" ? written : "";
    if (text === last && byId("ib-advice")?.children.length) return;
    const number = ++asked;
    if (!text) {
      last = "";
      show("");
      return;
    }
    const headers = { "HX-Request": "true", ...JSON.parse(document.body.getAttribute("hx-headers")) };
    const body = new URLSearchParams({ text });
    try {
      const response = await fetch("/inbox/style", { method: "POST", headers, body });
      if (response.ok && number === asked && byId("ib-composer") === form) {
        last = text;
        show(await response.text());
      }
    } catch {
      // advice can wait
    }
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  }

  document.addEventListener("input", ({ target }) => target.id === "ib-text" && later());
  document.addEventListener("ib:composer", later);
})();
