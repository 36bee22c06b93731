// What is new counts itself: a list whose filters are known says so at once, without asking. Loaded with the first news.
const counted = new WeakMap(); // what was heard of since a list was made

function holds(lists, told) {
  return Object.entries(JSON.parse(lists)).every(([name, ids]) => ids.includes(told[name]));
}

function more() {
  const shape = document.getElementById("news-shape");
  const pill = document.getElementById("news-pill");
  if (!pill) return document.getElementById("news").replaceChildren(document.importNode(shape.content, true));
  const n = Number(pill.dataset.count) + 1;
  pill.dataset.count = n;
  pill.querySelector("span").textContent = n < 100 ? shape.dataset.more.replace("%(n)s", n) : shape.dataset.most;
}

// Something new waits for us. The answer is whether the rest can wait: counts, and nothing that stands in the rows.
export function hearOf(id, told) {
  const shown = document.getElementById("list");
  if (!shown) return true;
  if (!("holds" in shown.dataset)) return false;
  const known = counted.get(shown) ?? counted.set(shown, new Set()).get(shown);
  if (holds(shown.dataset.holds, told) && !known.has(id)) {
    known.add(id);
    more();
  }
  return !document.getElementById(`row-${id}`);
}
