// Copying links and texts, and figures that open large.
"use strict";
(() => {
  const spoken = document.createElement("p");
  spoken.className = "ay-alt";
  spoken.setAttribute("role", "status");
  document.body.append(spoken);
  const say = (words) => { spoken.textContent = ""; requestAnimationFrame(() => { spoken.textContent = words; }); };

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // A page opened from its folder, or a browser that refuses: the old way.
      const area = document.createElement("textarea");
      area.value = text;
      area.className = "ay-alt";
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    }
  }

  // The element says for a moment what happened.
  function told(element, words) {
    const before = element.dataset.before ?? element.innerHTML;
    element.dataset.before = before;
    element.textContent = words;
    say(words);
    setTimeout(() => { element.innerHTML = before; delete element.dataset.before; }, 1500);
  }

  for (const button of document.querySelectorAll("button.ay-copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const text = document.getElementById(button.dataset.copy).textContent;
      told(button, (await copy(text)) ? "Copied" : "Not copied: select the text");
    });
  }

  // A link to a claim or an erratum: it goes there, and its address is in the clipboard.
  for (const link of document.querySelectorAll("a.ay-permalink")) {
    link.title = "Copy this address";
    link.addEventListener("click", async (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      if (await copy(link.href)) told(link, "copied");
    });
  }

  // --- Figures ----------------------------------------------------------------------------------------
  const make = (tag, text, attributes = {}) => {
    const element = document.createElement(tag);
    element.textContent = text;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  let dialog = null;
  let scale = 1;
  let lent = null; // the drawing, and where it belongs
  let back = null; // what had the focus

  function zoom(to) {
    scale = Math.min(6, Math.max(1, to));
    dialog.querySelector(".ay-large-drawing").style.setProperty("--ay-zoom", String(scale));
    dialog.querySelector("output").textContent = `${Math.round(scale * 100)} %`;
  }

  function build() {
    dialog = make("dialog", "", { id: "ay-large" });
    const bar = make("div", "", { class: "ay-large-bar" });
    const buttons = [["Smaller", "−", () => zoom(scale / 1.5)], ["Larger", "+", () => zoom(scale * 1.5)], ["Close", "Close", () => dialog.close()]];
    const made = buttons.map(([name, sign, act]) => {
      const button = make("button", sign, { type: "button", "aria-label": name });
      button.addEventListener("click", act);
      return button;
    });
    bar.append(made[0], make("output", "100 %"), made[1], made[2]);
    dialog.append(bar, make("div", "", { class: "ay-large-frame", tabindex: "0", role: "region", "aria-label": "Drawing" }), make("p", "", { class: "ay-large-caption" }));
    dialog.firstElementChild.nextElementSibling.append(make("div", "", { class: "ay-large-drawing" }));
    dialog.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey) return;
      if (event.key === "+" || event.key === "=") zoom(scale * 1.5);
      if (event.key === "-") zoom(scale / 1.5);
      if (event.key === "0") zoom(1);
    });
    dialog.addEventListener("close", () => {
      lent.place.replaceWith(lent.drawing);
      lent = null;
      back?.focus();
    });
    document.body.append(dialog);
  }

  function open(figure, button) {
    if (!dialog) build();
    const drawing = figure.querySelector(".ay-drawing svg, .ay-drawing img");
    if (!drawing || dialog.open) return;
    // The drawing itself is lent to the dialog: a copy would repeat its ids. Its place keeps its size.
    const box = drawing.getBoundingClientRect();
    const place = make("span", "", { class: "ay-lent" });
    place.style.width = `${box.width}px`;
    place.style.height = `${box.height}px`;
    lent = { drawing, place };
    back = button;
    drawing.replaceWith(place);
    dialog.querySelector(".ay-large-drawing").replaceChildren(drawing);
    const caption = figure.querySelector("figcaption");
    dialog.querySelector(".ay-large-caption").replaceChildren(...[...(caption?.childNodes ?? [])].map((node) => node.cloneNode(true)));
    dialog.setAttribute("aria-label", drawing.getAttribute("aria-label") || "Figure");
    zoom(1);
    dialog.showModal();
    dialog.querySelector(".ay-large-bar button:last-child").focus();
  }

  for (const figure of document.querySelectorAll("figure.ay-figure, figure[data-large]")) {
    const frame = figure.querySelector(".ay-drawing");
    if (!frame) continue;
    const button = make("button", "Enlarge", { type: "button", class: "ay-enlarge", "aria-label": "Enlarge this figure" });
    button.addEventListener("click", () => open(figure, button));
    frame.after(button);
    // A signal is drawn into a sketch: there a click means something else. Links in a drawing stay links.
    if (figure.hasAttribute("data-sketch")) continue;
    frame.classList.add("ay-opens");
    frame.addEventListener("click", (event) => {
      if (!event.target.closest("a")) open(figure, button);
    });
  }
})();
