// Prepared answers and articles: «/» in an empty field opens them, the fitting ones stand above it.
window.inboxInserts = (() => {
  const PAUSE_MS = 120;
  const byId = (id) => document.getElementById(id);
  let timer = null;
  let asked = 0;

  function isOpen() {
    const list = byId("ib-inserts");
    return Boolean(list && !list.hidden);
  }

  function close() {
    if (!byId("ib-inserts")) return;
    byId("ib-inserts").hidden = true;
    byId("ib-text").removeAttribute("aria-activedescendant");
  }

  function options() {
    return [...byId("ib-inserts").querySelectorAll("[role=option]")];
  }

  function choose(index) {
    const all = options();
    const at = all.length ? (index + all.length) % all.length : -1;
    all.forEach((option, position) => option.setAttribute("aria-selected", String(position === at)));
    if (at < 0) return;
    all[at].scrollIntoView({ block: "nearest" });
    byId("ib-text").setAttribute("aria-activedescendant", all[at].id);
  }

  function chosen() {
    return options().findIndex((option) => option.getAttribute("aria-selected") === "true");
  }

  function insert({ text, title, enclosing }) {
    const field = byId("ib-text");
    const typed = isOpen() ? "" : field.value;
    close();
    field.value = typed.trim() ? `${typed.trimEnd()}\n${text}` : text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
    // None goes with a note.
    if (enclosing && byId("ib-composer").dataset.mode !== "note") window.inboxFiles.enclose(enclosing, title);
  }

  async function find(query) {
    const number = ++asked;
    const handoff = byId("ib-conversation").dataset.handoff;
    const response = await fetch(`/inbox/${handoff}/insert?q=${encodeURIComponent(query)}`, {
      headers: { "HX-Request": "true", "X-Okno-Unattended": "1" },
    });
    if (!response.ok || number !== asked || !byId("ib-text").value.startsWith("/")) return;
    byId("ib-inserts").innerHTML = await response.text();
    byId("ib-inserts").hidden = false;
    choose(0);
  }

  document.addEventListener("input", ({ target }) => {
    if (target.id !== "ib-text") return;
    clearTimeout(timer);
    if (target.value.startsWith("/") && !target.value.includes("\n")) {
      timer = setTimeout(() => find(target.value.slice(1).trim()), PAUSE_MS);
    } else {
      asked++;
      close();
    }
  });
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.target.id !== "ib-text") return;
      if (isOpen()) {
        if (event.key === "ArrowDown") choose(chosen() + 1);
        else if (event.key === "ArrowUp") choose(chosen() - 1);
        else if (event.key === "Escape") close();
        else if (event.key === "Enter" || event.key === "Tab") {
          const option = options()[chosen()];
          if (!option) return;
          insert(option.dataset);
        } else return;
        event.preventDefault();
        event.stopImmediatePropagation();
      } else if (event.altKey && /^Digit[1-3]$/.test(event.code)) {
        const offer = document.querySelectorAll(".ib-offer")[Number(event.code.at(-1)) - 1];
        if (!offer) return;
        event.preventDefault();
        insert(offer.dataset);
      }
    },
    true,
  );
  // Before the field loses its focus.
  document.addEventListener("pointerdown", (event) => {
    const option = event.target.closest("#ib-inserts [role=option]");
    if (!option) return;
    event.preventDefault();
    insert(option.dataset);
  });
  document.addEventListener("click", ({ target }) => {
    const offer = target.closest(".ib-offer");
    if (offer) insert(offer.dataset);
    else if (!target.closest("#ib-composer")) close();
  });

  return { isOpen };
})();
