// While a post is written: how long it is on each platform that it is meant for. The server counts once more.
import { length } from "./lengths.js";

const form = document.querySelector("form[data-lengths]");
const number = (n) => n.toLocaleString(document.documentElement.lang);

// As app/connectors/publishing.py has it: the link stands below the text, unless it has its own place or is named there.
function shown(text, link, apart) {
  return apart || !link || text.includes(link) ? text : `${text}\n\n${link}`;
}

// A text for one platform alone (its line says which) is counted there; the one above it everywhere else.
function meant(area, line) {
  const pages = [...form.querySelectorAll("[name=pages][data-unit]")];
  if (line.dataset.kind) return pages.filter(({ dataset }) => dataset.kind === line.dataset.kind).slice(0, 1);
  return pages.filter((one) => one.checked && !form.elements[`${area.name}-${one.dataset.kind}`]?.value.trim());
}

function count(area) {
  const line = document.getElementById(`l-${area.name}`);
  const text = area.value.trim();
  const platforms = new Map();
  for (const { dataset } of meant(area, line)) {
    platforms.set([dataset.platform, dataset.unit, dataset.most, dataset.apart].join(), dataset);
  }
  const counts = [...platforms.values()].map(({ platform, unit, most, apart }) => {
    const long = length(shown(text, form.elements.link.value.trim(), apart), unit);
    const said = { platform, length: number(long), most: number(Number(most)) };
    const one = document.createElement("span");
    one.textContent = form.dataset.lengths.replace(/%\((\w+)\)s/g, (_, name) => said[name]);
    one.classList.toggle("over", long > Number(most));
    return one;
  });
  line.hidden = !text || !counts.length;
  line.replaceChildren(...counts);
}

const all = () => form.querySelectorAll("textarea").forEach(count);
form.addEventListener("input", all);
all();
