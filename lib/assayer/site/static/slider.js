// Figures with a range control: the control chooses which of the stored frames is shown.
"use strict";
for (const figure of document.querySelectorAll("[data-slider]")) {
  const frames = [...figure.querySelectorAll("template")];
  const range = figure.querySelector("input[type=range]");
  const place = figure.querySelector("[data-frame]");
  const value = figure.querySelector("output");
  const alt = figure.querySelector(".ay-alt");
  const show = () => {
    const frame = frames[Number(range.value)];
    place.replaceChildren(frame.content.cloneNode(true));
    value.textContent = frame.dataset.value;
    range.setAttribute("aria-valuetext", frame.dataset.value);
    alt.textContent = frame.dataset.alt;
  };
  range.addEventListener("input", show);
  figure.querySelector(".ay-control").hidden = false;
  if (range.value !== "0") show(); // a browser may restore the control's last position
}
