// Choosing while typing: a saved reply after "/", a colleague after "@". The list is asked for with every letter; Enter
// takes the marked one, Ctrl+Enter takes and sends it, Escape goes back to plain typing.
import { sendBy } from "./composer.js";

const TOKEN = { "/": /(^|\s)\/([^\s/]*)$/, "@": /(^|\s)@([^\n@]{0,30})$/ };
let area = null;
let sheet = null;
let asked = Promise.resolve();
let query = "";
let number = 0;
let pending = false;

const sign = () => (area.dataset.picks ? "/" : "@");
const options = () => [...sheet.querySelectorAll("[role=option]")];
const chosen = () => sheet.querySelector("[aria-selected=true]");

function close() {
  sheet?.remove();
  for (const name of ["aria-controls", "aria-activedescendant", "aria-autocomplete"]) area?.removeAttribute(name);
  sheet = null;
  number += 1;
}

function mark(option) {
  for (const one of options()) one.setAttribute("aria-selected", String(one === option));
  if (!option) return area.removeAttribute("aria-activedescendant");
  area.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
  const shown = option.querySelector(".offer-text");
  if (shown) sheet.querySelector(".picker-preview").replaceChildren(...[...shown.cloneNode(true).children]);
}

function show() {
  sheet = document.createElement("div");
  sheet.className = area.dataset.picks ? "picker" : "picker people";
  sheet.innerHTML = '<div class="picker-list" role="listbox" id="picker-list"></div><div class="picker-preview"></div>';
  sheet.firstChild.setAttribute("aria-label", document.querySelector("[data-pick]")?.textContent.trim() ?? "@");
  area.before(sheet);
  area.setAttribute("aria-controls", "picker-list");
  area.setAttribute("aria-autocomplete", "list");
}

async function fill(wanted) {
  const mine = ++number;
  pending = true;
  const url = new URL(area.dataset.picks ?? area.dataset.people, location.href);
  url.searchParams.set("q", wanted);
  const answer = await fetch(url, { headers: { "HX-Request": "true" } });
  const html = answer.ok ? await answer.text() : "";
  if (mine !== number || !sheet) return;
  pending = false;
  if (!html || (area.dataset.people && !html.includes("option"))) return close();
  sheet.firstChild.innerHTML = html;
  sheet.lastChild.replaceChildren();
  mark(options()[0]);
}

// Looks at what stands before the caret, and shows, changes or closes the list.
export function look(at) {
  if (area && area !== at) close();
  area = at;
  const found = TOKEN[sign()].exec(area.value.slice(0, area.selectionStart));
  if (!found) return sheet && close();
  if (sheet && found[2] === query) return;
  if (!sheet) show();
  query = found[2];
  asked = fill(query).catch(close);
}

export function open(at) {
  at.focus();
  const blank = at.selectionStart && !/\s$/.test(at.value.slice(0, at.selectionStart));
  at.setRangeText(blank ? " /" : "/", at.selectionStart, at.selectionEnd, "end");
  at.dispatchEvent(new Event("input", { bubbles: true }));
}

function take(option) {
  const end = area.selectionStart;
  const found = TOKEN[sign()].exec(area.value.slice(0, end));
  const start = found ? found.index + found[1].length : end;
  const text = option.querySelector("[data-fill]").textContent;
  area.setRangeText(area.dataset.picks ? text : `${text} `, start, end, "end");
  if (option.dataset.saved) {
    area.form.elements.saved.value = option.dataset.saved;
    area.form.querySelector(".effects").replaceChildren(option.querySelector("template").content.cloneNode(true));
  }
  close();
  area.dispatchEvent(new Event("input", { bubbles: true }));
  area.focus();
}

export async function press(key) {
  const send = key.ctrlKey || key.metaKey;
  for (let last; last !== asked; await last) last = asked; // what was typed last decides
  const option = sheet && chosen();
  if (option) take(option);
  else if (!send) return area.setRangeText("\n", area.selectionStart, area.selectionEnd, "end");
  if (send && (!option || area.dataset.picks)) sendBy(area, key);
}

function onKey(event) {
  if (!sheet || event.target !== area || event.isComposing) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const takes = event.key === "Tab" || (event.key === "Enter" && (!event.shiftKey || event.ctrlKey || event.metaKey));
  const leaves = event.key === "Escape"; // also where nothing is offered
  if (!leaves && !((step || takes) && (pending || chosen()))) return;
  event.preventDefault();
  event.stopPropagation();
  if (leaves) close();
  else if (takes) press(event);
  else {
    const all = options();
    if (all.length) mark(all[(all.indexOf(chosen()) + step + all.length) % all.length]);
  }
}
document.addEventListener("keydown", onKey, { capture: true });
document.addEventListener("input", (event) => sheet && event.target === area && look(area));
document.addEventListener("mousedown", (event) => {
  const option = sheet && event.target.closest("[role=option]");
  if (option && sheet.contains(option)) {
    event.preventDefault();
    take(option);
  } else if (sheet && !sheet.contains(event.target) && event.target !== area) close();
});
document.addEventListener("mouseover", (event) => {
  const option = sheet && event.target.closest?.(".picker [role=option]");
  if (option) mark(option);
});
document.addEventListener("htmx:beforeSwap", (event) => area && event.detail.target?.contains(area) && close());
