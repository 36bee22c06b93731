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

let leaving = false;

export const askForNews = oneAtATime(async () => {
  if (!list()) return;
  const answer = await fetch(address(), { headers: { "HX-Request": "true" } });
  if (answer.ok) take(await answer.text());
  else if (answer.status === 401 && !leaving) {
    leaving = true;
    location.reload(); // signed out: the page itself asks to sign in, and comes back here
  }
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
