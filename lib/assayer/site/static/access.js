// What takes a browser to know: which boxes scroll sideways, and which are too wide for paper.
"use strict";
(() => {
  const SCROLLS = /^(auto|scroll)$/;
  // Width of a line on A4 and the size of print.css, both in CSS pixels: 210 mm less two margins of 16 mm, 10.5 pt.
  const PAPER = 672;
  const PRINT = 14;
  const boxes = "main :is(mjx-container, div, dd, pre, td, .ay-statement, .ay-goal)";

  // A box that scrolls must be reachable by keyboard; one that holds a link or a control is reached through it.
  const judge = (those) => {
    const wide = those.map((box) => box.scrollWidth > box.clientWidth && SCROLLS.test(getComputedStyle(box).overflowX));
    // All sizes are read before anything is changed.
    those.forEach((box, number) => {
      if (wide[number] && !box.hasAttribute("tabindex")) {
        box.tabIndex = 0;
        box.setAttribute("data-scrolls", "");
      } else if (!wide[number] && box.hasAttribute("data-scrolls")) {
        box.removeAttribute("tabindex");
        box.removeAttribute("data-scrolls");
      }
    });
  };
  // What is far from the window is not laid out (see frame.css), and asking for its size would have it laid out at
  // once: a box is measured when it gets a size, and each time that its size changes.
  const seen = new Set();
  const sizes = new ResizeObserver((changed) => {
    const those = changed.map(({ target }) => target);
    those.forEach((box) => seen.add(box));
    judge(those);
  });
  // The MathML of a formula is packed as text: it is unpacked when nothing else is to be done, a little at a time.
  const packed = [...document.querySelectorAll("mjx-assistive-mml > noscript")];
  const unpack = (text) => {
    text.parentNode.innerHTML = text.textContent;
  };
  const SLICE = 6; // milliseconds at a time
  const idle = window.requestIdleCallback ?? ((act) => setTimeout(act, 20));
  let next = 0;
  const more = () => {
    const begun = performance.now();
    while (next < packed.length && performance.now() - begun < SLICE) unpack(packed[next++]);
    if (next < packed.length) idle(more, { timeout: 500 });
  };
  more();

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
    while (next < packed.length) unpack(packed[next++]);
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

  for (const box of document.querySelectorAll(boxes)) sizes.observe(box);
  // On a telephone a drawing scrolls (assayer.css): one that nobody has come near yet is taken to do so.
  const narrow = matchMedia("(max-width: 560px)");
  const guess = () => {
    for (const box of document.querySelectorAll("main .ay-drawing")) {
      if (box.checkVisibility({ contentVisibilityAuto: true })) continue;
      box.toggleAttribute("data-scrolls", narrow.matches);
      if (narrow.matches) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  };
  narrow.addEventListener("change", guess);
  guess();
  // A font that comes late changes what is in a box and not the box.
  document.fonts.ready.then(() => judge([...seen].filter((box) => box.checkVisibility({ contentVisibilityAuto: true }))));
  // The key that goes on to the next thing: the boxes on the way there that nobody has come near yet are measured now.
  addEventListener(
    "keydown",
    ({ key, shiftKey }) => {
      const main = document.querySelector("main");
      const from = document.activeElement;
      if (key !== "Tab" || !main) return;
      const walk = document.createTreeWalker(main, NodeFilter.SHOW_ELEMENT);
      if (main.contains(from)) walk.currentNode = from;
      else if (shiftKey) while (walk.lastChild());
      const way = [];
      while (shiftKey ? walk.previousNode() : walk.nextNode()) {
        const here = walk.currentNode;
        if (here.matches(boxes) && !seen.has(here)) way.push(here);
        if (here.tabIndex >= 0 && !here.disabled && here.checkVisibility()) break;
      }
      judge(way);
    },
    true,
  );
})();
