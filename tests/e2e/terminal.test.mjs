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

  async "what a command reads is typed, and Ctrl+D ends it"(page, address) {
    await openSandbox(page, address);
    const input = page.getByTestId("terminal-input");
    await type(page, "cat > note.txt");
    await type(page, "kind of a note");
    await input.press("Control+d");
    assert.equal(await output(page, "cat note.txt"), "kind of a note");
  },

  async "a search of the history shows what it finds, Escape and the arrows give the line back"(page, address) {
    await openSandbox(page, address);
    const input = page.getByTestId("terminal-input");
    for (const line of ["echo first", "kubectl get jobs", "echo last"]) await output(page, line);
    await input.press("Control+r");
    assert.equal(await value(page), "");
    await page.keyboard.type("echo");
    assert.deepEqual(await page.locator(".choices span").allTextContents(), ["echo last", "echo first"]);
    await input.press("Control+r");
    await input.press("Control+r");
    assert.equal(await value(page), "echo first");
    await input.press("Escape");
    await input.fill("half a li");
    await input.press("ArrowUp");
    await input.press("ArrowDown");
    assert.equal(await value(page), "half a li");
  },

  async "Ctrl+C copies what is selected, and interrupts when nothing is"(page, address) {
    await openSandbox(page, address);
    const input = page.getByTestId("terminal-input");
    await output(page, "echo copied");
    await type(page, "sleep 1000");
    await page.getByTestId("terminal-log").getByText("copied", { exact: true }).selectText();
    await input.press("Control+c");
    assert.equal(await page.locator(".prompt .mark").textContent(), "…");
    await page.evaluate(() => getSelection().removeAllRanges());
    await input.press("Control+c");
    await page.waitForFunction(() => document.querySelector(".prompt .mark").textContent === "$ ");
  },

  async "the clock and date tell one time"(page, address) {
    await openSandbox(page, address);
    await page.locator("[data-part=date]:not(:empty)").waitFor();
    await page.getByTestId("pause").click();
    const shown = await page.locator("[data-part=date]").textContent();
    assert.equal(await output(page, "date -u '+%T UTC'"), shown);
  },

  async "nano shows the file, and the editor has the focus"(page, address) {
    await openSandbox(page, address);
    await page.locator(".cm-content").waitFor();
    await output(page, "nano notes/new.yaml || nano new.yaml");
    await page.getByRole("tab", { name: "new.yaml", selected: true }).waitFor();
    await page.waitForFunction(() => document.activeElement.classList.contains("cm-content"));
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
