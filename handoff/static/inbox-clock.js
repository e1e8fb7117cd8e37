// Time left, from second to second, by the server's clock. The words are those of
// handoff/clock.py, so nothing jumps when a piece of the page comes anew.
(() => {
  const MINUTE = 60000;
  const SOON = 5 * MINUTE;
  let ahead = 0; // how much the server's clock is ahead of ours

  function setNow(counts) {
    if (counts) ahead = Number(counts.dataset.now) - Date.now();
  }

  function words(left, by) {
    if (left <= 0) {
      const late = Math.floor(-left / MINUTE);
      if (!late) return "сейчас";
      return late >= 60 ? `−${Math.floor(late / 60)} ч` : `−${late} мин`;
    }
    return left > 60 * MINUTE ? by : `${Math.ceil(left / MINUTE)} мин`;
  }

  function heat(left) {
    if (left <= 0) return "ib-late";
    return left <= SOON ? "ib-soon" : "ib-calm";
  }

  function tick() {
    const now = Date.now() + ahead;
    for (const each of document.querySelectorAll("[data-due]")) {
      const left = Number(each.dataset.due) - now;
      const text = words(left, each.dataset.by);
      if (each.textContent !== text) each.textContent = text;
      const css = heat(left);
      if (!each.classList.contains(css)) {
        each.classList.remove("ib-calm", "ib-soon", "ib-late");
        each.classList.add(css);
      }
    }
  }

  setNow(document.getElementById("ib-counts"));
  setInterval(tick, 1000);
  window.inboxClock = { setNow, tick };
})();
