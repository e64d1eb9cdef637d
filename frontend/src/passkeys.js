// Forms with data-passkey ask the browser for a passkey: "create" one, or "get" one that there is, and then send it.
// The options come with the page (a JSON element named by data-options) or are fetched from where the form goes.

async function optionsOf(form) {
  const kept = document.getElementById(form.dataset.options ?? "");
  if (kept) return JSON.parse(kept.textContent);
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`The portal answered ${answer.status}.`);
  return answer.json();
}

async function credentialFor(form) {
  const options = await optionsOf(form);
  if (form.dataset.passkey === "create") {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options.creation_options.publicKey);
    return navigator.credentials.create({ publicKey });
  }
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options.request_options.publicKey);
  return navigator.credentials.get({ publicKey });
}

async function send(form) {
  const problem = form.querySelector("[data-passkey-problem]");
  const button = form.querySelector("button");
  problem.hidden = true;
  button.disabled = true;
  try {
    const credential = await credentialFor(form);
    form.elements.credential.value = JSON.stringify(credential.toJSON());
    form.submit();
  } catch {
    // Cancelled, timed out, no such key, or already registered: the browser has said which.
    problem.hidden = false;
    button.disabled = false;
  }
}

export function usePasskeys() {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
      form.querySelector("[data-passkey-missing]").hidden = false;
      form.querySelector("button").disabled = true;
      continue;
    }
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(form);
    });
  }
}
