// Who else looks at the conversation and who types in it. Says also that we are still at work.
(() => {
  const EVERY_MS = 20000;
  const TYPING_MS = 3000;
  const AT_WORK_MS = 120000; // without a touch for so long nobody may sit here
  const byId = (id) => document.getElementById(id);
  const others = new Map(); // handoff → Map(person → {name, typing, at})
  let open = null;
  let typed = -Infinity;
  let touched = performance.now();

  for (const kind of ["keydown", "pointerdown", "pointermove", "scroll"]) {
    addEventListener(kind, () => (touched = performance.now()), { capture: true, passive: true });
  }

  async function say(handoff, form) {
    const headers = { "HX-Request": "true", ...JSON.parse(document.body.getAttribute("hx-headers")) };
    if (performance.now() - touched > AT_WORK_MS) headers["X-Okno-Unattended"] = "1";
    const body = new URLSearchParams(form);
    try {
      const response = await fetch(`/inbox/${handoff}/presence`, { method: "POST", headers, body, keepalive: true });
      if (response.ok && handoff === open && !form.gone) read(handoff, await response.text());
    } catch {
      // «Нет связи» is shown already; the next one tells again
    }
  }

  function read(handoff, html) {
    const known = new Map();
    for (const one of new DOMParser().parseFromString(html, "text/html").querySelectorAll("[data-person]")) {
      known.set(Number(one.dataset.person), { html: one.outerHTML, at: performance.now() });
    }
    others.set(handoff, known);
    show();
  }

  function show() {
    const box = byId("ib-others");
    if (box) {
      const words = [...(others.get(open)?.values() ?? [])].map((one) => one.html).join("");
      if (box.innerHTML !== words) box.innerHTML = words;
    }
    for (const item of document.querySelectorAll(".ib-item")) {
      const known = others.get(Number(item.dataset.handoff));
      item.classList.toggle("ib-seen", Boolean(known?.size));
      item.title = known?.size ? [...known.values()].map((one) => one.text ?? "").join(", ") : "";
    }
  }

  function look() {
    const now = Number(byId("ib-conversation")?.dataset.handoff) || null;
    if (now === open) return;
    if (open) say(open, { gone: "true" });
    open = now;
    if (open) say(open, { typing: "false" });
  }

  document.addEventListener("input", ({ target }) => {
    if (target.id !== "ib-text" || !open || performance.now() - typed < TYPING_MS) return;
    typed = performance.now();
    say(open, { typing: "true" });
  });
  document.body.addEventListener("okno:signals", ({ detail }) => {
    const me = Number(document.body.dataset.person);
    for (const { kind, ids } of detail.signals) {
      if (kind !== "presence" || ids.person === me) continue;
      if (!others.has(ids.handoff)) others.set(ids.handoff, new Map());
      const known = others.get(ids.handoff);
      if (ids.gone) known.delete(ids.person);
      else {
        const text = `${ids.name} ${ids.typing ? "печатает" : "смотрит"}`;
        const mark = document.createElement("span");
        mark.className = "ib-other";
        mark.textContent = text;
        known.set(ids.person, { html: mark.outerHTML, text, at: performance.now() });
      }
    }
    show();
  });
  new MutationObserver(look).observe(byId("ib-pane"), { childList: true });
  new MutationObserver(show).observe(byId("ib-items"), { childList: true });
  document.addEventListener("ib:head", show);
  setInterval(() => {
    for (const known of others.values()) {
      for (const [person, one] of known) if (performance.now() - one.at > 60000) known.delete(person);
    }
    if (open && !document.hidden) say(open, { typing: String(performance.now() - typed < TYPING_MS) });
    show();
  }, EVERY_MS);
  addEventListener("pagehide", () => open && say(open, { gone: "true" }));
  look();
})();
