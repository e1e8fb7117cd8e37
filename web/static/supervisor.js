// For those who answer for the shift: a word on every page when an answer is late. Of several tabs
// one speaks to the desktop; whom and what it is about stays on the page.
(() => {
  const KEY = "okno:late-told";
  const QUIET_MS = 60000; // a whole queue that turns red is one word
  let told = -Infinity;

  function allowed() {
    try {
      return JSON.parse(localStorage.getItem("okno:inbox"))?.notices === true;
    } catch {
      return false;
    }
  }

  async function isFirst(id) {
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 120));
    if (Number(localStorage.getItem(KEY)) >= id) return false;
    localStorage.setItem(KEY, String(id));
    return true;
  }

  document.body.addEventListener("okno:changes", async ({ detail }) => {
    const late = detail.changes.filter((change) => change.kind === "handoff.late");
    if (!late.length || performance.now() - told < QUIET_MS) return;
    told = performance.now();
    const text = "Время ответа клиенту вышло.";
    const open = { title: "Показать", run: () => location.assign(`/inbox/${late[0].ids.handoff}?tab=all`) };
    window.okno.notice(text, "trouble", open);
    if (!allowed() || document.hasFocus() || Notification.permission !== "granted") return;
    if (!(await isFirst(late.at(-1).id))) return;
    const notice = new Notification("Окно", { body: text, tag: "okno-late" });
    notice.onclick = () => {
      window.focus();
      notice.close();
    };
  });
})();
