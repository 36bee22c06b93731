// Several rows at once: x chooses the row at hand, shift a range; keys that act then act on all that are chosen.
import { onKey } from "./keys.js";

const boxes = () => [...document.querySelectorAll("#rows .pick input")];
const chosen = () => boxes().filter((box) => box.checked);
let last = null;

export function tellChosen() {
  const count = document.getElementById("bulk-count");
  const n = chosen().length;
  document.getElementById("list")?.classList.toggle("choosing", n > 0);
  if (count && n) count.textContent = n === 1 ? count.dataset.one : count.dataset.more.replace("%(n)s", n);
}

function choose(box, wholeRange) {
  const all = boxes();
  const from = wholeRange && last?.isConnected ? all.indexOf(last) : all.indexOf(box);
  const to = all.indexOf(box);
  for (const one of all.slice(Math.min(from, to), Math.max(from, to) + 1)) one.checked = box.checked;
  last = box;
  tellChosen();
}

document.addEventListener("click", (event) => {
  if (event.target.matches?.("#rows .pick input")) choose(event.target, event.shiftKey);
});
document.addEventListener("htmx:load", tellChosen);
document.addEventListener("reset", () => setTimeout(tellChosen)); // only then are the boxes empty

onKey((key) => {
  const many = chosen();
  if (key === "x" || key === "X") {
    const row = document.activeElement?.closest?.("#rows .row") ?? document.querySelector("#rows .row:has([aria-current])");
    const box = (row ?? document.querySelector("#rows .row"))?.querySelector(".pick input");
    if (!box) return false;
    box.checked = key === "X" || !box.checked;
    choose(box, key === "X");
    return true;
  }
  if (!many.length) return false;
  if (key === "Escape") {
    for (const box of many) box.checked = false;
    tellChosen();
    return true;
  }
  const button = document.querySelector(`#bulk [data-bulk="${CSS.escape(key)}"]`);
  button?.click();
  return Boolean(button);
});
