// News from the server: a stream says what changed, the page fetches it. Without a stream (another server, a proxy in the
// way) the page looks by itself every few seconds; a lost stream is taken up again after a while that differs for each page.
import { openId } from "./list.js";
import { askForNews } from "./news.js";
import { readAgain } from "./talk.js";

const POLL = 5000;
const LONGEST = 60000;
let polling = null;
let wait = 2000;
let opened = false;

function lookAtAll() {
  askForNews();
  readAgain();
}

function poll(on) {
  if (on && !polling) polling = setInterval(() => document.hidden || lookAtAll(), POLL);
  if (!on && polling) polling = void clearInterval(polling);
}

function heard(event) {
  // Ids have 64 bits, more than a JavaScript number holds: they are read as text.
  const id = /"id": *(\d+)/.exec(event.data)?.[1];
  const { kind } = JSON.parse(event.data);
  if (kind === "conversation" && (id === "0" || id === openId())) readAgain();
  else if (kind === "inbox") askForNews();
}

function listen() {
  const stream = new EventSource("/live");
  stream.addEventListener("open", () => {
    wait = 2000;
    poll(false);
    if (opened) lookAtAll();
    opened = true;
  });
  stream.addEventListener("changed", heard);
  stream.addEventListener("error", () => {
    poll(true);
    if (stream.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    setTimeout(listen, wait * (0.5 + Math.random()));
    wait = Math.min(wait * 2, LONGEST);
  });
}

if (document.getElementById("list")) {
  listen();
  document.addEventListener("visibilitychange", () => document.hidden || lookAtAll());
}
