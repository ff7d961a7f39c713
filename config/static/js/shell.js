// Small habits of every page: focus where there is something to say, questions before grave steps, selects that act.

/** Move focus to an error summary or an answer that has just appeared. */
function focusNews(root) {
  const news = root.querySelector("[data-focus]");
  if (news) {
    news.focus({ preventScroll: true });
    news.scrollIntoView({ block: "nearest" });
  }
}

/** A link in an error summary goes to its field, also inside a closed <details>. */
function goToField(event) {
  const link = event.target.closest(".errors a[href^='#']");
  const field = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (!field) return;
  event.preventDefault();
  field.closest("details:not([open])")?.setAttribute("open", "");
  field.focus();
  field.closest(".field, tr, fieldset")?.scrollIntoView({ block: "center" });
}

/** <button data-confirm="Sentence"> asks first; without this script it simply acts. */
function confirmFirst(event) {
  const button = event.submitter;
  const dialog = document.getElementById("confirm");
  if (!button?.dataset.confirm || button.dataset.confirmed || !dialog) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  dialog.querySelector("p").textContent = button.dataset.confirm;
  dialog.querySelector("[data-yes]").textContent = button.textContent.trim();
  dialog.returnValue = "";
  dialog.onclose = () => {
    if (dialog.returnValue !== "yes") return button.focus();
    button.dataset.confirmed = "yes";
    button.form.requestSubmit(button);
    delete button.dataset.confirmed;
  };
  dialog.showModal();
}

document.addEventListener("click", goToField);
document.addEventListener("submit", confirmFirst, true);
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
});
document.addEventListener("htmx:afterSwap", (event) => focusNews(event.detail.target.parentElement ?? document));
focusNews(document);

// The narrow navigation and rows of tabs are scrolling strips: bring the current place into view.
document.querySelectorAll(":is(.side, .tabs) [aria-current]").forEach((place) => place.scrollIntoView({ block: "nearest", inline: "center" }));
