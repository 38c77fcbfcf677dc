// The terminal's keys, offers and limits.
import assert from "node:assert/strict";
import { openSandbox, output, type } from "./learner.mjs";

function paste(page, text) {
  return page.getByTestId("terminal-input").evaluate((input, pasted) => {
    const data = new DataTransfer();
    data.setData("text", pasted);
    input.focus();
    input.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  }, text);
}

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

  async "a command may go on in Russian"(page, address) {
    await openSandbox(page, address);
    assert.equal(await output(page, "echo привет"), "привет");
  },

  async "several pasted lines ask first"(page, address) {
    await openSandbox(page, address);
    await paste(page, "echo one\necho two\n");
    await page.getByRole("button", { name: "Выполнить", exact: true }).first().click();
    await page.getByTestId("terminal-log").getByText("two", { exact: true }).waitFor();
    // Enter answers the question, too; Escape forgets the lines.
    await paste(page, "echo three\necho four\n");
    await page.getByTestId("terminal-input").press("Enter");
    await page.getByTestId("terminal-log").getByText("four", { exact: true }).waitFor();
    await paste(page, "echo five\necho six\n");
    await page.getByTestId("terminal-input").press("Escape");
    await page.locator(".offer").waitFor({ state: "detached" });
    assert.equal(await output(page, "echo seven"), "seven");
  },

  async "the end of the output stays in view, and what the learner has scrolled to"(page, address) {
    await openSandbox(page, address);
    const body = page.locator(".terminal-body");
    const below = () => body.evaluate((body) => {
      const prompt = document.querySelector("[data-testid=terminal-input]").getBoundingClientRect();
      return prompt.bottom - body.getBoundingClientRect().bottom;
    });
    for (const command of ["seq 1 300", "cat job.yaml", "seq 1 2000", "echo end", "printf '%06000d\\n' 7"]) {
      await output(page, command);
      await page.waitForTimeout(200);
      assert.ok((await below()) <= 1, `after ${command} the line is ${await below()} px below`);
    }
    await page.setViewportSize({ width: 1280, height: 700 });
    await page.waitForTimeout(200);
    assert.ok((await below()) <= 1, "a smaller window keeps the end, too");
    // While a command prints, what was scrolled to stays.
    await type(page, "while sleep 0.05; do echo more; done");
    await page.waitForTimeout(300);
    await body.evaluate((body) => body.scrollBy(0, -3_000));
    await page.waitForTimeout(300);
    const top = () => page.evaluate(() => {
      const { left, top } = document.querySelector(".terminal-body").getBoundingClientRect();
      return document.elementFromPoint(left + 20, top + 40).textContent.slice(0, 80);
    });
    const seen = await top();
    await page.waitForTimeout(600);
    assert.equal(await top(), seen);
    await page.getByTestId("terminal-input").press("Control+c");
    await output(page, "echo back");
    assert.ok((await below()) <= 1, "a new command brings the end back");
  },

  async "output and programs without an end are stopped by Ctrl+C, and the terminal lives on"(page, address) {
    await openSandbox(page, address);
    await output(page, "kubectl create job zero --image=busybox -- cat /dev/zero");
    for (const line of ["cat /dev/zero", "yes | tr -d '\\n'", "perl -e '$x = \"a\"; $x .= $x while 1'", "exec cat"]) {
      const blocks = await page.locator(".block").count();
      await type(page, line);
      await page.locator(".block").nth(blocks).waitFor();
      await page.waitForTimeout(500);
      await page.getByTestId("terminal-input").press("Control+c");
      assert.equal(await output(page, "echo alive"), "alive", line);
    }
    await page.locator("[data-testid=pod][data-status=Running]").waitFor();
    assert.match(await output(page, "kubectl logs job/zero | wc -c"), /^\d+$/);
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

  async "a button's command asks before it interrupts one that goes on"(page, address) {
    await openSandbox(page, address);
    await output(page, "kubectl apply -f job.yaml");
    await type(page, "kubectl get po -w");
    await page.waitForTimeout(1_000);
    await page.getByTestId("pod").first().click();
    const logs = page.locator(".pod-menu").getByRole("button", { name: "Подробно" });
    await logs.click();
    const blocks = await page.locator(".block").count();
    await page.getByRole("button", { name: "Не сейчас" }).click();
    assert.equal(await page.locator(".block").count(), blocks);
    assert.equal(await page.locator(".prompt .mark").textContent(), "…");
    await page.getByTestId("apply").click();
    await page.getByRole("button", { name: "Прервать и выполнить" }).click();
    await page.locator(".block .row", { hasText: "unchanged" }).waitFor();
    // Nothing is asked of a free terminal.
    await logs.click();
    await page.locator(".block .row", { hasText: "Containers:" }).waitFor();
    assert.equal(await page.locator(".terminal .offer").count(), 0);
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
