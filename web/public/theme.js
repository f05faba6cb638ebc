// Before the first paint, so that a chosen theme does not flash.
try {
  const chosen = localStorage.getItem("roofscape-theme");
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage is forbidden: the system's theme it is.
}
