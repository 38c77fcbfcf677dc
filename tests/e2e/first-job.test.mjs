// The main job on real input: a Job runs in the browser, and its log holds the digits.
import assert from "node:assert/strict";
import { assertInOrder, openSandbox, output, setSpeed, watchPods, waitForJob } from "./learner.mjs";

export const tests = {
  async "a Job computes two thousand digits of pi"(page, address) {
    await openSandbox(page, address);
    const podHistory = await watchPods(page);
    assert.equal(await output(page, "kubectl apply -f job.yaml"), "job.batch/batch-job created");
    await waitForJob(page, "batch-job", "Complete");
    const [history] = Object.values(await podHistory());
    assertInOrder(history, ["Pending", "ContainerCreating", "Running", "Completed"]);
    const digits = await output(page, "kubectl logs job/batch-job");
    assert.equal(digits.length, 2001);
    assert.ok(digits.startsWith("3.14159265358979323846264338327950288419716939937510"));
    assert.ok(digits.endsWith("904780275901"));
    assert.match(await output(page, "kubectl get jobs"), /^batch-job +Complete +1\/1 /m);
    assert.match(await output(page, "kubectl get po"), /^batch-job-\w{5} +0\/1 +Completed +0 /m);
    assert.match(await output(page, "kubectl describe job batch-job"), /Completed +\d+s +job-controller +Job completed/);
    assert.equal(await output(page, "kubectl delete job batch-job"), 'job.batch "batch-job" deleted from default namespace');
    await page.getByTestId("job").waitFor({ state: "detached" });
  },

  async "a killed pod is replaced"(page, address) {
    await openSandbox(page, address);
    const podHistory = await watchPods(page);
    await output(page, "kubectl apply -f job.yaml");
    const pod = page.locator("[data-testid=pod][data-status=Running]");
    await pod.waitFor();
    const name = await pod.getAttribute("data-pod");
    await setSpeed(page, 10);
    assert.match(await output(page, `kubectl delete pod ${name} --wait=false`), new RegExp(`pod "${name}" deleted`));
    await page.locator(`[data-testid=pod]:not([data-pod="${name}"])`).waitFor();
    await waitForJob(page, "batch-job", "Complete");
    const histories = await podHistory();
    assertInOrder(histories[name], ["Running", "Terminating"]);
    assert.equal(Object.keys(histories).length, 2);
  },

  async "get -w follows the pods until Ctrl-C"(page, address) {
    await openSandbox(page, address);
    await output(page, "kubectl apply -f job.yaml");
    const input = page.getByTestId("terminal-input");
    await input.fill("kubectl get po -w");
    await input.press("Enter");
    await page.getByTestId("terminal-log").getByText("Completed").first().waitFor();
    await input.press("Control+c");
    assert.match(await output(page, "kubectl get jobs"), /batch-job/);
  },

  async "a run at a hundredfold speed ends alike"(page, address) {
    await openSandbox(page, address);
    await setSpeed(page, 100);
    await output(page, "kubectl apply -f job-deadline.yaml");
    await waitForJob(page, "batch-job", "Failed");
    assert.match(await output(page, "kubectl get jobs"), /^batch-job +Failed +2\/5 /m);
  },
};
