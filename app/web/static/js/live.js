// News from the server: a stream says what changed, the page fetches it. Without a stream (another server, a proxy in the
// way) the page looks by itself every few seconds; a lost stream is taken up again after a while that differs for each page.
import { ring } from "./bell.js";
import { openId } from "./list.js";
import { askForNews } from "./news.js";
import { readAgain } from "./talk.js";

const POLL = 5000;
const LONGEST = 60000;
let stream = null;
let polling = null;
let later = null;
let wait = 2000;
let missed = false;

function lookAtAll() {
  ring();
  askForNews();
  readAgain();
}

function poll(on) {
  if (on && !polling) polling = setInterval(lookAtAll, POLL);
  if (!on && polling) polling = void clearInterval(polling);
}

function heard(event) {
  // Ids have 64 bits, more than a JavaScript number holds: they are read as text.
  const id = /"id": *(\d+)/.exec(event.data)?.[1];
  const { kind } = JSON.parse(event.data);
  if (kind === "conversation" && (id === "0" || id === openId())) readAgain();
  else if (kind === "contact" && id === document.getElementById("talk")?.dataset.contact) readAgain();
  else if (kind === "inbox") askForNews();
  else if (kind === "notice") ring();
}

function listen() {
  stream = new EventSource("/live");
  stream.addEventListener("open", () => {
    wait = 2000;
    poll(false);
    document.documentElement.dataset.live = "stream";
    if (missed) lookAtAll();
    missed = false;
  });
  stream.addEventListener("changed", heard);
  stream.addEventListener("error", () => {
    stream.close(); // the browser would come back after a fixed time, with all others
    missed = true;
    poll(true);
    document.documentElement.dataset.live = "polling";
    later = setTimeout(listen, wait * (0.5 + Math.random()));
    wait = Math.min(wait * 2, LONGEST);
  });
}

// A browser opens six connections to a server and no more: tabs that nobody looks at hold none.
function rest() {
  clearTimeout(later);
  stream?.close();
  poll(false);
  missed = true;
}

if (document.getElementById("count-notices")) {
  if (!document.hidden) listen();
  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : listen()));
}
