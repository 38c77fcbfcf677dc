// Asks for the worker that keeps the page for times without a network: see offline_worker.js.

/** Milliseconds after loading: the cluster's module and the lesson come first. */
const SETTLED = 3_000;

async function start(workers) {
  const known = await workers.getRegistration();
  if (known?.waiting && workers.controller) {
    // A newer build was fetched during the last visit. Nothing was begun on this page yet, so it may begin with that one.
    workers.addEventListener("controllerchange", () => location.reload(), { once: true });
    known.waiting.postMessage("take over");
  }
  setTimeout(() => workers.register("offline-worker.js").catch(() => {}), SETTLED);
}

// Without such workers, or where storage is forbidden, the page needs the network and is else the same.
if (navigator.serviceWorker) {
  addEventListener("load", () => start(navigator.serviceWorker).catch(() => {}), { once: true });
}
