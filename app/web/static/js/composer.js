// The composer: counts the platform's way, sends with Ctrl+Enter, and tells when the conversation changed under the
// writer's hands. Saved replies and colleagues' names are fetched when somebody asks for them first.
import { writing } from "./drafts.js";
import { onKey } from "./keys.js";

const encoder = new TextEncoder();
const composer = () => document.getElementById("composer");
const lines = () => [...document.querySelectorAll("#thread .said-line")];
// Our answers keep their number when the page shows them.
const mark = (line) => line.dataset.own ?? line.id;
let known = new Set();

export async function length(text, unit) {
  if (unit === "bytes") return encoder.encode(text).length;
  return unit === "characters" ? [...text].length : (await import("./lengths.js")).length(text, unit);
}

async function count(area) {
  const line = area.form.querySelector(".length");
  if (!area.dataset.limit || !line) return;
  const n = await length(area.value.trim(), area.dataset.unit);
  if (n) line.textContent = line.dataset.text.replace("%(n)s", n.toLocaleString(document.documentElement.lang));
  line.classList.toggle("over", n > Number(area.dataset.limit));
}

function adopt() {
  for (const area of composer()?.querySelectorAll("textarea") ?? []) {
    if (area.dataset.adopted) continue;
    area.dataset.adopted = "yes";
    known = new Set(lines().map(mark));
    area.setSelectionRange(area.value.length, area.value.length); // one goes on where one stopped
    if (document.activeElement === area) typed(area);
    else count(area);
  }
}

// The picker comes when it is first needed; keys that were meant for it wait until it is there.
let coming = null;
function pick(area, how) {
  coming = import("./picker.js").then((picker) => {
    coming = null;
    picker[how](area);
    return picker;
  });
}

function typed(area) {
  count(area);
  const before = area.value.slice(0, area.selectionStart);
  if (area.dataset.picks ? /(^|\s)\/[^\s/]*$/.test(before) : /(^|\s)@[^\n@]{0,30}$/.test(before)) pick(area, "look");
}
document.addEventListener("input", ({ target }) => target.matches("#composer textarea") && typed(target));
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-pick]");
  if (!button) return;
  event.preventDefault();
  pick(button.form.querySelector("textarea"), "open");
});

export function speak(mode) {
  const radio = document.getElementById(`mode-${mode}`);
  if (!radio) return false;
  radio.checked = true;
  document.getElementById(`${mode}-text`)?.focus();
  return true;
}
onKey((key) => (key === "r" ? speak("reply") || speak("private") : key === "p" ? speak("private") : key === "n" && speak("note")));
document.addEventListener("click", (event) => {
  const label = event.target.closest?.("label.mode");
  if (label && event.target.tagName !== "INPUT") setTimeout(() => speak(label.querySelector("input").value));
});

export function sendBy(area, event) {
  const wanted = event.shiftKey ? "wait" : "done";
  const button = area.form.querySelector(`[data-send="${wanted}"]`) ?? area.form.querySelector("[data-send]");
  button.click();
}

// An earlier answer, put where the caret is.
function reuse(button) {
  const area = document.getElementById("reply-text");
  area.setRangeText(button.closest(".similar-one").querySelector("[data-fill]").textContent, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
  area.focus();
}
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-use]");
  if (button) reuse(button);
});
document.addEventListener("keydown", (event) => {
  const button = event.altKey && document.querySelectorAll("#composer-similar [data-use]")[Number(event.code.replace("Digit", "")) - 1];
  if (!button || event.target.id !== "reply-text") return;
  event.preventDefault();
  reuse(button);
});

document.addEventListener("keydown", (event) => {
  const proposed = event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.closest?.(".proposal textarea");
  if (proposed) {
    event.preventDefault();
    return proposed.form.requestSubmit();
  }
  const area = event.target.closest?.("#composer textarea");
  if (!area || event.defaultPrevented) return;
  if (coming && ["Enter", "Tab"].includes(event.key)) {
    const { key, ctrlKey, metaKey, shiftKey } = event;
    coming.then((picker) => picker.press({ key, ctrlKey, metaKey, shiftKey }));
    return event.preventDefault();
  }
  if (event.key === "Escape") area.blur();
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  sendBy(area, event);
});

// What one did oneself, here or in another window, is no news; an answer that one sent from there is.
function changed({ version, withoutOwn, seenTo }) {
  const fields = [...(composer()?.querySelectorAll('input[name="version"]') ?? [])];
  const fresh = lines().filter((line) => !known.has(mark(line)));
  const own = fresh.filter((line) => "own" in line.dataset);
  const others = fresh.filter((line) => !("own" in line.dataset));
  const seen = () => {
    fields.forEach((field) => (field.value = version));
    composer()?.querySelectorAll('input[name="seen"]').forEach((field) => (field.value = seenTo));
    known = new Set(lines().map(mark));
  };
  const mine = fields.every((field) => field.value >= Number(withoutOwn));
  if (!writing() || (mine && !own.length)) return seen();
  const news = document.getElementById("composer-news");
  news.replaceChildren(document.getElementById("composer-changed").content.cloneNode(true));
  const text = news.querySelector("[data-one]");
  if (mine) text.textContent = text.dataset.own;
  else if (others.length) text.textContent = others.length === 1 ? text.dataset.one : text.dataset.many.replace("%(n)s", others.length);
  const shown = mine ? own : others;
  const look = news.querySelector("[data-look]");
  look.hidden = !shown.length;
  look.addEventListener("click", () => shown[0].scrollIntoView({ block: "center" }));
  news.querySelector("[data-seen]").addEventListener("click", () => {
    seen();
    news.replaceChildren();
    composer().querySelector("textarea")?.focus();
  });
}

document.addEventListener("talk-changed", (event) => changed(event.detail));

adopt();
document.addEventListener("htmx:load", adopt);
