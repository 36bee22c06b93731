// What is new counts itself: a list whose filters are known says so at once, without asking. Loaded with the first news.
import { openId } from "./list.js";

const counted = new WeakMap(); // what was heard of since a list was made

// Whether a list has it; undefined where nobody can say.
function holds(lists, stands) {
  const wanted = Object.entries(JSON.parse(lists));
  if (wanted.some(([name, ids]) => name in stands && ![stands[name]].flat().some((one) => ids.includes(one)))) return false;
  return wanted.every(([name]) => name in stands) || undefined;
}

function more() {
  const shape = document.getElementById("news-shape");
  const pill = document.getElementById("news-pill");
  if (!pill) return document.getElementById("news").replaceChildren(document.importNode(shape.content, true));
  const n = Number(pill.dataset.count) + 1;
  pill.dataset.count = n;
  pill.querySelector("span").textContent = n < 100 ? shape.dataset.more.replace("%(n)s", n) : shape.dataset.most;
}

// Something new waits for us. The answer is whether the rest can wait: counts, and nothing that stands in the rows.
export function hearOf(id, stands) {
  const shown = document.getElementById("list");
  if (!shown) return true;
  if (!("holds" in shown.dataset) || !shown.querySelector("#rows .row")) return false;
  const known = counted.get(shown) ?? counted.set(shown, new Set()).get(shown);
  const held = holds(shown.dataset.holds, stands);
  if (held === undefined) return false;
  if (held && !known.has(id)) {
    known.add(id);
    more();
  }
  return !document.getElementById(`row-${id}`);
}

// Show the list as it is now; the answer is the rows that were not in it.
export async function reload() {
  const known = new Set([...document.querySelectorAll("#rows .row")].map((row) => row.id));
  const url = new URL(document.getElementById("list").dataset.here, location.href);
  if (openId()) url.searchParams.set("open", openId());
  await window.htmx.ajax("GET", url.pathname + url.search, { target: "#list", swap: "outerHTML" });
  const fresh = [...document.querySelectorAll("#rows .row")].filter((row) => !known.has(row.id));
  for (const row of fresh) row.classList.add("fresh");
  return fresh;
}

// A list without rows has nothing to move: it becomes what it is now by itself, unless somebody is about to search or filter
// there. The answer is whether it does.
export function fill() {
  const shown = document.getElementById("list");
  if (!shown || shown.querySelector("#rows .row, details[open]") || shown.contains(document.activeElement)) return false;
  reload();
  return true;
}

// Otherwise nothing moves until somebody presses the pill that says how many are new.
export function show(pill) {
  const shown = document.getElementById("news-pill");
  if (fill()) return;
  if (!shown) document.getElementById("news").replaceChildren(pill);
  else if (shown.textContent !== pill.textContent) shown.replaceWith(pill);
}

document.addEventListener("click", async (event) => {
  if (!event.target.closest("#news-pill") || !window.htmx) return;
  event.preventDefault();
  const fresh = await reload();
  const first = fresh[0] ?? document.querySelector("#rows .row");
  first?.scrollIntoView({ block: "nearest" });
  first?.querySelector("a").focus({ preventScroll: true });
});
