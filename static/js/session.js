/* The session record: the map, the saving, keys, and fields that appear when they are needed. Works without. */
(function () {
  "use strict";
  document.addEventListener("DOMContentLoaded", function () {
    var form = document.getElementById("session-form");
    if (!form) { return; }
    document.body.classList.add("has-script");
    growing(form);
    appearing(form);
    pain(form);
    window.anagenScalpMap(form);
    if (!document.getElementById("save-state")) { return; }
    keys(form, window.anagenSaver(form));
  });

  /* Ctrl+S saves the draft, Ctrl+D copies the last session, Ctrl+Enter signs. */
  function keys(form, saver) {
    document.addEventListener("keydown", function (event) {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) { return; }
      if (event.key === "s") { event.preventDefault(); saver.save(); return; }
      var wanted = { d: "[data-key=copy]", Enter: "[data-key=sign]" }[event.key];
      var button = wanted && document.querySelector(wanted);
      if (event.key === "d" || button) { event.preventDefault(); }
      if (button) { saver.take(button); }
    });
  }

  /* A field that belongs to a choice is shown once something is chosen. */
  function appearing(form) {
    function show() {
      form.querySelectorAll("[data-when]").forEach(function (part) {
        part.hidden = !document.getElementById(part.dataset.when).value && !part.querySelector(".invalid-feedback");
      });
    }
    form.addEventListener("change", show);
    show();
  }

  /* A row more as soon as the last one is filled; the button does the same by hand. Without a script it saves and brings the page again. */
  function growing(form) {
    function named(value, number) { return value.replace(/^(id_)?(product|hours|pre_kind|pre_last_used_at)(_\d+)?$/, "$1$2_" + number); }
    function last(rows) { return rows.querySelector("[data-row]:last-of-type"); }
    function add(rows) {
      var old = last(rows), number = rows.querySelectorAll("[data-row]").length;
      if (!old.querySelector("select").value || number >= Number(rows.dataset.rows)) { return; }
      var row = old.cloneNode(true);
      row.querySelectorAll(".invalid-feedback").forEach(function (words) { words.remove(); });
      row.querySelectorAll("[id], [for], [data-when]").forEach(function (part) {
        ["id", "name", "for", "data-when"].forEach(function (key) { if (part.hasAttribute(key)) { part.setAttribute(key, named(part.getAttribute(key), number)); } });
        part.removeAttribute("aria-invalid");
      });
      row.querySelectorAll("select, input").forEach(function (field) { field.value = ""; field.removeAttribute("value"); });
      row.querySelectorAll("[selected]").forEach(function (option) { option.removeAttribute("selected"); });
      row.querySelectorAll("[data-when]").forEach(function (part) { part.hidden = true; });
      rows.append(row);
    }
    form.querySelectorAll("[data-rows]").forEach(function (rows) {
      rows.addEventListener("change", function () { add(rows); });
      var button = rows.nextElementSibling && rows.nextElementSibling.querySelector("button");
      if (button) { button.addEventListener("click", function (event) { event.preventDefault(); add(rows); last(rows).querySelector("select").focus(); }); }
    });
  }

  /* Each tap adds a reading of now. */
  function pain(form) {
    var buttons = form.querySelector(".pain-row"), field = document.getElementById("id_pain");
    if (!buttons || !field) { return; }
    buttons.hidden = false;
    buttons.addEventListener("click", function (event) {
      var button = event.target.closest("[data-pain]");
      if (!button) { return; }
      var readings = field.value.split(/[\s,;]+/).filter(Boolean);
      if (button.dataset.pain === "undo") { readings.pop(); } else { readings.push(button.dataset.pain); }
      field.value = readings.join(", ");
      field.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
})();
