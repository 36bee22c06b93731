// Single keys press what is marked with data-key; "?" shows the map. They never fire while somebody types, can be switched
// off (WCAG 2.1.4), and leave keys with Ctrl, Alt or Cmd to the browser.
export const STORE = "porchlight.keys";
const inside = document.querySelector(".rail") !== null;
const handlers = [];
const loading = new Set();
let later = null;
let ahead = null;
let held = 0;

export function keysOn() {
  return localStorage.getItem(STORE) !== "off";
}

export function onKey(handle) {
  handlers.push(handle);
}

// What some keys begin has to be fetched first.
export async function holdKeys(until) {
  held += 1;
  await until.catch(() => {});
  held -= 1;
  goOn();
}

function goOn() {
  if (loading.size || held || !later) return;
  const key = later;
  later = null;
  run(key, document.body);
}

function typing(target) {
  return target.closest?.("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]") != null;
}

function visible(element) {
  return element.checkVisibility?.() ?? element.offsetParent !== null;
}

const fold = (element) => element.closest("details.fold:not([open]) > :not(summary)")?.parentElement;

// What can be acted on now; what is folded away can be, too.
export function within(selector) {
  return [...document.querySelectorAll(selector)].filter((element) => {
    let outer = element;
    while (fold(outer)) outer = fold(outer);
    return visible(outer);
  });
}

export function act(element) {
  while (!element.matches("a, button") && fold(element)) fold(element).open = true;
  if (element.matches("input[type=search]")) element.focus();
  else element.click();
}

export const keyed = (key) => within(`[data-key="${CSS.escape(key)}"]`).at(-1);

export function press(key) {
  const found = keyed(key);
  if (found) act(found);
  else if (key === "z") document.getElementById("undo-last")?.requestSubmit();
  return Boolean(found) || key === "z";
}

function run(key, target) {
  if (handlers.some((handle) => handle(key, target))) return true;
  if (key !== "?" || !inside) return key.length === 1 && press(key);
  import("./map.js").then(({ show }) => show()).catch(() => {});
  return true;
}

document.addEventListener("keydown", async (event) => {
  if (event.key !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || !inside) return;
  event.preventDefault();
  if (ahead !== null || document.querySelector("dialog[open]")) return;
  ahead = "";
  const typed = () => ahead ?? "";
  await import("./palette.js").then(({ open }) => open(typed)).catch(() => {});
  ahead = null;
});

document.addEventListener("keydown", (event) => {
  if (ahead !== null && (event.key.length === 1 || event.key === "Enter") && !event.ctrlKey && !event.metaKey) {
    ahead += event.key === "Enter" ? "\n" : event.key; // meant for the palette, which is still on its way
    return event.preventDefault();
  }
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  // A menu closes first, and the composer knows what else is open in it.
  const leaves = event.key === "Escape" && typing(event.target) && !event.target.closest("#composer");
  if (leaves && !document.querySelector("dialog[open], details.menu[open]")) return event.target.blur();
  if (typing(event.target) || !keysOn() || document.querySelector("dialog[open]")) return;
  // Letters typed ahead of a conversation that is still coming must not act on the one that is going. What would begin
  // to write does so once it is there.
  const begins = ["r", "p", "n"].includes(event.key);
  if ((loading.size && event.key.length === 1) || (held && begins)) {
    if (begins) later ??= event.key;
    event.preventDefault();
  } else if (run(event.key, event.target)) event.preventDefault();
});

// By request and not by target: an answer may go elsewhere than it was asked for.
document.addEventListener("htmx:beforeRequest", (event) => event.detail.target?.id === "talk" && loading.add(event.detail.xhr));
document.addEventListener("htmx:afterRequest", (event) => loading.delete(event.detail.xhr) && goOn());

export function tell() {
  for (const one of document.querySelectorAll("[data-when-keys]")) one.hidden = !keysOn();
}

tell();
document.addEventListener("htmx:load", tell);
