// What was checked at a step: a button that copies the expression, added when the step is opened for the first time.
"use strict";
{
  const copied = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // No clipboard here, or not for this page: the older way, by a field that holds the text for a moment.
      const field = document.createElement("textarea");
      const before = document.activeElement;
      field.value = text;
      field.className = "ay-alt";
      document.body.append(field);
      field.select();
      const done = document.execCommand("copy");
      field.remove();
      before?.focus();
      return done;
    }
  };
  // The lines that declare the symbols, from the script that proves the derivation again, where the page has it.
  const declarations = (code) => {
    const script = code.closest(".ay-derivation").querySelector(".ay-verify template")?.content.textContent ?? "";
    return script.split("\n").filter((line) => /^[\w, ]+ = (Symbol|symbols|Function|IndexedBase)\(/.test(line));
  };
  const button = (name, label, said, text) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "ay-copy";
    made.textContent = name;
    made.setAttribute("aria-label", label);
    made.addEventListener("click", async () => {
      said.textContent = (await copied(text)) ? "Copied" : "Not copied: select the text";
      setTimeout(() => (said.textContent = ""), 3000);
    });
    return made;
  };
  const add = (code) => {
    const said = document.createElement("span");
    said.className = "ay-copied";
    said.setAttribute("role", "status");
    const text = code.textContent;
    const added = [button("Copy", "Copy the expression", said, text)];
    const declared = declarations(code);
    if (declared.length && !code.nextElementSibling) {
      const whole = ["from sympy import *", "", ...declared, "", text, ""].join("\n");
      added.push(button("with its symbols", "Copy the expression with its symbols", said, whole));
    }
    code.after(...added.flatMap((one) => [" ", one]), " ", said);
  };
  // The event does not rise from the element that it happens to: it is caught on the way down.
  document.addEventListener(
    "toggle",
    ({ target }) => {
      if (!target.matches?.(".ay-what[open]") || target.querySelector(".ay-copy")) return;
      const code = target.querySelector("code");
      if (code) add(code);
    },
    true,
  );
}
