// Accessibility by axe in both themes and on a phone, no sideways scrolling, glyphs of the fonts.
import assert from "node:assert/strict";
import { AxeBuilder } from "@axe-core/playwright";
import { openSandbox, output } from "./learner.mjs";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

async function assertAccessible(page) {
  const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
  const lines = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.target} ${node.failureSummary}`).join("\n   ")}`);
  assert.deepEqual(lines, []);
}

async function walk(page, address) {
  await page.goto(address);
  await page.locator("h1").waitFor();
  await page.waitForTimeout(300);
  await assertAccessible(page);
  await openSandbox(page, address);
  await output(page, "kubectl apply -f job-parallel.yaml");
  await output(page, "kubectl oops");
  await page.locator("[data-testid=pod][data-status=Running]").first().waitFor();
  await page.waitForTimeout(400);
  await assertAccessible(page);
  const lesson = await page.evaluate(async () => {
    const answer = await fetch("lessons/course.json");
    return answer.ok ? (await answer.json()).parts[0].lessons[0].id : null;
  });
  if (lesson) {
    await page.goto(`${address}#/lesson/${lesson}`);
    await page.locator(".lesson h1").waitFor();
    await assertAccessible(page);
    // A chosen answer is drawn in the colours of the pen, and so is the code in it.
    await page.goto(`${address}#/lesson/first-job`);
    await page.locator("[data-testid=predict] .option", { has: page.locator("code") }).first().click();
    await page.locator('.option[aria-pressed="true"] code').first().waitFor();
    await assertAccessible(page);
  }
}

async function assertNoSidewaysScroll(page) {
  const width = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  assert.ok(width[0] <= width[1], `the page is ${width[0]} px wide on a screen of ${width[1]} px`);
}

export const tests = {
  "paper is accessible": { options: { colorScheme: "light" }, run: walk },
  "board is accessible": { options: { colorScheme: "dark" }, run: walk },
  "a phone shows one part at a time": {
    options: { viewport: { width: 375, height: 812 }, hasTouch: true, isMobile: true },
    async run(page, address) {
      await page.goto(address);
      await page.locator("h1").waitFor();
      await assertNoSidewaysScroll(page);
      await openSandbox(page, address);
      await assertNoSidewaysScroll(page);
      await page.getByRole("tab", { name: "YAML" }).click();
      await page.getByTestId("editor").waitFor();
      await page.getByTestId("apply").click();
      await page.getByRole("tab", { name: "Кластер" }).click();
      await page.getByTestId("pod").first().waitFor();
      await assertNoSidewaysScroll(page);
      await assertAccessible(page);
    },
  },
  "the narrowest screen still fits": {
    options: { viewport: { width: 320, height: 640 } },
    async run(page, address) {
      await page.goto(address);
      await page.locator("h1").waitFor();
      await assertNoSidewaysScroll(page);
      await openSandbox(page, address);
      await assertNoSidewaysScroll(page);
    },
  },
  async "the fonts are there"(page, address) {
    await openSandbox(page, address);
    const loaded = await page.evaluate(async () => {
      await document.fonts.ready;
      const faces = ['16px "PT Sans"', '700 16px "PT Sans"', '16px "PT Mono"', '16px "Neucha"'];
      const found = await Promise.all(faces.map((face) => document.fonts.load(face, "Задача №1 Job")));
      return found.map((list) => list.length);
    });
    assert.ok(loaded.every((count) => count >= 2), `faces loaded: ${loaded}`);
  },
};
