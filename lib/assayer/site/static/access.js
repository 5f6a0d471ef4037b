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
      if (box.scrollWidth > box.clientWidth || box.hasAttribute("data-scrolls")) found.push(box);
    }
    for (const box of found) {
      const wide = box.scrollWidth > box.clientWidth && SCROLLS.test(getComputedStyle(box).overflowX);
      if (wide && !box.hasAttribute("tabindex")) {
        box.tabIndex = 0;
        box.setAttribute("data-scrolls", "");
      } else if (!wide && box.hasAttribute("data-scrolls")) {
        box.removeAttribute("tabindex");
        box.removeAttribute("data-scrolls");
      }
    }
  };

  // On paper nothing scrolls: what is wider than its place is set smaller. Where the page is laid out for paper already
  // its places are measured; before that they are guessed from what stands left of them.
  const room = (box) => {
    const block = box.closest("dd, td, li, p, .ay-expression, .math:is(div)") || box.parentElement;
    if (block.matches("td")) return PAPER / 2;
    if (!matchMedia("print").matches) return PAPER - (box.closest("dl") ? 230 : box.closest("li, .ay-record") ? 75 : 10);
    const article = box.closest("article") || document.querySelector("main");
    return article.getBoundingClientRect().right - block.getBoundingClientRect().left - 14;
  };
  const fit = () => {
    const wide = [];
    const before = (box) => parseFloat(box.style.getPropertyValue("--ay-fit")) || 1; // what is small already stays so
    for (const formula of document.querySelectorAll("main mjx-container")) {
      const inner = formula.querySelector("mjx-math");
      if (!inner) continue;
      const em = parseFloat(getComputedStyle(formula).fontSize) || PRINT;
      const size = matchMedia("print").matches ? em : PRINT;
      const share = room(formula) / ((Math.max(inner.scrollWidth, inner.getBoundingClientRect().width) / em) * size);
      if (share < 1) wide.push([formula, share]);
    }
    for (const table of document.querySelectorAll("main article table")) {
      const share = PAPER / table.scrollWidth;
      if (matchMedia("print").matches && share < 1) wide.push([table, share * 0.97]);
    }
    for (const [box, share] of wide) box.style.setProperty("--ay-fit", String(Math.max(0.3, share * before(box))));
  };
  const open = [];
  addEventListener("beforeprint", () => {
    for (const fold of document.querySelectorAll("main details:not([open])")) {
      fold.open = true;
      open.push(fold);
    }
    fit();
  });
  addEventListener("afterprint", () => {
    for (const fold of open.splice(0)) fold.open = false;
    for (const box of document.querySelectorAll("[style*='--ay-fit']")) box.style.removeProperty("--ay-fit");
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
