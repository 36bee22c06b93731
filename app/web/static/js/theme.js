// Light or dark: what the system says until somebody presses the button. A cookie tells the server, so no page flashes.
const root = document.documentElement;
const YEAR = 31536000;

function dark() {
  const chosen = root.dataset.theme;
  return chosen === "auto" ? matchMedia("(prefers-color-scheme: dark)").matches : chosen === "dark";
}

for (const button of document.querySelectorAll("[data-theme-toggle]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const chosen = dark() ? "light" : "dark";
    root.dataset.theme = chosen;
    document.cookie = `theme=${chosen}; path=/; max-age=${YEAR}; samesite=lax`;
  });
}
