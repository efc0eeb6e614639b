/* A drawn signature beside the typed one. Without JavaScript the typed name alone is enough. */
(function () {
  "use strict";
  document.addEventListener("DOMContentLoaded", function () {
    var box = document.querySelector(".signature");
    var canvas = box && box.querySelector("canvas");
    var field = document.querySelector('input[name="signature"]');
    if (!canvas || !field || !window.SignaturePad) { return; }
    box.hidden = false;
    var pad = new window.SignaturePad(canvas, { penColor: "#14212B", backgroundColor: "#FFFFFF" });
    box.querySelector("[data-clear]").addEventListener("click", function () { pad.clear(); field.value = ""; });
    canvas.closest("form").addEventListener("submit", function () { field.value = pad.isEmpty() ? "" : pad.toDataURL("image/png"); });
  });
})();
