// Everything that makes the pages quicker to use; each works without it.
import "./times.js";
import { holdKeys } from "./keys.js";
import "./list.js";
import "./pick.js";
import "./news.js";
import "./live.js";

// Writing comes with the first conversation that is opened. Keys wait for it, and so do a text that is sent before it is
// there and whatever would put another conversation in place of one: what keeps drafts has to know that the text leaves.
let writing = null;
function write() {
  const meanwhile = new AbortController();
  if (!writing) for (const kind of ["htmx:confirm", "keydown"]) document.addEventListener(kind, hold, meanwhile);
  writing ??= import("./write.js").catch(() => {}).finally(() => meanwhile.abort());
  holdKeys(writing);
}
const begun = () => [...document.querySelectorAll("#composer textarea")].some((area) => area.value !== area.defaultValue);
function hold(event) {
  const { target, key, ctrlKey, metaKey, shiftKey } = event;
  const sends = key === "Enter" && (ctrlKey || metaKey) && target.matches("#composer textarea");
  const asks = event.type === "htmx:confirm";
  const form = asks && target.matches("form[data-after-keeping]");
  const leaves = asks && !form && event.detail.target?.id === "talk" && begun();
  if (!sends && !form && !leaves) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (leaves) return void writing.then(() => event.detail.issueRequest(true));
  const again = new KeyboardEvent("keydown", { key, ctrlKey, metaKey, shiftKey, bubbles: true });
  const button = event.detail.triggeringEvent?.submitter;
  // Pressed again, not sent: what writing brings may have something else for this button to do.
  writing.then(() => (sends ? target.dispatchEvent(again) : button ? button.click() : target.requestSubmit()));
}
if (document.getElementById("composer")) write();
document.addEventListener("htmx:beforeRequest", (event) => event.detail.target?.id === "talk" && write());
import "./duty.js";

// What few reach for is fetched when they do.
for (const kind of ["pointerover", "focusin"]) {
  document.addEventListener(kind, ({ target }) => {
    if (target.matches?.("[data-pane]")) import("./panes.js");
    if (target.matches?.("[list=zones]")) import("./zones.js");
    if (target.matches?.("#bulk .menu *")) import("./enter.js");
  });
}

// What a wait looks like is asked for when there is something to wait for.
addEventListener("htmx:beforeRequest", () => {
  const sheet = new URL("../css/wait.css", import.meta.url).href;
  document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: sheet }));
}, { once: true });

// Who else is here, and what writing needs, come when the page has come to rest.
if (document.getElementById("list")) {
  setTimeout(() => {
    import("./presence.js");
    write();
    const href = new URL("../css/write.css", import.meta.url);
    document.head.append(Object.assign(document.createElement("link"), { rel: "prefetch", href }));
  }, 3000);
}
