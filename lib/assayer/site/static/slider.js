// Figures with one or two range controls: they choose which of the stored frames is shown.
"use strict";
for (const figure of document.querySelectorAll("[data-slider]")) {
  const frames = [...figure.querySelectorAll("template")];
  const ranges = [...figure.querySelectorAll("input[type=range]")];
  const place = figure.querySelector("[data-frame]");
  const alt = figure.querySelector(".ay-alt");
  const show = () => {
    // The second control runs faster.
    const number = ranges.reduce((sum, range) => sum * (Number(range.max) + 1) + Number(range.value), 0);
    const frame = frames[number];
    place.replaceChildren(frame.content.cloneNode(true));
    for (const range of ranges) {
      const name = JSON.parse(range.dataset.names)[Number(range.value)];
      range.nextElementSibling.textContent = name;
      range.setAttribute("aria-valuetext", name);
    }
    alt.textContent = frame.dataset.alt;
  };
  for (const range of ranges) {
    range.addEventListener("input", show);
    range.closest(".ay-control").hidden = false;
  }
  if (ranges.some((range) => range.value !== "0")) show(); // a browser may restore a control's last position
}
