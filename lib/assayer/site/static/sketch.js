// Figures in which a reader draws a signal: the page projects it on the first functions of a stored basis.
"use strict";
for (const figure of document.querySelectorAll("[data-sketch]")) {
  const { nodes, weights, basis, signals, sizes } = JSON.parse(
    figure.querySelector("template").content.textContent,
  );
  const range = figure.querySelector("input[type=range]");
  const choice = figure.querySelector("select");
  const value = figure.querySelector("output");
  const said = figure.querySelector(".ay-alt");
  const place = figure.querySelector("[data-frame]");
  const [width, height, margin] = [640, 320, 8];
  const [left, right] = [nodes[0], nodes[nodes.length - 1]];
  const most = 1.15 * Math.max(...signals.flatMap((one) => one.values.map(Math.abs))) || 1;
  let drawn = signals[0].values.slice();

  const make = (name, attributes, parent) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, one] of Object.entries(attributes)) made.setAttribute(key, one);
    parent.append(made);
    return made;
  };
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", figure.dataset.name);
  svg.classList.add("ay-sketch");
  make("rect", { width, height, class: "ay-sketch-paper" }, svg);
  make("line", { x1: margin, x2: width - margin, y1: height / 2, y2: height / 2, class: "ay-sketch-axis" }, svg);
  const signal = make("polyline", { class: "ay-sketch-signal" }, svg);
  const memory = make("polyline", { class: "ay-sketch-memory" }, svg);
  place.replaceChildren(svg);

  const across = (x) => margin + ((x - left) / (right - left)) * (width - 2 * margin);
  const down = (u) => height / 2 - (u / most) * (height / 2 - margin);
  const points = (values) => values.map((u, j) => `${across(nodes[j]).toFixed(1)},${down(u).toFixed(1)}`).join(" ");
  const inner = (one, two) => one.reduce((sum, u, j) => sum + weights[j] * u * two[j], 0);

  const show = () => {
    const size = sizes[Number(range.value)];
    const kept = basis.slice(0, size).map((row) => [inner(drawn, row), row]);
    const remembered = nodes.map((_, j) => kept.reduce((sum, [c, row]) => sum + c * row[j], 0));
    const missed = drawn.map((u, j) => u - remembered[j]);
    const whole = inner(drawn, drawn);
    const share = whole > 0 ? Math.sqrt(inner(missed, missed) / whole) : 0;
    signal.setAttribute("points", points(drawn));
    memory.setAttribute("points", points(remembered));
    value.textContent = String(size);
    const percent = (100 * share).toPrecision(2);
    said.textContent = `${range.labels[0].textContent} ${size}: the dashed curve misses ${Number(percent)} % of the signal.`;
    range.setAttribute("aria-valuetext", String(size));
  };

  let last = null;
  const draw = (event) => {
    const box = svg.getBoundingClientRect();
    const x = left + (((event.clientX - box.left) / box.width) * width - margin) * ((right - left) / (width - 2 * margin));
    const level = (height / 2 - ((event.clientY - box.top) / box.height) * height) / (height / 2 - margin);
    const u = Math.max(-1, Math.min(1, level)) * most;
    const [from, old] = last ?? [x, u];
    nodes.forEach((node, j) => {
      const between = (node - from) * (node - x) <= 0;
      if (between) drawn[j] = from === x ? u : old + ((node - from) / (x - from)) * (u - old);
    });
    last = [x, u];
    show();
  };
  svg.addEventListener("pointerdown", (event) => {
    svg.setPointerCapture(event.pointerId);
    last = null;
    draw(event);
  });
  svg.addEventListener("pointermove", (event) => {
    if (svg.hasPointerCapture(event.pointerId)) draw(event);
  });
  choice.addEventListener("input", () => {
    drawn = signals[Number(choice.value)].values.slice();
    show();
  });
  range.addEventListener("input", show);
  figure.querySelector(".ay-control").hidden = false;
  figure.querySelector(".ay-hint").hidden = false;
  show();
}
