// The theme is kept on the server and in <html data-bs-theme>; a click shows it at once while the form is sent.
export function switchThemeAtOnce() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=theme]");
    if (!button) return;
    document.documentElement.dataset.bsTheme = button.value.toLowerCase();
    for (const each of document.querySelectorAll("button[name=theme]")) {
      each.setAttribute("aria-pressed", String(each.value === button.value));
    }
  });
}
