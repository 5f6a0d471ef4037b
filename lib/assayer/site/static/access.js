// What takes a browser to know: which boxes scroll sideways, and which are too wide for paper.
"use strict";
(() => {
  const SCROLLS = /^(auto|scroll)$/;
  // Width of a line on A4 and the size of print.css, both in CSS pixels: 210 mm less two margins of 16 mm, 10.5 pt.
  const PAPER = 672;
  const PRINT = 14;
  const boxes = "main mjx-container, main div, main dd, main pre, main td";

  // A box that scrolls must be reachable by keyboard; one that holds a link or a control is reached through it.
  const reach = () => {
    const found = [];
    for (const box of document.querySelectorAll(boxes)) {
      if (box.closest("mjx-container") !== box && box.closest("mjx-container")) continue;
      if (box.scrollWidth > box.clientWidth + 1 || box.hasAttribute("data-scrolls")) found.push(box);
    }
    for (const box of found) {
      const wide = box.scrollWidth > box.clientWidth + 1 && SCROLLS.test(getComputedStyle(box).overflowX);
      if (wide && !box.hasAttribute("tabindex")) {
        box.tabIndex = 0;
        box.setAttribute("data-scrolls", "");
      } else if (!wide && box.hasAttribute("data-scrolls")) {
        box.removeAttribute("tabindex");
        box.removeAttribute("data-scrolls");
      }
    }
  };

  // On paper nothing scrolls: what is wider than a line is set smaller. `line` is the width of a line in pixels and
  // `size` that of the text; both are measured where the page is laid out for paper already.
  const fit = (line, size) => {
    for (const formula of document.querySelectorAll("main mjx-container")) {
      const inner = formula.querySelector("mjx-math");
      if (!inner) continue;
      const em = parseFloat(getComputedStyle(formula).fontSize);
      const own = em / parseFloat(getComputedStyle(formula.parentElement).fontSize);
      const wide = (Math.max(inner.scrollWidth, inner.getBoundingClientRect().width) / em) * size * own;
      const room = line - (formula.closest("li, .ay-record") ? 70 : formula.closest("td") ? line / 2 : 10);
      formula.style.setProperty("--ay-fit", wide > room ? String(Math.max(0.35, room / wide)) : "");
    }
  };
  const open = [];
  addEventListener("beforeprint", () => {
    for (const fold of document.querySelectorAll("main details:not([open])")) {
      fold.open = true;
      open.push(fold);
    }
    fit(PAPER, PRINT);
  });
  addEventListener("afterprint", () => {
    for (const fold of open.splice(0)) fold.open = false;
  });

  let waiting = 0;
  const later = () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(reach);
  };
  // The width of the text changes with the window, and again when a sidebar has come or gone.
  const text = document.querySelector("main article") || document.querySelector("main");
  if (text && window.ResizeObserver) new ResizeObserver(later).observe(text);
  addEventListener("toggle", later, true);
  addEventListener("load", later);
  if (document.fonts) document.fonts.ready.then(later);
  later();
})();
