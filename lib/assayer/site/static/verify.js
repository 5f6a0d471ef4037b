// "Check it yourself": a worker runs the checker in this browser and proves a derivation again, step by step.
// Nothing is loaded before the first click.
"use strict";
{
  const code = new URL("verify-worker.js", document.currentScript.src);
  const BUDGET = 120; // seconds without a word from the worker while it judges; a step of its own has less
  const panels = new Map();
  let worker = null;
  let clock = 0;

  const make = (name, attributes, ...inside) => {
    const made = document.createElement(name);
    for (const [key, one] of Object.entries(attributes)) made.setAttribute(key, one);
    made.append(...inside);
    return made;
  };
  const seconds = (time) => `${time < 10 ? time.toPrecision(2) : Math.round(time)} s`;
  const mark = (sign, word, kind, more) => {
    const shown = make("span", { class: `ay-status ay-${kind}` });
    shown.append(make("span", { class: "ay-sign", "aria-hidden": "true" }, sign), ` ${word}`);
    if (more) shown.append(" ", make("span", { class: "ay-kernel" }, `(${more})`));
    return shown;
  };
  const SIGNS = { proved: "■", certified: "◆", assumed: "○" };
  const verdict = (one) =>
    one.accepted ? mark(SIGNS[one.status] ?? "■", one.status, one.status, one.kernel) : mark("✗", "refused", "refuted");

  // What a page shows beside one derivation.
  class Panel {
    constructor(box, id) {
      this.id = id;
      this.box = box;
      this.go = box.querySelector("button");
      this.script = box.querySelector("template");
      this.label = this.go.textContent;
      const size = box.dataset.mb;
      if (size) this.go.append(make("small", {}, ` loads up to ${size} MB, once`));
      this.stop = make("button", { type: "button", class: "ay-verify-stop", hidden: "" }, "Stop");
      this.said = make("p", { class: "ay-verify-said", role: "status" });
      this.bar = make("progress", { "aria-label": "Loading", hidden: "" });
      this.steps = make("ol", { class: "ay-verify-steps", hidden: "" });
      box.append(this.stop, this.bar, this.said, this.steps);
      this.go.addEventListener("click", () => this.begin());
      this.stop.addEventListener("click", () => halt("Stopped: nothing more runs."));
      box.hidden = false;
    }
    say(words) {
      if (this.said.textContent !== words) this.said.textContent = words;
    }
    busy(now) {
      this.working = now;
      this.go.disabled = now;
      this.stop.hidden = !now;
      if (!now) this.bar.hidden = true;
      for (const field of this.steps.querySelectorAll("textarea, button")) field.disabled = now || !this.open;
    }
    begin() {
      this.open = false;
      this.go.textContent = this.label;
      this.steps.replaceChildren();
      this.steps.hidden = true;
      this.busy(true);
      this.say("Starting …");
      this.begun = performance.now();
      this.ask({ kind: "prove", script: this.script.content.textContent, kernels: this.script.dataset.kernels });
    }
    ask(question) {
      const hired = hire();
      if (hired) hired.postMessage({ ...question, id: this.id });
    }
    download({ loaded, total }) {
      this.bar.hidden = false;
      this.bar.max = total;
      this.bar.value = loaded;
      const now = performance.now();
      if (loaded < total && now - (this.told ?? 0) < 1000) return;
      this.told = now;
      this.say(`Loading ${(loaded / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB …`);
    }
    starts({ words }) {
      this.bar.hidden = true;
      this.say(words);
    }
    lines({ lines }) {
      this.steps.hidden = false;
      this.items = lines.map((line, k) => {
        const item = make("li", {}, make("code", {}, `${line.sign} ${line.text}`), " ");
        item.result = make("span", { class: "ay-verify-result" });
        item.append(item.result);
        item.line = line;
        item.number = k + 1;
        this.steps.append(item);
        return item;
      });
    }
    step({ outcome }) {
      const item = this.items[outcome.number - 1];
      item.result.replaceChildren(verdict(outcome), ` ${seconds(outcome.seconds)}`);
      if (!outcome.accepted) item.append(make("pre", { class: "ay-verify-words" }, outcome.words));
      this.say(`Step ${outcome.number} of ${this.items.length}: ${outcome.accepted ? outcome.status : "refused"}.`);
    }
    done({ conclusion, versions, network, time }) {
      const whole = conclusion ? "Proved again in this browser" : "Not proved again here: see what is refused";
      const loaded = network ? `${(network / 1e6).toFixed(1)} MB were loaded` : "nothing had to be loaded";
      const taken = seconds((performance.now() - this.begun) / 1000);
      this.say(`${whole}, ${taken} after the click, ${seconds(time)} of them the proof; ${loaded}. ${versions}.`);
      this.items.forEach((item) => this.editable(item));
      this.open = true;
      this.busy(false);
      this.go.textContent = "Check it again";
    }
    editable(item) {
      const id = `${this.id}-${item.number}`;
      const field = make("textarea", { id, rows: "1", spellcheck: "false", autocapitalize: "off", autocomplete: "off" });
      field.value = item.line.text;
      const judge = make("button", { type: "button" }, "Judge");
      const answer = make("div", { class: "ay-verify-answer", role: "status" });
      const label = item.line.sign ? `Change step ${item.number}, after ${item.line.sign}` : "Change what is asked";
      item.append(make("div", { class: "ay-verify-edit" }, make("label", { for: id }, label), field, judge), answer);
      const fit = () => {
        field.style.height = "auto";
        field.style.height = `${field.scrollHeight + 2}px`;
      };
      fit();
      field.addEventListener("input", fit);
      field.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        judge.click();
      });
      judge.addEventListener("click", () => {
        answer.replaceChildren("Judging …");
        this.answer = answer;
        this.busy(true);
        this.ask({ kind: "change", number: item.number, text: field.value });
      });
    }
    changed({ outcomes }) {
      this.busy(false);
      this.answer.replaceChildren(
        ...outcomes.flatMap((one, k) => {
          const where = k ? `Then step ${one.number}: ` : "";
          const line = make("p", {}, where, verdict(one), ` ${seconds(one.seconds)}`);
          return one.accepted ? [line] : [line, make("pre", { class: "ay-verify-words" }, one.words)];
        }),
      );
    }
    failed({ words }) {
      this.busy(false);
      this.say(words);
    }
  }

  const watch = () => {
    clearTimeout(clock);
    const busy = [...panels.values()].some((panel) => panel.working);
    if (busy) clock = setTimeout(() => halt(`Stopped: no answer within ${BUDGET} s, the budget of the slowest step here.`), BUDGET * 1000);
  };
  // A worker that is ended loses what it had proved: the panels begin anew.
  const halt = (words) => {
    clearTimeout(clock);
    worker?.terminate();
    worker = null;
    for (const panel of panels.values()) {
      const was = panel.working;
      panel.open = false;
      panel.busy(false);
      if (was) panel.say(words);
      else if (panel.items) panel.say("The checker was stopped: check this derivation again to change its steps.");
    }
  };
  const hire = () => {
    if (worker) {
      setTimeout(watch);
      return worker;
    }
    if (location.protocol === "file:") {
      halt("A page opened as a file may not start the checker: serve the site (make serve) and open it there.");
      return null;
    }
    worker = new Worker(code, { type: "module" });
    worker.onmessage = ({ data }) => {
      panels.get(data.id)[data.kind](data);
      watch();
    };
    worker.onerror = (event) => {
      event.preventDefault();
      halt(`The checker could not run in this browser: ${event.message || "no module workers, or no WebAssembly"}.`);
    };
    setTimeout(watch);
    return worker;
  };

  for (const [k, box] of [...document.querySelectorAll(".ay-verify")].entries()) {
    const id = `ay-verify-${k}`;
    panels.set(id, new Panel(box, id));
  }
}
