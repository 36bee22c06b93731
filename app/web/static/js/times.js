// Times stay true while the page is open, and the full moment is told in the reader's zone.
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;
const words = JSON.parse(document.querySelector('meta[name="ago-words"]')?.content ?? "{}");
const page = document.documentElement.lang;
// English in Britain writes 18:42, in America 6:42 PM: the reader's own kind of the page's language.
const language = navigator.languages.find((one) => one.startsWith(page)) ?? page;
// The zone chosen in one's account; without one the browser's own.
const timeZone = document.documentElement.dataset.zone;
const inZone = (options) => new Intl.DateTimeFormat(language, { timeZone, ...options });
const full = inZone({ dateStyle: "medium", timeStyle: "short" });
const hour = inZone({ hour: "numeric", minute: "2-digit" });
const hourOfDay = inZone({ day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
const day = inZone({ dateStyle: "short" });

export function ago(at, now) {
  const seconds = (now - at) / 1000;
  const fill = (word, n) => words[word].replace("%(n)s", Math.floor(n));
  if (seconds < MINUTE) return words.now;
  if (seconds < HOUR) return fill("min", seconds / MINUTE);
  if (seconds < DAY) return fill("h", seconds / HOUR);
  return seconds < 60 * DAY ? fill("d", seconds / DAY) : null;
}

function show(element) {
  const at = new Date(element.dateTime);
  const now = new Date();
  const style = element.dataset.time;
  const text =
    style === "ago" ? ago(at, now)
    : style === "clock" ? (day.format(at) === day.format(now) ? hour : hourOfDay).format(at)
    : full.format(at);
  if (text && element.textContent !== text) element.textContent = text;
  element.title = full.format(at);
}

export function refresh(within = document) {
  within.querySelectorAll("time[data-time]").forEach(show);
  for (const field of within.querySelectorAll("[data-own-zone]")) field.value = timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}

refresh();
setInterval(refresh, 20000);
document.addEventListener("htmx:load", (event) => refresh(event.detail.elt));
