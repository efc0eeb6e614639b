/* Patients' pages work without any of this. It moves to the list of errors, counts one tap once, and keeps half-filled pages. */
(function () {
  "use strict";
  var summary = document.querySelector(".error-summary");
  if (summary) { summary.focus(); }

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.hasAttribute("data-sent")) { event.preventDefault(); return; }
    form.setAttribute("data-sent", "");
  });

  /* What is filled in when the tab goes away is kept as a draft, once a change. */
  var page = document.querySelector("form[data-keep]"), dirty = false;
  if (page) {
    page.addEventListener("input", function () { dirty = true; });
    document.addEventListener("visibilitychange", function () {
      if (document.visibilityState !== "hidden" || !dirty || page.hasAttribute("data-sent")) { return; }
      dirty = false;
      var data = new URLSearchParams(new FormData(page));
      data.set("then", "keep");
      fetch(page.action || location.href, { method: "POST", body: data, keepalive: true, credentials: "same-origin" }).catch(function () { dirty = true; });
    });
  }
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) { document.querySelectorAll("form[data-sent]").forEach(function (form) { form.removeAttribute("data-sent"); }); }
  });
})();
