// In the head of every page, before anything is drawn: light or dark, as the reader chose or as the system asks.
(() => {
  const root = document.documentElement;
  let mode = null;
  try {
    mode = localStorage.getItem("mode");
  } catch {} // storage is forbidden: the system decides
  if (mode !== "light" && mode !== "dark") mode = "auto";
  const dark = mode === "dark" || (mode === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.mode = mode;
  root.dataset.theme = dark ? "dark" : "light";
})();
