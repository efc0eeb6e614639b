/* The camera: a ghost of the baseline over the live picture; what is taken goes into the form's own file input. Without it, files. */
(function () {
  "use strict";
  document.addEventListener("DOMContentLoaded", function () {
    var box = document.getElementById("camera"), form = document.getElementById("photo-form");
    if (!box || !form || !window.DataTransfer) { return; }
    box.hidden = false;
    camera(box, form);
  });

  function camera(box, form) {
    function part(name) { return box.querySelector(".camera-" + name); }
    var video = part("video"), ghost = part("ghost"), taken = part("taken"), stage = part("stage"), words = part("words");
    var strength = document.getElementById("ghost-strength"), device = document.getElementById("camera-device");
    var stream = null, shot = null, address = "";
    function say(key) {
      words.textContent = key ? box.dataset["say" + key] : "";
      words.classList.toggle("text-danger", key === "Lost" || key === "Denied" || key === "None");
    }
    function view() { return box.querySelector("[name=camera_view]:checked"); }
    function show(state) {
      stage.classList.toggle("is-on", state === "live");
      part("open").hidden = state !== "closed";
      part("shoot").hidden = state !== "live";
      part("use").hidden = part("again").hidden = state !== "taken";
      taken.hidden = state !== "taken";
      video.hidden = state !== "live";
      haunt(state);
    }
    function haunt(state) {
      var from = view().dataset.ghost;
      ghost.hidden = !(from && state !== "taken" && state !== "closed");
      part("ghost-tool").hidden = !(from && state === "live");
      if (from && ghost.getAttribute("src") !== from) { ghost.src = from; }
      part("ghost-on").textContent = view().dataset.ghostOn || "";
      ghost.style.opacity = String(Number(strength.value) / 100);
    }
    function open(id) {
      if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) { say("None"); return; }
      var wish = { width: { ideal: 4096 }, height: { ideal: 3072 } };
      if (id) { wish.deviceId = { exact: id }; } else { wish.facingMode = { ideal: "environment" }; }
      navigator.mediaDevices.getUserMedia({ video: wish, audio: false }).then(function (opened) {
        close();
        stream = opened;
        video.srcObject = opened;
        return video.play();
      }).then(function () { say("Ready"); show("live"); list(); part("shoot").focus({ preventScroll: true }); box.scrollIntoView({ block: "start" }); }).catch(function (error) {
        say(error && error.name === "NotAllowedError" ? "Denied" : "None");
        show("closed");
      });
    }
    function close() {
      if (stream) { stream.getTracks().forEach(function (track) { track.stop(); }); }
      stream = null;
    }
    function list() {
      navigator.mediaDevices.enumerateDevices().then(function (all) {
        var cameras = all.filter(function (one) { return one.kind === "videoinput"; });
        part("devices").hidden = cameras.length < 2;
        if (cameras.length < 2 || device.options.length === cameras.length) { return; }
        device.replaceChildren.apply(device, cameras.map(function (one, number) { return new Option(one.label || String(number + 1), one.deviceId); }));
        device.value = stream.getVideoTracks()[0].getSettings().deviceId || "";
      });
    }
    /* A still picture where the camera makes one, for it has more points than the video; else the frame that is shown. */
    function still() {
      var track = stream.getVideoTracks()[0];
      if (!window.ImageCapture) { return frame(); }
      return new window.ImageCapture(track).takePhoto().then(function (blob) { return blob.type === "image/jpeg" ? blob : frame(); }).catch(frame);
    }
    function frame() {
      var canvas = document.createElement("canvas");
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
      canvas.getContext("2d").drawImage(video, 0, 0);
      return new Promise(function (done) { canvas.toBlob(done, "image/jpeg", 0.95); });
    }
    function shoot() {
      part("shoot").disabled = true;
      still().then(function (blob) {
        part("shoot").disabled = false;
        if (!blob) { return; }
        shot = blob;
        URL.revokeObjectURL(address);
        address = URL.createObjectURL(blob);
        taken.src = address;
        say("Taken");
        show("taken");
        part("use").focus();
      });
    }
    function use() {
      var input = form.querySelector('[name="photo_' + view().value + '"]'), carrier = new DataTransfer();
      carrier.items.add(new File([shot], "photo.jpg", { type: "image/jpeg" }));
      input.files = carrier.files;
      part("use").disabled = true;
      form.addEventListener("htmx:afterRequest", function done(event) {
        if (event.target !== form) { return; }
        form.removeEventListener("htmx:afterRequest", done);
        part("use").disabled = false;
        if (!event.detail.successful && event.detail.xhr.status !== 422) { say("Lost"); return; }
        input.value = "";
        say(event.detail.successful ? "Sent" : "");
        if (event.detail.successful) { next(); }
        show("live");
        part("shoot").focus();
      });
      window.htmx.trigger(form, "taken");
    }
    function next() {
      var all = Array.from(box.querySelectorAll("[name=camera_view]")), at = all.indexOf(view());
      if (at < all.length - 1) { all[at + 1].checked = true; }
    }
    part("open").addEventListener("click", function () { open(); });
    part("shoot").addEventListener("click", shoot);
    part("use").addEventListener("click", use);
    part("again").addEventListener("click", function () { say(""); show("live"); part("shoot").focus(); });
    device.addEventListener("change", function () { open(device.value); });
    strength.addEventListener("input", function () { haunt("live"); });
    box.addEventListener("change", function (event) { if (event.target.name === "camera_view" && stream) { say(""); show("live"); } });
    window.addEventListener("pagehide", close);
    show("closed");
  }
})();
