// The frame of a page: light and dark, the panels on a narrow screen, the field for a search, the place in the
// contents. It does what the theme's three scripts and Bootstrap do for this book, at a tenth of their weight.
"use strict";
{
  const root = document.documentElement;
  const all = (selector) => [...document.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);

  // --- Light, dark, as the system asks ---------------------------------------------------------------
  const night = matchMedia("(prefers-color-scheme: dark)");
  const show = (mode) => {
    root.dataset.mode = mode;
    root.dataset.theme = mode === "auto" ? (night.matches ? "dark" : "light") : mode;
  };
  night.addEventListener("change", () => show(root.dataset.mode));
  for (const button of all(".theme-switch-button")) {
    button.addEventListener("click", () => {
      const order = night.matches ? ["auto", "light", "dark"] : ["auto", "dark", "light"];
      show(order[(order.indexOf(root.dataset.mode) + 1) % 3]);
      try {
        localStorage.setItem("mode", root.dataset.mode);
        localStorage.setItem("theme", root.dataset.theme);
      } catch {} // storage is forbidden: the choice lasts as long as the page
    });
  }

  // --- The panels beside the text: dialogs on a narrow screen ------------------------------------------
  const inside = (box, { clientX: x, clientY: y }) => x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
  const closesOutside = (dialog) =>
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog && !inside(dialog.getBoundingClientRect(), event)) dialog.close();
    });
  const move = (from, to) => {
    to.append(...from.childNodes);
    for (const name of [...from.classList]) {
      from.classList.remove(name);
      to.classList.add(name);
    }
  };
  for (const side of ["primary", "secondary"]) {
    const panel = one(`#pst-${side}-sidebar`);
    const dialog = one(`#pst-${side}-sidebar-modal`);
    const button = one(`.${side}-toggle`);
    if (!panel || !dialog || !button) continue;
    button.addEventListener("click", () => {
      if (side === "primary" && matchMedia("(min-width: 992px)").matches) {
        panel.classList.toggle("pst-sidebar-hidden");
        return;
      }
      move(panel, dialog);
      dialog.showModal();
    });
    closesOutside(dialog);
    dialog.addEventListener("close", () => {
      move(dialog, panel);
      button.focus();
    });
    dialog.addEventListener("click", (event) => {
      if (event.target.closest("a[href*='#']")) dialog.close();
    });
  }

  // --- The field for a search -------------------------------------------------------------------------
  const search = one("#pst-search-dialog");
  const field = one(".bd-search-container input[type=search]") ?? search?.querySelector("input");
  const seek = () => {
    if (search?.contains(field)) search.open ? search.close() : search.showModal();
    field?.focus();
    field?.select();
  };
  if (search) closesOutside(search);
  for (const button of all(".search-button__button")) button.addEventListener("click", seek);
  const apple = /^(Mac|iPhone|iPad)/.test(navigator.platform);
  if (apple) for (const key of all(".search-button__kbd-shortcut kbd.kbd-shortcut__modifier")) key.textContent = "⌘";
  addEventListener("keydown", (event) => {
    if (event.shiftKey || event.altKey || event.key.toLowerCase() !== "k") return;
    if (apple ? !event.metaKey || event.ctrlKey : !event.ctrlKey || event.metaKey) return;
    if (!field) return;
    event.preventDefault();
    seek();
  });
  if (field && !search?.contains(field)) field.focus();

  // --- What is wider than its place is reached by keyboard ---------------------------------------------
  // What is far from the window is not measured yet: until then every such box can be reached.
  const boxes = all("pre, .cell_output > .output, .pst-scrollable-table-container").filter((box) => !box.hasAttribute("tabindex"));
  for (const box of boxes) box.tabIndex = 0;
  const measure = new ResizeObserver((seen) => {
    // All sizes are read before anything is changed.
    const scrolls = seen.map(({ target }) => target.scrollWidth > target.clientWidth || target.scrollHeight > target.clientHeight);
    seen.forEach(({ target }, k) => (scrolls[k] ? (target.tabIndex = 0) : target.removeAttribute("tabindex")));
  });
  for (const box of boxes) measure.observe(box);

  // --- The place in the contents ----------------------------------------------------------------------
  const links = new Map();
  for (const link of all("#pst-page-toc-nav a[href^='#']")) {
    const target = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (target) links.set(target.querySelector("h1, h2, h3, h4, h5, h6") ?? target, link);
  }
  const mark = (now) => {
    for (const link of links.values()) {
      link.classList.toggle("active", link === now);
      if (link === now) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    for (const entry of all("#pst-page-toc-nav .toc-entry")) entry.classList.toggle("active", entry.contains(now));
  };
  const reading = new IntersectionObserver(
    (seen) => {
      const last = seen.filter((entry) => entry.isIntersecting).pop();
      if (last) mark(links.get(last.target));
    },
    { rootMargin: "0px 0px -70% 0px" },
  );
  for (const heading of links.keys()) reading.observe(heading);

  // --- The top of the page ------------------------------------------------------------------------------
  const pixel = one(".sbt-scroll-pixel-helper");
  if (pixel) {
    new IntersectionObserver(([seen]) => document.body.classList.toggle("scrolled", seen.boundingClientRect.y < 0)).observe(pixel);
  }
  const up = one("#pst-back-to-top");
  if (up) {
    let before = 0;
    addEventListener(
      "scroll",
      () => {
        up.classList.toggle("ay-shown", scrollY < before && scrollY > innerHeight);
        before = scrollY;
      },
      { passive: true },
    );
    up.addEventListener("click", () => scrollTo(0, 0));
  }
}
