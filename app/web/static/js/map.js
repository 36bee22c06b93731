// The map of keys, fetched when it is first asked for. There, too, single keys are switched off on this computer.
import { keysOn, STORE, tell, within } from "./keys.js";

let asked = null;

// The map is the inbox's; on another screen a key does what stands on the button there.
function redraw(map) {
  const list = map.querySelector("dl");
  const [only] = [...list.children].filter((row) => row.dataset.presses === "?");
  const drawn = new Map();
  for (const element of within("[data-key]")) {
    const row = only.cloneNode(true);
    row.dataset.presses = row.querySelector("kbd").textContent = element.dataset.key;
    row.querySelector("dd").textContent = element.title.replace(/ \([^)]+\)$/, "") || element.textContent.trim() || element.placeholder;
    drawn.set(element.dataset.key, row);
  }
  list.replaceChildren(...drawn.values(), ...[...list.children].filter((row) => "everywhere" in row.dataset && !drawn.has(row.dataset.presses)));
  for (const row of map.querySelectorAll("[data-names]")) row.hidden = !within(`[data-named="${row.dataset.names}"]`).length;
  const named = map.querySelector(".named");
  named.hidden = !named.querySelector("li:not([hidden])");
}

async function fetchMap() {
  const answer = await fetch("/inbox/keys", { headers: { "HX-Request": "true" } });
  if (!answer.ok) throw new Error(answer.status);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const map = document.importNode(page.getElementById("keys"), true);
  const styled = new Promise((done) => {
    const style = map.querySelector("link");
    style.onload = style.onerror = done;
  });
  if (!document.getElementById("list")) redraw(map);
  document.body.append(map);
  await styled;
  const box = map.querySelector("#keys-on");
  box.checked = keysOn();
  box.addEventListener("change", () => {
    localStorage.setItem(STORE, box.checked ? "on" : "off");
    tell();
  });
  return map;
}

// The dialog; null while there is no connection.
export async function fetched() {
  asked ??= fetchMap();
  try {
    return await asked;
  } catch {
    asked = null;
    return null;
  }
}

export async function show() {
  const map = await fetched();
  if (!document.querySelector("dialog[open]")) map?.showModal();
}
