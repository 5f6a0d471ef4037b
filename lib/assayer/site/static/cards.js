// Cards: a link marked data-card shows what it leads to, on hover, on keyboard focus and on a tap. Escape closes.
"use strict";
{
  const WAIT = 250; // milliseconds before a card opens under a pointer, and before it closes behind one
  const GAP = 6; // pixels between a link and its card, and between the card and the window's edge
  const card = document.createElement("div");
  card.className = "ay-card";
  card.id = "ay-card";
  card.setAttribute("role", "tooltip");
  card.hidden = true;
  if ("popover" in card) card.setAttribute("popover", "manual");
  document.body.append(card);
  let open = null; // the link whose card is shown
  let clock = 0;
  let finger = false; // whether the last thing pressed was pressed with a finger
  let touched = null; // the link that a finger has just opened, which a second tap follows

  // The statements that are not on the page itself: read when the first of them is asked for.
  let store = null;
  const said = (id) => {
    const text = document.querySelector(".ay-cards > noscript")?.textContent ?? "";
    store ??= new DOMParser().parseFromString(text, "text/html");
    return document.getElementById(id) ?? store.getElementById(id);
  };

  const link = (node) => (node instanceof Element ? node.closest("[data-card]") : null);

  const show = (anchor) => {
    clearTimeout(clock);
    if (open === anchor) return;
    const source = said(anchor.dataset.card);
    if (!source) return;
    hide();
    const copy = source.cloneNode(true);
    for (const node of copy.querySelectorAll("[id], a, button, details")) {
      node.removeAttribute("id");
      if (node.matches("a")) node.replaceWith(...node.childNodes);
      else if (node.matches("button, details")) node.remove();
    }
    card.replaceChildren(...copy.childNodes);
    window.MathJax?.typeset?.([card]); // where formulas are set in the browser
    if (finger && touched === anchor) {
      const hint = document.createElement("p");
      hint.className = "ay-card-hint";
      hint.textContent = "Tap again to go there.";
      card.append(hint);
    }
    card.hidden = false;
    if (card.popover) card.showPopover();
    place(anchor);
    anchor.setAttribute("aria-describedby", card.id);
    open = anchor;
  };
  const hide = () => {
    clearTimeout(clock);
    if (!open) return;
    open.removeAttribute("aria-describedby");
    open = null;
    if (card.popover) card.hidePopover();
    card.hidden = true;
  };
  const later = (what, ...those) => {
    clearTimeout(clock);
    clock = setTimeout(what, WAIT, ...those);
  };
  // Below the link where there is room, else above it; never over it, never out of the window.
  const place = (anchor) => {
    const lines = [...anchor.getClientRects()];
    const box = lines[0] ?? anchor.getBoundingClientRect();
    const last = lines.at(-1) ?? box;
    const wide = document.documentElement.clientWidth;
    const high = document.documentElement.clientHeight;
    card.style.maxHeight = "";
    const below = high - last.bottom - 2 * GAP;
    const above = box.top - 2 * GAP;
    const under = card.offsetHeight <= below || below >= above;
    card.style.maxHeight = `${Math.max(under ? below : above, 40)}px`;
    card.style.left = `${Math.max(GAP, Math.min(box.left, wide - card.offsetWidth - GAP))}px`;
    card.style.top = `${under ? last.bottom + GAP : box.top - GAP - card.offsetHeight}px`;
  };

  document.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    const anchor = link(event.target);
    if (anchor) later(show, anchor);
    else if (card.contains(event.target)) clearTimeout(clock);
    else {
      clearTimeout(clock);
      if (open && open !== document.activeElement) later(hide);
    }
  });
  document.documentElement.addEventListener("pointerleave", () => {
    if (open !== document.activeElement) later(hide);
  });
  document.addEventListener("focusin", (event) => {
    const anchor = link(event.target);
    if (anchor && anchor.matches(":focus-visible")) show(anchor);
    else if (!anchor) hide();
  });
  document.addEventListener("focusout", (event) => {
    if (event.target === open && !card.matches(":hover")) later(hide);
  });
  document.addEventListener("keydown", (event) => {
    finger = false;
    if (event.key === "Escape") hide();
  });
  document.addEventListener("pointerdown", (event) => {
    finger = event.pointerType === "touch";
    if (finger && !link(event.target) && !card.contains(event.target)) hide();
  });
  // The first tap shows the card, the second follows the link.
  document.addEventListener("click", (event) => {
    const anchor = link(event.target);
    if (!anchor) return;
    const follow = !finger || (touched === anchor && open === anchor);
    hide();
    if (follow) return;
    event.preventDefault();
    touched = anchor;
    show(anchor);
  });
  const moved = (event) => {
    if (!open || event.target === card) return;
    const box = open.getBoundingClientRect();
    if (box.bottom < 0 || box.top > document.documentElement.clientHeight) hide();
    else place(open);
  };
  window.addEventListener("scroll", moved, { passive: true, capture: true });
  window.addEventListener("resize", hide);
}
