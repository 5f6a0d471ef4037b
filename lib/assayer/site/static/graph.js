// The graph of results: the node under the pointer or the keyboard shows everything that it rests on. Without this
// script the drawings and their links are the same.
"use strict";

(() => {
  for (const graph of document.querySelectorAll(".ay-graph")) {
    const drawings = [...graph.querySelectorAll(".ay-graph-drawing")];
    const nodes = [...graph.querySelectorAll("a.ay-node")];
    const edges = [...graph.querySelectorAll(".ay-edge[data-to]")];
    // A guest has no needs of its own chapter's: both bear the same key and the same list.
    const needs = new Map(nodes.map((node) => [node.dataset.key, node.dataset.needs.split(" ").filter(Boolean)]));

    const reached = (start) => {
      const found = new Set();
      const waiting = [start];
      while (waiting.length > 0) {
        const key = waiting.pop();
        if (found.has(key)) continue;
        found.add(key);
        waiting.push(...(needs.get(key) ?? []));
      }
      return found;
    };

    function trace(start) {
      const found = start === null ? new Set() : reached(start);
      for (const drawing of drawings) {
        const here = start !== null && drawing.querySelector(`[data-key="${CSS.escape(start)}"]`) !== null;
        drawing.classList.toggle("ay-traced", here);
      }
      for (const node of nodes) node.classList.toggle("ay-on", found.has(node.dataset.key));
      for (const edge of edges) {
        edge.classList.toggle("ay-on", found.has(edge.dataset.from) && found.has(edge.dataset.to));
      }
    }

    const key = (target) => target.closest?.("a.ay-node")?.dataset.key ?? null;
    graph.addEventListener("pointerover", (event) => trace(key(event.target) ?? key(document.activeElement)));
    graph.addEventListener("pointerleave", () => trace(key(document.activeElement)));
    graph.addEventListener("focusin", (event) => trace(key(event.target)));
    graph.addEventListener("focusout", () => trace(null));
    graph.addEventListener("keydown", (event) => {
      if (event.key === "Escape") trace(null);
    });
  }
})();
