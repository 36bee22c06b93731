// An open menu closes when somebody presses Escape or goes elsewhere.
function close(menu, back) {
  menu.open = false;
  if (back) menu.querySelector("summary").focus();
}

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) close(menu, false);
  }
});
// Whoever opens one to write something can begin at once.
document.addEventListener("toggle", (event) => event.target.open && event.target.querySelector?.("[data-focus]")?.focus(), true);
document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt.closest?.("details.menu[open]")) event.detail.elt.querySelector("[data-focus]")?.focus();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  const menu = document.querySelector("details.menu[open]");
  if (!menu) return;
  event.preventDefault(); // it was meant for the menu alone
  close(menu, true);
});
