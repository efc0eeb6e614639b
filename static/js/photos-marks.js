/* A mark is drawn on the photo; its place goes into the form's numbers, which work without this too. */
(function () {
  "use strict";
  var SVG = "http://www.w3.org/2000/svg";
  document.addEventListener("DOMContentLoaded", function () {
    var form = document.getElementById("mark-form"), svg = document.querySelector("svg.marks");
    if (!form || !svg) { return; }
    var box = svg.viewBox.baseVal, from = null, drawn = null;
    function field(name) { return form.querySelector('[name="' + name + '"]'); }
    function names() { return ["x", "y", "x2", "y2"]; }
    function place(event) {
      var frame = svg.getBoundingClientRect();
      function part(value, size) { return Math.min(1000, Math.max(0, Math.round(1000 * value / size))); }
      return [part(event.clientX - frame.left, frame.width), part(event.clientY - frame.top, frame.height)];
    }
    function paint() {
      var at = names().map(function (name, number) { return Number(field(name).value) * (number % 2 ? box.height : box.width) / 1000; });
      var shape = field("shape").value, values;
      if (drawn) { drawn.remove(); }
      if (shape === "circle") {
        values = { cx: (at[0] + at[2]) / 2, cy: (at[1] + at[3]) / 2, rx: Math.abs(at[2] - at[0]) / 2, ry: Math.abs(at[3] - at[1]) / 2 };
      } else if (shape === "arrow") {
        values = { x1: at[0], y1: at[1], x2: at[2], y2: at[3], "marker-end": "url(#arrow-head)" };
      } else { values = { cx: at[0], cy: at[1], r: box.width / 90 }; }
      drawn = document.createElementNS(SVG, { circle: "ellipse", arrow: "line", point: "circle" }[shape]);
      drawn.setAttribute("class", "mark mark--new");
      Object.keys(values).forEach(function (name) { drawn.setAttribute(name, values[name]); });
      svg.appendChild(drawn);
    }
    function put(start, end) {
      field("x").value = start[0]; field("y").value = start[1]; field("x2").value = end[0]; field("y2").value = end[1];
      paint();
    }
    svg.classList.add("is-drawing");
    form.querySelector(".mark-help").hidden = false;
    form.querySelector(".mark-numbers").open = Boolean(form.querySelector(".mark-numbers .has-error"));
    svg.addEventListener("pointerdown", function (event) {
      event.preventDefault();
      from = place(event);
      svg.setPointerCapture(event.pointerId);
      put(from, from);
    });
    svg.addEventListener("pointermove", function (event) { if (from) { put(from, place(event)); } });
    svg.addEventListener("pointerup", function () { if (from) { from = null; field("text").focus({ preventScroll: true }); } });
    form.addEventListener("input", function (event) { if (event.target.name !== "text") { paint(); } });
  });
})();
