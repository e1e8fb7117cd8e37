// The widget's frame and the page around it. They tell each other only «close» and a count;
// either side listens to the other's window and origin alone.

const FROM_FRAME = "okno-chat";
const FROM_PAGE = "okno-widget";

export class Frame {
  #parent;
  isShown = true;
  onShown = () => {};
  onOpened = () => {};

  constructor({ embedded }) {
    this.isEmbedded = embedded;
    this.#parent = embedded && window.parent !== window ? parentOrigin() : null;
    if (!this.#parent) return;
    this.isShown = false;
    addEventListener("message", ({ origin, source, data }) => {
      if (origin !== this.#parent || source !== window.parent || data?.from !== FROM_PAGE) return;
      this.isShown = data.type === "opened";
      if (!this.isShown) return;
      this.onShown();
      this.onOpened();
    });
    addEventListener("keydown", (event) => {
      const open = document.querySelector("dialog[open]");
      if (event.key === "Escape" && !open && !event.isComposing) this.close();
    });
    this.#tell({ type: "ready" });
  }

  get canClose() {
    return this.#parent !== null;
  }

  close() {
    this.#tell({ type: "close" });
  }

  tellUnread(count) {
    this.#tell({ type: "unread", count });
  }

  #tell(data) {
    if (this.#parent) window.parent.postMessage({ from: FROM_FRAME, ...data }, this.#parent);
  }
}

/** Who may be around us is decided by frame-ancestors; here it is only asked who it is. */
function parentOrigin() {
  const known = window.location.ancestorOrigins?.[0];
  if (known) return known;
  try {
    return new URL(document.referrer).origin;
  } catch {
    return null;
  }
}
