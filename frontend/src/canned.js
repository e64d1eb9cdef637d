// Canned replies: opening the list asks what to look for, and a choice goes into the text where the caret stands.
function insert(field, text) {
  const [start, end] = [field.selectionStart, field.selectionEnd];
  field.setRangeText(text, start, end, "end");
  field.dispatchEvent(new Event("input", { bubbles: true })); // the draft is kept
  field.focus();
}

export function insertCannedReplies() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    const field = button?.closest("form")?.querySelector("textarea[name=text]");
    if (!field) return;
    insert(field, button.dataset.insert);
    button.closest("details").open = false;
  });
  document.addEventListener(
    "toggle",
    (event) => {
      if (event.target.matches?.("[data-canned]") && event.target.open) event.target.querySelector("input").focus();
    },
    true,
  );
}
