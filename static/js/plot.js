/* Results on one time axis. It draws what the server grouped: a line joins the points of one series and nothing else. No smoothing. */
(function () {
  "use strict";
  var INKS = ["--accent", "--booked", "--session", "--arrived"];
  var DASHES = [[], [6, 3], [2, 3], [8, 3, 2, 3]];
  var PLOT_HEIGHT = 220, MEDICINE_ROW = 17, SESSION_ROW = 18, DAY = 86400;

  function ink(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }
  function pixels(length) { return length * (window.devicePixelRatio || 1); }
  function font(size) { return pixels(size) + "px " + ink("--bs-body-font-family"); }
  function dates(options) { return new Intl.DateTimeFormat(document.documentElement.lang || "en", Object.assign({ timeZone: "UTC" }, options)); }
  var longDate = dates({ day: "numeric", month: "short", year: "numeric" });
  var dayAndMonth = dates({ day: "numeric", month: "short" });
  var monthAndYear = dates({ month: "short", year: "numeric" });

  function allNumbers(panel) {
    var found = [];
    panel.series.forEach(function (one) { one.points.forEach(function (point) { found.push(point.low, point.high, point.y); }); });
    return found;
  }

  /* the y axis: the whole scale where a measure has one, else the readings with some room */
  function yRange(panel) {
    if (panel.grades.length) { return [-0.5, panel.grades.length - 0.5]; }
    if (panel.range) { return panel.range[0] < 0 ? [panel.range[0] - 0.4, panel.range[1] + 0.4] : [panel.range[0], panel.range[1]]; }
    var numbers = allNumbers(panel), low = Math.min.apply(null, numbers), high = Math.max.apply(null, numbers);
    if (panel.shape === "log_line") { return [low / 1.4, high * 1.4]; }
    var room = Math.max((high - low) * 0.15, Math.abs(high) * 0.03, 1);
    return [low >= 0 ? Math.max(0, low - room) : low - room, high + room];
  }

  /* one column of x for the panel; a series has nulls where only others were read */
  function columns(panel) {
    var days = {};
    panel.series.forEach(function (one) { one.points.forEach(function (point) { days[point.x] = true; }); });
    var xs = Object.keys(days).map(Number).sort(function (a, b) { return a - b; });
    return [xs].concat(panel.series.map(function (one) {
      var own = {};
      one.points.forEach(function (point) { own[point.x] = point.y; });
      return xs.map(function (x) { return x in own ? own[x] : null; });
    }));
  }

  function line(context, x1, y1, x2, y2, colour, width, dash) {
    context.save();
    context.strokeStyle = colour;
    context.lineWidth = pixels(width);
    context.setLineDash((dash || []).map(pixels));
    context.beginPath();
    context.moveTo(x1, y1);
    context.lineTo(x2, y2);
    context.stroke();
    context.restore();
  }

  function words(context, text, x, y, colour, align) {
    context.save();
    context.font = font(11);
    context.fillStyle = colour;
    context.textAlign = align || "left";
    context.textBaseline = "alphabetic";
    context.fillText(text, x, y);
    context.restore();
  }

  /* names of sessions that stand side by side: whole, else only the numbers; one that would still lie over its neighbour is left out.
     The list above the plots has them all, PRP included. */
  function named(context, labels) {
    context.save();
    context.font = font(11);
    function half(one) { return context.measureText(one.text).width / 2; }
    function apart(one, other) { return other.x - half(other) - one.x - half(one) >= pixels(3); }
    var tight = labels.some(function (one, index) { return index > 0 && !apart(labels[index - 1], one); });
    var shown = tight ? labels.map(function (one) { return { text: one.text.split(" ")[0], x: one.x }; }) : labels;
    var last = null;
    shown = shown.filter(function (one) {
      var fits = last === null || apart(last, one);
      if (fits) { last = one; }
      return fits;
    });
    context.restore();
    return shown;
  }

  /* behind the series: pregnancies, bands of the scale, sessions, medicines */
  function happened(plot, panel, data) {
    var context = plot.ctx, box = plot.bbox, right = box.left + box.width, bottom = box.top + box.height;
    function inside(seconds) { return seconds >= data.from && seconds <= data.to; }
    function at(seconds) { return Math.min(right, Math.max(box.left, plot.valToPos(seconds, "x", true))); }
    data.pregnancies.forEach(function (span) {
      if (span.from > data.to || (span.to !== null && span.to < data.from)) { return; }
      context.save();
      context.fillStyle = ink("--arrived-fill");
      context.fillRect(at(span.from), box.top, at(span.to === null ? data.to : span.to) - at(span.from), box.height);
      context.restore();
      words(context, "pregnancy", at(span.from) + pixels(4), bottom - pixels(5), ink("--arrived"));
    });
    panel.bands.forEach(function (band, index) {
      var top = plot.valToPos(band[1] + (index + 1 < panel.bands.length ? 0.5 : 0), "y", true), low = plot.valToPos(band[0] - (index ? 0.5 : 0), "y", true);
      context.save();
      context.fillStyle = ink("--wash");
      if (index % 2) { context.fillRect(box.left, top, box.width, low - top); }
      context.restore();
      words(context, band[0] + "–" + band[1], right - pixels(4), Math.max(low - pixels(3), top + pixels(9)), ink("--muted"), "right");
    });
    var sessions = data.sessions.filter(function (session) { return inside(session.x); });
    sessions.forEach(function (session) { line(context, at(session.x), box.top, at(session.x), bottom, ink("--field-line"), 1, [2, 3]); });
    named(context, sessions.map(function (session) { return { text: "S" + session.label, x: at(session.x) }; })).forEach(function (one) {
      words(context, one.text, one.x, box.top - pixels(5), ink("--muted"), "center");
    });
    data.medicines.forEach(function (medicine, index) {
      if (medicine.from > data.to || (medicine.to !== null && medicine.to < data.from)) { return; }
      course(plot, data, medicine, box.top - pixels(SESSION_ROW + MEDICINE_ROW * index), at);
    });
  }

  function course(plot, data, medicine, y, at) {
    var context = plot.ctx, colour = ink("--warn"), bottom = plot.bbox.top + plot.bbox.height;
    var from = at(medicine.from), to = at(medicine.to === null ? data.to : medicine.to);
    line(context, from, y, to, y, colour, 2);
    if (medicine.from >= data.from) { line(context, from, y - pixels(3), from, bottom, colour, 1, [1, 4]); }
    if (medicine.to !== null && medicine.to <= data.to) { line(context, to, y - pixels(3), to, bottom, colour, 1, [1, 4]); }
    words(context, medicine.label + (medicine.from < data.from ? " (since before)" : "") + (medicine.to === null ? "" : ", stopped"), from + pixels(4), y - pixels(4), colour);
  }

  function symbol(context, kind, x, y, colour, hollow) {
    var r = pixels(4.5);
    context.save();
    context.fillStyle = colour;
    context.strokeStyle = ink("--paper");
    context.lineWidth = pixels(1);
    context.beginPath();
    if (kind === 0) { context.arc(x, y, r, 0, 2 * Math.PI); }
    if (kind === 1) { context.rect(x - r, y - r, 2 * r, 2 * r); }
    if (kind === 2) { context.moveTo(x, y - r * 1.2); context.lineTo(x + r * 1.2, y + r); context.lineTo(x - r * 1.2, y + r); context.closePath(); }
    if (kind === 3) { context.moveTo(x, y - r * 1.3); context.lineTo(x + r * 1.3, y); context.lineTo(x, y + r * 1.3); context.lineTo(x - r * 1.3, y); context.closePath(); }
    context.fill();
    context.stroke();
    context.restore();
  }

  /* in front: bars from nought, the span of repeated readings, a mark for each point */
  function marks(plot, panel) {
    var context = plot.ctx, width = 9, nought = panel.shape === "bars" ? plot.valToPos(0, "y", true) : 0;
    if (panel.shape === "bars") { line(context, plot.bbox.left, nought, plot.bbox.left + plot.bbox.width, nought, ink("--field-line"), 1); }
    panel.series.forEach(function (one, number) {
      var colour = ink(INKS[one.symbol]), apart = panel.shape === "bars" ? width + 2 : panel.shape === "dots" ? 8 : 0, aside = pixels(apart) * (number - (panel.series.length - 1) / 2);
      one.points.forEach(function (point) {
        var x = plot.valToPos(point.x, "x", true) + aside, y = plot.valToPos(point.y, "y", true);
        if (panel.shape === "bars") {
          context.save();
          context.fillStyle = colour;
          context.globalAlpha = 0.55;
          context.fillRect(x - pixels(width) / 2, Math.min(y, nought), pixels(width), Math.abs(y - nought));
          context.restore();
        }
        if (point.n > 1) { band(context, plot, point, x, colour); }
        symbol(context, one.symbol, x, y, colour);
      });
    });
  }

  function band(context, plot, point, x, colour) {
    var low = plot.valToPos(point.low, "y", true), high = plot.valToPos(point.high, "y", true), cap = pixels(5);
    line(context, x, low, x, high, colour, 1.5);
    line(context, x - cap, low, x + cap, low, colour, 1.5);
    line(context, x - cap, high, x + cap, high, colour, 1.5);
  }

  function says(panel, xs, index) {
    if (index === null || index === undefined || xs[index] === undefined) { return "\u00a0"; }
    var parts = [];
    panel.series.forEach(function (one) {
      one.points.forEach(function (point) {
        if (point.x !== xs[index]) { return; }
        parts.push(one.label + " " + point.words + (panel.unit ? " " + panel.unit : "") + (point.n > 1 ? " (mean of " + point.n + ")" : ""));
      });
    });
    return longDate.format(new Date(xs[index] * 1000)) + ": " + parts.join("; ");
  }

  function axes(panel) {
    var common = { stroke: function () { return ink("--muted"); }, font: "12px " + ink("--bs-body-font-family"), ticks: { stroke: function () { return ink("--line"); }, width: 1 } };
    var x = Object.assign({}, common, {
      space: 90, grid: { show: false },
      values: function (plot, splits) {
        var short = splits.length > 1 && splits[1] - splits[0] < 27 * DAY;
        return splits.map(function (seconds) { return (short ? dayAndMonth : monthAndYear).format(new Date(seconds * 1000)); });
      },
    });
    var y = Object.assign({}, common, { size: 82, grid: { stroke: function () { return ink("--line"); }, width: 1 } });
    if (panel.grades.length) {
      y.splits = function () { return panel.grades.map(function (_grade, index) { return index; }); };
      y.values = function (_plot, splits) { return splits.map(function (step) { return panel.grades[step] || ""; }); };
    } else if (panel.range && panel.range[0] < 0) {
      y.splits = function () { return [-3, -2, -1, 0, 1, 2, 3]; };
      y.values = function (_plot, splits) { return splits.map(function (step) { return (step > 0 ? "+" : step < 0 ? "−" : "") + Math.abs(step); }); };
    } else if (panel.shape === "log_line") {
      y.splits = function () {
        var range = yRange(panel);
        return [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500].filter(function (step) { return step >= range[0] && step <= range[1]; });
      };
      y.values = function (_plot, splits) { return splits.map(String); };
    }
    return [x, y];
  }

  function series(panel) {
    return [{}].concat(panel.series.map(function (one) {
      var drawn = panel.shape === "line" || panel.shape === "log_line" || panel.shape === "step";
      return {
        label: one.label, stroke: function () { return ink(INKS[one.symbol]); }, width: 1.75, dash: DASHES[one.symbol], spanGaps: true, points: { show: false },
        paths: !drawn ? function () { return null; } : panel.shape === "step" ? window.uPlot.paths.stepped({ align: 1 }) : window.uPlot.paths.linear(),
      };
    }));
  }

  function start(place, panel, data, plots) {
    var says_at = document.querySelector('[data-says="' + panel.kind + '"]');
    var above = SESSION_ROW + MEDICINE_ROW * data.medicines.length + 8, values = columns(panel), range = yRange(panel);
    if (panel.axis) { data = Object.assign({}, data, panel.axis); }
    var plot = new window.uPlot({
      width: place.clientWidth || 600, height: PLOT_HEIGHT + above + 40, padding: [above, 14, 0, 0], legend: { show: false },
      tzDate: function (seconds) { return window.uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"); },
      cursor: { sync: { key: panel.axis ? panel.kind : "results" }, drag: { x: false, y: false }, points: { show: false }, y: false },
      scales: {
        x: { time: true, range: function () { return [data.from, data.to]; } },
        y: { distr: panel.shape === "log_line" ? 3 : 1, range: function () { return range; } },
      },
      axes: axes(panel), series: series(panel),
      hooks: {
        drawAxes: [function (self) { happened(self, panel, data); }],
        draw: [function (self) { marks(self, panel); }],
        setCursor: [function (self) { says_at.textContent = says(panel, values[0], self.cursor.left < 0 ? null : self.cursor.idx); }],
      },
    }, values, place);
    plots.push(plot);
    new ResizeObserver(function () { if (place.clientWidth) { plot.setSize({ width: place.clientWidth, height: PLOT_HEIGHT + above + 40 }); } }).observe(place);
  }

  document.addEventListener("DOMContentLoaded", function () {
    var source = document.getElementById("plot-data"), plots = [];
    if (!source || !window.uPlot) { return; }
    var data = JSON.parse(source.textContent);
    data.panels.forEach(function (panel) {
      var place = document.querySelector('[data-plot="' + panel.kind + '"]');
      if (place) { start(place, panel, data, plots); }
    });
    function again() { plots.forEach(function (plot) { plot.redraw(false); }); }
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
    window.matchMedia("print").addEventListener("change", again);
    if (document.fonts) { document.fonts.ready.then(again); }
  });
})();
