// The edges between panes can be moved, by pointer or arrow keys; where they were put is remembered on this computer.
const LIMITS = { list: [240, 560], side: [220, 480] };
const USUAL = { list: 340, side: 288 };
const widths = JSON.parse(localStorage.getItem("porchlight.panes") ?? "{}");

function put(handle, width) {
  const name = handle.dataset.pane;
  const [least, most] = LIMITS[name];
  widths[name] = Math.round(Math.min(Math.max(width, least), most));
  document.documentElement.style.setProperty(`--${name}`, `${widths[name]}px`);
  localStorage.setItem("porchlight.panes", JSON.stringify(widths));
  tell(handle);
}

function tell(handle) {
  const name = handle.dataset.pane;
  handle.dataset.ready = "yes";
  handle.setAttribute("aria-valuenow", widths[name] ?? USUAL[name]);
}

const sign = (handle) => (handle.dataset.pane === "side" ? -1 : 1);
const width = (handle) => widths[handle.dataset.pane] ?? USUAL[handle.dataset.pane];

document.addEventListener("pointerdown", (event) => {
  const handle = event.target.closest?.("[data-pane]");
  if (!handle) return;
  event.preventDefault();
  const from = event.clientX;
  const was = width(handle);
  handle.setPointerCapture(event.pointerId);
  const move = (to) => put(handle, was + sign(handle) * (to.clientX - from));
  handle.addEventListener("pointermove", move);
  handle.addEventListener("lostpointercapture", () => handle.removeEventListener("pointermove", move), { once: true });
});
document.addEventListener("dblclick", (event) => {
  const handle = event.target.closest?.("[data-pane]");
  if (handle) put(handle, USUAL[handle.dataset.pane]);
});
document.addEventListener("keydown", (event) => {
  const handle = event.target.closest?.("[data-pane]");
  const step = { ArrowLeft: -16, ArrowRight: 16 }[event.key];
  if (!handle || !step) return;
  event.preventDefault();
  put(handle, width(handle) + sign(handle) * step);
});

const tellAll = () => document.querySelectorAll("[data-pane]").forEach(tell);
tellAll();
document.addEventListener("htmx:load", tellAll);
