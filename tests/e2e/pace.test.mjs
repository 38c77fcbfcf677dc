// How long the main thread is busy while pods run: reported, and refused only when it is far beyond the aim of 50 ms.
import assert from "node:assert/strict";
import { openSandbox, output, setSpeed, waitForJob } from "./learner.mjs";

/** Real milliseconds between the frames that the page draws during `ms`. */
function frameGaps(page, ms) {
  return page.evaluate(async (span) => {
    const gaps = [];
    const begun = performance.now();
    let before = begun;
    while (before - begun < span) {
      const now = await new Promise(requestAnimationFrame);
      gaps.push(now - before);
      before = now;
    }
    return gaps.sort((a, b) => a - b);
  }, ms);
}

export const tests = {
  async "a thousand changes a second are watched without a stop"(page, address) {
    await openSandbox(page, address);
    await setSpeed(page, 5);
    await output(page, "sed -e 's/completions: 5/completions: 10000/' -e 's/parallelism: 2/parallelism: 100/' -e 's/image: .*/image: busybox:1.36/' -e 's/command: .*/command: [sleep, \"1\"]/' job-parallel.yaml > many.yaml");
    await output(page, "kubectl apply -f many.yaml");
    const input = page.getByTestId("terminal-input");
    await input.fill("kubectl get po -w --no-headers");
    await input.press("Enter");
    await page.waitForFunction(() => document.querySelectorAll(".block:last-child .row").length > 500);
    const shown = () => page.evaluate(() => Number(document.querySelector(".block:last-child .log-cut")?.textContent.match(/\d+/)?.[0] ?? 0) + document.querySelectorAll(".block:last-child .row").length);
    const before = await shown();
    const gaps = await frameGaps(page, 3_000);
    const changes = (await shown()) - before;
    await input.press("Control+c");
    const median = gaps[Math.floor(gaps.length / 2)];
    console.log(`      ${Math.round(changes / 3)} changes a second; a frame takes ${median.toFixed(1)} ms in the median, ${gaps.at(-1).toFixed(0)} ms at most`);
    assert.ok(changes > 500, `${changes} changes in three seconds`);
    assert.ok(median < 100, `a frame takes ${median} ms`);
  },

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
