// What is new in the list: a pill says how many. Rows that colleagues changed are shown as they are now, in their place.
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

async function take(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const pill = page.getElementById("news-pill");
  if (pill) (await import("./arrivals.js")).show(pill);
  else document.getElementById("news-pill")?.remove();
  makeTrue(page.getElementById("true"));
}

let leaving = false;

export const askForNews = oneAtATime(async () => {
  if (!list()) return;
  const answer = await fetch(address(), { headers: { "HX-Request": "true" } });
  if (answer.ok) await take(await answer.text());
  else if (answer.status === 401 && !leaving) {
    leaving = true;
    location.reload(); // signed out: the page itself asks to sign in, and comes back here
  }
});

document.addEventListener("list-stale", async () => (await import("./arrivals.js")).reload());
