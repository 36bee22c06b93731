// The palette: everything by name. What single keys press now, from the map of keys, where one can go, who is called what
// was typed, and the search for it. The marked line can be looked into. Loaded when it is first asked for.
import { act, keyed, press, within } from "./keys.js";
import { fetched as fetchedMap, show as showMap } from "./map.js";

let sheet = null;
let before = null;
let asking = null;
let looking = null;
const PAUSE = 150;
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
  const styled = new Promise((done) => {
    const style = sheet.querySelector("link");
    style.onload = style.onerror = done;
  });
  document.body.append(sheet);
  await styled;
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
  clearTimeout(looking);
  looking = setTimeout(() => look(option), PAUSE);
}

async function fetched(address) {
  const answer = await fetch(address, { headers: { "HX-Request": "true" } }).catch(() => null);
  return answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html").body : null;
}

// What stands where the marked line leads; what a key does, it does to the open conversation.
async function look(option) {
  const room = document.getElementById("palette-look");
  if (!room) return;
  const own = option?.querySelector("template");
  const pressed = option?.dataset.presses && document.querySelector(`#talk [data-key="${CSS.escape(option.dataset.presses)}"]`);
  let shown = [];
  if (own) shown = [document.importNode(own.content, true)];
  else if (pressed) shown = [document.querySelector("#talk-title bdi").cloneNode(true)];
  else if (option?.dataset.look) shown = [...((await fetched(option.dataset.look))?.childNodes ?? [])];
  if (!option || (option.isConnected && option.getAttribute("aria-selected") === "true")) room.replaceChildren(...shown);
}

// People are too many to be all here.
async function findPeople() {
  const asked = sheet;
  const words = field().value.trim();
  const found = words.length > 1 ? await fetched(`${sheet.dataset.people}?q=${encodeURIComponent(words)}`) : null;
  if (!asked.isConnected || field().value.trim() !== words) return; // closed meanwhile, or typed on
  const marked = sheet.querySelector("[aria-selected=true]");
  for (const old of sheet.querySelectorAll("[data-found]")) old.remove();
  const people = [...(found?.querySelectorAll("[data-found]") ?? [])].map((one) => document.importNode(one, true));
  document.getElementById("goal-search").before(...people);
  tellNone();
  if (people.length && (!marked?.isConnected || "search" in marked.dataset)) mark(people[0]);
}

function tellNone() {
  document.getElementById("palette-none").hidden = shown().some((one) => !("search" in one.dataset));
}

function narrow() {
  const words = fold(field().value).split(/\s+/).filter(Boolean);
  const search = document.getElementById("goal-search");
  for (const one of all()) one.hidden = !words.every((word) => fold(one.textContent).includes(word));
  search.hidden = !words.length;
  search.querySelector("strong").textContent = field().value.trim();
  tellNone();
  clearTimeout(asking);
  asking = setTimeout(findPeople, PAUSE);
  const first = shown().find((one) => fold(one.querySelector("span").textContent).startsWith(words[0] ?? ""));
  mark(first ?? shown()[0]);
}

function option(id, words, mark) {
  const made = document.createElement("li");
  const said = document.createElement("span");
  made.id = id;
  made.setAttribute("role", "option");
  said.textContent = words;
  made.append(mark, said);
  return made;
}

// What a key presses, and what has only a name; of several that are called alike each says which it is.
function addKeys() {
  const rows = [...document.querySelectorAll("#keys [data-presses]")].filter(({ dataset: { presses } }) => keyed(presses) || "z?".includes(presses));
  const pressed = rows.map((row) => {
    const kbd = document.createElement("kbd");
    kbd.textContent = row.dataset.presses;
    const made = option(`goal-key-${row.dataset.presses.codePointAt(0)}`, row.querySelector("dd").textContent, kbd);
    made.dataset.presses = row.dataset.presses;
    return made;
  });
  const named = [...document.querySelectorAll("#keys [data-names]")].flatMap((row) => {
    const found = within(`[data-named="${row.dataset.names}"]`);
    return found.map((element, at) => {
      const made = option(`goal-${row.dataset.names}-${at}`, row.textContent, document.createElement("span"));
      made.acts = element;
      const which = document.createElement("span");
      which.className = "muted small";
      which.textContent = element.title || element.textContent.trim();
      if (found.length > 1) made.append(which);
      return made;
    });
  });
  document.getElementById("palette-list").prepend(...pressed, ...named);
}

function go(option) {
  const { presses } = option.dataset;
  const href = "search" in option.dataset ? option.dataset.href + encodeURIComponent(field().value.trim()) : option.dataset.href;
  before = null;
  sheet.close();
  if (href) location.assign(href);
  else if (option.acts) act(option.acts);
  else if (presses === "?") showMap();
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
  if (!(await Promise.all([fetchSheet(), fetchedMap()]))[0]) return;
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
