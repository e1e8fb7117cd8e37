// Who else looks at a conversation and who types in it: in the header and in the list. Says also
// that we are still at work.
(() => {
  const EVERY_MS = 20000;
  const TYPING_MS = 3000; // said anew while one goes on typing
  const STOPPED_MS = 5000; // without a key for so long nobody types any more
  const FORGET_TYPING_MS = 12000;
  const AT_WORK_MS = 120000; // without a touch for so long nobody may sit here
  const byId = (id) => document.getElementById(id);
  const me = Number(document.body.dataset.person);
  const others = new Map(); // handoff → Map(person → {name, typing, at})
  let open = null;
  let typed = -Infinity;
  let stopped = null;
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
      if (response.status === 401) window.oknoLogin.ended();
      if (response.ok && handoff === open && !form.gone) read(handoff, await response.text());
    } catch {
      // «Нет связи» is shown already; the next one tells again
    }
  }

  function read(handoff, html) {
    const known = new Map();
    for (const one of new DOMParser().parseFromString(html, "text/html").querySelectorAll("[data-person]")) {
      const { person, name, typing } = one.dataset;
      known.set(Number(person), { name, typing: typing === "1", at: performance.now() });
    }
    others.set(handoff, known);
    show();
  }

  // What the server knew when it made the list.
  function readList() {
    const listed = JSON.parse(byId("ib-counts").dataset.others || "{}");
    for (const item of document.querySelectorAll(".ib-item")) {
      const handoff = Number(item.dataset.handoff);
      const people = listed[handoff] ?? [];
      others.set(handoff, new Map(people.map(([person, name, typing]) => [person, { name, typing, at: performance.now() }])));
    }
    show();
  }

  function words(known) {
    const now = performance.now();
    return [...known.values()].map(({ name, typing, at }) => {
      const types = typing && now - at < FORGET_TYPING_MS;
      return { types, text: `${name} ${types ? "печатает" : "смотрит"}` };
    });
  }

  function mark(className, { types, text }) {
    const element = document.createElement("span");
    element.className = types ? `${className} ib-types` : className;
    element.textContent = text;
    return element;
  }

  function put(box, marks) {
    const now = [...box.children].map((one) => one.className + one.textContent).join();
    if (now !== marks.map((one) => one.className + one.textContent).join()) box.replaceChildren(...marks);
  }

  function show() {
    const box = byId("ib-others");
    if (box) put(box, words(others.get(open) ?? new Map()).map((one) => mark("ib-other", one)));
    for (const item of document.querySelectorAll(".ib-item")) {
      const here = words(others.get(Number(item.dataset.handoff)) ?? new Map());
      let place = item.querySelector(".ib-here");
      if (!here.length) {
        place?.remove();
        continue;
      }
      if (!place) {
        place = document.createElement("span");
        place.className = "ib-here";
        item.querySelector("a").append(place);
      }
      put(place, here.map((one) => mark("ib-tag", one)));
    }
  }

  function look() {
    const now = Number(byId("ib-conversation")?.dataset.handoff) || null;
    if (now === open) return;
    if (open) say(open, { gone: "true" });
    open = now;
    clearTimeout(stopped);
    typed = -Infinity;
    if (open) say(open, { typing: "false" });
  }

  function stop() {
    clearTimeout(stopped);
    if (typed === -Infinity) return;
    typed = -Infinity;
    if (open) say(open, { typing: "false" });
  }

  document.addEventListener("input", ({ target }) => {
    if (target.id !== "ib-text" || !open) return;
    clearTimeout(stopped);
    if (!target.value.trim()) return stop();
    stopped = setTimeout(stop, STOPPED_MS);
    if (performance.now() - typed < TYPING_MS) return;
    typed = performance.now();
    const answer = byId("ib-composer").elements.mode.value === "answer";
    say(open, { typing: "true", answer: String(answer) });
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.successful && detail.requestConfig?.path === `/inbox/${open}/say`) stop();
  });
  document.body.addEventListener("okno:signals", ({ detail }) => {
    for (const { kind, ids } of detail.signals) {
      if (kind !== "presence" || ids.person === me) continue;
      if (!others.has(ids.handoff)) others.set(ids.handoff, new Map());
      const known = others.get(ids.handoff);
      if (ids.gone) known.delete(ids.person);
      else known.set(ids.person, { name: ids.name, typing: ids.typing, at: performance.now() });
    }
    show();
  });
  new MutationObserver(look).observe(byId("ib-pane"), { childList: true });
  document.addEventListener("ib:head", show);
  document.addEventListener("click", ({ target }) => {
    if (target.closest("#ib-take-break")) target.closest("details").open = false;
  });
  document.addEventListener("ib:listed", readList);
  setInterval(show, STOPPED_MS);
  setInterval(() => {
    if (open && !document.hidden) say(open, { typing: String(performance.now() - typed < STOPPED_MS) });
  }, EVERY_MS);
  addEventListener("pagehide", () => open && say(open, { gone: "true" }));
  readList();
  look();
})();
