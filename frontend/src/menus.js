// Menus are <details data-menu>: this closes them outside and on Escape, and walks their links with the arrow keys.
const openMenus = () => document.querySelectorAll("details[data-menu][open]");
const itemsOf = (menu) => [...menu.querySelectorAll("summary ~ * :is(a[href], button, input, select)")].filter((item) => item.offsetParent !== null);

function closeOthers(target) {
  for (const menu of openMenus()) if (!menu.contains(target)) menu.open = false;
}

function onKey(event) {
  const menu = event.target.closest?.("details[data-menu][open]");
  if (!menu) return;
  if (event.key === "Escape") {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const items = itemsOf(menu);
    const step = event.key === "ArrowDown" ? 1 : -1;
    const next = items[(items.indexOf(document.activeElement) + step + items.length) % items.length];
    event.preventDefault();
    next?.focus();
  }
}

export function closeMenusOutside() {
  document.addEventListener("click", (event) => closeOthers(event.target));
  document.addEventListener("focusin", (event) => closeOthers(event.target));
  document.addEventListener("keydown", onKey);
  // The customer switcher starts in its search field.
  document.addEventListener("toggle", (event) => event.target.open && event.target.querySelector("[data-switcher-search]")?.focus(), true);
}
