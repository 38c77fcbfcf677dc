// How long the main thread is busy while pods run: reported, and refused only when it is far beyond the aim of 50 ms.
import assert from "node:assert/strict";
import { openSandbox, output, waitForJob } from "./learner.mjs";

export const tests = {
  async "the main thread stays free while five pods run"(page, address) {
    await openSandbox(page, address);
    await page.waitForTimeout(1_000);
    await page.evaluate(() => {
      window.longTasks = [];
      new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((entry) => Math.round(entry.duration)))).observe({ type: "longtask" });
    });
    await output(page, "sed 's/parallelism: 2/parallelism: 5/' job-parallel.yaml > job-five.yaml");
    await output(page, "kubectl apply -f job-five.yaml");
    await page.waitForFunction(() => document.querySelectorAll("[data-testid=pod][data-status=Running]").length === 5);
    await waitForJob(page, "batch-job", "Complete");
    const longTasks = await page.evaluate(() => window.longTasks);
    console.log(`      tasks above 50 ms: ${longTasks.length === 0 ? "none" : longTasks.join(", ") + " ms"}`);
    assert.ok(longTasks.every((ms) => ms < 250), `tasks of ${longTasks} ms`);
  },
};
