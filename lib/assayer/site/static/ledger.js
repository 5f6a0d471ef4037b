// The ledger: which claims are shown, and addresses to copy. Without this script every claim is shown and every
// address is a link.
"use strict";

(() => {
  const SOURCE = "its source says otherwise";

  function made(tag, about, ...inside) {
    const found = document.createElement(tag);
    for (const [name, value] of Object.entries(about)) found.setAttribute(name, value);
    found.append(...inside);
    return found;
  }

  // --- Addresses ---------------------------------------------------------------------------------------

  const said = made("p", { class: "ay-said", role: "status" });

  function copyable(link) {
    link.addEventListener("click", async () => {
      // The link is followed as well, so that the address stands in the browser's bar even where nothing is copied.
      try {
        await navigator.clipboard.writeText(link.href);
        said.textContent = `The address is copied: ${link.href}`;
        link.textContent = "copied";
        setTimeout(() => {
          link.textContent = "link";
        }, 2000);
      } catch {
        said.textContent = "Nothing was copied: the address stands in the browser's address bar.";
      }
    });
  }

  const links = [...document.querySelectorAll(".ay-permalink")];
  if (links.length > 0) document.querySelector("article")?.append(said);
  links.forEach(copyable);

  // --- Filters -----------------------------------------------------------------------------------------

  const list = document.querySelector("[data-filtered]");
  if (list === null) return;
  const entries = [...list.querySelectorAll("li.ay-entry")];
  const headings = [...list.querySelectorAll("h3[data-chapter]")];
  // What an entry says is read when a word is first asked for: at load it would take a telephone's time.
  const texts = new Map();
  const text = (entry) => {
    if (!texts.has(entry)) texts.set(entry, `${entry.id} ${entry.textContent}`.toLowerCase());
    return texts.get(entry);
  };

  const search = made("input", { type: "search", id: "ledger-text", autocomplete: "off", spellcheck: "false" });
  const chapter = made("select", { id: "ledger-chapter" }, made("option", { value: "" }, "all"));
  for (const heading of headings) {
    const name = heading.dataset.chapter;
    chapter.append(made("option", { value: name }, name));
  }
  const present = new Set(entries.map((entry) => entry.dataset.status));
  const statuses = ["proved", "certified", "assumed", "tested", "refuted"].filter((word) => present.has(word));
  const boxes = statuses.map((word) => {
    const box = made("input", { type: "checkbox", name: "status", value: word });
    const mark = list.querySelector(`.ay-status.ay-${word}`)?.cloneNode(true) ?? word;
    return [box, made("label", {}, box, " ", mark)];
  });
  const differs = made("input", { type: "checkbox", id: "ledger-differs" });
  const all = made("button", { type: "reset" }, "Show all");
  const count = made("output", { role: "status", for: "ledger-text ledger-chapter ledger-differs" });
  const form = made(
    "form",
    { class: "ay-filter", role: "search", "aria-label": "Claims of the ledger" },
    made("label", { for: "ledger-text" }, "Text or id"),
    search,
    made("label", { for: "ledger-chapter" }, "Chapter"),
    chapter,
    made("fieldset", {}, made("legend", {}, "Status"), ...boxes.map(([, label]) => label)),
    made("label", {}, differs, ` ${SOURCE}`),
    made("p", {}, count, " ", all),
  );

  function asked(entry) {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = boxes.filter(([box]) => box.checked).map(([box]) => box.value);
    return (
      words.every((word) => text(entry).includes(word)) &&
      (chapter.value === "" || chapter.value === entry.dataset.chapter) &&
      (wanted.length === 0 || wanted.includes(entry.dataset.status)) &&
      (!differs.checked || "differs" in entry.dataset)
    );
  }

  function filter() {
    for (const entry of entries) entry.hidden = !asked(entry);
    const shown = entries.filter((entry) => !entry.hidden);
    for (const heading of headings) {
      heading.hidden = !shown.some((entry) => entry.dataset.chapter === heading.dataset.chapter);
    }
    count.textContent = `${shown.length} of ${entries.length} claims shown`;
    all.hidden = shown.length === entries.length;
  }

  // A link to a claim that the filters hide shows it all the same.
  function reveal() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target === null || !entries.includes(target) || !target.hidden) return;
    form.reset();
    filter();
    target.scrollIntoView();
  }

  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  addEventListener("hashchange", reveal);
  list.before(form);
  filter();
})();
