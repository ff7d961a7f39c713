// "Viewed" ticks while reviewing. Contract: in a section's header <label hidden><input type="checkbox"
// data-viewed="request:section"> Viewed</label>, the section in [data-viewed-content] (what was said about it in
// [data-said] apart); [data-viewed-count] shows how far
// one is. A tick is kept in this browser under a digest of the section's text: another text, another tick.

async function digest(text) {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(bytes).slice(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Return the storage, or nothing where the person has switched it off. */
function kept() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

const ticks = [...document.querySelectorAll("[data-viewed]")];
const store = kept();

function count() {
  const done = ticks.filter((tick) => tick.checked).length;
  for (const place of document.querySelectorAll("[data-viewed-count]")) place.textContent = `${done} of ${ticks.length} viewed`;
}

async function begin(tick) {
  const label = tick.closest("label");
  const section = tick.closest("[data-viewed-content]");
  const read = section.cloneNode(true);
  for (const extra of read.querySelectorAll("[data-said], label")) extra.remove();
  const text = read.textContent.replace(/\s+/g, " ");
  const key = `viewed:${tick.dataset.viewed}`;
  const mark = await digest(text);
  tick.checked = store.getItem(key) === mark;
  label.hidden = false;
  section.classList.toggle("seen", tick.checked);
  tick.addEventListener("change", () => {
    if (tick.checked) store.setItem(key, mark);
    else store.removeItem(key);
    section.classList.toggle("seen", tick.checked);
    count();
  });
}

// Digests need a secure context; without one, or without storage, there are no ticks.
if (store && crypto.subtle && ticks.length) Promise.all(ticks.map(begin)).then(count);
