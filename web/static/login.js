// The login has ended while this page is open (too long ago, ended from elsewhere, a new password).
//
// Nothing is typed: to the login, and back here. Something is: the page stays as it is and offers
// the login in another tab; when the same person is in again, anywhere in this browser, the page
// takes over that login and the next press sends. Another person gets nothing of what was typed.
(() => {
  const { body } = document;
  const bar = document.getElementById("login-ended");
  const tabs = new BroadcastChannel("okno-login");
  let asking = null; // the question that is under way
  let leaving = false;
  let onPurpose = false; // the person has logged out in another tab

  // Whether this page's person is in; if so, the page has what its next request needs.
  async function isIn() {
    let now;
    try {
      const response = await fetch("/staff/session", {
        headers: { Accept: "application/json", "X-Okno-Unattended": "1" },
        cache: "no-store",
      });
      if (!response.ok) return false;
      now = await response.json();
    } catch {
      return false;
    }
    if (now.login !== body.dataset.login) {
      leave();
      return false;
    }
    takeOver(now);
    return true;
  }

  function takeOver({ session, csrf }) {
    const headers = JSON.parse(body.getAttribute("hx-headers"));
    body.setAttribute("hx-headers", JSON.stringify({ ...headers, "X-CSRF-Token": csrf }));
    for (const field of document.querySelectorAll("[name=_csrf]")) field.value = csrf;
    onPurpose = false;
    const isAnother = String(session) !== body.dataset.session;
    body.dataset.session = session;
    if (isAnother) body.dispatchEvent(new CustomEvent("okno:login"));
    if (bar.hidden) return;
    show(false);
    window.oknoUnsent.drop();
    window.okno.notice("Вы снова вошли. Текст на месте, можно отправлять.");
  }

  function show(is) {
    bar.hidden = !is;
    body.classList.toggle("ok-ended", is);
  }

  function leave() {
    leaving = true;
    window.oknoUnsent.keep();
    const next = encodeURIComponent(location.pathname + location.search);
    location.assign(`/login?unsent=1&next=${next}`);
  }

  // True when it has not ended after all, or has begun anew.
  function ended() {
    asking ??= ask().finally(() => (asking = null));
    return asking;
  }

  async function ask() {
    if (await isIn()) return true;
    if (leaving) return false;
    if (window.oknoUnsent.isTyped() && !onPurpose) show(true);
    else leave();
    return false;
  }

  tabs.addEventListener("message", ({ data }) => {
    if (data.out) onPurpose = true;
    else if (data.session !== body.dataset.session) ended();
  });
  tabs.postMessage({ session: body.dataset.session });

  for (const [place, kind] of [[document, "visibilitychange"], [window, "focus"]]) {
    place.addEventListener(kind, () => {
      if (!bar.hidden && document.visibilityState === "visible") ended();
    });
  }

  document.addEventListener("submit", async (event) => {
    const { target: form, submitter } = event;
    if (form.getAttribute("action") === "/logout") {
      tabs.postMessage({ out: true });
      return;
    }
    if (bar.hidden) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (await ended()) form.requestSubmit(submitter);
    else bar.querySelector("a").focus();
  }, true);

  addEventListener("beforeunload", (event) => {
    if (!bar.hidden && !leaving) event.preventDefault();
  });
  addEventListener("pagehide", () => {
    if (!bar.hidden) window.oknoUnsent.keep();
  });

  window.oknoLogin = { ended };
})();
