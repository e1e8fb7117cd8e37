// The inbox: which conversation is open, and how the page follows what changes.
//
// A live event says only that something has changed. The list and the open conversation are then
// fetched anew and merged piece by piece, so nothing flickers and nothing typed is lost.
(() => {
  const LIST_PAUSE_MS = 1000;
  const NEWS_PAUSE_MS = 60;
  const RETRY_MS = 3000;
  const STEP = 50;
  const MOST = 200; // lines that are kept up to date; those below stay as they came
  const LISTED = new Set(["message.received", "message.queued", "message.undone", "note.mention"]);
  const me = Number(document.body.dataset.person);
  const byId = (id) => document.getElementById(id);
  const root = byId("ib");
  const list = byId("ib-list");
  const pane = byId("ib-pane");
  const news = byId("ib-news");
  const title = document.title;
  const sources = new WeakMap(); // element → the server's text of it

  htmx.config.defaultSettleDelay = 0; // a button works from the moment it is seen

  const state = { ...place(), position: 0 };
  let stale = new Set(); // messages that may look different now

  // --- addresses ---------------------------------------------------------------------------

  function place() {
    const query = new URLSearchParams(location.search);
    const open = Number(location.pathname.split("/")[2]) || null;
    return { open, tab: query.get("tab") || "waiting", q: query.get("q") || "" };
  }

  function address() {
    const query = new URLSearchParams({ tab: state.tab });
    if (state.q) query.set("q", state.q);
    return `/inbox${state.open ? `/${state.open}` : ""}?${query}`;
  }

  function remember(push = true) {
    history[push ? "pushState" : "replaceState"](null, "", address());
  }

  // --- fetching: one at a time, never more often than the pause, the last wish always served ---

  function follower(element, pause, isNeeded) {
    let busy = false;
    let wanted = null; // the event to trigger: somebody asked, or something has changed
    const [asked, changed] = element === list ? ["ib:list", "okno:list-stale"] : ["ib:news", "okno:news"];
    let timer = null;
    let last = -Infinity;
    function ask(attended) {
      wanted = attended || wanted === asked ? asked : changed;
      if (busy || (timer && !attended)) return;
      clearTimeout(timer); // somebody waits for it now
      const wait = attended ? 0 : Math.max(0, last + pause - performance.now());
      timer = setTimeout(() => {
        timer = null;
        if (!isNeeded()) return;
        busy = true;
        last = performance.now();
        const event = wanted;
        wanted = null;
        htmx.trigger(element, event);
      }, wait);
    }
    element.addEventListener("htmx:afterRequest", (event) => {
      if (event.target !== element) return;
      busy = false;
      const { successful, xhr, requestConfig } = event.detail;
      if (!successful) for (const id of requestConfig.asked ?? []) stale.add(id);
      if (wanted) ask(false);
      else if (xhr.status === 0 || xhr.status >= 500) setTimeout(() => ask(false), RETRY_MS);
    });
    return ask;
  }

  const askList = follower(list, LIST_PAUSE_MS, () => true);
  const askNews = follower(news, NEWS_PAUSE_MS, () => state.open !== null);

  list.addEventListener("htmx:configRequest", (event) => {
    if (event.target !== list) return;
    const { parameters } = event.detail;
    parameters.tab = state.tab;
    parameters.q = state.q;
    asked = Math.min(Math.max(byId("ib-items").children.length, STEP), MOST);
    parameters.limit = asked;
    if (state.open) parameters.open = state.open;
  });
  news.addEventListener("htmx:configRequest", (event) => {
    const { detail } = event;
    detail.path = `/inbox/${state.open}/news`;
    detail.parameters.tab = state.tab;
    detail.parameters.after = lastId();
    detail.parameters.changed = [...stale].slice(-200).join(",");
    detail.asked = stale;
    stale = new Set();
  });

  // --- merging -----------------------------------------------------------------------------

  let asked = STEP; // so many lines the list that comes may have
  let pressed = false;
  let late = null; // a list that came while the mouse was down: a click must not miss its aim

  list.addEventListener("pointerdown", () => (pressed = true));
  for (const kind of ["pointerup", "pointercancel"]) {
    addEventListener(kind, () => {
      pressed = false;
      setTimeout(() => late && mergeList(late));
    });
  }

  list.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target !== list) return;
    event.detail.shouldSwap = false;
    if (event.detail.xhr.status === 200) mergeList(event.detail.xhr.responseText);
  });
  news.addEventListener("htmx:beforeSwap", (event) => {
    event.detail.shouldSwap = false;
    const { xhr, pathInfo } = event.detail;
    const about = Number(pathInfo.requestPath.split("/")[2]);
    if (xhr.status === 200 && about === state.open) mergeNews(parse(xhr.responseText));
  });

  function parse(html) {
    return new DOMParser().parseFromString(html, "text/html");
  }

  function sourceOf(element) {
    if (!sources.has(element)) sources.set(element, element.outerHTML);
    return sources.get(element);
  }

  function keepFocus(change) {
    const focused = document.activeElement?.id;
    change();
    if (focused && document.activeElement?.id !== focused) {
      byId(focused)?.focus({ preventScroll: true });
    }
  }

  function mergeList(html) {
    late = pressed ? html : null;
    if (pressed) return;
    const doc = parse(html);
    if (doc.getElementById("ib-counts").dataset.tab !== state.tab) return; // of an earlier tab
    keepFocus(() => {
      const items = byId("ib-items");
      const below = linesBelow(items);
      const kept = new Map([...items.children].map((item) => [item.id, item]));
      for (const item of below) kept.delete(item.id);
      [...doc.getElementById("ib-items").children].forEach((fresh, index) => {
        const old = kept.get(fresh.id);
        kept.delete(fresh.id);
        let item = old;
        if (!old || sourceOf(old) !== fresh.outerHTML) {
          sourceOf(fresh);
          item = fresh;
          if (old) old.replaceWith(fresh);
        }
        if (items.children[index] !== item) items.insertBefore(item, items.children[index] ?? null);
      });
      for (const gone of kept.values()) gone.remove();
      // What has moved up is not shown twice.
      const shown = new Set([...doc.getElementById("ib-items").children].map((item) => item.id));
      for (const item of below) if (shown.has(item.id)) item.remove();
      if (!below.length) showFoot(doc);
      byId("ib-counts").replaceWith(doc.getElementById("ib-counts"));
      byId("ib-called").replaceWith(doc.getElementById("ib-called"));
      byId("ib-break").hidden = doc.getElementById("ib-break").hidden;
    });
    markOpen();
    showCounts();
    window.inboxClock.setNow(byId("ib-counts"));
    window.inboxClock.tick();
    document.dispatchEvent(new CustomEvent("ib:listed"));
  }

  // Who has scrolled beyond what is kept up to date keeps what he looks at; up there again, it
  // goes and comes anew.
  function linesBelow(items) {
    const border = items.children[asked];
    if (!border) return [];
    const isFarUp = border.getBoundingClientRect().top > list.getBoundingClientRect().bottom;
    return asked === MOST && isFarUp ? [] : [...items.children].slice(asked);
  }

  function showFoot(doc) {
    byId("ib-list-foot").replaceWith(doc.getElementById("ib-list-foot"));
    watchFoot();
  }

  let loading = false;
  const nearing = new IntersectionObserver(
    (entries) => entries.some((entry) => entry.isIntersecting) && more(),
    { root: list, rootMargin: "400px" },
  );

  function watchFoot() {
    nearing.disconnect();
    if (byId("ib-more")) nearing.observe(byId("ib-more"));
  }

  // The next page of the list, below what is there.
  async function more() {
    const button = byId("ib-more");
    if (loading || !button) return;
    loading = true;
    const wanted = { tab: state.tab, q: state.q, after: button.dataset.after };
    if (state.open) wanted.open = state.open;
    try {
      const response = await fetch(`/inbox/list?${new URLSearchParams(wanted)}`, {
        headers: { "HX-Request": "true" },
      });
      if (!response.ok || state.tab !== wanted.tab || state.q !== wanted.q) return;
      const doc = parse(await response.text());
      for (const item of [...doc.getElementById("ib-items").children]) {
        if (byId(item.id)) continue;
        sourceOf(item);
        byId("ib-items").append(item);
      }
      showFoot(doc);
      markOpen();
      window.inboxClock.tick();
    } catch {
      // «Нет связи» is shown already; the button is still there
    } finally {
      loading = false;
    }
  }

  function mergeNews(doc) {
    const thread = byId("ib-thread");
    const stick = atEnd || atBottom(thread);
    const before = lastId();
    keepFocus(() => {
      const head = doc.getElementById("ib-head");
      if (sourceOf(byId("ib-head")) !== head.outerHTML) {
        sourceOf(head);
        const menuOpen = byId("ib-head").querySelector(".ib-more[open]");
        byId("ib-head").replaceWith(head);
        htmx.process(head);
        if (menuOpen) head.querySelector(".ib-more")?.setAttribute("open", "");
        document.dispatchEvent(new CustomEvent("ib:head"));
      }
      const offers = doc.getElementById("ib-offers");
      if (offers && sourceOf(byId("ib-offers")) !== offers.outerHTML) {
        sourceOf(offers);
        byId("ib-offers").replaceWith(offers);
      }
      for (const line of [...doc.querySelectorAll("#ib-fresh > li")]) {
        if (!byId(line.id) && !line.classList.contains("ib-day")) window.inboxComposer.arrived(line);
        put(line);
      }
    });
    window.inboxComposer.show();
    window.inboxClock.tick();
    if (stick) toBottom();
    else if (lastId() > before) byId("ib-down").hidden = false;
  }

  function put(line) {
    const old = byId(line.id);
    const isDay = line.classList.contains("ib-day");
    if (old) {
      if (isDay || sourceOf(old) === line.outerHTML) return;
      sourceOf(line);
      old.replaceWith(line);
      return;
    }
    const lines = byId("ib-lines");
    const id = Number(line.dataset.id);
    const first = lines.querySelector("[data-id]");
    if (byId("ib-older") && first && id < Number(first.dataset.id)) return; // not loaded yet
    let after = lines.lastElementChild;
    const comesLater = (other) => Number(other.dataset.id) > id || (isDay && Number(other.dataset.id) === id);
    while (after?.dataset.id && comesLater(after)) after = after.previousElementSibling;
    sourceOf(line);
    if (after) after.after(line);
    else lines.prepend(line);
  }

  function lastId() {
    return Number(byId("ib-lines")?.lastElementChild?.dataset.id ?? 0);
  }

  // --- older lines keep the place that is being read ------------------------------------------

  let fromEnd = null;
  document.addEventListener("htmx:beforeSwap", ({ target }) => {
    if (target.id !== "ib-older") return;
    const thread = byId("ib-thread");
    fromEnd = thread.scrollHeight - thread.scrollTop;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (fromEnd === null) return;
    const thread = byId("ib-thread");
    for (const day of thread.querySelectorAll(".ib-day")) {
      // The page above has brought the beginning of this day.
      const twin = [...thread.querySelectorAll(`[id="${day.id}"]`)][1];
      twin?.remove();
    }
    thread.scrollTop = thread.scrollHeight - fromEnd;
    fromEnd = null;
  });

  // --- scroll ------------------------------------------------------------------------------

  function atBottom(thread) {
    return thread.scrollHeight - thread.scrollTop - thread.clientHeight < 80;
  }

  function toBottom() {
    const thread = byId("ib-thread");
    if (!thread) return;
    thread.scrollTop = thread.scrollHeight;
    byId("ib-down").hidden = true;
  }

  // Who reads the end goes on reading it when the field below grows or gets smaller.
  let atEnd = true;
  const resized = new ResizeObserver(() => atEnd && toBottom());

  document.addEventListener(
    "scroll",
    ({ target }) => {
      if (target.id !== "ib-thread") return;
      atEnd = atBottom(target);
      if (atEnd) byId("ib-down").hidden = true;
    },
    true,
  );

  // --- opening and closing -------------------------------------------------------------------

  async function open(id, { push = true } = {}) {
    if (state.open !== id || !byId("ib-conversation")) {
      state.open = id;
      stale = new Set();
      markOpen();
      root.dataset.view = "conversation";
      if (push) remember();
      const target = `/inbox/${id}/pane?tab=${state.tab}`;
      await htmx.ajax("GET", target, { source: pane, target: pane, swap: "innerHTML" });
    } else {
      root.dataset.view = "conversation";
      toBottom();
    }
  }

  function close({ push = true } = {}) {
    root.dataset.view = "list";
    const last = byId(`a-${state.open}`);
    state.open = null;
    if (push) remember();
    pane.replaceChildren();
    markOpen();
    last?.focus({ preventScroll: true });
  }

  function paneIsNew() {
    if (!byId("ib-conversation")) return;
    for (const line of byId("ib-lines").children) sourceOf(line);
    sourceOf(byId("ib-head"));
    sourceOf(byId("ib-offers"));
    window.inboxComposer.opened();
    window.inboxClock.tick();
    toBottom();
    atEnd = true;
    resized.disconnect();
    resized.observe(byId("ib-thread"));
  }

  pane.addEventListener("htmx:afterSwap", ({ target }) => {
    if (target === pane) paneIsNew();
  });

  function markOpen() {
    links().forEach((link, index) => {
      const is = Number(link.closest("li").dataset.handoff) === state.open;
      if (is) {
        state.position = index;
        link.setAttribute("aria-current", "true");
      } else {
        link.removeAttribute("aria-current");
      }
    });
  }

  function links() {
    return [...byId("ib-items").querySelectorAll("a")];
  }

  // The next (1) or previous (-1) conversation of the list.
  function step(direction) {
    const all = links();
    if (!all.length) return;
    const at = all.findIndex((link) => link.hasAttribute("aria-current"));
    // An open one that has left the list has left its place to the next one.
    const index = at < 0 ? state.position + (direction < 0 ? -1 : 0) : at + direction;
    const link = all[Math.min(Math.max(index, 0), all.length - 1)];
    link.scrollIntoView({ block: "nearest" });
    if (!link.hasAttribute("aria-current")) open(Number(link.closest("li").dataset.handoff));
  }

  function setTab(tab) {
    if (!byId("ib-tabs").querySelector(`[data-tab="${tab}"]`)) return;
    state.tab = tab;
    state.position = 0;
    newList();
    showTab();
    remember(false);
    askList(true);
  }

  // Of another list no line is to be kept up to date.
  function newList() {
    list.scrollTop = 0;
    for (const item of [...byId("ib-items").children].slice(STEP)) item.remove();
  }

  function showTab() {
    for (const tab of byId("ib-tabs").children) {
      if (tab.dataset.tab === state.tab) tab.setAttribute("aria-current", "page");
      else tab.removeAttribute("aria-current");
    }
    byId("ib-search").elements.tab.value = state.tab;
  }

  addEventListener("popstate", () => {
    const to = place();
    state.tab = to.tab;
    state.q = to.q;
    byId("ib-q").value = to.q;
    showTab();
    if (to.open) open(to.open, { push: false });
    else close({ push: false });
    askList(true);
  });

  document.addEventListener("click", (event) => {
    const { target } = event;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const item = target.closest(".ib-item a");
    const other = target.closest("[data-open]");
    const tab = target.closest("[data-tab]");
    if (item || other) {
      event.preventDefault();
      open(item ? Number(item.closest("li").dataset.handoff) : Number(other.dataset.open));
    } else if (tab?.closest("#ib-tabs")) {
      event.preventDefault();
      setTab(tab.dataset.tab);
    } else if (target.closest("#ib-back")) {
      event.preventDefault();
      close();
    } else if (target.closest("#ib-more")) {
      event.preventDefault();
      more();
    } else if (target.closest("#ib-down")) {
      toBottom();
    } else if (target.closest("#ib-customer-toggle")) {
      showCustomer(!byId("ib-customer").classList.contains("ib-shown"));
    } else if (target.closest("#ib-customer-close")) {
      showCustomer(false);
    }
  });

  function showCustomer(is) {
    byId("ib-customer")?.classList.toggle("ib-shown", is);
    byId("ib-customer-toggle")?.setAttribute("aria-expanded", String(is));
    (is ? byId("ib-customer-close") : byId("ib-customer-toggle"))?.focus();
  }

  // --- search ------------------------------------------------------------------------------

  let typing = null;
  byId("ib-search").addEventListener("submit", (event) => event.preventDefault());
  byId("ib-q").addEventListener("input", ({ target }) => {
    clearTimeout(typing);
    typing = setTimeout(() => {
      state.q = target.value.trim();
      newList();
      remember(false);
      askList(true);
    }, 200);
  });

  // --- what happens here and elsewhere ---------------------------------------------------------

  // The live event may have been quicker than the answer and have replaced the button already:
  // what was pressed is known by its address.
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    const { verb, path } = detail.requestConfig ?? {};
    if (verb !== "post") return;
    askList(true);
    if (state.open) askNews(true);
    if (detail.successful && path === `/inbox/${state.open}/say`) atEnd = true; // to see it
    if (detail.successful && path === `/inbox/${state.open}/take`) byId("ib-text")?.focus();
  });

  document.body.addEventListener("okno:changes", ({ detail }) => {
    const conversation = Number(byId("ib-conversation")?.dataset.conversation);
    let listed = false;
    let about = false;
    for (const change of detail.changes) {
      const handoff = change.kind.startsWith("handoff.");
      listed ||= handoff || LISTED.has(change.kind);
      if (change.kind === "note.mention" && change.ids.people.includes(me)) {
        const run = () => open(change.ids.handoff);
        window.okno.notice("Вас упомянули в заметке.", "done", { title: "Открыть", run });
      }
      if (change.conversation === null || change.conversation !== conversation) continue;
      about = true;
      if (change.ids.message) stale.add(change.ids.message);
      const known = handoff || change.kind.startsWith("claim.");
      if (known && byId("ib-customer")) htmx.trigger("#ib-customer", "okno:customer");
    }
    if (about && state.open) askNews(false);
    if (listed) askList(false);
  });

  function showCounts() {
    const { waiting, owed, late: overdue } = byId("ib-counts").dataset;
    show("waiting", Number(waiting), Number(overdue) > 0);
    show("mine", Number(owed), false);
    show("snoozed", Number(byId("ib-counts").dataset.snoozed), false);
    const all = Number(waiting) + Number(owed);
    document.title = all && window.inboxSettings.get("counter") ? `(${all}) ${title}` : title;
  }

  function show(tab, number, isLate) {
    const badge = document.querySelector(`[data-count="${tab}"]`);
    badge.hidden = !number;
    badge.textContent = number > 999 ? "999+" : number;
    badge.classList.toggle("ib-count-late", isLate);
  }

  document.addEventListener("ib:settings", showCounts);
  for (const item of byId("ib-items").children) sourceOf(item);
  markOpen();
  showCounts();
  watchFoot();
  paneIsNew();

  window.inbox = { step, setTab, open, close, showCustomer, toBottom, isOpen: () => state.open !== null };
})();
