// The composer: counts the platform's way, keeps what is not sent yet, sends with Ctrl+Enter, and tells when the
// conversation changed under the writer's hands.
import { onKey } from "./keys.js";

const encoder = new TextEncoder();
const composer = () => document.getElementById("composer");
const store = (area) => `porchlight.draft.${area.closest("#composer").dataset.conversation}.${area.id}`;

export function length(text, unit) {
  return unit === "bytes" ? encoder.encode(text).length : [...text].length;
}

function count(area) {
  const line = document.getElementById("reply-count");
  if (!area.dataset.limit || !line) return;
  const n = length(area.value.trim(), area.dataset.unit);
  if (n) line.textContent = line.dataset.text.replace("%(n)s", n.toLocaleString(document.documentElement.lang));
  line.classList.toggle("over", n > Number(area.dataset.limit));
}

function keep(area) {
  if (area.value.trim()) sessionStorage.setItem(store(area), area.value);
  else sessionStorage.removeItem(store(area));
}

function adopt() {
  for (const area of composer()?.querySelectorAll("textarea") ?? []) {
    if (area.dataset.adopted) continue;
    area.dataset.adopted = "yes";
    if (area.value) keep(area);
    else area.value = sessionStorage.getItem(store(area)) ?? "";
    count(area);
  }
}

export function writing() {
  return [...(composer()?.querySelectorAll("textarea") ?? [])].some((area) => area.value.trim());
}

document.addEventListener("input", (event) => {
  if (!event.target.matches("#composer textarea")) return;
  keep(event.target);
  count(event.target);
});

function speak(mode) {
  const radio = document.getElementById(`mode-${mode}`);
  if (!radio) return false;
  radio.checked = true;
  document.getElementById(`${mode}-text`)?.focus();
  return true;
}
onKey((key) => (key === "r" ? speak("reply") : key === "n" && speak("note")));
document.addEventListener("click", (event) => {
  const label = event.target.closest?.("label.mode");
  if (label && event.target.tagName !== "INPUT") setTimeout(() => speak(label.querySelector("input").value));
});

document.addEventListener("keydown", (event) => {
  const area = event.target.closest?.("#composer textarea");
  if (!area) return;
  if (event.key === "Escape") area.blur();
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  const wanted = event.shiftKey ? "wait" : "done";
  const button = area.form.querySelector(`[data-send="${wanted}"]`) ?? area.form.querySelector("[data-send]");
  button.click();
});

// What was taken needs no keeping; what was refused does.
document.addEventListener("htmx:beforeSwap", (event) => {
  const area = event.detail.requestConfig.elt.closest?.("#composer form")?.querySelector("textarea");
  if (area && event.detail.xhr.status < 400) sessionStorage.removeItem(store(area));
});
document.addEventListener("submit", (event) => {
  if (window.htmx || !event.target.closest("#composer")) return;
  for (const area of event.target.querySelectorAll("textarea")) sessionStorage.removeItem(store(area));
});

export function changed(version) {
  const fields = composer()?.querySelectorAll('input[name="version"]') ?? [];
  const seen = () => fields.forEach((field) => (field.value = version));
  if (!writing()) return seen();
  const news = document.getElementById("composer-news");
  news.replaceChildren(document.getElementById("composer-changed").content.cloneNode(true));
  news.querySelector("[data-seen]").addEventListener("click", () => {
    seen();
    news.replaceChildren();
    composer().querySelector("textarea")?.focus();
  });
}

adopt();
document.addEventListener("htmx:load", adopt);
