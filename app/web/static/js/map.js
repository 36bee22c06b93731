// The map of keys, fetched when it is first asked for. There, too, single keys are switched off on this computer.
import { keysOn, STORE, tell } from "./keys.js";

let asked = null;

async function fetchMap() {
  const answer = await fetch("/inbox/keys", { headers: { "HX-Request": "true" } });
  if (!answer.ok) throw new Error(answer.status);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const map = document.importNode(page.getElementById("keys"), true);
  document.body.append(map);
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
