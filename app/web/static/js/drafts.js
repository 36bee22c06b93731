// What somebody writes is kept at the server: the first letter at once, because it tells colleagues who answers, then
// whenever the hand rests. One version after the other, and none after the text was sent.
const REST = 700;
const fields = ["text", "voice", "revision", "saved", "key", "csrf_token"];
let line = Promise.resolve();
let timer = null;
let again = null; // what was pressed for letters that are to be carried over

const areas = () => [...document.querySelectorAll("#composer textarea[data-keep]")];
const store = (area) => `porchlight.draft.${area.closest("#composer").dataset.conversation}.${area.id}`;
const also = (form) => [...form.querySelectorAll("[name=also]:checked")].map((box) => box.value);
const state = (area) => area.value + " " + also(area.form);

export function writing() {
  return areas().some((area) => area.value.trim());
}

function say(area, what) {
  const place = area.form.querySelector(".kept");
  if (place) place.textContent = what ? place.dataset[what] : "";
}

// The same text in two windows of one person: they choose, nothing is overwritten. Where the other text has left, this one is
// kept on; what the conversation says of it is told with its news.
function elsewhere(area, told) {
  if (!told.text) {
    area.form.elements.revision.value = told.revision;
    document.dispatchEvent(new Event("talk-stale"));
    return send(area);
  }
  const news = document.getElementById("composer-news");
  news.replaceChildren(document.getElementById("composer-elsewhere").content.cloneNode(true));
  const choose = (text) => {
    area.form.elements.revision.value = told.revision;
    area.value = text;
    news.replaceChildren();
    area.focus();
    area.dispatchEvent(new Event("input", { bubbles: true }));
  };
  news.querySelector("[data-other]").addEventListener("click", () => choose(told.text));
  news.querySelector("[data-this]").addEventListener("click", () => choose(area.value));
}

async function send(area) {
  const now = state(area);
  if (area.kept === now || area.spent) return;
  const body = new URLSearchParams();
  for (const name of fields) if (area.form.elements[name]) body.set(name, area.form.elements[name].value);
  for (const value of also(area.form)) body.append("also", value);
  try {
    const answer = await fetch(area.dataset.keep, { method: "POST", body, keepalive: body.toString().length < 60000, headers: { "HX-Request": "true" } });
    if (answer.status === 409) return elsewhere(area, await answer.json());
    if (!answer.ok) throw new Error(answer.status);
    const told = await answer.json();
    area.form.elements.revision.value = told.revision;
    area.kept = now;
    sessionStorage.removeItem(area.spare);
    say(area, told.revision ? "kept" : "");
    if (told.revision && !told.mine) document.dispatchEvent(new Event("talk-stale"));
  } catch {
    say(area, "notKept");
    timer ??= setTimeout(keep, 10 * REST);
  }
}

// Everything that is not kept yet; resolves when it is.
export function keep() {
  clearTimeout(timer);
  timer = null;
  for (const area of areas()) if (area.kept !== state(area)) line = line.then(() => send(area));
  return line;
}

// The text leaves with its form: nothing is kept of it any more.
function spend(area) {
  clearTimeout(timer);
  timer = null;
  area.spent = true;
  area.sent = area.value;
}

// Letters that came while the text was on its way, in a form that is about to go: they begin the next text, or stay with
// the one that was not taken.
function carry(area, sent, taken) {
  const { value } = area;
  const spare = store(area);
  const more = !taken ? value : sent.startsWith(value) ? "" : value.startsWith(sent) ? value.slice(sent.length) : value;
  if (more) sessionStorage.setItem(spare, more);
  else sessionStorage.removeItem(spare);
  again = more && taken && area.again ? { spare, send: area.again } : null;
}

function adopt() {
  for (const area of areas()) {
    if ("kept" in area) continue;
    area.spare = store(area);
    const early = area.value !== area.defaultValue; // letters that were quicker than this script
    const spare = early ? area.value : sessionStorage.getItem(area.spare);
    area.kept = spare === null ? state(area) : null; // a spare text may not be at the server, even where it stands in the form
    if (spare !== null) {
      area.value = spare;
      area.dispatchEvent(new Event("input", { bubbles: true }));
    }
    if (again?.spare === area.spare) {
      const button = area.form.querySelector(`[data-send="${again.send}"]`);
      again = null;
      setTimeout(() => button?.click());
    }
  }
}

function touched(event) {
  const area = event.target.matches("[name=also]") ? event.target.form.querySelector("textarea") : event.target;
  if (!area.matches("#composer textarea[data-keep]")) return;
  sessionStorage.setItem(area.spare, area.value); // until the server has it
  const first = area.kept === null || area.kept.startsWith(" ") !== state(area).startsWith(" ");
  say(area, "");
  clearTimeout(timer);
  timer = setTimeout(keep, first ? 0 : REST);
}
document.addEventListener("input", touched);

// Sending, and what adds to a draft at the server, waits until all of it is there. The form may have been shown anew
// meanwhile; then its twin goes.
document.addEventListener("htmx:confirm", (event) => {
  const form = event.target.closest?.("form[data-after-keeping]");
  if (!form || event.target !== form) return;
  event.preventDefault();
  const own = form.querySelector("textarea[data-keep]");
  if (own?.spent) {
    // Pressed twice: once more only for what was written since, when its turn comes.
    if (own.value !== own.sent) own.again = event.detail.triggeringEvent?.submitter?.dataset.send;
    return;
  }
  if (own) clearTimeout(timer);
  else keep();
  line.then(() => {
    if (own) spend(own);
    const twin = form.isConnected ? null : [...document.forms].find((one) => one.action === form.action);
    if (twin) twin.requestSubmit();
    else event.detail.issueRequest(true);
  });
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const { elt, formData } = event.detail.requestConfig;
  if (!elt.matches?.("form[data-after-keeping]")) return; // whatever else is swapped sent no text
  const area = elt.querySelector("textarea[data-keep]");
  if (area?.isConnected) carry(area, formData.get("text"), event.detail.xhr.status < 400); // refused is no error to htmx
});
document.addEventListener("htmx:afterRequest", (event) => {
  const area = event.detail.elt.querySelector?.("textarea[data-keep]");
  if (!area?.isConnected) return;
  area.spent = false; // it did not leave after all, and has to be kept
  timer ??= setTimeout(keep, REST);
});
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.target?.id === "talk" && !event.target.closest("[data-after-keeping]")) keep();
});
addEventListener("pagehide", keep);
document.addEventListener("visibilitychange", () => document.hidden && keep());

adopt();
document.addEventListener("htmx:load", adopt);
