// Bundles third-party front-end parts into build/vendor. Nothing of it is committed.
import { appendFileSync, readFileSync } from "node:fs";
import * as esbuild from "esbuild";

await esbuild.build({
  entryPoints: ["frontend/app.css", "frontend/patient.css", "frontend/app.js", "frontend/sign.js", "frontend/compare.js", "frontend/calendar.js", "frontend/plot.js"],
  outdir: "build/vendor",
  bundle: true,
  minify: true,
  format: "iife",
  splitting: false,
  target: ["es2022", "safari16"],
  legalComments: "external",
  loader: { ".woff2": "file", ".woff": "file", ".svg": "file" },
  assetNames: "fonts/[name]",
  logLevel: "warning",
});

// The few icons of patients' pages as masks: the whole icon font would weigh more than everything else together.
const ICONS = [
  "arrow-repeat", "calendar-plus", "chat-left-text", "check-circle", "check2", "check2-all", "circle", "clock", "envelope", "exclamation-circle", "exclamation-octagon", "exclamation-triangle", "eye", "geo-alt",
  "heart-pulse", "hourglass", "info-circle", "pause-circle", "play-circle", "slash-circle", "telephone", "telephone-fill", "x-circle",
];
const mask = (name) => encodeURIComponent(readFileSync(`node_modules/bootstrap-icons/icons/${name}.svg`, "utf8").replace(/\s+/g, " ").replace(/ (class|width|height|fill)="[^"]*"/g, ""));
appendFileSync("build/vendor/patient.css", ICONS.map((name) => `.bi-${name}{--icon:url("data:image/svg+xml,${mask(name)}")}`).join(""));
