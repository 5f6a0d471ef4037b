// The search: a dialog (Ctrl+K, / or the magnifying glass) and the page search.html. The index loads at first use.
"use strict";
(() => {
  const own = document.currentScript;
  const root = new URL("../", own.src);
  const GREEK = {
    alpha: "α", beta: "β", gamma: "γ", delta: "δ", epsilon: "ε", varepsilon: "ε", zeta: "ζ", eta: "η", theta: "θ",
    vartheta: "θ", iota: "ι", kappa: "κ", lambda: "λ", mu: "μ", nu: "ν", xi: "ξ", pi: "π", rho: "ρ", sigma: "σ",
    tau: "τ", upsilon: "υ", phi: "φ", varphi: "φ", chi: "χ", psi: "ψ", omega: "ω",
  };
  const SIGNS = {
    sqrt: "√", sum: "∑", prod: "∏", int: "∫", infty: "∞", le: "≤", leq: "≤", ge: "≥", geq: "≥", ne: "≠", neq: "≠",
    in: "∈", to: "→", ell: "ℓ", partial: "∂", nabla: "∇", cdot: "·", times: "×", top: "⊤", star: "⋆",
  };
  const SHOWN = 24;
  const MARKS = /\p{M}/gu;
  const DROPPED = /[_{}$`\\]/;

  // --- One spelling for texts and queries ---------------------------------------------------------
  // Lower case, no accents, x₀ as x0; what only sets a formula (_ { } $) is dropped. `at` says where each came from.
  function fold(text) {
    let out = "";
    const at = [];
    let place = 0;
    for (const one of text) {
      const small = DROPPED.test(one) ? "" : one.normalize("NFKD").replace(MARKS, "").toLowerCase().replace("ς", "σ");
      for (let k = 0; k < small.length; k++) at.push(place);
      out += small;
      place += one.length;
    }
    return { out, at };
  }

  // The words of a query; each is a list of spellings, any of which will do.
  function words(query) {
    let known = query;
    for (let before = ""; before !== known;) { // from the inside out
      before = known;
      known = known.replace(/\\sqrt\s*\{([^{}]*)\}/g, "√$1").replace(/\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}/g, "$1/$2");
    }
    known = known.replace(/\\sqrt\s*/g, "√").replace(/\\([A-Za-z]+)/g, (_, name) =>
      GREEK[name] ?? GREEK[name.toLowerCase()] ?? SIGNS[name] ?? name);
    return known.split(/\s+/).map((word) => fold(word).out).filter(Boolean)
      .map((word) => (GREEK[word] ? [word, GREEK[word]] : [word]));
  }

  const LETTER = /[\p{L}\p{N}]/u;
  // How well `word` stands in `text`: 3 as a word, 2 at the start of one, 1 inside one, 0 not at all.
  function fit(text, word) {
    let best = 0;
    for (let k = text.indexOf(word); k >= 0 && best < 3; k = text.indexOf(word, k + 1)) {
      const starts = k === 0 || !LETTER.test(text[k - 1]) || !LETTER.test(word[0]);
      const end = k + word.length;
      const ends = end === text.length || !LETTER.test(text[end]) || !LETTER.test(word.at(-1));
      best = Math.max(best, starts ? (ends ? 3 : 2) : 1);
    }
    // A single letter inside a word is chance; a Greek one is part of a formula.
    const alone = word.length === 1 && word < "\u0080";
    return best < (alone ? 3 : word.length < 3 && word < "\u0080" ? 2 : 1) ? 0 : best;
  }

  const WORTH = { title: [0, 4, 8, 12], by: [0, 3, 6, 10], text: [0, 1, 2, 3] };
  function score(entry, wanted, whole, some = false) {
    let sum = 0;
    for (const spellings of wanted) {
      let best = 0;
      for (const word of spellings) {
        // beta and theta end in eta, and are not meant.
        const least = GREEK[spellings[0]] ? 2 : 1;
        for (const field of ["title", "by", "text"]) {
          const fits = fit(entry[field], word);
          if (fits >= least || word > "\u0080") best = Math.max(best, WORTH[field][fits]);
        }
      }
      if (!best && !some) return 0;
      sum += best;
    }
    if (!sum) return 0;
    sum /= wanted.length;
    if (wanted.length > 1 && entry.title.includes(whole)) sum += 10;
    else if (wanted.length > 1 && entry.text.includes(whole)) sum += 5;
    if (entry.title === whole) sum += 6;
    if (entry.kind === "claim" || entry.kind === "page") sum += 1.5;
    if (entry.kind === "symbol" && wanted.length === 1 && wanted[0].some((word) => word.length < 4 || GREEK[word])) sum += 2;
    return sum;
  }

  // Whether two words differ by one letter added, dropped, changed or exchanged.
  function near(a, b) {
    if (Math.abs(a.length - b.length) > 1) return false;
    let k = 0;
    while (k < a.length && a[k] === b[k]) k++;
    const [x, y] = [a.slice(k), b.slice(k)];
    return x.slice(1) === y.slice(1) || x === y.slice(1) || x.slice(1) === y ||
      (x[0] === y[1] && x[1] === y[0] && x.slice(2) === y.slice(2));
  }

  let index = null;
  let vocabulary = null;
  function load() {
    index ??= new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = new URL("_static/search-index.js", root);
      script.onload = () => {
        const { kinds, pages, entries } = globalThis.assayerSearch;
        done(entries.map(([kind, page, anchor, title, text, by]) => ({
          kind: kinds[kind], address: new URL(pages[page][0] + (anchor ? `#${anchor}` : ""), root).href,
          shown: title, where: pages[page][1], prose: text,
          title: fold(title).out, text: fold(text).out, by: fold(by).out,
        })));
      };
      script.onerror = () => { index = null; failed(new Error("the index could not be loaded")); };
      document.head.append(script);
    });
    return index;
  }

  function find(entries, query) {
    const search = (wanted, some) => {
      const whole = wanted.map((spellings) => spellings[0]).join(" ");
      return entries.map((entry) => [score(entry, wanted, whole, some), entry]).filter(([points]) => points > 0)
        .sort((a, b) => b[0] - a[0]).map(([, entry]) => entry);
    };
    const wanted = words(query);
    if (!wanted.length) return { wanted, found: [], instead: "" };
    const found = search(wanted);
    if (found.length) return { wanted, found, instead: "" };
    vocabulary ??= new Set(entries.flatMap((one) => `${one.title} ${one.text}`.match(/\p{L}{4,}/gu) ?? []));
    const mended = wanted.map((spellings) => {
      const [word] = spellings;
      if (word.length < 4 || entries.some((entry) => fit(`${entry.title} ${entry.by} ${entry.text}`, word))) return spellings;
      const close = [...vocabulary].filter((one) => near(one, word));
      return close.length ? close : spellings;
    });
    const said = mended.map((one) => one[0]).join(" ");
    const close = search(mended);
    if (close.length || wanted.length === 1) return { wanted: mended, found: close, instead: said };
    return { wanted: mended, found: search(mended, true), instead: `some of “${said}”`.replace(/[“”]/g, "") };
  }

  // --- What the reader sees ------------------------------------------------------------------------
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  // The text around the first word that was found, with every word that was found marked.
  function snippet(entry, wanted, width = 150) {
    const { out, at } = fold(entry.prose);
    const places = [];
    for (const word of wanted.flat()) {
      for (let k = out.indexOf(word); k >= 0 && places.length < 400; k = out.indexOf(word, k + word.length)) {
        if (word.length > 2 || k === 0 || !LETTER.test(out[k - 1])) places.push([at[k], (at[k + word.length - 1] ?? 0) + 1]);
      }
    }
    places.sort((a, b) => a[0] - b[0]);
    const from = places.length && places[0][0] > width / 2 ? entry.prose.lastIndexOf(" ", places[0][0] - width / 3) + 1 : 0;
    const to = Math.min(entry.prose.length, from + width);
    const shown = make("span", { class: "ay-found-text" }, from ? "… " : "");
    let end = from;
    for (const [start, stop] of places) {
      if (start < end || stop > to) continue;
      shown.append(entry.prose.slice(end, start), make("mark", {}, entry.prose.slice(start, stop)));
      end = stop;
    }
    shown.append(entry.prose.slice(end, to), to < entry.prose.length ? " …" : "");
    return shown;
  }

  function item(entry, wanted) {
    const head = make("span", { class: "ay-found-head" },
      make("span", { class: "ay-kind" }, entry.kind), " ",
      make(entry.kind === "claim" ? "code" : "b", {}, entry.shown));
    if (entry.kind !== "page") head.append(" ", make("span", { class: "ay-found-where" }, entry.where));
    return make("li", {}, make("a", { href: entry.address }, head, entry.prose ? snippet(entry, wanted) : ""));
  }

  // A field and its results: links, so that they open as links do; arrows go from one to the next.
  function wire(input, results, leave) {
    const said = make("p", { class: "ay-search-said", role: "status" });
    const list = make("ol", { class: "ay-search-list" });
    results.replaceChildren(said, list);
    let turn = 0;
    async function update() {
      const mine = ++turn;
      const query = input.value.trim();
      if (!query) {
        said.textContent = "A claim's id, a symbol (η, \\eta, eta), a formula (1/√T) or words.";
        list.replaceChildren();
        return;
      }
      let answer;
      try {
        answer = find(await load(), query);
      } catch (fault) {
        said.textContent = `The search does not work here: ${fault.message}.`;
        return;
      }
      if (mine !== turn) return;
      const { found, wanted, instead } = answer;
      list.replaceChildren(...found.slice(0, SHOWN).map((entry) => item(entry, wanted)));
      const number = found.length > SHOWN ? `The first ${SHOWN} of ${found.length} results` : `${found.length} result${found.length === 1 ? "" : "s"}`;
      said.textContent = !found.length ? `Nothing holds “${query}”.`
        : instead ? `Nothing holds “${query}”. ${number} for “${instead}”.` : `${number}.`;
    }
    input.addEventListener("input", update);
    results.parentElement.addEventListener("keydown", (event) => {
      const stops = [input, ...list.querySelectorAll("a")];
      const here = stops.indexOf(document.activeElement);
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && here >= 0) {
        event.preventDefault();
        stops[Math.min(stops.length - 1, Math.max(0, here + step))].focus();
      } else if (event.key === "Enter" && here === 0) {
        event.preventDefault();
        stops[1]?.click();
      }
    });
    list.addEventListener("click", (event) => event.target.closest("a") && leave());
    update();
    return update;
  }

  let dialog = null;
  let update = null;
  function open() {
    if (!dialog) {
      document.head.append(make("link", { rel: "stylesheet", href: new URL("_static/search.css", root).href }));
      const input = make("input", { type: "search", name: "q", "aria-label": "Search the book", autocomplete: "off", autocapitalize: "off", spellcheck: "false", placeholder: "Search the book" });
      const close = make("button", { type: "button" }, "Close");
      const results = make("div", { class: "ay-search-results" });
      const form = make("form", { class: "ay-search-form", role: "search" }, input, close);
      dialog = make("dialog", { id: "ay-search", "aria-label": "Search" }, form, results);
      form.addEventListener("submit", (event) => event.preventDefault());
      close.addEventListener("click", () => dialog.close());
      // The first Escape would only empty the field.
      dialog.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        dialog.close();
      });
      dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
      document.body.append(dialog);
      update = wire(input, results, () => dialog.close());
      load().catch(() => {});
    }
    if (dialog.open) return;
    dialog.showModal();
    dialog.querySelector("input").select();
  }

  // --- How it is opened -------------------------------------------------------------------------------
  // The theme listens for the same key and button: it must not hear them, or it would close what opens here.
  const here = document.querySelector("[data-search-here]");
  window.addEventListener("keydown", (event) => {
    const chord = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k";
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    const slash = event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!chord && !slash) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (here) here.querySelector("input").focus();
    else if (dialog?.open) dialog.close();
    else open();
  }, true);
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".search-button__button")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    // A button in the sidebar's own dialog would open ours beneath it.
    event.target.closest("dialog[open]")?.close();
    if (here) here.querySelector("input").focus();
    else open();
  }, true);

  if (here) {
    here.hidden = false;
    const input = here.querySelector("input");
    input.value = new URLSearchParams(location.search).get("q") ?? "";
    const again = wire(input, document.querySelector(".ay-search-results"), () => {});
    const contents = document.querySelector(".ay-search-contents");
    const show = () => { contents.hidden = Boolean(input.value.trim()); };
    input.addEventListener("input", () => {
      show();
      const address = new URL(location.href);
      if (input.value) address.searchParams.set("q", input.value);
      else address.searchParams.delete("q");
      history.replaceState(null, "", address);
    });
    here.addEventListener("submit", (event) => { event.preventDefault(); again(); });
    show();
    input.focus();
  }
})();
