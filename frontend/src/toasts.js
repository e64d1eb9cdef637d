// Says in words that a request failed, once per kind of failure, and takes messages away after they could be read.
const secondsToRead = 8;

function showToast(template) {
  const region = document.getElementById("toasts");
  const source = document.getElementById(template);
  if (!region || !source || region.querySelector(`[data-from="${template}"]`)) return;
  const toast = source.content.firstElementChild.cloneNode(true);
  toast.dataset.from = template;
  region.append(toast);
}

function templateFor(status) {
  if (status === 403) return "toast-forbidden";
  if (status === 404) return "toast-gone";
  if (status === 409) return "toast-changed";
  if (status === 413) return "toast-large";
  if (status === 429) return "toast-often";
  return status >= 500 || status === 0 ? "toast-failed" : null;
}

export function toastOnErrors() {
  document.addEventListener("htmx:responseError", (event) => {
    const template = templateFor(event.detail.xhr.status);
    if (template) showToast(template);
  });
  for (const lost of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(lost, () => showToast("toast-offline"));
  }
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) document.querySelector('#toasts [data-from="toast-offline"]')?.remove();
  });
}

function fadeWhenRead(toast) {
  let seconds = 0;
  const timer = setInterval(() => {
    seconds += toast.matches(":hover, :focus-within") || document.hidden ? 0 : 1;
    if (seconds < secondsToRead) return;
    clearInterval(timer);
    toast.remove();
  }, 1000);
}

export function dismissToasts() {
  const region = document.getElementById("toasts");
  if (!region) return;
  region.addEventListener("click", (event) => event.target.closest("[data-dismiss]")?.closest(".toast-note").remove());
  const fadeAll = (nodes) => nodes.forEach((node) => node.matches?.("[data-fades]") && fadeWhenRead(node));
  fadeAll([...region.children]);
  new MutationObserver((changes) => changes.forEach((change) => fadeAll([...change.addedNodes]))).observe(region, { childList: true });
}
