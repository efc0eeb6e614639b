/* The session record: the map and its buttons fill the table, which is the form; the draft saves itself. Works without. */
(function () {
  "use strict";
  document.addEventListener("DOMContentLoaded", function () {
    var form = document.getElementById("session-form");
    if (!form) { return; }
    saving(form);
    mapping(form);
    keys(form);
  });

  /* Every change reaches the server within two seconds; steps wait for a save that is under way. */
  function saving(form) {
    var state = document.getElementById("save-state");
    var timer = null, busy = false, dirty = false, waiting = null;
    function say(words) { if (state) { state.textContent = words; } }
    function send() { timer = null; dirty = false; busy = true; window.htmx.trigger(form, "autosave"); }
    function soon(after) { dirty = true; say("…"); window.clearTimeout(timer); timer = window.setTimeout(send, after); }
    function own(target) { return target.form === form && target.id !== "ended_at" && target.name.indexOf("new_") !== 0; }
    document.addEventListener("input", function (event) { if (event.target.name && own(event.target)) { soon(1800); } });
    document.addEventListener("change", function (event) { if (event.target.name && own(event.target)) { soon(400); } });
    form.addEventListener("htmx:beforeRequest", function () { busy = true; });
    form.addEventListener("htmx:afterRequest", function (event) {
      busy = false;
      if (event.detail.failed && !event.detail.xhr.status) { say("✕"); soon(4000); }
      else { say(event.detail.successful ? "✓" : ""); }
      if (waiting) { var button = waiting; waiting = null; form.requestSubmit(button); }
    });
    form.addEventListener("submit", function (event) {
      window.clearTimeout(timer);
      if (busy) { event.preventDefault(); waiting = event.submitter; return; }
      dirty = false;
    });
    document.body.addEventListener("htmx:beforeSwap", function (event) {
      var focused = document.activeElement;
      if (event.detail.target.id === "findings" && focused && focused.name && focused.name.indexOf("reason:") === 0) {
        event.detail.target.dataset.focus = focused.id;
        form.dataset.focus = focused.id;
        form.dataset.typed = focused.value;
      }
    });
    document.body.addEventListener("htmx:afterSwap", function () { beside(form); refocus(form); });
    window.addEventListener("beforeunload", function (event) { if (dirty) { event.preventDefault(); } });
  }

  /* Somebody typing a reason keeps the place and the words when the list of findings is renewed. */
  function refocus(form) {
    var field = form.dataset.focus && document.getElementById(form.dataset.focus);
    if (field) { field.value = form.dataset.typed; field.focus(); field.setSelectionRange(field.value.length, field.value.length); }
    delete form.dataset.focus; delete form.dataset.typed;
  }

  /* What is wrong is said beside its field too. */
  function beside(form) {
    form.querySelectorAll(".live-error").forEach(function (old) { old.remove(); });
    form.querySelectorAll("[aria-invalid]").forEach(function (field) { field.removeAttribute("aria-invalid"); });
    document.querySelectorAll("#findings a[data-error]").forEach(function (link) {
      var field = document.getElementById(link.getAttribute("href").slice(1));
      if (!field) { return; }
      var words = document.createElement("p");
      words.className = "invalid-feedback d-block live-error";
      words.textContent = link.dataset.error;
      field.setAttribute("aria-invalid", "true");
      field.insertAdjacentElement("afterend", words);
    });
  }

  /* Ctrl+S saves the draft, Ctrl+D copies the last session, Ctrl+Enter signs. */
  function keys(form) {
    document.addEventListener("keydown", function (event) {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) { return; }
      var wanted = { s: "#session-form button[type=submit]:not([formaction])", d: "[data-key=copy]", Enter: "[data-key=sign]" }[event.key];
      var button = wanted && document.querySelector(wanted);
      if (!button) { return; }
      event.preventDefault();
      form.requestSubmit(button);
    });
  }

  function mapping(form) {
    var map = document.querySelector(".scalp-map"), presets = document.querySelector(".presets"), chosen = null;
    if (!map || !presets) { return; }
    function field(kind, zone) { return form.querySelector('[name="' + kind + "_" + (zone || chosen) + '"]'); }
    function paint() {
      map.querySelectorAll("[data-zone]").forEach(function (zone) {
        zone.classList.toggle("is-filled", Boolean(field("depth", zone.dataset.zone).value));
        zone.classList.toggle("is-chosen", zone.dataset.zone === chosen);
        zone.setAttribute("aria-pressed", String(zone.dataset.zone === chosen));
      });
      presets.querySelectorAll("[data-value]").forEach(function (button) {
        button.setAttribute("aria-pressed", String(Boolean(chosen) && field(button.dataset.kind).value === button.dataset.value));
      });
      form.querySelectorAll("tr[data-zone]").forEach(function (row) {
        var last = row.querySelector(".last-time"), mark = row.querySelector(".differs");
        if (!mark) { return; }
        var depth = field("depth", row.dataset.zone).value, passes = field("passes", row.dataset.zone).value;
        mark.hidden = Number(depth) === Number(last.dataset.depth) && passes === last.dataset.passes;
      });
    }
    function choose(zone) {
      chosen = zone.dataset.zone;
      presets.hidden = false;
      presets.querySelector(".preset-zone").textContent = zone.getAttribute("aria-label");
      paint();
    }
    function stepped(kind, value, step) {
      var next = (Number(value) || (kind === "depth" ? 0.5 : 0)) + step;
      return kind === "depth" ? Math.max(0.05, next).toFixed(2) : String(Math.max(1, Math.round(next)));
    }
    map.querySelectorAll("[data-zone]").forEach(function (zone) {
      zone.addEventListener("click", function () { choose(zone); });
      zone.addEventListener("keydown", function (event) { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(zone); } });
    });
    presets.addEventListener("click", function (event) {
      var button = event.target.closest("button");
      if (!button || !chosen) { return; }
      var target = field(button.dataset.kind);
      target.value = button.dataset.value || stepped(button.dataset.kind, target.value, Number(button.dataset.step));
      target.dispatchEvent(new Event("change", { bubbles: true }));
    });
    form.addEventListener("change", paint);
    form.addEventListener("input", paint);
    paint();
  }
})();
