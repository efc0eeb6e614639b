/* A hand scanner ends with Enter, which presses the field's own button. It sends the separator as Ctrl+] ; an input drops it. Show it as a sign, which the server reads. */
(function () {
  "use strict";
  document.addEventListener("keydown", function (event) {
    var box = event.target;
    if (!box.classList || !box.classList.contains("scan-input")) { return; }
    if (event.key === "Enter") { event.preventDefault(); box.closest(".scan-box").querySelector("button").click(); return; }
    if (!(event.ctrlKey && (event.code === "BracketRight" || event.key === "]"))) { return; }
    event.preventDefault();
    box.setRangeText("\u241d", box.selectionStart, box.selectionEnd, "end");
  });
})();
