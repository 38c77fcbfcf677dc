// Writes the worker that keeps the page offline, with the list of all files of a build. The build does it by itself; after
// a change of built files by hand: node scripts/offline.mjs dist
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const WORKER = "offline-worker.js";
const SOURCE = new URL("../src/web/offline_worker.js", import.meta.url);

export const sha256 = (data) => createHash("sha256").update(data).digest("hex");

/** `folder` holds a whole build, with nothing to be written after this. */
export function writeOfflineWorker(folder) {
  const all = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = all.map((entry) => join(entry.parentPath, entry.name).slice(join(folder, "/").length).replaceAll("\\", "/"));
  const kept = paths.filter((path) => path !== WORKER).sort();
  const files = JSON.stringify(Object.fromEntries(kept.map((path) => [path, sha256(readFileSync(join(folder, path)))])), null, 1);
  const written = readFileSync(SOURCE, "utf8")
    .replace("const FILES = {};", () => `const FILES = ${files};`)
    .replace('const BUILD = "";', `const BUILD = "${sha256(files).slice(0, 16)}";`);
  writeFileSync(join(folder, WORKER), written);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeOfflineWorker(process.argv[2] ?? "dist");
