// The editor: applying, findings, bad input.
import assert from "node:assert/strict";
import { openSandbox, output, type } from "./learner.mjs";

async function editor(page) {
  await page.locator(".cm-content[data-testid=editor]").waitFor();
  return page.getByTestId("editor");
}

export const tests = {
  async "Ctrl+Enter applies the file by a visible command"(page, address) {
    await openSandbox(page, address);
    await (await editor(page)).press("Control+Enter");
    const log = page.getByTestId("terminal-log");
    await log.getByText("kubectl apply -f job.yaml").waitFor();
    await log.getByText("job.batch/batch-job created").waitFor();
  },

  async "a wrong manifest is refused in Kubernetes' own words, with one Russian line"(page, address) {
    await openSandbox(page, address);
    const field = await editor(page);
    await field.fill("apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: bad\nspec:\n  complitions: 5\n");
    await page.getByTestId("apply").click();
    const block = page.locator(".block").last();
    await block.locator(".row.stderr").first().waitFor();
    assert.match((await block.locator(".row.stderr").allTextContents()).join("\n"), /unknown field "spec.complitions"/);
    await block.locator(".row.explanation").first().waitFor();
    await page.locator(".problems li").first().waitFor();
  },

  async "an interrupted edit gives the learner's own file back"(page, address) {
    await openSandbox(page, address);
    await output(page, "kubectl apply -f job.yaml");
    await type(page, "kubectl edit job batch-job");
    const offer = page.locator(".editor-panel .offer");
    await offer.waitFor();
    await (await editor(page)).getByText("creationTimestamp").waitFor();
    await page.getByTestId("terminal-input").press("Control+c");
    await offer.waitFor({ state: "detached" });
    await page.waitForFunction(() => !document.querySelector(".cm-content").textContent.includes("creationTimestamp"));
    assert.match(await output(page, "kubectl get jobs"), /batch-job/);
    // What was asked of the editor is no answer to the next question.
    await type(page, "kubectl edit job batch-job");
    await offer.waitFor();
  },

  async "fields are completed and explained at their place"(page, address) {
    await openSandbox(page, address);
    const field = await editor(page);
    await field.fill("apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: a\nspec:\n  ");
    await field.press("Control+End");
    await page.keyboard.type("backoffL");
    const list = page.locator(".cm-tooltip-autocomplete");
    await list.getByText("backoffLimit", { exact: true }).waitFor();
    // Accepting a suggestion the moment it appears is refused, so that a fast typist is not surprised.
    await page.waitForTimeout(200);
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelector(".cm-content").textContent.includes("backoffLimit: "));
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Control+i");
    const card = page.locator(".cm-card");
    await card.waitFor();
    assert.match(await card.textContent(), /job\.spec\.backoffLimit.*integer.*по умолчанию 6/s);
  },

  async "Tab passes through the editor, and indents once the learner works in it"(page, address) {
    await openSandbox(page, address);
    const field = await editor(page);
    const inside = () => page.evaluate(() => document.activeElement.classList.contains("cm-content"));
    const text = await field.innerText();
    await page.getByTestId("apply").focus();
    await page.keyboard.press("Tab");
    assert.equal(await inside(), true);
    await page.keyboard.press("Tab");
    assert.equal(await inside(), false);
    assert.equal(await field.innerText(), text);
    await field.locator(".cm-line").first().click();
    await page.keyboard.press("Home");
    await page.keyboard.press("Tab");
    assert.ok((await field.innerText()).startsWith("  apiVersion"));
    await page.keyboard.press("Escape");
    await page.keyboard.press("Tab");
    assert.equal(await inside(), false);
  },

  async "half-typed text never breaks the page"(page, address) {
    await openSandbox(page, address);
    const field = await editor(page);
    for (const text of ["", ":", "a: [1,", "spec:\n\t- x", "? !!binary", "&a *a", "a: &x [*x, *x]", "---\n---\n", "kind: Job\nkind: 7", "\u0000"]) {
      await field.fill(text);
      await page.getByTestId("apply").click();
    }
    assert.equal(await page.locator(".panic").count(), 0);
    await page.getByTestId("terminal-input").waitFor();
  },
};
