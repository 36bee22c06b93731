// What is new counts itself: a list whose filters are known says so at once, without asking. Loaded with the first news.
const counted = new WeakMap(); // what was heard of since a list was made

// Whether a list has it; undefined where nobody can say.
function holds(lists, stands) {
  const wanted = Object.entries(JSON.parse(lists));
  if (wanted.some(([name, ids]) => name in stands && ![stands[name]].flat().some((one) => ids.includes(one)))) return false;
  return wanted.every(([name]) => name in stands) || undefined;
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
export function hearOf(id, stands) {
  const shown = document.getElementById("list");
  if (!shown) return true;
  if (!("holds" in shown.dataset)) return false;
  const known = counted.get(shown) ?? counted.set(shown, new Set()).get(shown);
  const held = holds(shown.dataset.holds, stands);
  if (held === undefined) return false;
  if (held && !known.has(id)) {
    known.add(id);
    more();
  }
  return !document.getElementById(`row-${id}`);
}
