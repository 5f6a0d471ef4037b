// What was checked at a step: a button that copies the expression, added when the step is opened for the first time.
"use strict";
{
  const copied = async (code) => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      return true;
    } catch {
      // No clipboard here: the text is selected, and the browser's own copy is tried.
      getSelection().selectAllChildren(code);
      return document.execCommand("copy");
    }
  };
  const add = (code) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "ay-copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", "Copy the expression");
    const said = document.createElement("span");
    said.className = "ay-copied";
    said.setAttribute("role", "status");
    button.addEventListener("click", async () => {
      said.textContent = (await copied(code)) ? "Copied" : "Selected: press Ctrl+C";
      setTimeout(() => (said.textContent = ""), 3000);
    });
    code.after(" ", button, " ", said);
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
