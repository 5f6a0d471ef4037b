// Typeset formulas: one JSON array of {tex, display} on standard input, one JSON object on standard output,
// {css, formulas: [{html} or {error}, ...]}. The only argument is the folder that holds node_modules/mathjax.
//
// Every formula is set on its own: no counter, label or macro passes from one to the next, so that a formula's
// HTML depends on its TeX alone and can be kept from one build to the next.
import { createRequire } from "node:module";
import { readFileSync, writeSync } from "node:fs";
import { join } from "node:path";

const require = createRequire(join(process.argv[2], "package.json"));

function refuse(_input, error) {
  throw error;
}

const MathJax = await require("mathjax").init({
  loader: {
    load: [
      "input/tex-base",
      "[tex]/ams",
      "[tex]/boldsymbol",
      "[tex]/newcommand",
      "[tex]/textmacros",
      "output/chtml",
      "a11y/assistive-mml",
    ],
  },
  // The packages that turn an error into red text (noerrors, noundefined) are left out: an error must be seen.
  tex: {
    packages: ["base", "ams", "boldsymbol", "newcommand", "textmacros"],
    tags: "none",
    formatError: refuse,
  },
  // adaptiveCSS off: one style sheet for every page, whatever formulas each holds.
  chtml: { fontURL: "fonts", adaptiveCSS: false },
  options: { enableAssistiveMml: true },
});

const adaptor = MathJax.startup.adaptor;
const formulas = JSON.parse(readFileSync(0, "utf8")).map(({ tex, display }) => {
  try {
    MathJax.texReset();
    return { html: adaptor.outerHTML(MathJax.tex2chtml(tex, { display, em: 16, ex: 8 })) };
  } catch (error) {
    return { error: error.message || String(error) };
  }
});
const answer = Buffer.from(JSON.stringify({ css: adaptor.textContent(MathJax.chtmlStylesheet()), formulas }));
// A pipe takes what it can: write until all is gone.
for (let sent = 0; sent < answer.length; ) {
  try {
    sent += writeSync(1, answer, sent);
  } catch (error) {
    if (error.code !== "EAGAIN") throw error;
  }
}
