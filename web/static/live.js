// Live events of this page. The tabs of a browser share one connection (live-worker.js).
//
// Dispatched on <body>, so that htmx can be triggered by them («… from:body»):
//   okno:<kind>               a change, e.g. okno:message.received; detail: {id, kind, conversation, ids}
//   okno:conversation-<id>    the same, by the conversation it belongs to
//   okno:changes              once per batch; detail: {changes}
//   okno:signals             what is true only now (who types); detail: {signals}
//   okno:reload               what was missed can't be told: unless a listener prevents the default
//                             (because it reads its data anew itself) the page is loaded again
(() => {
  const { body } = document;
  const { liveWorker } = body.dataset;
  let last = Number(body.dataset.eventsAfter);
  let lostTimer = null;

  function dispatch(name, detail, cancelable = false) {
    return body.dispatchEvent(new CustomEvent(name, { detail, cancelable, bubbles: true }));
  }

  function changes(list) {
    const fresh = list.filter((change) => change.id > last);
    if (!fresh.length) return;
    last = fresh.at(-1).id;
    for (const change of fresh) {
      dispatch(`okno:${change.kind}`, change);
      if (change.conversation !== null) dispatch(`okno:conversation-${change.conversation}`, change);
    }
    dispatch("okno:changes", { changes: fresh });
  }

  function connected(is) {
    clearTimeout(lostTimer);
    const sign = document.getElementById("live-lost");
    if (is) sign.hidden = true;
    else lostTimer = setTimeout(() => (sign.hidden = false), 3000); // a blink is not worth a word
  }

  function heard({ data }) {
    if (data.type === "changes") changes(data.changes);
    else if (data.type === "signals") dispatch("okno:signals", { signals: data.signals });
    else if (data.type === "connected") connected(data.connected);
    else if (data.type === "reload") {
      last = Math.max(last, data.last);
      if (dispatch("okno:reload", {}, true)) window.oknoUnsent.reload();
    } else if (data.type === "logout") {
      window.oknoLogin.ended();
    }
  }

  let port;
  const join = () => port.postMessage({ type: "join", after: last });
  const leave = () => port.postMessage({ type: "leave" });

  function connect() {
    if (window.SharedWorker) {
      // Another login is another worker: what one person may see never reaches the next one.
      const name = `okno-live-${body.dataset.session}`;
      port = new SharedWorker(liveWorker, { name }).port;
    } else {
      port = new Worker(liveWorker);
    }
    port.onmessage = heard;
    join();
  }

  connect();
  body.addEventListener("okno:login", () => {
    leave();
    port.onmessage = null;
    connect();
  });
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => event.persisted && join());
})();
