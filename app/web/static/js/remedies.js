// The sign-off screen stays true while it is open. The list is exchanged in place. The remedy beside it never is: somebody
// may be about to sign what they have read; a word says that it has changed.
async function refresh() {
  const answer = await fetch(location.href);
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  exchange(document.querySelector(".remedy-list"), fresh.querySelector(".remedy-list"));
  const open = document.querySelector(".remedy");
  const now = fresh.querySelector(".remedy");
  const changed = open && open.dataset.mark !== now?.dataset.mark;
  if (open) document.getElementById("remedy-changed").hidden = !changed;
}

function exchange(list, fresh) {
  if (!list || !fresh) return;
  const chosen = new Set([...list.querySelectorAll("input:checked")].map((box) => box.value));
  const typed = list.querySelector("input[type=password]")?.value;
  const focused = list.contains(document.activeElement) && document.activeElement.getAttribute("href");
  list.replaceChildren(...fresh.childNodes);
  for (const box of list.querySelectorAll("input[type=checkbox]")) box.checked = chosen.has(box.value);
  const password = list.querySelector("input[type=password]");
  if (password && typed) password.value = typed;
  if (focused) [...list.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus();
}

document.addEventListener("remedies-changed", refresh);
