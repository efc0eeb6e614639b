/* The booking form: found patients, and “tick all” on lists. Works without: every step has a button of its own. */
(function () {
  "use strict";
  document.addEventListener("change", function (event) {
    var form = event.target.closest && event.target.closest(".new-visit");
    if (!form || event.target.name !== "new") { return; }
    var who = form.querySelector(".who-is-it");
    if (who) { who.hidden = event.target.checked; }
  });
  document.addEventListener("toggle", function (event) {
    if (!event.target.matches || !event.target.matches(".new-person")) { return; }
    var box = event.target.querySelector('input[name="new"]');
    if (box && box.checked !== event.target.open) { box.checked = event.target.open; box.dispatchEvent(new Event("change", { bubbles: true })); }
  }, true);
  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("[data-tick-all]").forEach(function (button) {
      button.hidden = false;
      button.addEventListener("click", function () {
        var boxes = document.querySelectorAll('input[type="checkbox"][name="' + button.dataset.tickAll + '"]');
        var all = Array.from(boxes).every(function (box) { return box.checked; });
        boxes.forEach(function (box) { box.checked = !all; });
      });
    });
  });
})();
