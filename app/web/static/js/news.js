// What is new in the list: a pill says how many, nothing moves until somebody presses it. Rows that colleagues changed are
// shown as they are now, in their place.
import { openId } from "./list.js";
import { oneAtATime } from "./once.js";
import { makeTrue } from "./rows.js";

const list = () => document.getElementById("list");

function address() {
  const rows = [...document.querySelectorAll("#rows .row")];
  const shown = rows.slice(0, 200).map((row) => `${row.id.slice(4)}.${row.dataset.version}`);
  const url = new URL(list().dataset.news, location.href);
  if (shown.length) url.searchParams.set("shown", shown.join(","));
  if (openId()) url.searchParams.set("open", openId());
  return url;
}

function take(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const pill = page.getElementById("news-pill");
  const shown = document.getElementById("news-pill");
  if (!pill) shown?.remove();
  else if (!shown) document.getElementById("news").replaceChildren(pill);
  else if (shown.textContent !== pill.textContent) shown.replaceWith(pill);
  makeTrue(page.getElementById("true"));
}

const counted = new WeakMap(); // what was heard of since a list was made

function holds(lists, told) {
  return Object.entries(JSON.parse(lists)).every(([name, ids]) => ids.includes(told[name]));
}

function more() {
  const shape = document.getElementById("news-shape");
  const room = document.getElementById("news");
  if (!document.getElementById("news-pill")) room.replaceChildren(document.importNode(shape.content, true));
  else {
    const pill = document.getElementById("news-pill");
    pill.dataset.count = Number(pill.dataset.count) + 1;
    const n = Number(pill.dataset.count);
    pill.querySelector("span").textContent = n < 100 ? shape.dataset.more.replace("%(n)s", n) : shape.dataset.most;
  }
}

// Something new waits for us. A list whose filters are known says so at once, without asking; the answer is whether the
// rest can wait: counts, and nothing that stands in its rows.
export function hearOf(id, told) {
  const shown = list();
  if (!shown) return true;
  if (!("holds" in shown.dataset)) return false;
  const known = counted.get(shown) ?? counted.set(shown, new Set()).get(shown);
  if (holds(shown.dataset.holds, told) && !known.has(id)) {
    known.add(id);
    more();
  }
  return !document.getElementById(`row-${id}`);
}

export const askForNews = oneAtATime(async () => {
  if (!list()) return;
  const answer = await fetch(address(), { headers: { "HX-Request": "true" } });
  if (answer.ok) take(await answer.text());
  else if (answer.status === 401) location.reload(); // signed out: the page itself asks to sign in, and comes back here
});

async function reload() {
  const known = new Set([...document.querySelectorAll("#rows .row")].map((row) => row.id));
  const url = new URL(list().dataset.here, location.href);
  if (openId()) url.searchParams.set("open", openId());
  await window.htmx.ajax("GET", url.pathname + url.search, { target: "#list", swap: "outerHTML" });
  const fresh = [...document.querySelectorAll("#rows .row")].filter((row) => !known.has(row.id));
  for (const row of fresh) row.classList.add("fresh");
  return fresh;
}

document.addEventListener("click", async (event) => {
  if (!event.target.closest("#news-pill") || !window.htmx) return;
  event.preventDefault();
  const fresh = await reload();
  const first = fresh[0] ?? document.querySelector("#rows .row");
  first?.scrollIntoView({ block: "nearest" });
  first?.querySelector("a").focus({ preventScroll: true });
});
document.addEventListener("list-stale", reload);
