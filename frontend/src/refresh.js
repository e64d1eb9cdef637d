// Pages redraw themselves; this keeps that from disturbing the person who reads or types.

// A morph must not close what a person opened, nor overwrite the field that has the cursor.
export function keepWhatThePersonDoes(Idiomorph) {
  Idiomorph.defaults.ignoreActiveValue = true;
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, element) =>
    !(name === "open" && element.matches("details, dialog"));
}

// A page that redraws itself says so: only what the person does keeps the session from ending.
export function tellRefreshesApart() {
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.elt.getAttribute("hx-trigger")?.includes("every ")) event.detail.headers["X-Background"] = "1";
  });
}

// A hidden tab asks for nothing; "portal:visible" on the body lets it catch up at once when it is seen again.
export function restWhenHidden(htmx) {
  document.addEventListener("htmx:beforeRequest", (event) => {
    const polls = event.detail.elt.getAttribute("hx-trigger")?.includes("every ");
    if (document.hidden && polls) event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) htmx.trigger(document.body, "portal:visible");
  });
}

// An ended session answers a fragment with the sign-in page: show that page, never put it inside this one.
export function signInAgain() {
  document.addEventListener("htmx:beforeSwap", (event) => {
    const answered = event.detail.xhr.responseURL;
    const signIn = document.body.dataset.signIn;
    const endedOnSignIn = signIn && answered && new URL(answered).pathname === signIn;
    if (endedOnSignIn || event.detail.xhr.status === 401) {
      event.detail.shouldSwap = false;
      event.detail.isError = false;
      window.location.reload();
    }
  });
}

// A form that needs a fresh proof of who sits there answers 403 with a toast that says so; what was typed stays.
export function showWhatIsAskedFirst() {
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (xhr.status !== 403 || xhr.getResponseHeader("HX-Retarget") !== "#toasts") return;
    document.getElementById("confirm-first")?.remove();
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  });
}

// Filters change the address without a new page: what is taken along as a file is what the list shows now.
export function keepFilesInStep() {
  document.addEventListener("htmx:pushedIntoHistory", () => {
    const query = new URLSearchParams(window.location.search);
    query.delete("page");
    for (const link of document.querySelectorAll("a[data-with-filters]")) link.search = query.toString();
  });
}
