/* The session record: the map, the saving, keys, and fields that appear when they are needed. Works without. */
(function () {
  "use strict";
  document.addEventListener("DOMContentLoaded", function () {
    var form = document.getElementById("session-form");
    if (!form) { return; }
    document.body.classList.add("has-script");
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
