// Serves a built page from a subfolder and opens it in the system's Chromium.
import { createServer } from "node:http";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join, normalize } from "node:path";
import { chromium } from "playwright-core";

const TYPES = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  json: "application/json; charset=utf-8",
  wasm: "application/wasm",
  woff2: "font/woff2",
  svg: "image/svg+xml",
};
/** What Playwright itself says where no worker may answer requests. */
const WORKER_BLOCKED = "Service Worker registration blocked by Playwright";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Serves `folder` below /course/, as a plain static host would. Answers the address of the page. */
export async function serve(folder, prefix = "/course/") {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    const inside = path.startsWith(prefix) ? normalize(path.slice(prefix.length) || "index.html") : "..";
    const file = join(folder, inside);
    if (inside.startsWith("..") || !existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(path === "/favicon.ico" ? 204 : 404).end();
      return;
    }
    response.writeHead(200, { "content-type": TYPES[file.split(".").at(-1)] ?? "application/octet-stream" });
    response.end(readFileSync(file));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { address: `http://127.0.0.1:${server.address().port}${prefix}`, close: () => server.close() };
}

export function chromiumPath() {
  const known = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  return known.find((path) => path && existsSync(path));
}

export async function launch() {
  return chromium.launch({ executablePath: chromiumPath(), args: FLAGS });
}

/** A fresh page that remembers everything that went wrong in it. Requests are the tests' own to change, so no worker answers them. */
export async function openPage(browser, options = {}) {
  const usual = { viewport: { width: 1440, height: 900 }, locale: "ru-RU", serviceWorkers: "block" };
  const context = await browser.newContext({ ...usual, ...options });
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => {
    if (message.text().trim() === WORKER_BLOCKED) return;
    if (["error", "warning"].includes(message.type())) faults.push(`${message.type()}: ${message.text()} ${message.location().url}`);
  });
  page.on("pageerror", (error) => faults.push(`pageerror: ${error.stack ?? error}`));
  page.on("requestfailed", (request) => faults.push(`requestfailed: ${request.url()}`));
  page.on("response", (response) => {
    if (response.status() >= 400) faults.push(`${response.status()}: ${response.url()}`);
  });
  return { page, faults, context };
}
