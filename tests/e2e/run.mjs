// Runs the end-to-end tests on a built page: node tests/e2e/run.mjs [dist] [part of a test's name]
import { mkdirSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { launch, openPage, serve } from "./browser.mjs";

const [folder = "dist", wanted = ""] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const files = readdirSync(here).filter((name) => name.endsWith(".test.mjs") && name.includes(wanted));
const pictures = join("target", "e2e");
mkdirSync(pictures, { recursive: true });

const site = await serve(folder);
const browser = await launch();
let failed = 0;
for (const file of files.sort()) {
  const { tests } = await import(pathToFileURL(join(here, file)));
  for (const [name, test] of Object.entries(tests)) {
    const { page, faults, context } = await openPage(browser, test.options);
    page.setDefaultTimeout(20_000);
    const start = Date.now();
    try {
      await (test.run ?? test)(page, site.address);
      if (faults.length > 0 && !test.noisy) throw new Error(`the console was not quiet:\n${faults.join("\n")}`);
      console.log(`ok    ${file.replace(".test.mjs", "")}: ${name} (${Date.now() - start} ms)`);
    } catch (error) {
      failed += 1;
      const picture = join(pictures, `${file}-${name.replaceAll(/[^a-z0-9]+/gi, "-")}.png`);
      await page.screenshot({ path: picture }).catch(() => {});
      console.log(`FAIL  ${file.replace(".test.mjs", "")}: ${name}: ${error.stack ?? error}\n      picture: ${picture}`);
      if (faults.length > 0) console.log(faults.join("\n"));
    }
    await context.close();
  }
}
await browser.close();
site.close();
console.log(failed === 0 ? "all end-to-end tests passed" : `${failed} end-to-end tests failed`);
process.exit(failed === 0 ? 0 : 1);
