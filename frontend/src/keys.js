// Single-key shortcuts: never inside a field, and off for whoever switched them off in the help dialog.
const setting = "portal.shortcuts";
let lastKey = "";

const typing = (element) => element.closest("input, select, textarea, [contenteditable=true]") !== null;
const allowed = () => localStorage.getItem(setting) !== "off";
const searchField = () => document.querySelector("[data-search]");
const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent !== null);

function moveBetweenRows(step) {
  const all = rows();
  const next = all[Math.min(Math.max(all.indexOf(document.activeElement.closest("[data-row]")) + step, 0), all.length - 1)];
  (next?.querySelector("a.row-title") ?? next?.querySelector("a[href]") ?? next)?.focus();
}

const thisRow = () => document.activeElement.closest("[data-row]");

function goTo(letter) {
  document.querySelector(`[data-go="${letter}"]`)?.click();
}

function toggleHelp() {
  const dialog = document.getElementById("shortcuts");
  if (dialog?.open) dialog.close();
  else dialog?.showModal();
}

const actions = {
  "/": () => searchField()?.focus(),
  "?": toggleHelp,
  j: () => moveBetweenRows(1),
  k: () => moveBetweenRows(-1),
  o: () => thisRow()?.querySelector("a.row-title, a[href]")?.click(),
  x: () => thisRow()?.querySelector("input[type=checkbox]")?.click(),
};

function openSwitcher() {
  const switcher = document.querySelector("[data-switcher]");
  if (switcher) switcher.open = true;
}

function onKey(event) {
  if (event.ctrlKey && event.altKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openSwitcher();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || !allowed()) return;
  const before = lastKey;
  lastKey = event.key;
  const button = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (before === "g") goTo(event.key);
  else if (button && !document.querySelector("dialog[open]")) button.click();
  else if (actions[event.key] && !document.querySelector("dialog[open]:not(#shortcuts)")) {
    event.preventDefault();
    actions[event.key]();
  }
}

export function listenForKeys() {
  document.addEventListener("keydown", onKey);
  document.querySelector("[data-open-shortcuts]")?.addEventListener("click", toggleHelp);
  const choice = document.querySelector("[data-shortcuts-choice]");
  if (!choice) return;
  choice.checked = allowed();
  choice.addEventListener("change", () => localStorage.setItem(setting, choice.checked ? "on" : "off"));
}
