// The keyboard. Physical keys, so the Russian layout changes nothing.
(() => {
  const byId = (id) => document.getElementById(id);
  const TABS = ["waiting", "mine", "snoozed", "all", "closed"];
  const dialog = byId("ib-keys");

  function isTyping(target) {
    return target.closest("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio])");
  }

  function write(mode) {
    if (!byId("ib-text")) return;
    if (!byId("ib-composer").querySelector(`[value=${mode}]`).disabled) {
      window.inboxComposer.setMode(mode);
    }
    byId("ib-text").focus();
  }

  function press(id) {
    const button = byId(id);
    if (button && !button.hidden) button.click();
  }

  const KEYS = {
    KeyJ: () => window.inbox.step(1),
    KeyK: () => window.inbox.step(-1),
    KeyT: () => press(byId("ib-take") ? "ib-take" : "ib-take-over"),
    KeyR: () => write("answer"),
    KeyN: () => write("note"),
    KeyS: () => byId("ib-q").focus(),
    KeyX: () => press("ib-no-answer"),
    Digit1: () => window.inbox.setTab(TABS[0]),
    Digit2: () => window.inbox.setTab(TABS[1]),
    Digit3: () => window.inbox.setTab(TABS[2]),
    Digit4: () => window.inbox.setTab(TABS[3]),
    Digit5: () => window.inbox.setTab(TABS[4]),
    KeyC: () => press("ib-close"),
    KeyM: () => press("ib-do-transfer"),
    KeyP: () => press("ib-do-promise"),
    KeyV: () => window.inboxMany.toggle(),
    KeyZ: () => press(byId("ib-unsnooze") ? "ib-unsnooze" : "ib-snooze-hour"),
    KeyY: () => press("ib-snooze-tomorrow"),
    KeyU: () => press("ib-snooze-customer"),
    KeyL: () => press("ib-do-label"),
    KeyF: () => press("ib-attach"),
    KeyD: () => press("ib-return"),
    KeyO: () => press("ib-do-rating"),
    KeyW: () => press("ib-warn"),
    KeyE: () => press("ib-customer-toggle"),
    KeyA: () => press("ib-lend-stop"),
    KeyH: () => location.assign("/inbox/canned"),
    KeyI: () => press("ib-lend-identity"),
    KeyG: () => press("ib-lend-reading"),
    KeyB: () => press("ib-lend-bill"),
    KeyQ: () => press("ib-lend-payment"),
  };

  function showKeys() {
    dialog.showModal();
    dialog.scrollTop = 0; // the button at its end has the focus
  }

  function escape(target) {
    if (document.querySelector("details[open]")) return;
    if (byId("ib-customer")?.classList.contains("ib-shown")) window.inbox.showCustomer(false);
    else if (isTyping(target)) target.blur();
    else if (window.inbox.isOpen() && getComputedStyle(byId("ib-back")).display !== "none") {
      window.inbox.close();
    }
  }

  document.addEventListener("keydown", (event) => {
    const { target, code, key } = event;
    if (document.querySelector("dialog[open]") || event.isComposing) return;
    if (event.altKey && !event.ctrlKey && (code === "ArrowDown" || code === "ArrowUp")) {
      event.preventDefault();
      window.inbox.step(code === "ArrowDown" ? 1 : -1);
      return;
    }
    if (key === "Escape") {
      if (!event.defaultPrevented) escape(target);
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(target)) return;
    if ((code === "ArrowDown" || code === "ArrowUp") && target.closest("#ib-list")) {
      event.preventDefault();
      window.inbox.step(code === "ArrowDown" ? 1 : -1);
    } else if (key === "?" || (code === "Slash" && event.shiftKey)) {
      event.preventDefault();
      showKeys();
    } else if (code === "KeyW" && event.shiftKey) {
      event.preventDefault();
      press("ib-stop");
    } else if (KEYS[code] && !event.shiftKey) {
      event.preventDefault();
      KEYS[code]();
    }
  });

  byId("ib-show-keys").addEventListener("click", showKeys);
})();
