// Walks every lesson of the course as a learner would, by keyboard only: predictions, files, commands, goals.
import assert from "node:assert/strict";

const WAIT_MS = 60_000;

async function read(page, path) {
  return page.evaluate(async (address) => (await fetch(address)).json(), path);
}

/** Chooses a speed with the arrow keys. */
async function speedUp(page, wanted) {
  const speed = page.getByTestId("speed");
  await speed.focus();
  for (let presses = 0; presses < 12 && (await speed.inputValue()) !== String(wanted); presses += 1) {
    await page.keyboard.press("ArrowDown");
  }
  assert.equal(await speed.inputValue(), String(wanted));
}

async function run(page, command) {
  const blocks = await page.locator(".block").count();
  await page.getByTestId("terminal-input").focus();
  await page.keyboard.insertText(command);
  await page.keyboard.press("Enter");
  await page.waitForFunction(
    (count) => document.querySelectorAll(".block").length > count && !document.querySelector(".prompt .mark").textContent.includes("…"),
    blocks,
    { timeout: WAIT_MS },
  );
}

async function write(page, name, text) {
  await page.getByRole("tab", { name: new RegExp(`^${name.replaceAll(".", "\\.")}`) }).press("Enter");
  await page.locator(".cm-content[data-testid=editor]").focus();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(text);
}

async function follow(page, lesson) {
  for (const option of await page.locator("[data-testid=predict]").all()) {
    const first = option.locator(".option").first();
    if ((await first.isVisible()) && (await first.isEnabled())) await first.press("Enter");
  }
  for (const line of lesson.commands) {
    const [, wait] = line.match(/^# wait: (.*)/) ?? [];
    const [, file] = line.match(/^# write: (.*)/) ?? [];
    const [, goal] = wait?.match(/^goal (.*)/) ?? [];
    if (goal) {
      await page.locator(`[data-testid=goal][data-goal="${goal}"][data-state=met]`).waitFor({ state: "attached", timeout: WAIT_MS });
    } else if (wait) {
      await page.waitForFunction(() => ![...document.querySelectorAll("[data-testid=job]")].some((job) => job.dataset.status === "Running"), undefined, { timeout: WAIT_MS });
    } else if (file) {
      await write(page, file, lesson.solution.find(({ name }) => name === file).text);
    } else {
      await run(page, line);
      // The editor takes the focus a frame later; what is typed sooner would land there.
      if (line.startsWith("nano ")) await page.waitForFunction(() => document.activeElement.closest(".cm-content"));
    }
  }
}

export const tests = {
  async "a lesson names what comes before it, explains its fields and shows the parts it needs"(page, address) {
    const course = await (await fetch(`${address}lessons/course.json`)).json();
    const [first, second] = course.parts[0].lessons;
    await page.goto(`${address}#/lesson/${second.id}`);
    await page.locator(".before a", { hasText: first.title }).waitFor();
    const field = page.locator(".before button").first();
    await field.click();
    assert.match(await page.getByTestId("terminal-input").inputValue(), /^kubectl explain job\.spec\./);
    // Another layout: no editor until a command opens it.
    await page.route(`**/lessons/${second.id}.json`, async (route) => {
      const lesson = await (await route.fetch()).json();
      await route.fulfill({ json: { ...lesson, layout: "terminal" } });
    });
    await page.reload();
    await page.locator(".lesson h1").waitFor();
    await page.getByTestId("terminal-input").waitFor();
    assert.equal(await page.locator(".editor-panel").isVisible(), false);
    await run(page, "nano job.yaml");
    await page.locator(".editor-panel").waitFor();
  },

  async "every lesson can be done by keyboard alone"(page, address) {
    await page.goto(address);
    await page.locator(".lessons a").first().waitFor();
    const course = await read(page, "lessons/course.json");
    const cards = course.parts.flatMap((part) => part.lessons);
    assert.ok(cards.length >= 6);
    await page.locator(".doors a").first().press("Enter");
    for (const [at, card] of cards.entries()) {
      await page.waitForFunction((hash) => location.hash === hash, `#/lesson/${card.id}`);
      await page.locator(".lesson h1", { hasText: card.title }).waitFor();
      await page.locator(".cm-content[data-testid=editor]").waitFor();
      const lesson = await read(page, `lessons/${card.id}.json`);
      await speedUp(page, 10);
      await follow(page, lesson);
      for (const goal of card.goals) {
        await page.locator(`[data-testid=goal][data-goal="${goal}"][data-state=met]`).waitFor({ state: "attached", timeout: WAIT_MS });
      }
      console.log(`      ${card.id}: ${card.goals.length} goals met`);
      if (at + 1 < cards.length) await page.getByTestId("lesson-next").press("Enter");
    }
    await page.goto(`${address}#/`);
    await page.waitForFunction((count) => document.querySelectorAll(".lessons .done").length === count, cards.length);
  },

  async "what follows a prediction waits for it"(page, address) {
    await page.goto(`${address}#/lesson/two-at-once`);
    const gate = page.locator(".gate").first();
    await gate.waitFor();
    const command = page.locator(".lesson button.run", { hasText: "kubectl apply" }).first();
    assert.equal(await command.isVisible(), false);
    await page.locator("[data-testid=predict] .option").first().click();
    await command.waitFor();
    assert.equal(await gate.isVisible(), false);
  },

  async "an opened lesson is the window's title and has the focus"(page, address) {
    await page.goto(address);
    await page.locator(".lessons a", { hasText: "число пи" }).press("Enter");
    await page.waitForFunction(() => document.activeElement.id === "lesson-title");
    assert.match(await page.title(), /^Первая Job — число пи: Задачник$/);
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.closest(".lesson") !== null), true);
    await page.goBack();
    await page.waitForFunction(() => document.title.startsWith("Задачник"));
  },

  "a lesson that there is not says so, and leads to those that there are": {
    // The browser tells of the file that is missing.
    noisy: true,
    async run(page, address) {
      await page.goto(`${address}#/lesson/nosuch`);
      await page.locator("h1", { hasText: "Такого урока нет" }).waitFor();
      await page.getByRole("link", { name: "К списку уроков" }).click();
      await page.locator(".lessons a").first().waitFor();
      // A lesson that does not load is not one that is missing.
      await page.route("**/lessons/first-job.json", (route) => route.abort());
      await page.goto(`${address}#/lesson/first-job`);
      await page.locator("h1", { hasText: "Урок не открылся" }).waitFor();
    },
  },

  async "a lesson begins anew only when that was meant"(page, address) {
    await page.goto(`${address}#/lesson/first-job`);
    await page.locator(".lesson h1").waitFor();
    await run(page, "echo kept > kept.txt");
    const again = page.locator(".lesson-foot").getByRole("button", { name: "Начать на чистом кластере" });
    await again.click();
    await page.getByRole("button", { name: "Отменить" }).click();
    await page.getByRole("tab", { name: "kept.txt" }).waitFor();
    await again.click();
    await page.getByRole("button", { name: "Начать заново" }).click();
    await page.getByRole("tab", { name: "kept.txt" }).waitFor({ state: "detached" });
    assert.equal(await page.locator(".block").count(), 0);
    assert.equal(await page.getByRole("button", { name: "Начать заново" }).count(), 0);
  },

  async "two tabs do not take each other's progress away"(page, address) {
    const other = await page.context().newPage();
    for (const tab of [page, other]) {
      await tab.goto(`${address}#/lesson/first-job`);
      await tab.locator(".lesson h1").waitFor();
    }
    await other.locator("[data-question=no-policy] .option").last().click();
    await page.locator("[data-question=pods-left] .option").first().click();
    const stored = await page.evaluate(() => JSON.parse(localStorage.getItem("zadachnik/progress")));
    assert.deepEqual(stored.lessons["first-job"].quizzes, { "no-policy": 2 });
    assert.deepEqual(stored.lessons["first-job"].predictions, { "pods-left": 0 });
    await other.close();
  },

  async "progress and the run survive a reload"(page, address) {
    await page.goto(`${address}#/lesson/first-job`);
    await page.locator(".lesson h1").waitFor();
    await speedUp(page, 10);
    await run(page, "kubectl apply -f job.yaml");
    await page.locator("[data-testid=job][data-status=Complete]").waitFor({ timeout: WAIT_MS });
    const met = await page.locator("[data-testid=goal][data-state=met]").count();
    assert.ok(met > 0);
    await page.waitForTimeout(2_500);
    await page.reload();
    await page.locator("[data-testid=job][data-status=Complete]").waitFor({ timeout: WAIT_MS });
    assert.ok((await page.locator("[data-testid=goal][data-state=met]").count()) >= met);
  },
};
