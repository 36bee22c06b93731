// The number of what one has not read, kept true. A conversation before one's eyes counts as read.
import { openId } from "./list.js";
import { oneAtATime } from "./once.js";
import { makeTrue } from "./rows.js";

const number = () => document.getElementById("count-notices");

async function ask(seen) {
  const token = document.querySelector('meta[name="csrf-token"]').content;
  const headers = { "HX-Request": "true", "X-CSRFToken": token };
  const body = new URLSearchParams({ conversation: seen });
  const answer = await fetch(
    seen ? "/notifications/seen" : "/notifications/count",
    seen ? { method: "POST", headers, body } : { headers },
  );
  if (answer.ok) makeTrue(new DOMParser().parseFromString(await answer.text(), "text/html"));
}

export const ring = oneAtATime(async () => {
  if (!number()) return;
  await ask(document.hidden ? null : openId());
  const news = document.getElementById("notices-news");
  if (news && number().textContent) news.hidden = false;
});

// Opening what there is a notification about reads it.
function opened() {
  if (number()?.textContent && openId() && !document.hidden) ring();
}

opened();
document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt.matches?.("#talk") || event.detail.elt.querySelector?.("#talk")) opened();
});
document.addEventListener("visibilitychange", opened);
