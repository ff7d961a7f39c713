// Autosave with a visible state. Contract: <form data-autosave novalidate> with an <output data-save-state>, a hidden
// input "version", and an empty [data-save-conflict] for what the server has to say. Sends the whole form with
// X-Autosave: 1; the answer carries X-Version, X-Saved (words) and X-Given-Ids (field=value for rows that got one).

const PAUSE = 1200;
const RETRY = 8000;
const TOKEN = "csrfmiddlewaretoken";

class Autosave {
  constructor(form) {
    this.form = form;
    this.output = form.querySelector("[data-save-state]");
    this.conflict = form.querySelector("[data-save-conflict]");
    this.dirty = false;
    this.saving = false;
    this.stopped = false;
    this.away = false;
    form.addEventListener("input", () => this.changed());
    form.addEventListener("change", () => this.changed());
    form.addEventListener("focusout", () => this.dirty && this.soon(250));
    form.addEventListener("submit", () => this.leave());
    window.addEventListener("focus", () => this.away && this.back());
    window.addEventListener("online", () => this.dirty && this.soon(0));
    window.addEventListener("beforeunload", (event) => this.dirty && event.preventDefault());
  }

  say(state, words) {
    if (!this.output) return;
    this.output.dataset.state = state;
    this.output.textContent = words;
  }

  changed() {
    this.dirty = true;
    if (this.stopped) return;
    if (!this.saving) this.say("unsaved", "Not saved yet");
    this.soon(PAUSE);
  }

  soon(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), delay);
  }

  leave() {
    clearTimeout(this.timer);
    this.dirty = false;
    this.stopped = true;
  }

  async save() {
    if (this.saving) return this.soon(PAUSE);
    if (!this.dirty || this.stopped) return;
    this.saving = true;
    this.dirty = false;
    this.say("saving", "Saving…");
    try {
      const body = new FormData(this.form);
      const headers = { "X-Autosave": "1", "HX-Request": "true" };
      const answer = await fetch(this.form.action || location.href, { method: "POST", body, headers });
      await this.heard(answer);
    } catch {
      this.dirty = true;
      this.say("failed", "Not saved: no connection. What you typed stays here; trying again.");
      this.soon(RETRY);
    } finally {
      this.saving = false;
    }
  }

  async heard(answer) {
    // A page that was redirected to is not a saved section.
    if (answer.ok && !answer.redirected) {
      this.keep(answer.headers);
      this.form.dispatchEvent(new CustomEvent("premise:saved", { bubbles: true }));
      this.show("");
      const time = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
      if (!this.dirty) this.say("saved", answer.headers.get("X-Saved") ?? `Saved ${time}`);
      return;
    }
    this.dirty = true;
    if (answer.status === 401) {
      this.away = true;
      this.show(await answer.text());
      this.say("failed", "Not saved: you have been signed out");
    } else if (answer.headers.has("X-Form-Expired")) {
      this.say("unsaved", "Not saved yet");
      await this.back();
    } else if (answer.status === 409 || answer.status === 422) {
      // A conflict is for the person to settle; a mistake is saved once it is mended.
      this.stopped = answer.status === 409;
      this.show(await answer.text());
      this.say("failed", answer.status === 409 ? "Not saved: see above" : "Not saved: something needs mending");
    } else {
      this.say("failed", answer.status === 403 ? "Not saved: you may no longer edit this" : "Not saved: the server failed; what you typed stays here");
    }
  }

  /** Somebody who signed in in another tab comes back: the form needs that session's token, then it can be saved. */
  async back() {
    try {
      const answer = await fetch(location.href);
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const token = page.querySelector(`[name=${TOKEN}]`)?.value;
      if (!token) return;
      for (const field of document.querySelectorAll(`[name=${TOKEN}]`)) field.value = token;
      this.away = false;
      this.soon(0);
    } catch {
      // Still no connection; the next focus tries again.
    }
  }

  keep(headers) {
    const version = this.form.elements.namedItem("version");
    if (version && headers.has("X-Version")) version.value = headers.get("X-Version");
    for (const [name, value] of new URLSearchParams(headers.get("X-Given-Ids") ?? "")) {
      const field = this.form.elements.namedItem(name);
      if (field) field.value = value;
    }
  }

  show(html) {
    if (!this.conflict) return;
    this.conflict.innerHTML = html;
    if (this.stopped || this.away) this.conflict.querySelector("[data-focus]")?.focus();
  }
}

for (const form of document.querySelectorAll("form[data-autosave]")) new Autosave(form);
