// The palette: everything by name. What single keys press now, from the map of keys, and where one can go. Loaded when it
// is first asked for.
import { press } from "./keys.js";

let sheet = null;
let before = null;
const field = () => sheet.querySelector("input");
const all = () => [...sheet.querySelectorAll("[role=option]")];
const shown = () => all().filter((one) => !one.hidden);
const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase();

async function fetchSheet() {
  const here = document.getElementById("list")?.dataset.here ?? "";
  const query = here.includes("?") ? here.slice(here.indexOf("?")) : "";
  const answer = await fetch(`/inbox/palette${query}`, { headers: { "HX-Request": "true" } });
  if (!answer.ok) return false;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  sheet = document.importNode(page.getElementById("palette"), true);
  document.body.append(sheet);
  field().addEventListener("input", narrow);
  sheet.addEventListener("keydown", steer);
  sheet.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) go(option);
    else if (event.target === sheet) sheet.close();
  });
  sheet.addEventListener("close", () => before?.focus?.());
  return true;
}

function mark(option) {
  for (const one of all()) one.setAttribute("aria-selected", String(one === option));
  if (option) field().setAttribute("aria-activedescendant", option.id);
  else field().removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

function narrow() {
  const words = fold(field().value).split(/\s+/).filter(Boolean);
  for (const one of all()) one.hidden = !words.every((word) => fold(one.textContent).includes(word));
  document.getElementById("palette-none").hidden = shown().length > 0;
  const first = shown().find((one) => fold(one.querySelector("span").textContent).startsWith(words[0] ?? ""));
  mark(first ?? shown()[0]);
}

function addKeys() {
  const list = document.getElementById("palette-list");
  for (const old of list.querySelectorAll("[data-presses]")) old.remove();
  const usable = [...document.querySelectorAll("#keys [data-presses]")].filter(({ dataset: { presses } }) =>
    [...document.querySelectorAll(`[data-key="${CSS.escape(presses)}"]`)].some((one) => one.checkVisibility()) || presses === "z");
  for (const row of usable.reverse()) {
    const option = document.createElement("li");
    option.id = `goal-key-${row.dataset.presses.codePointAt(0)}`;
    option.setAttribute("role", "option");
    option.dataset.presses = row.dataset.presses;
    const kbd = document.createElement("kbd");
    kbd.textContent = row.dataset.presses;
    const words = document.createElement("span");
    words.textContent = row.querySelector("dd").textContent;
    option.append(kbd, words);
    list.prepend(option);
  }
}

function go(option) {
  const { href, presses } = option.dataset;
  before = null;
  sheet.close();
  if (href) location.assign(href);
  else press(presses);
}

function steer(event) {
  const rows = shown();
  const at = rows.findIndex((one) => one.getAttribute("aria-selected") === "true");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) mark(rows[(at + step + rows.length) % rows.length]);
  else if (event.key === "Enter" && rows[at]) go(rows[at]);
  else return;
  event.preventDefault();
}

export async function open(typed) {
  sheet?.remove();
  if (!(await fetchSheet())) return;
  before = document.activeElement;
  addKeys();
  const [words, ...entered] = typed().split("\n");
  field().value = words;
  narrow();
  sheet.showModal();
  field().focus();
  const chosen = sheet.querySelector("[aria-selected=true]");
  if (entered.length && chosen) go(chosen);
}
