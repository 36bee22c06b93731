// The list: j and k (or arrows) move, o and Enter open; the open row stays marked; filters apply when they change.
import { onKey } from "./keys.js";

const links = () => [...document.querySelectorAll("#rows .row > a, #rows .more > a")];
export const openId = () => document.querySelector("#talk[data-id]")?.dataset.id ?? null;

function mark() {
  const id = openId();
  for (const link of document.querySelectorAll("#rows .row > a")) {
    if (id && link.parentElement.id === `row-${id}`) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

function move(step) {
  const all = links();
  if (!all.length) return false;
  let at = all.indexOf(document.activeElement);
  if (at < 0) {
    at = all.findIndex((link) => link.hasAttribute("aria-current"));
    if (at < 0) at = step > 0 ? -1 : all.length;
  }
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  return true;
}

onKey((key, target) => {
  const inList = target.closest?.("#list") || target === document.body;
  if (key === "j" || (key === "ArrowDown" && inList)) return move(1);
  if (key === "k" || (key === "ArrowUp" && inList)) return move(-1);
  if (key === "o") {
    const here = document.activeElement?.closest?.("#rows a") ?? links()[0];
    here?.click();
    return Boolean(here);
  }
  if (key === "u") {
    const row = document.querySelector("#rows a[aria-current]") ?? links()[0];
    row?.focus();
    return Boolean(row);
  }
  return false;
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
});

// An address says what was chosen, not what was left open.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-sparse]")) return;
  for (const field of event.target.querySelectorAll("select")) field.disabled = !field.value;
});
addEventListener("pageshow", () => document.querySelectorAll("[data-sparse] select").forEach((one) => (one.disabled = false)));

// htmx takes its leave of each element it replaces with two events, a thousand for a conversation that makes way for another;
// nobody hears them. Heard on the window, after all who want to keep something of what goes.
addEventListener("htmx:beforeSwap", ({ detail: { target, shouldSwap, swapOverride, serverResponse } }) => {
  if (target.id !== "talk" || !shouldSwap || swapOverride === "none") return;
  if (!serverResponse.includes(`data-id="${target.dataset.id}"`)) target.replaceChildren();
});

function showOpen() {
  const row = document.querySelector("#rows a[aria-current]");
  const list = document.getElementById("list");
  if (row && list.scrollHeight > list.clientHeight) row.scrollIntoView({ block: "nearest" });
}

showOpen();
document.addEventListener("htmx:afterSettle", mark);

// After an answer the next conversation is read first: focus leaves the composer, so that single keys work and no letter
// meant as a key lands in a reply.
let shownId = openId();
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.id !== "talk" && event.detail.elt?.id !== "talk") return;
  showOpen();
  const moved = openId() !== shownId;
  shownId = openId();
  const lost = !document.activeElement || document.activeElement === document.body;
  if (!lost && !(moved && document.activeElement.closest("#composer"))) return;
  const row = document.querySelector("#rows a[aria-current]");
  const to = row?.checkVisibility() ? row : document.getElementById("talk-scroll");
  to?.focus({ preventScroll: true });
});
