// Bundles third-party front-end parts into build/vendor. Nothing of it is committed.
import * as esbuild from "esbuild";

await esbuild.build({
  entryPoints: ["frontend/app.css", "frontend/app.js", "frontend/sign.js", "frontend/calendar.js"],
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
