// Keeps all files of one build, so that the page works without a network after the first visit, and never mixes two builds.

/** The SHA-256 of every file of the build by its path: scripts/offline.mjs puts them here. */
const FILES = {};
/** Tells this build from others. */
const BUILD = "";

const OURS = `zadachnik ${registration.scope} `;
const CACHE = OURS + BUILD;

addEventListener("install", (event) => event.waitUntil(keepAll()));
addEventListener("activate", (event) => event.waitUntil(dropOthers()));
addEventListener("fetch", (event) => {
  const path = pathOf(event.request);
  if (path in FILES) event.respondWith(kept(path, event.request));
});
addEventListener("message", (event) => {
  if (event.data === "take over") event.waitUntil(takeOver());
});

/** The path of a file of this site; undefined for all other requests. */
function pathOf(request) {
  const [address] = request.url.split(/[?#]/);
  if (request.method !== "GET" || !address.startsWith(registration.scope)) return undefined;
  return decodeURIComponent(address.slice(registration.scope.length)) || "index.html";
}

/** All files or none: with one missing or of another build, the browser tries again at the next visit. */
async function keepAll() {
  const cache = await caches.open(CACHE);
  await Promise.all(
    Object.entries(FILES).map(async ([path, hash]) => {
      // Most files of the build before are the same.
      const found = (await intact(await caches.match(path), hash)) ?? (await intact(await fetch(path, { cache: "no-cache" }), hash));
      if (!found) throw new Error(`${path} is not that of this build`);
      await cache.put(path, found);
    }),
  );
}

/** The response, if it has that content. */
async function intact(response, hash) {
  if (!response?.ok) return undefined;
  const body = await response.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  const hex = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const type = response.headers.get("content-type") ?? "application/octet-stream";
  return hex === hash ? new Response(body, { headers: { "content-type": type } }) : undefined;
}

async function kept(path, request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(path)) ?? fetch(request);
}

async function dropOthers() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(OURS) && name !== CACHE).map((name) => caches.delete(name)));
}

/** Only where no other window is in the middle of a lesson with the build before. */
async function takeOver() {
  const windows = await clients.matchAll({ type: "window", includeUncontrolled: true });
  if (windows.filter(({ url }) => url.startsWith(registration.scope)).length <= 1) await skipWaiting();
}
