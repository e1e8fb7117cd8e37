// One stream of events for all tabs of a browser (as a shared worker; where there is none, one per
// tab). It remembers the last number and asks for what came after it, so no gap loses anything.
const REMEMBERED = 2000;
const SILENCE_MS = 40000; // the server lets itself be heard every 15 s
const LONGEST_PAUSE_MS = 15000;

const tabs = new Map(); // port → the last number the tab has
let last = null; // the last number of the stream
let recent = []; // the changes after number `recentFrom` up to `last`
let recentFrom = 0;
let running = false;
let wake = () => {};
let current = null; // the running request

function join(tab, after) {
  tabs.set(tab, after);
  if (last === null) {
    last = recentFrom = after;
  } else if (after < recentFrom) {
    tab.postMessage({ type: "reload", last });
    return;
  } else {
    tell(tab, recent);
  }
  if (!running) run();
}

function leave(tab) {
  tabs.delete(tab);
  if (tabs.size) return;
  current?.abort();
  wake();
}

function tell(tab, changes) {
  const after = tabs.get(tab);
  const fresh = changes.filter((change) => change.id > after);
  if (!fresh.length) return;
  tabs.set(tab, fresh.at(-1).id);
  tab.postMessage({ type: "changes", changes: fresh });
}

function tellAll(message) {
  for (const tab of tabs.keys()) tab.postMessage(message);
}

function frame({ event, id, data }) {
  if (event === "logout") {
    tellAll({ type: "logout" });
    tabs.clear();
    return;
  }
  if (event === "reload") {
    last = recentFrom = Number(id);
    recent = [];
    for (const tab of tabs.keys()) tabs.set(tab, last);
    tellAll({ type: "reload", last });
    return;
  }
  if (event === "signals") {
    tellAll({ type: "signals", signals: JSON.parse(data) });
    return;
  }
  if (event === "changes") {
    const changes = JSON.parse(data);
    recent.push(...changes);
    if (recent.length > REMEMBERED) {
      recentFrom = recent.splice(0, recent.length - REMEMBERED).at(-1).id;
    }
    for (const tab of tabs.keys()) tell(tab, changes);
  }
  if (id !== undefined) last = Math.max(last, Number(id));
}

function parse(text) {
  const found = {};
  for (const line of text.split("\r\n")) {
    const colon = line.indexOf(": ");
    if (colon > 0) found[line.slice(0, colon)] = line.slice(colon + 2);
  }
  return found;
}

// Follows the stream until it ends. True when it had begun.
async function follow() {
  current = new AbortController();
  let watchdog;
  const listen = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => current.abort(), SILENCE_MS);
  };
  listen();
  try {
    const response = await fetch(`/staff/events?after=${last}`, {
      headers: { Accept: "text/event-stream" },
      cache: "no-store",
      redirect: "error",
      signal: current.signal,
    });
    if (response.status === 401) {
      frame({ event: "logout" });
      return false;
    }
    if (!response.ok) return false;
    tellAll({ type: "connected", connected: true });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return true;
      listen();
      const frames = (text + value).split("\r\n\r\n");
      text = frames.pop();
      for (const each of frames) frame(parse(each));
    }
  } finally {
    clearTimeout(watchdog);
  }
}

async function run() {
  running = true;
  let pause = 0;
  while (tabs.size) {
    let began = false;
    try {
      began = await follow();
    } catch {
      // no connection, or it broke: the pause below, then from the last number on
    }
    if (!tabs.size) break;
    tellAll({ type: "connected", connected: false });
    pause = began ? 250 : Math.min(Math.max(pause * 2, 500), LONGEST_PAUSE_MS);
    const wait = pause * (0.75 + Math.random() / 2);
    await new Promise((resolve) => {
      wake = resolve;
      setTimeout(resolve, wait);
    });
  }
  running = false;
  if (tabs.size) run(); // a tab came while the last one left
  else last = null;
  if (last === null) recent = [];
}

function serve(tab) {
  tab.onmessage = ({ data }) => (data.type === "join" ? join(tab, data.after) : leave(tab));
}

self.addEventListener("online", () => wake());
if ("onconnect" in self) self.onconnect = (event) => serve(event.ports[0]);
else serve(self);
