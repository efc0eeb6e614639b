/* Small things every staff page has: the CSRF header for htmx, the menu on narrow screens, keys. No inline code anywhere. */
(function () {
  "use strict";
  /* htmx notes the address of the page in the browser's storage; a search has a name in it. Nothing is kept there (R62). */
  function forget() { try { window.sessionStorage.clear(); } catch { /* storage is switched off: nothing to forget */ } }
  forget();
  ["htmx:pushedIntoHistory", "htmx:replacedInHistory", "htmx:historyRestore"].forEach(function (name) { document.addEventListener(name, forget); });
  var token = document.querySelector('meta[name="csrf-token"]');
  document.addEventListener("htmx:configRequest", function (event) {
    if (token) { event.detail.headers["X-CSRFToken"] = token.content; }
  });
  // a list that refreshes itself was refused: the session is locked or over. What stands there would grow old, so ask for the sign-in
  document.addEventListener("htmx:responseError", function (event) {
    if (event.detail.xhr.status === 401 && event.target.closest && event.target.closest("[data-background]")) { window.location.reload(); }
  });
  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("[data-print]").forEach(function (button) {
      button.hidden = false;
      button.addEventListener("click", function () { window.print(); });
    });
    var toggle = document.querySelector(".nav-toggle");
    var nav = document.getElementById("side-nav");
    if (toggle && nav) {
      toggle.addEventListener("click", function () {
        var open = nav.classList.toggle("is-open");
        toggle.setAttribute("aria-expanded", String(open));
      });
    }
    var summary = document.querySelector(".error-summary");
    if (summary) { summary.focus(); }
  });
  /* where tabs do not fit, the one of this page is in sight */
  function showCurrentTab(part) {
    part.querySelectorAll(".tabs").forEach(function (tabs) {
      var here = tabs.querySelector("[aria-current]");
      if (!here || tabs.scrollWidth <= tabs.clientWidth) { return; }
      var own = here.getBoundingClientRect(), row = tabs.getBoundingClientRect();
      tabs.scrollLeft += own.left + own.width / 2 - (row.left + row.width / 2);
    });
  }
  document.addEventListener("DOMContentLoaded", function () { showCurrentTab(document); });
  document.addEventListener("htmx:afterSettle", function () { showCurrentTab(document); });
  function typing(target) {
    return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
  }
  document.addEventListener("keydown", function (event) {
    if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) { return; }
    if (event.key === "/") {
      var box = document.getElementById("search-box");
      if (box) { event.preventDefault(); box.focus(); box.select(); }
      return;
    }
    var key = { t: "T", n: "N", p: "P", ArrowLeft: "ArrowLeft", ArrowRight: "ArrowRight" }[event.key];
    var link = key && document.querySelector('[data-key="' + key + '"]');
    if (link) { event.preventDefault(); link.click(); }
  });
})();
