/* The wall screen: asks for the board again and again, and says so when no answer comes. A screen that lies is worse than a dark one. */
(function () {
  "use strict";
  document.addEventListener("DOMContentLoaded", function () {
    var main = document.querySelector("[data-refresh]"), board = document.getElementById("wall-board"), stale = document.getElementById("wall-stale");
    if (!main || !board) { return; }
    function again() {
      fetch(window.location.pathname, { headers: { "HX-Request": "true", "X-Background": "1" }, cache: "no-store", redirect: "error" })
        .then(function (answer) {
          if (answer.status === 403) { window.location.reload(); return null; }
          if (!answer.ok) { throw new Error(String(answer.status)); }
          return answer.text();
        })
        .then(function (html) { if (html !== null) { board.replaceChildren.apply(board, Array.from(new DOMParser().parseFromString(html, "text/html").body.childNodes)); stale.hidden = true; board.classList.remove("is-stale"); } })
        .catch(function () { stale.hidden = false; board.classList.add("is-stale"); });
    }
    window.setInterval(again, Number(main.dataset.refresh) * 1000);
  });
})();
