// Words that come and go: can be closed, and leave by themselves unless they report trouble or somebody is at them.
const SECONDS = 6;

function adopt(flash) {
  if (flash.dataset.adopted) return;
  flash.dataset.adopted = "yes";
  const close = flash.querySelector("[data-close]");
  close.hidden = false;
  close.addEventListener("click", () => flash.remove());
  if (flash.classList.contains("bad")) return;
  const wait = Number(flash.dataset.flash || SECONDS) * 1000;
  const leave = () => (flash.matches(":hover, :focus-within") ? setTimeout(leave, 1000) : flash.remove());
  setTimeout(leave, wait);
}

function adoptAll() {
  document.querySelectorAll("[data-flash]").forEach(adopt);
}

adoptAll();
new MutationObserver(adoptAll).observe(document.getElementById("flashes"), { childList: true });

// What was offered and taken up is over: its key means what was done before that.
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.elt.matches(".flash-text form") && [200, 404, 409].includes(detail.xhr.status)) detail.elt.closest(".flash").remove();
});

// A request that never arrived says so; what was written stands where it was.
document.addEventListener("htmx:sendError", () => {
  const flashes = document.getElementById("flashes");
  flashes.append(document.getElementById("flash-offline").content.cloneNode(true));
});
