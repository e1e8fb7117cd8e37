// A sound and the browser's notice, for those who want them. Of several tabs one speaks; what a
// customer wrote is never in it.
(() => {
  const KEY = "okno:alerted";
  const QUIET_MS = 2000;
  const NEW = new Set(["handoff.requested", "handoff.requeued"]);
  const SOON = "До срока ответа осталось 5 минут.";
  const SOON_QUIET_MS = 30000; // several that turn amber together are one word
  const me = Number(document.body.dataset.person);
  let lastSoon = -Infinity;
  let context = null;
  let lastSound = 0;

  function isMine(conversation) {
    const mine = document.getElementById("ib-counts").dataset.conversations;
    return mine.split(",").includes(String(conversation));
  }

  function isInSight(conversation) {
    const open = document.getElementById("ib-conversation")?.dataset.conversation;
    return document.hasFocus() && Number(open) === conversation;
  }

  // Whoever has the conversation, else whoever serves its group; for the shift it is not late yet.
  function concernsMe({ ids }) {
    const { groups, whole } = document.getElementById("ib-counts").dataset;
    if (ids.operator === me) return true;
    return whole !== "1" && (!ids.group || groups.split(",").includes(String(ids.group)));
  }

  function worthTelling(change) {
    const { kind, conversation } = change;
    if (NEW.has(kind)) return "Новый разговор ждёт оператора.";
    if (kind === "handoff.soon") return concernsMe(change) ? SOON : null;
    if (kind !== "message.received" || !isMine(conversation) || isInSight(conversation)) return null;
    return "Новое сообщение в Вашем разговоре.";
  }

  // The first tab to write the number speaks; the small lot keeps tabs from asking at once.
  async function isFirst(id) {
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 120));
    if (Number(localStorage.getItem(KEY)) >= id) return false;
    localStorage.setItem(KEY, String(id));
    return true;
  }

  function sound() {
    if (Date.now() - lastSound < QUIET_MS) return;
    lastSound = Date.now();
    context ??= new AudioContext();
    const start = context.currentTime;
    for (const [pitch, delay] of [[660, 0], [880, 0.12]]) {
      const tone = context.createOscillator();
      const volume = context.createGain();
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.0001, start + delay);
      volume.gain.exponentialRampToValueAtTime(0.12, start + delay + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, start + delay + 0.3);
      tone.connect(volume).connect(context.destination);
      tone.start(start + delay);
      tone.stop(start + delay + 0.32);
    }
  }

  document.body.addEventListener("okno:changes", ({ detail }) => {
    const soon = detail.changes.find((change) => change.kind === "handoff.soon" && concernsMe(change));
    if (!soon || isInSight(soon.conversation) || performance.now() - lastSoon < SOON_QUIET_MS) return;
    lastSoon = performance.now();
    const run = () => window.inbox.open(soon.ids.handoff);
    window.okno.notice(SOON, "done", { title: "Показать", run });
  });

  document.body.addEventListener("okno:changes", async ({ detail }) => {
    const settings = window.inboxSettings;
    if (!settings.get("sound") && !settings.get("notices")) return;
    const told = detail.changes.map((change) => [change.id, worthTelling(change)]).filter((t) => t[1]);
    if (!told.length) return;
    const [id, text] = told.at(-1);
    if (!(await isFirst(id))) return;
    if (settings.get("sound")) sound();
    if (settings.get("notices") && !document.hasFocus() && Notification.permission === "granted") {
      const notice = new Notification("Окно", { body: text, tag: "okno-inbox" });
      notice.onclick = () => {
        window.focus();
        notice.close();
      };
    }
  });
})();
