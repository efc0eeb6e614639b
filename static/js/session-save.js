/* The draft saves itself. It lives in this page's memory and on the server, nowhere else; the line on top says when it last
   arrived. A cut line, a closed lid or a login that ran out loses nothing: the page keeps trying and asks for the password. */
(function () {
  "use strict";
  var TICK = 400, TYPING = 1500, LONGEST = 4000, RETRIES = [2000, 4000, 8000, 15000];

  function random() {
    var bytes = new Uint8Array(12);
    window.crypto.getRandomValues(bytes);
    return Array.from(bytes, function (byte) { return byte.toString(16).padStart(2, "0"); }).join("");
  }

  function reasons() { return Array.from(document.querySelectorAll('#findings [name^="reason:"]')); }

  function saver(form) {
    var line = document.getElementById("save-state");
    var sender = document.getElementById("autosave"); // not the form: htmx would send to the formaction of the button pressed last
    var seq = 0, timer = null, since = 0, failures = 0, busy = false, unsaved = false, step = null, leaving = false, asked = false, sent = {};
    form.elements.namedItem("tab").value = random();

    function say(state) {
      line.dataset.state = state;
      line.querySelector(".save-words").textContent = line.dataset[state];
      line.querySelector(".bi").className = "bi bi-" + { saved: "cloud-check", saving: "cloud-arrow-up", waiting: "cloud-arrow-up", offline: "cloud-slash", away: "lock", refused: "exclamation-triangle", partly: "exclamation-triangle", failed: "cloud-slash", forbidden: "slash-circle" }[state];
      document.body.dataset.draft = state;
    }
    function count() { seq += 1; form.elements.namedItem("seq").value = String(seq); }
    function send() {
      window.clearTimeout(timer);
      timer = null;
      if (busy || dialog.open) { unsaved = true; return; }  // without a login nothing arrives; what is said in the dialogue must stand
      busy = true; unsaved = false; since = 0;
      sent = {};
      reasons().forEach(function (field) { sent[field.name] = field.value; });
      count();
      say("saving");
      window.htmx.trigger(sender, "autosave");
    }
    function soon(after) {
      unsaved = true;
      since = since || Date.now();
      if (!busy && !failures) { say("waiting"); }
      window.clearTimeout(timer);
      timer = window.setTimeout(send, Math.max(0, Math.min(after, since + LONGEST - Date.now())));
    }
    function again() {
      unsaved = true; since = 0;
      window.clearTimeout(timer);
      timer = window.setTimeout(send, RETRIES[Math.min(failures, RETRIES.length - 1)]);
      failures += 1;
    }
    function arrived() {
      failures = 0; asked = false;
      if (lost && !lost.hidden) { tellLost("again"); }
      say(unsaved ? "waiting" : "saved");
      if (step) { go(); } else if (unsaved) { soon(TICK); }
    }
    /* A step is never kept for later: when it is taken, and on which record, is for a person to say. So it is said that it was not done. */
    var lost = document.getElementById("step-lost");
    function notDone(button) {
      if (!lost || !button || !button.hasAttribute("formaction")) { return; }
      lost.dataset.step = button.textContent.trim();
      tellLost("lost");
      lost.scrollIntoView({ block: "nearest" });  // on a phone the buttons are out of sight
    }
    function tellLost(what) {
      lost.textContent = lost.dataset[what].replace("%s", lost.dataset.step);
      lost.hidden = false;
    }
    function go() {
      var button = step;
      step = null; leaving = true;
      count();
      form.requestSubmit(button);
      window.setTimeout(function () { leaving = false; }, 3000);
    }
    function answered(status, partly) {
      busy = false;
      if (status >= 200 && status < 300) { arrived(); return; }
      if (status === 409 || status === 422) {
        failures = 0;
        if (step) { go(); return; }
        var typed = unsaved;  // while it was on its way: that may mend what was refused
        say(partly ? "partly" : "refused"); unsaved = true;
        if (typed) { soon(TICK); }
        return;
      }
      notDone(step);
      step = null;
      if (status === 401) { unsaved = true; say("away"); askAgain(); return; }
      if (status === 403 && !asked) { asked = true; renewToken().then(again, again); return; }
      say(status === 403 ? "forbidden" : status ? "failed" : "offline");
      again();
    }

    /* A token that was given to an earlier login is renewed from the page itself. */
    function renewToken() {
      return window.fetch(window.location.pathname, { headers: { "X-Background": "1" }, credentials: "same-origin" })
        .then(function (answer) { return answer.text(); })
        .then(function (text) {
          var fresh = new DOMParser().parseFromString(text, "text/html").querySelector('meta[name="csrf-token"]');
          if (!fresh) { return; }
          document.querySelector('meta[name="csrf-token"]').content = fresh.content;
          document.querySelectorAll('input[name="csrfmiddlewaretoken"]').forEach(function (field) { field.value = fresh.content; });
        });
    }

    /* The login ran out: the password is asked for here, and the page stays as it is (R18). */
    var dialog = document.getElementById("away"), question = document.getElementById("away-form");
    var wrong = document.getElementById("away-error");
    function askAgain() {
      if (dialog.open) { return; }
      wrong.textContent = asked ? wrong.dataset.gone : "";
      dialog.showModal();
    }
    question.addEventListener("submit", function (event) {
      event.preventDefault();
      window.fetch(question.action, { method: "POST", body: new FormData(question), redirect: "manual", credentials: "same-origin" }).then(function (answer) {
        question.elements.namedItem("password").value = "";
        if (answer.type === "opaqueredirect") { asked = true; dialog.close(); send(); return; }
        if (answer.status === 403) { renewToken(); }
        wrong.textContent = wrong.dataset.wrong;
      }, function () { wrong.textContent = wrong.dataset.offline; });
    });
    dialog.addEventListener("close", function () { if (unsaved && !busy) { again(); } });

    function own(target) { return target.name && target.form === form && target.id !== "ended_at" && target.id !== "scan" && target.id !== "handover_reason" && target.name.indexOf("new_") !== 0 && target.name !== "preset_name"; }
    document.addEventListener("input", function (event) { if (own(event.target)) { soon(TYPING); } });
    document.addEventListener("change", function (event) { if (own(event.target)) { soon(TICK); } });
    sender.addEventListener("htmx:afterRequest", function (event) { answered(event.detail.xhr.status, event.detail.xhr.getResponseHeader("X-Draft") === "partly"); });
    sender.addEventListener("htmx:configRequest", function (event) { event.detail.timeout = 12000; });
    form.addEventListener("submit", function (event) {
      if (leaving) { unsaved = false; window.clearTimeout(timer); return; }
      event.preventDefault();
      if (lost) { lost.hidden = true; }
      step = event.submitter;
      if (!busy) { send(); }
    });
    function backAgain() { if (unsaved && !busy && !dialog.open) { failures = 0; send(); } }
    window.addEventListener("online", backAgain);
    document.addEventListener("visibilitychange", function () { if (unsaved && !busy) { if (document.hidden) { send(); } else { backAgain(); } } });
    window.addEventListener("pagehide", function () {
      if (!unsaved || leaving) { return; }
      count();
      window.fetch(sender.getAttribute("hx-post"), { method: "POST", body: new FormData(form), keepalive: true, credentials: "same-origin", headers: { "X-Background": "1", "HX-Request": "true" } });
    });
    window.addEventListener("beforeunload", function (event) { if ((unsaved || busy) && !leaving) { event.preventDefault(); } });
    document.body.addEventListener("htmx:beforeSwap", function (event) { if (event.detail.target.id === "findings") { keepReasons(); } });
    document.body.addEventListener("htmx:afterSwap", function () { giveReasonsBack(); beside(form); tell(); });

    /* What is typed into a reason while the list is on its way is put back into the new list. */
    var typed = {}, focused = "";
    function keepReasons() {
      typed = {}; focused = "";
      reasons().forEach(function (field) {
        if (field.value !== sent[field.name]) { typed[field.name] = field.value; }
        if (field === document.activeElement) { focused = field.name; typed[field.name] = field.value; }
      });
    }
    function giveReasonsBack() {
      reasons().forEach(function (field) {
        if (field.name in typed) { field.value = typed[field.name]; }
        if (field.name === focused) { field.focus(); field.setSelectionRange(field.value.length, field.value.length); }
      });
      typed = {}; focused = "";
    }
    function tell() {
      var list = document.getElementById("findings");
      if (list && list.dataset.state !== "unsaved") { line.querySelector(".save-time").textContent = list.dataset.savedAt; }
    }
    return { save: send, take: function (button) { form.requestSubmit(button); } };
  }

  /* What is wrong is said beside its field too. */
  function beside(form) {
    form.querySelectorAll(".live-error").forEach(function (old) { old.remove(); });
    form.querySelectorAll("[aria-invalid]").forEach(function (field) { field.removeAttribute("aria-invalid"); });
    document.querySelectorAll("#findings a[data-error]").forEach(function (link) {
      var field = document.getElementById(link.getAttribute("href").slice(1));
      if (!field) { return; }
      var words = document.createElement("p");
      words.className = "invalid-feedback d-block live-error";
      words.textContent = link.dataset.error;
      field.setAttribute("aria-invalid", "true");
      field.insertAdjacentElement("afterend", words);
    });
  }

  window.anagenSaver = saver;
})();
