// The review screen. [data-passkey="address"]: a button that fetches there what the passkey is to sign, puts its answer
// into the form's hidden field `passkey` and submits. J and K follow rel=next and rel=prev where shortcuts are on.

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

/** Ask the passkey to sign what the server sent, and return its answer as the server reads it. */
async function confirmed(form, address) {
  const headers = { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
  const answer = await fetch(address, { method: "POST", headers });
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
  const { publicKey } = await answer.json();
  const allowCredentials = (publicKey.allowCredentials ?? []).map((each) => ({ ...each, id: bytes(each.id) }));
  const options = { ...publicKey, challenge: bytes(publicKey.challenge), allowCredentials };
  const { id, rawId, type, response } = await navigator.credentials.get({ publicKey: options });
  const { clientDataJSON, authenticatorData, signature, userHandle } = response;
  const said = { clientDataJSON: text(clientDataJSON), authenticatorData: text(authenticatorData), signature: text(signature) };
  if (userHandle) said.userHandle = text(userHandle);
  return JSON.stringify({ id, rawId: text(rawId), type, response: said, clientExtensionResults: {} });
}

for (const button of document.querySelectorAll("[data-passkey]")) {
  button.hidden = !window.PublicKeyCredential;
  button.addEventListener("click", async () => {
    const { form } = button;
    const said = form.querySelector("[data-passkey-said]");
    try {
      form.elements.passkey.value = await confirmed(form, button.dataset.passkey);
      form.submit();
    } catch (error) {
      said.textContent = `The passkey did not confirm: ${error.message}`;
    }
  });
}

document.addEventListener("keydown", (event) => {
  const wanted = { j: "next", k: "prev" }[event.key];
  if (!wanted || event.ctrlKey || event.metaKey || event.altKey || !("shortcuts" in document.body.dataset)) return;
  if (event.target.matches("input, textarea, select, [contenteditable]")) return;
  document.querySelector(`a[rel=${wanted}]`)?.click();
});
