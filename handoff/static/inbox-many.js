// Several conversations at once: marks stay while the list is merged anew.
(() => {
  const byId = (id) => document.getElementById(id);
  const chosen = new Set();

  function show() {
    for (const box of document.querySelectorAll(".ib-pick input")) {
      const is = chosen.has(box.value);
      if (box.checked !== is) box.checked = is;
    }
    byId("ib-many").hidden = !chosen.size;
    byId("ib-many-count").textContent = String(chosen.size);
    byId("ib").classList.toggle("ib-picking", chosen.size > 0);
  }

  function none() {
    chosen.clear();
    show();
  }

  function toggle(id) {
    if (chosen.has(id)) chosen.delete(id);
    else chosen.add(id);
    show();
  }

  document.addEventListener("change", ({ target }) => {
    if (target.closest(".ib-pick")) toggle(target.value);
  });
  byId("ib-many-none").addEventListener("click", none);
  byId("ib-many-to").addEventListener("change", ({ target }) => {
    const field = byId("ib-many-label");
    field.hidden = target.value !== "label";
    field.required = !field.hidden;
    if (!field.hidden) field.focus();
  });
  byId("ib-many").addEventListener("htmx:configRequest", (event) => {
    event.detail.parameters.ids = [...chosen];
  });
  byId("ib-many").addEventListener("htmx:afterRequest", ({ detail }) => detail.successful && none());
  new MutationObserver(() => {
    const here = new Set([...document.querySelectorAll(".ib-pick input")].map((box) => box.value));
    for (const id of chosen) if (!here.has(id)) chosen.delete(id);
    show();
  }).observe(byId("ib-items"), { childList: true });

  window.inboxMany = {
    toggle: () => {
      const open = document.querySelector(".ib-item a[aria-current]");
      if (open) toggle(open.closest("li").dataset.handoff);
    },
  };
})();
