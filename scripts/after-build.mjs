// The part of the build that needs Node: fonts, the editor's bundle and, in release, the content security policy and the
// worker that keeps the page offline.
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { WORKER, sha256, writeOfflineWorker } from "./offline.mjs";

const [stage, profile] = process.argv.slice(2);

const FONTS = [
  "pt-sans/files/pt-sans-cyrillic-400-normal",
  "pt-sans/files/pt-sans-latin-400-normal",
  "pt-sans/files/pt-sans-cyrillic-700-normal",
  "pt-sans/files/pt-sans-latin-700-normal",
  "pt-mono/files/pt-mono-cyrillic-400-normal",
  "pt-mono/files/pt-mono-latin-400-normal",
  "neucha/files/neucha-cyrillic-400-normal",
  "neucha/files/neucha-latin-400-normal",
];

function copyFonts() {
  mkdirSync(join(stage, "fonts"), { recursive: true });
  for (const font of FONTS) {
    const name = font.split("/").at(-1) + ".woff2";
    copyFileSync(join("node_modules/@fontsource", font + ".woff2"), join(stage, "fonts", name));
  }
}

async function bundleEditor() {
  await build({
    entryPoints: ["editor/editor.js"],
    outfile: join(stage, "editor.js"),
    bundle: true,
    format: "iife",
    target: "es2022",
    minify: profile === "release",
    legalComments: "none",
    logLevel: "warning",
  });
}

// The cluster's files have fixed names: their addresses carry a hash of what is in them, so that no cache mixes builds.
function stampCluster() {
  const path = join(stage, "index.html");
  const stamped = ["cluster.js", "cluster_bg.wasm"].reduce((html, name) => {
    const hash = sha256(readFileSync(join(stage, name))).slice(0, 16);
    return html.replace(new RegExp(`(href=["']?)${name.replace(".", "\\.")}(?=["'\\s>])`), `$1${name}?${hash}`);
  }, readFileSync(path, "utf8"));
  writeFileSync(path, stamped);
}

// Trunk starts the page with an inline module script; the policy allows exactly that one.
function writePolicy() {
  const path = join(stage, "index.html");
  const html = readFileSync(path, "utf8");
  const inline = [...html.matchAll(/<script\b(?![^>]*\bsrc=)[^>]*>([\s\S]*?)<\/script>/g)];
  const hashes = inline.map(([, text]) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`);
  const policy = [
    "default-src 'self'",
    `script-src 'self' 'wasm-unsafe-eval' ${hashes.join(" ")}`,
    "worker-src 'self'",
    "style-src 'self'",
    // The code editor marks findings with style attributes; style elements stay forbidden.
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'none'",
  ].join("; ");
  const meta = `<meta http-equiv="Content-Security-Policy" content="${policy}">`;
  writeFileSync(path, html.replace(/<meta charset="?utf-8"?\s*\/?>/i, (charset) => charset + meta));
}

function keepOffline() {
  const path = join(stage, "index.html");
  copyFileSync("src/web/offline_start.js", join(stage, "offline-start.js"));
  writeFileSync(path, readFileSync(path, "utf8").replace("</head>", '<script src="offline-start.js" async></script></head>'));
}

copyFonts();
await bundleEditor();
stampCluster();
if (profile === "release") {
  keepOffline();
  writePolicy();
  writeOfflineWorker(stage);
} else {
  // A worker of an earlier release build on this address gives way to one that keeps nothing.
  copyFileSync("src/web/offline_worker.js", join(stage, WORKER));
}
