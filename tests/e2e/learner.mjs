// What a learner does, in words of the tests.
import assert from "node:assert/strict";

/** Types a command and presses Enter. */
export async function type(page, command) {
  const input = page.getByTestId("terminal-input");
  await input.fill(command);
  await input.press("Enter");
}

/** Runs a command and answers what it printed, once the prompt is back. */
export async function output(page, command, timeout = 20_000) {
  const before = await page.locator(".block").count();
  await type(page, command);
  await page.waitForFunction(
    (count) => document.querySelectorAll(".block").length > count && !document.querySelector(".prompt .mark").textContent.includes("…"),
    before,
    { timeout },
  );
  return page.locator(".block").last().locator(".row").allTextContents().then((rows) => rows.join("\n"));
}

export async function openSandbox(page, address) {
  await page.goto(`${address}#/sandbox`);
  await page.getByTestId("terminal-input").waitFor();
}

/** Remembers every status that each pod of the grid shows, in order. */
export async function watchPods(page) {
  await page.evaluate(() => {
    window.podHistory = {};
    const note = () => {
      for (const pod of document.querySelectorAll("[data-testid=pod]")) {
        const history = (window.podHistory[pod.dataset.pod] ??= []);
        if (history.at(-1) !== pod.dataset.status) history.push(pod.dataset.status);
      }
    };
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true, attributes: true });
  });
  return () => page.evaluate(() => window.podHistory);
}

export async function setSpeed(page, speed) {
  await page.getByTestId("speed").selectOption(String(speed));
}

export async function waitForJob(page, name, status, timeout = 60_000) {
  await page.locator(`[data-testid=job][data-job="${name}"][data-status="${status}"]`).waitFor({ timeout });
}

/** The statuses come in this order, others may lie between. */
export function assertInOrder(history, wanted) {
  let at = 0;
  for (const status of history) if (status === wanted[at]) at += 1;
  assert.equal(at, wanted.length, `${JSON.stringify(history)} does not go through ${JSON.stringify(wanted)}`);
}
