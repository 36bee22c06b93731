// Who else is here: says every few seconds what this page shows, and shows who is looking and writing, on the rows and in
// the conversation. Nothing is said while nobody looks at the page.
import { openId } from "./list.js";
import { oneAtATime } from "./once.js";

const BEAT = 8000;
let last = null;
let timer = null;

const rows = () => [...document.querySelectorAll("#rows .row")].slice(0, 60).map((row) => row.id.slice(4));
const token = () => document.querySelector('meta[name="csrf-token"]').content;
const isWriting = () => [...document.querySelectorAll("#composer .public textarea")].some((area) => area.value.trim());

function put(slot, fresh) {
  if (slot && slot.innerHTML !== fresh) slot.innerHTML = fresh;
}

const beat = oneAtATime(async () => {
  if (document.hidden || !document.getElementById("list")) return;
  clearTimeout(timer);
  timer = setTimeout(beat, BEAT * (0.9 + Math.random() / 5));
  const open = openId();
  const body = new URLSearchParams({ rows: rows().join(","), csrf_token: token() });
  if (open) body.set("open", open);
  if (last && last !== open) body.set("left", last);
  if (isWriting()) body.set("writing", "yes");
  last = open;
  const answer = await fetch("/inbox/here", { method: "POST", body, headers: { "HX-Request": "true" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const of = (id) => page.querySelector(`[data-of="${id}"]`)?.innerHTML ?? "";
  for (const id of rows()) put(document.querySelector(`#row-${id} .row-here`), of(id));
  // One's own draft stands in the composer itself.
  const others = [...page.querySelectorAll(`[data-of="${open}"] .here-one`)].map((one) => one.outerHTML).join("");
  if (openId() === open) put(document.querySelector("#talk-here"), others);
});

document.addEventListener("presence-changed", ({ detail: id }) => {
  if (id === openId() || document.getElementById(`row-${id}`)) beat();
});

document.addEventListener("htmx:afterSettle", (event) => ["talk", "list"].includes(event.detail.elt.id) && beat());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) beat();
  else if (last) fetch("/inbox/here", { method: "POST", body: new URLSearchParams({ left: last, csrf_token: token() }), headers: { "HX-Request": "true" }, keepalive: true }).catch(() => {});
});
beat();
