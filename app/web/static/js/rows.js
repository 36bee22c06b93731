// Puts rows and counts where they belong, as they are now: in their place, without moving anything else. While the pointer
// is in the list a row keeps its height, so that nothing moves under it.
import { tellChosen } from "./pick.js";
import { refresh } from "./times.js";

const underPointer = () => document.getElementById("list").matches(":hover");

function holdHeight(row, height) {
  if (row.getBoundingClientRect().height === height) return;
  row.style.height = `${height}px`;
  row.classList.add("held");
}

document.addEventListener("pointerout", (event) => {
  const list = event.target.closest?.("#list");
  if (!list || list.contains(event.relatedTarget)) return;
  for (const row of list.querySelectorAll(".row.held")) {
    row.classList.remove("held");
    row.style.height = "";
  }
});

function put(row) {
  const old = document.getElementById(row.id);
  if (!old) return;
  const focused = old.contains(document.activeElement);
  const fresh = document.importNode(row, true);
  fresh.querySelector(".pick input").checked = old.querySelector(".pick input").checked;
  fresh.querySelector(".row-here")?.replaceChildren(...(old.querySelector(".row-here")?.childNodes ?? []));
  const height = underPointer() && old.getBoundingClientRect().height;
  old.replaceWith(fresh);
  window.htmx?.process(fresh);
  refresh(fresh);
  if (height) holdHeight(fresh, height);
  if (focused) fresh.querySelector("a").focus({ preventScroll: true });
}

export function makeTrue(told) {
  for (const row of told.querySelector("template[data-rows]")?.content.children ?? []) put(row);
  const gone = [...told.querySelectorAll("[data-gone]")].map((one) => document.getElementById(one.dataset.gone)).filter(Boolean);
  for (const row of gone) row.remove();
  // A list that has become empty goes on with what comes after, or says why there is nothing.
  if (gone.length && !document.querySelector("#rows .row")) document.dispatchEvent(new Event("list-stale"));
  tellChosen();
  for (const count of told.querySelectorAll("[data-count]")) {
    const shown = document.getElementById(count.dataset.count);
    if (!shown) continue;
    shown.textContent = count.textContent;
    shown.classList.toggle("attention", "asks" in count.dataset);
    const quiet = shown.closest("[data-quiet]");
    if (quiet) quiet.hidden = !shown.textContent && !quiet.querySelector("[aria-current]");
  }
}

document.addEventListener("htmx:oobAfterSwap", (event) => {
  if (event.detail.target.id === "true") makeTrue(event.detail.target);
});
