// After the first visit the page needs no network, and a new build comes whole or not at all.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeOfflineWorker } from "../../scripts/offline.mjs";
import { serve } from "./browser.mjs";
import { openSandbox, output, waitForJob } from "./learner.mjs";

const options = { serviceWorkers: "allow" };

/** Waits until the page would open without a network. */
async function kept(page) {
  await page.evaluate(() => navigator.serviceWorker.ready.then(({ active }) => {
    if (active.state === "activated") return undefined;
    return new Promise((resolve) => active.addEventListener("statechange", () => active.state === "activated" && resolve()));
  }));
}

export const tests = {
  "without a network the first Job runs, and so does a lesson": {
    options,
    // The browser tells of each request that finds no network.
    noisy: true,
    async run(page, address) {
      await page.goto(address);
      await kept(page);
      await page.context().setOffline(true);
      assert.equal(await page.evaluate(() => fetch("unknown.txt").then(() => "there", () => "no network")), "no network");
      await page.reload();
      await openSandbox(page, address);
      await output(page, "kubectl apply -f job.yaml");
      await waitForJob(page, "batch-job", "Complete");
      assert.match(await output(page, "kubectl logs job/batch-job"), /^3\.14159/);
      await page.goto(`${address}#/lesson/first-job`);
      await page.locator("h1#lesson-title").waitFor();
      await page.locator(".cm-content").waitFor();
    },
  },

  "a new build is fetched during one visit and shown at the next": {
    options,
    // A page that gives way to the new build is loaded anew while it loads.
    noisy: true,
    async run(page) {
      const folder = mkdtempSync(join(tmpdir(), "zadachnik-"));
      const [built] = process.argv.slice(2);
      cpSync(built ?? "dist", folder, { recursive: true });
      const site = await serve(folder);
      const file = join(folder, "index.html");
      const visit = async () => {
        await page.goto("about:blank");
        await page.goto(site.address);
        await page.locator("h1").first().waitFor();
      };
      const isNew = () => page.evaluate(() => document.documentElement.dataset.build === "new");
      try {
        await visit();
        await kept(page);
        writeFileSync(file, readFileSync(file, "utf8").replace("<html ", '<html data-build="new" '));
        writeOfflineWorker(folder);
        await visit();
        await page.waitForFunction(async () => (await navigator.serviceWorker.getRegistration()).waiting, undefined, { polling: 100 });
        assert.equal(await isNew(), false);
        // While a window has the build before, another one has it, too.
        const other = await page.context().newPage();
        await other.goto(site.address);
        await other.locator("h1").first().waitFor();
        assert.equal(await other.evaluate(() => document.documentElement.dataset.build), undefined);
        await other.close();
        for (let visits = 0; visits < 5 && !(await isNew()); visits += 1) {
          await page.reload();
          // The browser may still count the window that was closed.
          await page.waitForFunction(() => document.documentElement.dataset.build === "new", undefined, { timeout: 2_000 }).catch(() => {});
        }
        assert.equal(await isNew(), true);
        assert.equal((await page.evaluate(() => caches.keys())).length, 1);
      } finally {
        site.close();
        rmSync(folder, { recursive: true });
      }
    },
  },
};
