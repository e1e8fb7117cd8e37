// The chat on the company's site: <script src="https://host/widget.js" async></script>
//
// data-position="left" puts the button into the other corner, data-color="#123456" paints it.
// Everything stands in a shadow tree, so neither page nor widget can spoil the other's look.
(() => {
  "use strict";
  const script = document.currentScript;
  if (!script || window.oknoWidget) return;
  window.oknoWidget = true;

  const server = new URL(script.src).origin;
  const { position, color } = script.dataset;
  const FROM_FRAME = "okno-chat";
  const FROM_PAGE = "okno-widget";

  const STYLE = `
    :host { all: initial; }
    .button {
      position: fixed; z-index: 2147483000; right: 20px; bottom: 20px; width: 60px; height: 60px;
      padding: 0; border: 0; border-radius: 50%; background: var(--okno, #1f6f5c); color: #fff;
      box-shadow: 0 6px 20px rgb(0 0 0 / 28%); cursor: pointer; display: grid; place-items: center;
    }
    .button:hover { filter: brightness(1.08); }
    .button:focus-visible { outline: 3px solid #0b57d0; outline-offset: 3px; }
    .button svg { width: 28px; height: 28px; fill: none; stroke: currentColor; stroke-width: 1.8;
      stroke-linecap: round; stroke-linejoin: round; }
    .count { position: absolute; top: -4px; right: -4px; min-width: 22px; height: 22px;
      padding: 0 6px; border-radius: 11px; background: #c62828; color: #fff;
      font: 600 13px/22px system-ui, sans-serif; box-sizing: border-box; text-align: center; }
    .frame { position: fixed; z-index: 2147483001; right: 20px; bottom: 92px; width: 400px;
      height: min(660px, calc(100dvh - 112px)); border: 0; border-radius: 20px;
      box-shadow: 0 12px 48px rgb(0 0 0 / 32%); background: Canvas; color-scheme: light dark; }
    .left .button, .left .frame { right: auto; left: 20px; }
    [hidden] { display: none !important; }
    @media (max-width: 520px) {
      .frame, .left .frame { inset: 0; width: 100%; height: 100dvh; border-radius: 0; }
    }
    @media (prefers-reduced-motion: no-preference) {
      .frame { animation: rise .18s ease-out; }
      @keyframes rise { from { opacity: 0; transform: translateY(12px); } }
    }`;

  const SPEECH = "M4 6a2 2 0 0 1 2-2h12a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H6a2 2 0 0 1-2-2zM8 9h8M8 12.5h5";
  const DOWN = "M6 9l6 6 6-6";

  function icon(shape) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", shape);
    svg.append(path);
    return svg;
  }

  const host = document.createElement("okno-chat");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet(); // a <style> element could be forbidden by the site's policy
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  const box = document.createElement("div");
  box.className = position === "left" ? "left" : "right";
  if (color && CSS.supports("color", color)) box.style.setProperty("--okno", color);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  const count = document.createElement("span");
  count.className = "count";
  count.hidden = true;
  box.append(button);
  root.append(box);

  let frame = null;
  let ready = false; // before its page is there, a message to it would go to nobody
  let open = false;

  function draw(unread = 0) {
    button.replaceChildren(icon(open ? DOWN : SPEECH), count);
    count.hidden = open || !unread;
    count.textContent = unread > 9 ? "9+" : String(unread);
    const news = unread ? `, новых сообщений: ${unread}` : "";
    button.setAttribute("aria-label", open ? "Свернуть чат" : `Открыть чат${news}`);
    button.setAttribute("aria-expanded", String(open));
  }

  function tell(type) {
    if (ready) frame.contentWindow?.postMessage({ from: FROM_PAGE, type }, server);
  }

  function makeFrame() {
    frame = document.createElement("iframe");
    frame.className = "frame";
    frame.title = "Чат";
    frame.allow = "autoplay";
    frame.referrerPolicy = "origin"; // the frame must know whom to answer, not from which page
    frame.src = `${server}/chat?embed=1`;
    box.append(frame);
  }

  function show() {
    open = true;
    if (!frame) makeFrame();
    frame.hidden = false;
    draw();
    frame.focus();
    tell("opened");
  }

  function hide() {
    if (!open) return;
    open = false;
    frame.hidden = true;
    draw();
    tell("closed");
    button.focus();
  }

  button.addEventListener("click", () => (open ? hide() : show()));
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && open) hide();
  });
  addEventListener("message", ({ origin, source, data }) => {
    if (!frame || origin !== server || source !== frame.contentWindow) return;
    if (data?.from !== FROM_FRAME) return;
    if (data.type === "close") hide();
    if (data.type === "ready") {
      ready = true;
      tell(open ? "opened" : "closed");
    }
    if (data.type === "unread" && Number.isInteger(data.count)) draw(data.count);
  });

  function put() {
    draw();
    document.body.append(host);
  }
  if (document.body) put();
  else addEventListener("DOMContentLoaded", put);
})();
