// A narrow screen shows one part at a time, and follows what the learner does.
import assert from "node:assert/strict";
import { openSandbox, type } from "./learner.mjs";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const tab = (page) => page.locator(".work").getAttribute("data-tab");
const key = (page, name) => page.getByRole("toolbar", { name: "Клавиши" }).getByRole("button", { name });

export const tests = {
  "a command of the text is run by keys alone, and the text stays where it was": {
    options: PHONE,
    async run(page, address) {
      await page.goto(`${address}#/lesson/first-job`);
      await page.locator("[data-question=pods-left] .option").first().tap();
      await page.locator(".lesson button.run", { hasText: "kubectl apply" }).first().tap();
      const scrolled = () => page.locator(".lesson").evaluate((sheet) => sheet.scrollTop);
      const before = await scrolled();
      assert.ok(before > 500, `the text is scrolled by ${before} px`);
      assert.equal(await tab(page), "terminal");
      await key(page, "Выполнить").tap();
      await page.locator(".block .row", { hasText: "created" }).waitFor();
      assert.equal(await page.evaluate(() => document.activeElement.tagName), "BODY", "no keyboard was called up");
      assert.match(await page.locator(".goal-chip").innerText(), /Complete/);
      await page.getByRole("tab", { name: "Урок" }).tap();
      assert.equal(await scrolled(), before);
    },
  },

  "applying shows the terminal, a name shows the cluster, and a key ends what is typed": {
    options: PHONE,
    async run(page, address) {
      await openSandbox(page, address);
      await page.getByRole("tab", { name: "YAML" }).tap();
      await page.getByTestId("apply").tap();
      await page.locator(".block .row", { hasText: "created" }).waitFor();
      assert.equal(await tab(page), "terminal");
      await page.locator(".terminal .object-link").first().tap();
      assert.equal(await tab(page), "cluster");
      await page.locator(".pod-menu").waitFor();
      await page.getByRole("button", { name: "Подробно" }).tap();
      await page.locator(".block .row", { hasText: "Parallelism" }).waitFor();
      assert.equal(await tab(page), "terminal");
      await type(page, "cat > note.txt");
      await type(page, "a note");
      await key(page, "Конец ввода").tap();
      await type(page, "cat note.txt");
      await page.locator(".block").last().getByText("a note", { exact: true }).waitFor();
    },
  },

  "a refused edit opens again at its reason, and an accepted one goes back to the terminal": {
    options: PHONE,
    async run(page, address) {
      await openSandbox(page, address);
      await page.locator(".cm-content").waitFor({ state: "attached" });
      await type(page, "kubectl apply -f job.yaml; kubectl edit job batch-job");
      const editor = page.getByTestId("editor");
      const replace = async (from, to) => {
        const end = page.getByRole("button", { name: "Сохранить и выйти" });
        await end.waitFor();
        // Only what is in view is in the document: the field is made to be.
        const line = editor.locator(".cm-line", { hasText: from });
        for (let page_ = 0; page_ < 5 && (await line.count()) === 0; page_ += 1) {
          await page.locator(".cm-scroller").evaluate((scroller) => scroller.scrollBy(0, 300));
          await page.waitForTimeout(100);
        }
        await line.click();
        await page.keyboard.press("End");
        for (const _ of from) await page.keyboard.press("Backspace");
        await page.keyboard.type(to);
        await end.tap();
      };
      await replace("completions: 1", "completions: 7");
      await editor.locator(".cm-line", { hasText: "field is immutable" }).waitFor();
      assert.ok((await page.locator(".cm-scroller").evaluate((scroller) => scroller.scrollTop)) < 20);
      assert.equal(await tab(page), "editor");
      await replace("completions: 7", "completions: 1");
      await page.locator(".block .row", { hasText: / edited$|Edit cancelled/ }).waitFor();
      assert.equal(await tab(page), "terminal");
    },
  },

  "the present of the timeline and the names of its pods are in view": {
    options: PHONE,
    async run(page, address) {
      await openSandbox(page, address);
      await type(page, "kubectl apply -f job-parallel.yaml");
      await page.getByRole("tab", { name: "Кластер" }).tap();
      await page.locator("[data-testid=job][data-status=Complete]").waitFor({ timeout: 60_000 });
      const edges = (selector) => page.locator(`.timeline ${selector}`).evaluateAll((found) => found.map((each) => each.getBoundingClientRect()).map(({ left, right }) => [left, right]));
      for (const [left, right] of [...(await edges(".now")), ...(await edges("text"))]) {
        assert.ok(left >= 0 && right <= PHONE.viewport.width, `from ${left} to ${right}`);
      }
    },
  },
};
