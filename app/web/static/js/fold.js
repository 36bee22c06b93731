// Whoever unfolds a form by key or pointer goes on in its first field to fill.
document.addEventListener("click", (event) => {
  const summary = event.target.closest?.("summary[data-focus]");
  if (!summary || summary.parentElement.open) return;
  requestAnimationFrame(() => document.getElementById(summary.dataset.focus)?.focus());
});
