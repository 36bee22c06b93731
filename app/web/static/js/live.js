// News from the server: a stream says what changed, the page fetches it. Each message has a number; coming back, the page
// names the last it heard and is told what came after. Without a stream (another server, a proxy in the way) the page looks
// by itself every few seconds. Nothing is done by all pages at the same moment.
import { openId } from "./list.js";
import { askForNews } from "./news.js";

const POLL = 5000;
const SHORTEST = 1500;
const LONGEST = 60000;
const EACH = 5; // milliseconds that the server needs for a page that asks
const REST = 10; // times longer may wait what nobody waits for
let at = document.querySelector('meta[name="live"]')?.content ?? "";
let among = 1;
let stream = null;
let polling = null;
let retry = null;
let wait = SHORTEST;

// The number of what one has been told: most days there is nothing to do about it.
const ring = () => import("./bell.js").then((bell) => bell.ring());

// What keeps the open conversation true comes with it.
const readAgain = () => openId() && import("./talk.js").then((talk) => talk.readAgain());

const tellRemedies = () => document.dispatchEvent(new Event("remedies-changed"));

function lookAtAll() {
  ring();
  tellRemedies();
  askForNews();
  readAgain();
}

function poll(on) {
  if (on && !polling) {
    const next = () => (polling = setTimeout(() => (lookAtAll(), next()), POLL * (0.75 + Math.random() / 2)));
    next();
  }
  if (!on && polling) polling = void clearTimeout(polling);
}

// Among many listeners each waits a moment of its own before it asks; what comes meanwhile is asked for at once.
const planned = new Map();
function soon(work, longest = Math.min(among * EACH, POLL)) {
  const due = Date.now() + Math.random() * longest;
  const before = planned.get(work);
  if (before && before.due <= due) return;
  clearTimeout(before?.timer);
  planned.set(work, { due, timer: setTimeout(() => (planned.delete(work), work()), due - Date.now()) });
}

const arrived = (id, stands) =>
  import("./arrivals.js").then(
    ({ hearOf }) => soon(askForNews, Math.min(among * EACH, POLL) * (hearOf(id, stands) ? REST : 1)),
    () => soon(askForNews),
  );

function heard(event) {
  at = event.lastEventId || at;
  // Ids have 64 bits, more than a JavaScript number holds: they are read as text.
  const id = /"id": *(\d+)/.exec(event.data)?.[1];
  const { kind, stands } = JSON.parse(event.data);
  if (kind === "conversation" && (id === "0" || id === openId())) soon(readAgain);
  else if (kind === "contact" && id === document.getElementById("talk")?.dataset.contact) soon(readAgain);
  else if (kind === "inbox" || kind === "counts") soon(askForNews);
  else if (kind === "page") import("./arrivals.js").then(({ fill }) => soon(fill));
  else if (kind === "news") arrived(id, stands);
  else if (kind === "notice") ring();
  else if (kind === "remedies") soon(tellRemedies);
  else if (kind === "presence") document.dispatchEvent(new CustomEvent("presence-changed", { detail: id }));
  else if (kind === "all") soon(lookAtAll, Math.min(among * EACH * 3, POLL));
}

function here(event) {
  const told = JSON.parse(event.data);
  among = told.among;
  at = told.at || at;
}

function listen() {
  stream = new EventSource(`/live?after=${encodeURIComponent(at)}`);
  stream.addEventListener("open", () => {
    wait = SHORTEST;
    poll(false);
    document.documentElement.dataset.live = "stream";
  });
  stream.addEventListener("changed", heard);
  stream.addEventListener("here", here);
  stream.addEventListener("error", () => {
    stream.close(); // the browser would come back after a fixed time, with all others
    poll(true);
    document.documentElement.dataset.live = "polling";
    clearTimeout(retry);
    retry = setTimeout(listen, wait * (0.5 + Math.random()));
    wait = Math.min(wait * 1.25, LONGEST);
  });
}

// A browser opens six connections to a server and no more: tabs that nobody looks at hold none.
function rest() {
  clearTimeout(retry);
  stream?.close();
  poll(false);
}

const told = document.getElementById("count-notices");
if (told) {
  if (told.textContent) import("./bell.js");
  if (!document.hidden) listen();
  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : listen()));
}
