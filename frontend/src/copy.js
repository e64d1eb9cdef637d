// Buttons with data-copy put that text into the clipboard and say so for a moment.
const shownFor = 1600;

async function copy(button) {
  await navigator.clipboard.writeText(button.dataset.copy);
  const word = button.querySelector("[role=status]");
  word.textContent = button.dataset.copied;
  setTimeout(() => (word.textContent = ""), shownFor);
}

export function copyOnClick() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button && navigator.clipboard) copy(button);
  });
}
