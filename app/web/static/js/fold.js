// Whoever unfolds a form by key or pointer goes on in its first field to fill.
document.addEventListener("click", (event) => {
  const summary = event.target.closest?.("summary[data-goes-to]");
  if (!summary || summary.parentElement.open) return;
  requestAnimationFrame(() => document.getElementById(summary.dataset.goesTo)?.focus());
});
