// How long the main thread is busy while pods run: reported, and refused only when it is far beyond the aim of 50 ms.
import assert from "node:assert/strict";
import { openSandbox, output, setSpeed, type, waitForJob } from "./learner.mjs";

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

/** How many frames the page asks for in half a second. */
function framesAsked(page) {
  return page.evaluate(async () => {
    const real = window.requestAnimationFrame;
    let asked = 0;
    window.requestAnimationFrame = (callback) => {
      asked += 1;
      return real.call(window, callback);
    };
    await new Promise((resolve) => setTimeout(resolve, 500));
    window.requestAnimationFrame = real;
    return asked;
  });
}

export const tests = {
  async "a page in which nothing moves rests, and wakes for whatever is done"(page, address) {
    await openSandbox(page, address);
    await output(page, "kubectl apply -f job.yaml");
    await waitForJob(page, "batch-job", "Complete");
    await page.waitForTimeout(2_000);
    const quiet = await framesAsked(page);
    assert.ok(quiet < 15, `${quiet} frames in half a second in which only the clock goes`);
    await page.getByTestId("pause").click();
    await page.waitForTimeout(3_000);
    assert.equal(await framesAsked(page), 0);
    assert.equal(await output(page, "echo awake"), "awake");
    await output(page, "kubectl create job two --image=busybox:1.36 -- sleep 1");
    await page.locator("[data-testid=job][data-job=two]").waitFor();
    await page.waitForTimeout(3_000);
    assert.equal(await framesAsked(page), 0);
    const statuses = () => [...document.querySelectorAll("[data-testid=pod]")].map(({ dataset }) => dataset.status).join();
    const before = await page.evaluate(statuses);
    for (let presses = 0; presses < 9 && (await page.evaluate(statuses)) === before; presses += 1) {
      await page.getByTestId("next-event").click();
      await page.waitForTimeout(300);
    }
    assert.notEqual(await page.evaluate(statuses), before);
    await type(page, "sleep 2; echo slept");
    await page.waitForTimeout(3_000);
    assert.equal(await framesAsked(page), 0);
    await page.getByTestId("pause").click();
    await page.locator(".block .row", { hasText: "slept" }).waitFor();
  },

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
