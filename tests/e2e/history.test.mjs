// The same command log gives the same history in the browser as natively, change by change.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSandbox, output, waitForJob } from "./learner.mjs";

const SECONDS = 120;

function native(log) {
  const file = join(mkdtempSync(join(tmpdir(), "history-")), "command.log");
  writeFileSync(file, log);
  const arguments_ = ["run", "--release", "--quiet", "--bin", "sim", "--", "history", file, "--seconds", `${SECONDS}`];
  return execFileSync("cargo", arguments_, { encoding: "utf8" }).trim();
}

export const tests = {
  async "a history is the same in the browser and natively"(page, address) {
    await openSandbox(page, address);
    await output(page, "kubectl apply -f job-parallel.yaml");
    await waitForJob(page, "batch-job", "Complete");
    await output(page, "for i in 1 2 3; do kubectl get jobs; sleep 1; done");
    await output(page, "kubectl delete job batch-job");
    const asked = await page.evaluate(async (seconds) => {
      // The module that the page has loaded: imported again it is the same instance.
      const cluster = await import(document.getElementById("cluster-code").href);
      const log = cluster.command_log();
      return { log, hash: cluster.history(log, seconds) };
    }, SECONDS);
    assert.match(asked.hash, /^[0-9a-f]{16}$/);
    assert.equal(asked.hash, native(asked.log));
  },
};
