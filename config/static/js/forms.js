// Formsets: add a row, dim a removed one. Contract: [data-formset="prefix"] holds the management form, [data-row] rows,
// a <template> with a __prefix__ row and a hidden [data-add] button. Without this script the server's extra rows serve.

function addRow(formset) {
  const total = formset.querySelector(`[name="${formset.dataset.formset}-TOTAL_FORMS"]`);
  const template = formset.querySelector("template");
  const holder = document.createElement(template.content.querySelector("tr") ? "tbody" : "div");
  holder.innerHTML = template.innerHTML.replaceAll("__prefix__", total.value);
  const rows = [...holder.children];
  const last = [...formset.querySelectorAll("[data-row]")].at(-1);
  if (last) last.after(...rows);
  else if (formset.querySelector("[data-rows]")) formset.querySelector("[data-rows]").append(...rows);
  else template.before(...rows);
  total.value = Number(total.value) + 1;
  for (const row of rows) window.htmx?.process(row);
  rows[0].querySelector("input:not([type=hidden]), select, textarea")?.focus();
  formset.dispatchEvent(new Event("input", { bubbles: true }));
}

for (const button of document.querySelectorAll("[data-formset] [data-add]")) button.hidden = false;

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-formset] [data-add]");
  if (button) addRow(button.closest("[data-formset]"));
});

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-row] input[name$='-DELETE']")) return;
  event.target.closest("[data-row]").classList.toggle("removed", event.target.checked);
});

// A condition is drawn anew when its kind changes; what was typed while the server answered wins over what it echoes.
// Carried over in the very turn that swaps: a timer later, the person may already have typed into the new fields.
const FIELDS = "input, select, textarea";
const sent = new WeakMap();
let kept = [];

function shown(row) {
  return new Map([...row.querySelectorAll(FIELDS)].map((field) => [field, `${field.checked} ${field.value}`]));
}

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.target.matches("[data-row]")) sent.set(detail.target, shown(detail.target));
});

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const before = sent.get(detail.target) ?? new Map();
  kept = [...before.keys()].filter((field) => before.get(field) !== `${field.checked} ${field.value}`);
});

document.addEventListener("htmx:afterSwap", () => {
  const fields = kept.map((old) => [old, document.getElementsByName(old.name)[0]]);
  for (const [old, field] of fields.filter(([old, field]) => field && field !== old)) {
    field.checked = old.checked;
    field.value = old.value;
    setTimeout(() => field.dispatchEvent(new Event("input", { bubbles: true })), 50); // once htmx listens to it
  }
  kept = [];
});
