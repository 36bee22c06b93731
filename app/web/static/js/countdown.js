// Seconds that run down, counted from when the page got them: no clock of ours has to agree with the server's.
const ends = new WeakMap();

function tick() {
  const now = performance.now();
  for (const element of document.querySelectorAll("[data-countdown]")) {
    if (!ends.has(element)) ends.set(element, now + Number(element.dataset.countdown) * 1000);
    const left = Math.ceil((ends.get(element) - now) / 1000);
    const text = left > 0 ? element.dataset.text.replace("%(n)s", left) : element.dataset.after;
    if (element.textContent !== text) element.textContent = text;
    if (left <= 0) {
      element.removeAttribute("data-countdown");
      element.closest(".delivery, .flash")?.querySelector("form")?.remove();
    }
  }
}

tick();
setInterval(tick, 250);
document.addEventListener("htmx:load", tick);
