// The two modules: the page reads before the cluster is there, and survives its failure.
import assert from "node:assert/strict";
import { openSandbox, output, type } from "./learner.mjs";

async function firstLesson(page, address) {
  const index = await (await page.request.get(`${address}lessons/course.json`)).json();
  return index.parts[0].lessons[0].id;
}

export const tests = {
  async "a lesson reads while the cluster is on its way, and what was typed runs when it is there"(page, address) {
    let letGo;
    const gate = new Promise((resolve) => (letGo = resolve));
    await page.route("**/cluster_bg.wasm*", async (route) => {
      await gate;
      await route.continue();
    });
    await page.goto(`${address}#/lesson/${await firstLesson(page, address)}`);
    await page.locator("h1#lesson-title").waitFor();
    assert.ok((await page.locator("[data-testid=goal]").count()) > 0);
    assert.match(await page.locator(".clock-note").textContent(), /загружается/);
    await type(page, "echo early");
    assert.equal(await page.locator(".block").count(), 0);
    letGo();
    await page.locator(".block .row", { hasText: "early" }).waitFor();
  },

  "a cluster that does not load is said so, the lesson reads on, and another try loads it": {
    noisy: true,
    async run(page, address) {
      for (const file of ["cluster_bg.wasm", "cluster.js"]) {
        await page.route(`**/${file}*`, (route) => route.abort());
        await page.goto(`${address}#/`);
        await page.goto(`${address}#/lesson/${await firstLesson(page, address)}`);
        await page.reload();
        await page.getByRole("alert").getByText("не загрузился").waitFor();
        await page.locator("h1#lesson-title").waitFor();
        assert.equal(await page.locator(".panic").count(), 0);
        await type(page, `echo ${file}`);
        await page.getByRole("button", { name: "Попробовать ещё раз" }).click();
        await page.waitForTimeout(500);
        await page.getByRole("alert").getByText("не загрузился").waitFor();
        await page.unroute(`**/${file}*`);
        await page.getByRole("button", { name: "Попробовать ещё раз" }).click();
        await page.locator(".block .row", { hasText: file }).waitFor();
        assert.equal(await page.getByRole("alert").count(), 0);
      }
    },
  },

  async "a link that is damaged says so"(page, address) {
    await page.goto(`${address}#/run/AAAA`);
    await page.getByText("Ссылка не открылась").waitFor();
    await output(page, "echo still here");
  },

  "a failure of the cluster ends at the screen with the command log": {
    // The browser tells of the failure, too.
    noisy: true,
    async run(page, address) {
      await page.route("**/cluster.js*", async (route) => {
        const response = await route.fetch();
        // The real module fails as it does on a defect: by a panic.
        const text = (await response.text()).replace("export function act(text) {", (head) => `${head} if (text.includes("fail now")) text = "?";`);
        assert.match(text, /fail now/);
        await route.fulfill({ response, body: text });
      });
      await openSandbox(page, address);
      await output(page, "echo before");
      await type(page, "echo fail now");
      const log = await page.locator(".panic textarea").inputValue();
      assert.match(log, /panicked at/);
      assert.match(log, /echo fail now/);
      assert.match(log, /\[\d+,"line","echo before"\]/);
    },
  },
};
