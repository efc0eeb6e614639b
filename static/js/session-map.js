/* The scalp map: tap a zone, tap its values. They go into the table, which is the form; the map only shows what the table says. */
(function () {
  "use strict";
  function scalpMap(form) {
    var map = document.querySelector(".scalp-map"), values = document.querySelector(".presets");
    if (!map || !values) { return; }
    var zones = Array.from(map.querySelectorAll("[data-zone]")), chosen = "";
    function field(kind, zone) { return form.elements.namedItem(kind + "_" + (zone || chosen)); }
    function row(zone) { return form.querySelector('tr[data-zone="' + zone + '"]'); }
    function set(kind, zone, value) {
      var target = field(kind, zone);
      if (target.value === value) { return; }
      target.value = value;
      target.dispatchEvent(new Event("change", { bubbles: true }));
    }
    function number(text) { return Number(String(text).replace(",", ".")); }
    function treated(zone) { return field("depth", zone).value.trim() !== ""; }

    function paintZone(zone) {
      var name = zone.dataset.zone, depth = field("depth", name).value.trim(), passes = field("passes", name).value.trim();
      zone.classList.toggle("is-filled", treated(name));
      zone.classList.toggle("is-whole", treated(name) && passes !== "" && field("endpoint", name).value !== "");
      zone.classList.toggle("is-chosen", name === chosen);
      zone.setAttribute("aria-pressed", String(name === chosen));
      zone.querySelector(".zone-value").textContent = treated(name) ? depth + (passes ? " × " + passes : "") : "";
    }
    function paintHistory(zone) {
      var box = row(zone).querySelector(".zone-history"), depth = field("depth", zone).value.trim(), passes = field("passes", zone).value.trim();
      var last = box.dataset.lastDepth, words = "";
      if (depth && !last) { words = document.querySelector("[data-last-depth]:not([data-last-depth=''])") ? box.dataset.new : ""; }
      else if (!depth && last) { words = zones.some(function (other) { return treated(other.dataset.zone); }) ? box.dataset.leftOut : ""; }
      else if (depth && last) {
        var parts = [];
        if (number(depth) !== number(last)) { parts.push(last + " → " + number(depth).toFixed(2) + " mm"); }
        if (passes && passes !== box.dataset.lastPasses) { parts.push((box.dataset.lastPasses || "–") + " → " + passes + " " + box.dataset.passes); }
        words = parts.join(", ") || box.dataset.same;
      }
      box.querySelector(".zone-change").textContent = words;
      box.classList.toggle("differs", words !== "" && words !== box.dataset.same);
      var dose = box.querySelector(".zone-dose-mm"), now = number(depth) * number(passes || 0);
      if (dose) { dose.textContent = (Number(box.dataset.dose) / 100 + (now || 0)).toFixed(2); }
    }
    function paintFindings() {
      var list = values.querySelector(".zone-findings");
      list.replaceChildren();
      zones.forEach(function (zone) { zone.classList.remove("has-block", "has-reason"); });
      document.querySelectorAll("#findings .finding[data-subject]").forEach(function (finding) {
        var zone = map.querySelector('[data-zone="' + finding.dataset.subject + '"]');
        if (!zone) { return; }
        if (finding.dataset.severity === "BLOCK") { zone.classList.add("has-block"); }
        if (finding.dataset.severity === "REASON") { zone.classList.add("has-reason"); }
        if (zone.dataset.zone === chosen) { list.append(finding.cloneNode(true)); }
      });
    }
    function paint() {
      zones.forEach(paintZone);
      zones.forEach(function (zone) { paintHistory(zone.dataset.zone); });
      values.querySelectorAll("[data-value]").forEach(function (button) {
        var now = chosen ? field(button.dataset.kind).value.trim() : "";
        var same = button.dataset.kind === "endpoint" ? now === button.dataset.value : now !== "" && number(now) === number(button.dataset.value);
        button.setAttribute("aria-pressed", String(same));
      });
      values.querySelectorAll("[data-shows]").forEach(function (shown) { shown.textContent = (chosen && field(shown.dataset.shows).value.trim()) || "–"; });
      paintFindings();
    }
    function choose(name) {
      chosen = name;
      values.hidden = false;
      values.querySelector("#chosen-zone").textContent = row(name).dataset.words;
      var last = row(name).querySelector(".zone-last");
      values.querySelector(".preset-last").textContent = last ? last.textContent : "";
      form.querySelectorAll("tr[data-zone]").forEach(function (line) { line.classList.toggle("is-chosen", line.dataset.zone === name); });
      paint();
    }
    function stepped(kind, value, step) {
      var last = row(chosen).querySelector(".zone-history").dataset[kind === "depth" ? "lastDepth" : "lastPasses"];
      if (value.trim() === "") { return last || (kind === "depth" ? "0.50" : "2"); }
      var next = number(value) + step;
      return kind === "depth" ? Math.max(0.05, next).toFixed(2) : String(Math.max(1, Math.round(next)));
    }
    function step(kind, by) { set(kind, chosen, stepped(kind, field(kind).value, by)); }
    function beside(zone, by) {
      var at = zones.indexOf(zone) + by;
      var next = zones[(at + zones.length) % zones.length];
      choose(next.dataset.zone);
      next.focus();
    }
    zones.forEach(function (zone) {
      zone.addEventListener("click", function () { choose(zone.dataset.zone); });
      zone.addEventListener("keydown", function (event) {
        var act = {
          Enter: function () { choose(zone.dataset.zone); }, " ": function () { choose(zone.dataset.zone); },
          ArrowRight: function () { beside(zone, 1); }, ArrowLeft: function () { beside(zone, -1); },
          ArrowUp: function () { choose(zone.dataset.zone); step("depth", 0.05); }, ArrowDown: function () { choose(zone.dataset.zone); step("depth", -0.05); },
          "+": function () { choose(zone.dataset.zone); step("passes", 1); }, "-": function () { choose(zone.dataset.zone); step("passes", -1); },
        }[event.key];
        if (act && !event.ctrlKey && !event.metaKey) { event.preventDefault(); event.stopPropagation(); act(); }
      });
    });
    values.addEventListener("click", function (event) {
      var button = event.target.closest("button");
      if (!button || !chosen) { return; }
      if (button.dataset.all) { zones.forEach(function (zone) { if (treated(zone.dataset.zone)) { set("endpoint", zone.dataset.zone, field("endpoint").value); } }); }
      else if (button.dataset.clear) { ["depth", "passes", "endpoint"].forEach(function (kind) { set(kind, chosen, ""); }); }
      else if (button.dataset.step) { step(button.dataset.kind, Number(button.dataset.step)); }
      else { set(button.dataset.kind, chosen, field(button.dataset.kind).value === button.dataset.value ? "" : button.dataset.value); }
    });
    form.addEventListener("focusin", function (event) {
      var line = event.target.closest("tr[data-zone]");
      if (line && line.dataset.zone !== chosen) { choose(line.dataset.zone); }
    });
    form.addEventListener("change", paint);
    form.addEventListener("input", paint);
    document.body.addEventListener("htmx:afterSwap", paintFindings);
    var first = zones.find(function (zone) { return treated(zone.dataset.zone) && !zone.classList.contains("is-whole"); }) || zones.find(function (zone) { return treated(zone.dataset.zone); });
    choose(first ? first.dataset.zone : "vertex");
  }
  window.anagenScalpMap = scalpMap;
})();
