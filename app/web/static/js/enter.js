// Many at once is one form with much to do: Enter in a field does what stands after it.
document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (event.key !== "Enter" || event.isComposing || !field.matches("#bulk .menu input")) return;
  event.preventDefault();
  const after = (button) => field.compareDocumentPosition(button) & Node.DOCUMENT_POSITION_FOLLOWING;
  [...field.form.querySelectorAll("[type=submit]")].find(after)?.click();
});
