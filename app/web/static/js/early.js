// Before anything is drawn: the widths somebody gave to the panes.
try {
  const widths = JSON.parse(localStorage.getItem("porchlight.panes") ?? "{}");
  for (const [name, width] of Object.entries(widths)) document.documentElement.style.setProperty(`--${name}`, `${width}px`);
} catch {
  // Without storage every visit begins with the usual widths.
}
