/* Several files at once: each is shown with a choice of its view. Without this, one input a view. */
(function () {
  "use strict";
  document.addEventListener("DOMContentLoaded", function () {
    var several = document.querySelector(".several");
    if (!several) { return; }
    var input = several.querySelector("[name=photos]"), list = several.querySelector(".several-list");
    var row = several.querySelector(".several-row").content.firstElementChild;
    several.hidden = false;
    input.addEventListener("change", function () {
      list.querySelectorAll("img").forEach(function (image) { URL.revokeObjectURL(image.src); });
      list.replaceChildren.apply(list, Array.from(input.files).map(function (file, number) {
        var line = row.cloneNode(true), choice = line.querySelector("select");
        line.querySelector("img").src = URL.createObjectURL(file);
        line.querySelector(".several-number").textContent = String(number + 1);
        if (choice.options[number + 1]) { choice.selectedIndex = number + 1; }
        return line;
      }));
    });
  });
})();
