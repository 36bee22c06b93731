// A screenshot in the clipboard is pasted into the field for pictures, wherever on the page one is.
const field = document.querySelector("input[data-takes-pasted]");

function paste(event) {
  const pasted = [...(event.clipboardData?.files ?? [])].filter((file) => field.accept.split(",").includes(file.type));
  if (!pasted.length) return;
  event.preventDefault();
  const all = new DataTransfer();
  for (const file of [...field.files, ...pasted].slice(0, Number(field.dataset.takesPasted))) all.items.add(file);
  field.files = all.files;
  field.focus();
}

if (field) {
  document.querySelector("[data-pasted]").hidden = false;
  document.addEventListener("paste", paste);
}
