// Holds the built page against its budget: gzipped kilobytes that a learner downloads.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const folder = process.argv[2] ?? "dist";
// The page shows before the cluster's module is there, which stays near its size.
const BUDGETS = [
  { what: "page wasm", pattern: /^page-.*_bg\.wasm$/, limit: 250_000 },
  { what: "cluster wasm", pattern: /^cluster_bg\.wasm$/, limit: 1_440_000 },
  { what: "worker wasm", pattern: /^container_bg\.wasm$/, limit: 60_000 },
  { what: "editor chunk", pattern: /^editor\.js$/, limit: 140_000 },
];

let failed = false;
for (const { what, pattern, limit } of BUDGETS) {
  const names = readdirSync(folder).filter((name) => pattern.test(name));
  if (names.length !== 1) {
    console.error(`${what}: expected one file like ${pattern} in ${folder}, found ${names.length}`);
    failed = true;
    continue;
  }
  const size = gzipSync(readFileSync(join(folder, names[0])), { level: 9 }).length;
  const verdict = size <= limit ? "ok" : "TOO BIG";
  console.log(`${what}: ${(size / 1000).toFixed(1)} kB gz of ${limit / 1000} kB: ${verdict}`);
  failed ||= size > limit;
}
// A lesson is fetched when it is opened.
const LESSON_LIMIT = 15_000;
const lessons = readdirSync(join(folder, "lessons")).filter((name) => name.endsWith(".json"));
const sizes = lessons.map((name) => [name, gzipSync(readFileSync(join(folder, "lessons", name)), { level: 9 }).length]);
for (const [name, size] of sizes.filter(([, size]) => size > LESSON_LIMIT)) {
  console.error(`lessons/${name}: ${(size / 1000).toFixed(1)} kB gz of ${LESSON_LIMIT / 1000} kB: TOO BIG`);
  failed = true;
}
console.log(`${sizes.length} files of lessons: at most ${(Math.max(0, ...sizes.map(([, size]) => size)) / 1000).toFixed(1)} kB gz`);
process.exit(failed ? 1 : 0);
