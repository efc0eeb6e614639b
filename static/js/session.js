/* The scalp map and the presets fill the table, which is the form. Works without either. */
(function () {
  "use strict";
  document.addEventListener("DOMContentLoaded", function () {
    var form = document.getElementById("session-form");
    var map = document.querySelector(".scalp-map");
    var presets = document.querySelector(".presets");
    if (!form || !map || !presets) { return; }
    var chosen = null;
    function field(kind) { return form.querySelector('[name="' + kind + "_" + chosen + '"]'); }
    function paint() {
      map.querySelectorAll("[data-zone]").forEach(function (zone) {
        var depth = form.querySelector('[name="depth_' + zone.dataset.zone + '"]');
        zone.classList.toggle("is-filled", Boolean(depth && depth.value));
        zone.classList.toggle("is-chosen", zone.dataset.zone === chosen);
      });
    }
    function choose(zone) {
      chosen = zone.dataset.zone;
      presets.hidden = false;
      presets.querySelector(".preset-zone").textContent = zone.getAttribute("aria-label");
      paint();
    }
    map.querySelectorAll("[data-zone]").forEach(function (zone) {
      zone.addEventListener("click", function () { choose(zone); });
      zone.addEventListener("keydown", function (event) { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(zone); } });
    });
    presets.addEventListener("click", function (event) {
      var button = event.target.closest("button");
      if (!button || !chosen) { return; }
      var target = field(button.dataset.depth ? "depth" : "passes");
      target.value = button.dataset.depth || button.dataset.passes;
      target.dispatchEvent(new Event("change", { bubbles: true }));
    });
    form.addEventListener("change", paint);
    document.body.addEventListener("htmx:configRequest", function (event) {
      if (event.detail.elt !== form) { return; }
      document.querySelectorAll("#findings input[name]").forEach(function (input) { event.detail.parameters[input.name] = input.value; });
    });
    form.addEventListener("submit", function () {
      document.querySelectorAll("#findings input[name]").forEach(function (input) {
        var copy = document.createElement("input");
        copy.type = "hidden"; copy.name = input.name; copy.value = input.value;
        form.appendChild(copy);
      });
    });
    document.body.addEventListener("change", function (event) {
      if (event.target.closest("#findings")) { form.dispatchEvent(new Event("change", { bubbles: true })); }
    });
    paint();
  });
})();
