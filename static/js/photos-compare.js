/* Two photos that zoom and move as one, beside each other or under a slider; all of it by keys as well. */
(function () {
  "use strict";
  document.addEventListener("DOMContentLoaded", function () {
    var page = document.getElementById("compare");
    if (!page) { return; }
    var tools = page.querySelector(".compare-tools"), pair = page.querySelector(".compare-pair"), under = page.querySelector(".compare-slider");
    var slider = under.querySelector("img-comparison-slider"), frames = Array.from(pair.querySelectorAll(".compared-frame"));
    var images = frames.map(function (frame) { return frame.querySelector("img"); });
    var zoom = 1, x = 0, y = 0, held = null;
    if (!images.length) { return; }
    tools.hidden = false;

    function paint() {
      var most = (zoom - 1) * 50;
      x = Math.max(-most, Math.min(most, x));
      y = Math.max(-most, Math.min(most, y));
      images.forEach(function (image) { image.style.transform = "translate(" + x + "%, " + y + "%) scale(" + zoom + ")"; });
      frames.forEach(function (frame) { frame.classList.toggle("is-close", zoom > 1); });
      page.querySelector(".compare-zoom").textContent = page.dataset.sayZoom + " " + Math.round(zoom * 100) + " %";
    }
    function move(right, down) { x -= right; y -= down; paint(); }
    function scale(by) { zoom = Math.max(1, Math.min(8, Math.round(zoom * by * 100) / 100)); paint(); }
    function slide() {
      var button = tools.querySelector("[data-do=slider]");
      if (!button) { return; }
      var on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(on));
      images.forEach(function (image, number) {
        if (on) { image.slot = number ? "second" : "first"; slider.appendChild(image); } else { image.removeAttribute("slot"); frames[number].appendChild(image); }
      });
      pair.hidden = on;
      under.hidden = !on;
      if (on) { slider.focus({ preventScroll: true }); }
    }
    var acts = {
      slider: slide, "in": function () { scale(1.25); }, out: function () { scale(0.8); }, whole: function () { zoom = 1; x = y = 0; paint(); },
      left: function () { move(-6, 0); }, right: function () { move(6, 0); }, up: function () { move(0, -6); }, down: function () { move(0, 6); }
    };
    tools.addEventListener("click", function (event) {
      var button = event.target.closest("[data-do]");
      if (button) { acts[button.dataset.do](); }
    });
    document.addEventListener("keydown", function (event) {
      if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) { return; }
      var name = { "+": "in", "=": "in", "-": "out", "0": "whole", s: "slider", S: "slider" }[event.key];
      var arrow = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" }[event.key];
      if (arrow && zoom > 1 && !(event.target === slider && /Left|Right/.test(event.key))) { name = arrow; }
      if (name) { event.preventDefault(); acts[name](); }
    });
    frames.forEach(function (frame) {
      frame.addEventListener("wheel", function (event) { event.preventDefault(); scale(event.deltaY < 0 ? 1.15 : 1 / 1.15); }, { passive: false });
      frame.addEventListener("pointerdown", function (event) { if (zoom > 1) { held = [event.clientX, event.clientY]; frame.setPointerCapture(event.pointerId); } });
      frame.addEventListener("pointermove", function (event) {
        if (!held) { return; }
        move(-(event.clientX - held[0]) * 100 / frame.clientWidth, -(event.clientY - held[1]) * 100 / frame.clientHeight);
        held = [event.clientX, event.clientY];
      });
      frame.addEventListener("pointerup", function () { held = null; });
      frame.addEventListener("dragstart", function (event) { event.preventDefault(); });
    });
    paint();
  });
})();
