/* The calendar grid. It draws what the server says, asks before it moves anything, and refreshes itself without losing the place. */
(function () {
  "use strict";
  var REFRESH_MS = 20000;
  var ICONS = { booked: "circle", confirmed: "check-circle", arrived: "geo-alt", in_session: "play-circle", done: "check2-all" };

  var visitPath = "";

  function make(tag, className, text) {
    var element = document.createElement(tag);
    if (className) { element.className = className; }
    if (text) { element.textContent = text; }
    return element;
  }

  function content(info) {
    var more = info.event.extendedProps;
    if (info.event.display !== "background" && !more.state) { return undefined; }
    if (info.event.display === "background") { return { domNodes: more.shade === "held" ? [make("span", "held-words", info.event.title)] : [] }; }
    var icon = make("span", "bi bi-" + (ICONS[more.state] || "circle"));
    icon.setAttribute("aria-hidden", "true");
    var head = make(more.open ? "a" : "span", "cal-head");
    if (more.open) { head.href = visitPath + info.event.id + "/"; head.draggable = false; }
    head.append(icon, make("span", "cal-time", info.timeText.split(" ")[0].slice(0, 5)), make("span", "pname", info.event.title));
    var words = [more.words, more.visit, more.room].filter(Boolean).join(" · ");
    var nodes = [head, make("span", "cal-more", words)];
    if (more.clinicianFirst) { nodes.push(make("span", "cal-flag", "clinician first")); }
    return { domNodes: nodes };
  }

  function classes(info) {
    var more = info.event.extendedProps;
    if (info.event.display === "background") { return ["shade-" + (more.shade || "closed")]; }
    if (!more.state) { return []; }
    return ["cal-" + more.state.replace("_", "-"), "kind-" + more.kind];
  }

  function pad(number) { return String(number).padStart(2, "0"); }
  function local(date) {
    return date.getFullYear() + "-" + pad(date.getMonth() + 1) + "-" + pad(date.getDate()) + "T" + pad(date.getHours()) + ":" + pad(date.getMinutes());
  }
  function words(date) { return date.toLocaleDateString(undefined, { weekday: "short", day: "numeric", month: "short" }) + " " + pad(date.getHours()) + ":" + pad(date.getMinutes()); }

  function start(place) {
    var data = place.dataset, says = document.getElementById("calendar-says"), stale = document.getElementById("calendar-stale");
    var columns = JSON.parse(document.getElementById("calendar-columns").textContent);
    var wide = window.matchMedia("(min-width: 760px)").matches;
    var listButton = document.getElementById("show-list");
    if (!wide || !columns.length) { return; }
    visitPath = data.visit;
    place.hidden = false;
    document.body.classList.add("has-grid");
    var hereZone = -new Date().getTimezoneOffset() === Number(data.offset);  // the grid draws the line by the reader's own clock

    function load(info, done, failed) {
      var url = data.events + "?" + new URLSearchParams({ site: data.site, by: data.by, start: local(info.start).slice(0, 10), end: local(info.end).slice(0, 10) });
      fetch(url, { headers: { "X-Background": "1", "HX-Request": "true" } })
        .then(function (answer) {
          if (answer.status === 401) { window.location.reload(); }
          if (!answer.ok) { throw new Error(String(answer.status)); }
          return answer.json();
        })
        .then(function (rows) { stale.hidden = true; place.classList.remove("is-stale"); done(rows); })
        .catch(function (error) { stale.hidden = false; place.classList.add("is-stale"); failed(error); });
    }

    var calendar = window.EventCalendar.create(place, {
      view: data.view === "week" ? "resourceTimeGridWeek" : "resourceTimeGridDay",
      date: data.on, firstDay: 1, resources: columns, headerToolbar: { start: "", center: "", end: "" }, allDaySlot: false,
      slotMinTime: pad(data.first) + ":00", slotMaxTime: pad(data.last) + ":00", slotDuration: "00:15", slotLabelInterval: "01:00", slotHeight: 22,
      slotLabelFormat: { hour: "2-digit", minute: "2-digit", hour12: false }, eventTimeFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
      datesAboveResources: true, nowIndicator: hereZone, height: "auto", pointer: true, editable: true, dragScroll: true, snapDuration: "00:05",
      dayHeaderFormat: { weekday: "short", day: "numeric", month: "short" }, locale: document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang,
      eventContent: content, eventClassNames: classes, columnWidth: data.view === "week" ? "118px" : undefined,
      lazyFetching: false, loading: function () {},
      eventSources: [{ events: load }],
      eventDidMount: function (info) {
        if (info.event.display === "background") { info.el.setAttribute("aria-hidden", "true"); return; }
        info.el.removeAttribute("role");  // the link inside is what is focused and followed
        info.el.removeAttribute("tabindex");
      },
      eventClick: function (info) { if (info.event.extendedProps.open) { window.location.href = data.visit + info.event.id + "/"; } },
      dateClick: function (info) { if (data.new) { openNew(data.new + "?site=" + data.site + "&starts=" + local(info.date) + "&clinician=" + ((info.resource && info.resource.id) || "")); } },
      eventDrop: function (info) { askMove(info); },
      eventResize: function (info) { askMove(info); }
    });

    function say(text, bad, undo) {
      says.textContent = text; says.hidden = !text; says.classList.toggle("notice--action", Boolean(bad));
      if (!undo || !undo.visit) { return; }
      var button = make("button", "btn btn-secondary", place.dataset.undo);
      button.type = "button";
      button.addEventListener("click", function () {
        var body = new FormData();
        body.append("subject", undo.subject);
        post(undo.visit + "/undo/", body).then(function (answer) { say(answer.ok ? place.dataset.undone : place.dataset.notUndone, !answer.ok); calendar.refetchEvents(); });
      });
      says.append(" ", button);
    }
    function post(path, body) {
      return fetch(data.visit + path, { method: "POST", body: body, headers: { "HX-Request": "true", "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content } });
    }

    /* moving: ask, send, and put it back when the server says no */
    var dialog = document.getElementById("move-dialog"), moving = null;
    function askMove(info) {
      moving = info;
      document.getElementById("move-who").textContent = info.event.title;
      document.getElementById("move-from").textContent = words(info.oldEvent.start) + "–" + words(info.oldEvent.end).slice(-5);
      var column = columns.find(function (one) { return one.id === String(info.event.resourceIds[0]); });
      document.getElementById("move-to").textContent = words(info.event.start) + "–" + words(info.event.end).slice(-5) + (column ? ", " + column.title : "");
      document.getElementById("move-problem").hidden = true;
      ["move-reason", "move-overlap"].forEach(function (id) { document.getElementById(id).hidden = true; document.querySelector("#" + id + " input").value = ""; });
      document.getElementById("move-tell").checked = true;
      dialog.showModal();
      document.getElementById("move-yes").focus();
    }
    function putBack() { if (moving) { moving.revert(); moving = null; } dialog.close(); }
    document.getElementById("move-no").addEventListener("click", putBack);
    dialog.addEventListener("cancel", function (event) { event.preventDefault(); putBack(); });
    document.getElementById("move-yes").addEventListener("click", function () {
      if (!moving) { return; }
      var body = new FormData();
      body.append("subject", moving.event.extendedProps.subject);
      body.append("starts", local(moving.event.start)); body.append("ends", local(moving.event.end));
      body.append("column", String(moving.event.resourceIds[0] || ""));
      body.append("tell", document.getElementById("move-tell").checked ? "1" : "0");
      body.append("early_reason", document.getElementById("move-early").value);
      body.append("overlap_reason", document.getElementById("move-overlap-reason").value);
      post(moving.event.id + "/drag/", body)
        .then(function (answer) { return answer.json().then(function (words) { return { ok: answer.ok, words: words }; }); })
        .then(function (answer) {
          if (answer.ok) { answer.words.subject = moving.event.extendedProps.subject; moving = null; dialog.close(); say(answer.words.message, false, answer.words); calendar.refetchEvents(); return; }
          var problem = document.getElementById("move-problem"), parts = [answer.words.message];
          if (answer.words.winner) { parts.push(answer.words.winner + "."); }
          if (answer.words.nearest && answer.words.nearest.length) { parts.push("Free: " + answer.words.nearest.join(", ")); }
          problem.textContent = parts.join(" "); problem.hidden = false;
          document.getElementById("move-reason").hidden = !answer.words.reason;
          document.getElementById("move-overlap").hidden = !answer.words.overlap;
          calendar.refetchEvents();
        })
        .catch(function () { putBack(); say("The server did not answer. Nothing was moved.", true); });
    });

    /* booking into an empty slot */
    var newDialog = document.getElementById("new-dialog"), newBody = document.getElementById("new-body");
    function openNew(url) {
      fetch(url, { headers: { "HX-Request": "true" } }).then(function (answer) { return answer.text(); }).then(function (html) {
        newBody.innerHTML = html;
        window.htmx.process(newBody);
        newDialog.showModal();
        var first = newBody.querySelector('input[name="query"]');
        if (first) { first.focus(); }
      });
    }
    document.body.addEventListener("visit-booked", function (event) { newDialog.close(); newBody.textContent = ""; say(event.detail.message, false, event.detail); calendar.refetchEvents(); });
    newDialog.addEventListener("click", function (event) { if (event.target.closest("[data-close-dialog]")) { newDialog.close(); } });
    var newLink = document.getElementById("new-visit");
    if (newLink) { newLink.addEventListener("click", function (event) { event.preventDefault(); openNew(newLink.href); }); }

    /* the list, live refresh */
    listButton.hidden = false;
    listButton.addEventListener("click", function () {
      var shown = place.hidden; place.hidden = !shown;
      document.body.classList.toggle("has-grid", shown);
      listButton.setAttribute("aria-pressed", String(!shown));
    });
    window.setInterval(function () { if (!document.hidden && !dialog.open && !newDialog.open && !place.hidden) { calendar.refetchEvents(); } }, REFRESH_MS);
  }

  /* hidden names stay hidden on the next day and after a reload: the wish travels in the address, nothing is stored in the browser */
  function stayQuiet(quiet) {
    function marked(address) {
      var url = new URL(address, window.location.href);
      if (quiet) { url.searchParams.set("quiet", "1"); } else { url.searchParams.delete("quiet"); }
      return url.pathname + url.search;
    }
    window.history.replaceState(null, "", marked(window.location.href));
    document.querySelectorAll(".calendar-bar a").forEach(function (link) { link.href = marked(link.href); });
    var form = document.getElementById("calendar-filters"), field = form.querySelector("input[name=quiet]");
    if (quiet && !field) { field = make("input"); field.type = "hidden"; field.name = "quiet"; field.value = "1"; form.append(field); }
    if (!quiet && field) { field.remove(); }
  }

  document.addEventListener("DOMContentLoaded", function () {
    var place = document.getElementById("calendar"), privacy = document.getElementById("privacy"), print = document.getElementById("print");
    if (!place) { return; }
    document.body.classList.add("has-script");
    privacy.hidden = false; print.hidden = false;
    privacy.addEventListener("click", function () {
      var hidden = document.body.classList.toggle("names-hidden");
      privacy.setAttribute("aria-pressed", String(hidden));
      stayQuiet(hidden);
    });
    print.addEventListener("click", function () { window.print(); });
    document.querySelectorAll("#calendar-filters select, #calendar-filters input").forEach(function (field) { field.addEventListener("change", function () { document.getElementById("calendar-filters").requestSubmit(); }); });
    if (window.EventCalendar) { start(place); }
  });
})();
