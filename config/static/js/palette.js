// ⌘K palette, "/" search, "?" help. Switched off with the person's shortcuts: then the dialogs are not in the page.

const palette = document.getElementById("palette");
const help = document.getElementById("shortcuts");
const typing = (target) => target.matches("input, textarea, select, [contenteditable]");

if (palette) {
  const input = palette.querySelector("input");
  const list = palette.querySelector("[role=listbox]");
  const options = () => [...list.querySelectorAll("[role=option]:not([hidden])")];
  const chosen = () => list.querySelector("[aria-selected=true]:not([hidden])");

  const select = (option) => {
    for (const each of list.children) each.setAttribute("aria-selected", String(each === option));
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  };

  const open = () => {
    input.value = "";
    for (const option of list.children) option.hidden = false;
    palette.showModal();
    select(options()[0]);
  };

  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    for (const option of list.children) option.hidden = !option.textContent.toLowerCase().includes(wanted);
    select(options()[0] ?? null);
  });

  input.addEventListener("keydown", (event) => {
    const shown = options();
    const place = shown.indexOf(chosen());
    if (event.key === "ArrowDown") select(shown[(place + 1) % shown.length]);
    else if (event.key === "ArrowUp") select(shown.at(place - 1));
    else if (event.key === "Enter" && chosen()) location.assign(chosen().dataset.href);
    else return; // Enter without a match submits the form: a search
    event.preventDefault();
  });

  list.addEventListener("click", (event) => {
    const option = event.target.closest("[data-href]");
    if (option) location.assign(option.dataset.href);
  });

  for (const dialog of [palette, help]) {
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  }

  document.addEventListener("keydown", (event) => {
    if ((event.metaKey || event.ctrlKey) && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (palette.open) palette.close();
      else open();
    } else if (event.metaKey || event.ctrlKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) {
      return;
    } else if (event.key === "/") {
      event.preventDefault();
      document.getElementById("search").focus();
    } else if (event.key === "?") {
      help.showModal();
    }
  });
}
