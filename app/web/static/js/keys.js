// Single keys press what is marked with data-key; "?" shows the map. They never fire while somebody types, can be switched
// off (WCAG 2.1.4), and leave keys with Ctrl, Alt or Cmd to the browser.
const STORE = "porchlight.keys";
const map = document.getElementById("keys");

export function keysOn() {
  return localStorage.getItem(STORE) !== "off";
}

export function typing(target) {
  return target.closest?.("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]") != null;
}

export function onKey(handle) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target) || !keysOn() || document.querySelector("dialog[open]")) return;
    if (handle(event.key, event)) event.preventDefault();
  });
}

function visible(element) {
  return element.checkVisibility?.() ?? element.offsetParent !== null;
}

function press(key) {
  const found = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].filter(visible);
  const last = found.at(-1);
  last?.click();
  return Boolean(last);
}

onKey((key) => {
  if (key === "?" && map) {
    map.showModal();
    return true;
  }
  return key.length === 1 && press(key);
});

function tell() {
  for (const one of document.querySelectorAll("[data-when-keys]")) one.hidden = !keysOn();
}

const box = document.getElementById("keys-on");
if (box) {
  box.checked = keysOn();
  box.addEventListener("change", () => {
    localStorage.setItem(STORE, box.checked ? "on" : "off");
    tell();
  });
}
tell();
document.addEventListener("htmx:load", tell);
