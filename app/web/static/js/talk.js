// The open conversation is kept true: its parts are fetched again when something changed, without touching the composer,
// the place one reads at, or a part somebody is using.
import { oneAtATime } from "./once.js";
import { refresh } from "./times.js";

const talk = () => document.querySelector("#talk[data-id]");

function using(part) {
  // What asks from a place that is gone is never heard to have been answered.
  if (part.querySelector(".htmx-request")) return true;
  if (part.id === "thread") return part.querySelector("details.menu[open]") !== null;
  const focused = part.contains(document.activeElement) && document.activeElement.matches("select, input, textarea");
  return focused;
}

function replace(part, fresh) {
  const open = new Set([...part.querySelectorAll("details[data-keep][open]")].map((one) => one.dataset.keep));
  for (const one of fresh.querySelectorAll("details[data-keep]")) one.open = open.has(one.dataset.keep);
  const known = new Set([...part.querySelectorAll(".said-line")].map((line) => line.id));
  const key = part.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  part.replaceWith(fresh);
  if (part.id === "thread") {
    for (const line of fresh.querySelectorAll(".said-line")) if (!known.has(line.id)) line.classList.add("fresh");
  }
  window.htmx.process(fresh);
  refresh(fresh);
  if (key) fresh.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}

export const readAgain = oneAtATime(async () => {
  const shown = talk();
  if (!shown || !window.htmx) return;
  const answer = await fetch(shown.dataset.href, { headers: { "HX-Request": "true", "HX-Target": "talk" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("talk");
  if (!fresh || talk() !== shown) return;
  const scroller = document.getElementById("talk-scroll");
  const top = scroller.scrollTop;
  for (const part of shown.querySelectorAll("[data-part]")) {
    const next = fresh.querySelector(`#${part.id}`);
    if (next && !using(part)) replace(part, document.importNode(next, true));
  }
  scroller.scrollTop = top;
  shown.dataset.contact = fresh.dataset.contact;
  if (fresh.dataset.version !== shown.dataset.version) {
    shown.dataset.version = fresh.dataset.version;
    document.dispatchEvent(new CustomEvent("talk-changed", { detail: fresh.dataset }));
  }
});

document.addEventListener("talk-stale", readAgain);

// A conversation opens where there is something to do: at an answer that one may approve, or at what is answered; not at the first of two hundred comments.
function goToWork() {
  const scroller = document.getElementById("talk-scroll");
  const proposed = document.querySelector('#thread .proposal:has([data-key="A"])');
  const line = proposed ?? [...document.querySelectorAll("#thread .answered, #thread .said-line:has(.delivery)")].at(-1);
  if (!scroller || !line || scroller.dataset.placed) return;
  scroller.dataset.placed = "yes";
  // What scrolls is the thread, the whole conversation, or the page; the composer may stand over it.
  const end = Math.min(document.getElementById("composer").getBoundingClientRect().top, innerHeight);
  if (line.getBoundingClientRect().bottom > end) line.scrollIntoView({ block: "center" });
}

goToWork();
document.addEventListener("htmx:load", goToWork);
