// The palette: Ctrl+K (⌘K) or its button opens it, arrow keys walk what was found, Enter opens that.
// What is found comes from the server; here is only what a combobox does (ARIA Authoring Practices).
const dialog = document.getElementById("palette");
const field = dialog?.querySelector("[role=combobox]");
const options = () => [...dialog.querySelectorAll("[role=option]")];
let shownFor = null; // the words that the shown list answers
let opensFirst = false; // Enter came before the answer did

function choose(option) {
  for (const each of options()) each.setAttribute("aria-selected", String(each === option));
  field.setAttribute("aria-expanded", String(Boolean(option)));
  field.setAttribute("aria-controls", option ? "found_list" : "found");
  if (option) field.setAttribute("aria-activedescendant", option.id);
  else field.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

const chosen = () => dialog.querySelector('[role=option][aria-selected="true"]');

function move(step) {
  const all = options();
  if (all.length) choose(all[(all.indexOf(chosen()) + step + all.length) % all.length]);
}

const keys = {
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  Enter: () => {
    if (shownFor === field.value) chosen()?.click();
    else opensFirst = true;
  },
};

function onKey(event) {
  if (event.isComposing || !keys[event.key]) return; // Enter also ends the writing of a Chinese word
  event.preventDefault();
  keys[event.key]();
}

function show(htmx) {
  if (!dialog.open) dialog.showModal();
  field.focus();
  field.select();
  shownFor = null;
  htmx.trigger(field.form, "palette:open");
}

export function findEverywhere(htmx) {
  if (!dialog) return;
  document.addEventListener("keydown", (event) => {
    const isPalette = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k";
    if (!isPalette) return;
    event.preventDefault();
    show(htmx);
  });
  document.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-close-palette]")) dialog.close();
    if (!event.target.closest("[data-open-palette]") || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    show(htmx);
  });
  field.addEventListener("keydown", onKey);
  field.form.addEventListener("htmx:afterRequest", () => {
    shownFor = field.value;
    choose(options()[0]);
    if (opensFirst) chosen()?.click();
    opensFirst = false;
  });
}
