// The terminal's keys, offers and limits.
import assert from "node:assert/strict";
import { openSandbox, output, type } from "./learner.mjs";

const value = (page) => page.getByTestId("terminal-input").inputValue();

export const tests = {
  async "history, chords and completion"(page, address) {
    await openSandbox(page, address);
    const input = page.getByTestId("terminal-input");
    await output(page, "echo one");
    await output(page, "echo two");
    await input.press("ArrowUp");
    await input.press("ArrowUp");
    assert.equal(await value(page), "echo one");
    await input.press("Control+a");
    await input.press("Control+k");
    assert.equal(await value(page), "");
    await input.fill("kubectl get po");
    await input.press("Control+u");
    assert.equal(await value(page), "");
    await input.fill("kubectl app");
    await input.press("Tab");
    await page.waitForFunction(() => document.querySelector("[data-testid=terminal-input]").value.startsWith("kubectl apply"));
  },

  async "a line in the wrong layout is offered back"(page, address) {
    await openSandbox(page, address);
    await type(page, "лгиусед пуе зщ");
    await page.getByRole("button", { name: "Вставить" }).click();
    assert.equal(await value(page), "kubectl get po");
  },

  async "several pasted lines ask first"(page, address) {
    await openSandbox(page, address);
    await page.getByTestId("terminal-input").focus();
    await page.evaluate(() => {
      const data = new DataTransfer();
      data.setData("text", "echo one\necho two\n");
      document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    });
    await page.getByRole("button", { name: "Выполнить", exact: true }).first().click();
    await page.getByTestId("terminal-log").getByText("two", { exact: true }).waitFor();
  },

  async "ten thousand lines do not slow the typing"(page, address) {
    await openSandbox(page, address);
    await output(page, "seq 1 10000", 60_000);
    const rows = await page.locator(".row").count();
    assert.ok(rows <= 1_100, `${rows} rows are drawn`);
    const spent = await page.evaluate(() => {
      const input = document.querySelector("[data-testid=terminal-input]");
      const start = performance.now();
      for (let at = 0; at < 50; at += 1) {
        input.value += "x";
        input.dispatchEvent(new InputEvent("input", { bubbles: true }));
        input.getBoundingClientRect();
      }
      return (performance.now() - start) / 50;
    });
    assert.ok(spent < 16, `a key takes ${spent} ms`);
  },

  async "Escape, then Tab leaves the terminal"(page, address) {
    await openSandbox(page, address);
    const input = page.getByTestId("terminal-input");
    await input.fill("kubectl");
    await input.press("Escape");
    await input.press("Tab");
    assert.notEqual(await page.evaluate(() => document.activeElement?.dataset.testid), "terminal-input");
  },
};
