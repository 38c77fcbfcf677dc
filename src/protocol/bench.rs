//! The lines that `#/bench` and `sim bench kubectl` measure.

/// Whatever looks at all pods of a Job named `bench`, or changes them all. `{n}` is the number of the run, so that each
/// run of a line that changes something has something to change.
pub const LINES: &[&str] = &[
    "kubectl get pods",
    "kubectl get pods -o wide --show-labels",
    "kubectl get pods -o wide --sort-by=.metadata.name",
    "kubectl get pods -o name",
    "kubectl get pods -o yaml",
    "kubectl get pods -o json",
    "kubectl get pods -o kyaml",
    "kubectl get pods -l job-name=bench -o yaml --show-managed-fields",
    "kubectl get pods -o jsonpath='{.items[*].metadata.name}'",
    "kubectl get pods -o jsonpath='{..image}'",
    "kubectl get pods -o jsonpath='{.items[?(@.status.phase==\"Succeeded\")].metadata}'",
    "kubectl get pods -o jsonpath-as-json='{.items[*].status}'",
    "kubectl get pods -o go-template='{{range .items}}{{.metadata.name}} {{.status.phase}}{{\"\\n\"}}{{end}}'",
    "kubectl get pods -o custom-columns=NAME:.metadata.name,PHASE:.status.phase,ALL:.spec",
    "kubectl get pods -l job-name=bench --field-selector status.phase=Succeeded",
    "kubectl get pods | awk '{print $3}' | sort | uniq -c",
    "kubectl get pods -o yaml | grep -cE 'image: |phase'",
    "kubectl get all",
    "kubectl get all -o yaml",
    "kubectl get events",
    "kubectl get events -o yaml",
    "kubectl get events --sort-by=.lastTimestamp -o wide",
    "kubectl events",
    "kubectl describe job bench",
    "kubectl describe pods",
    "kubectl describe nodes",
    "kubectl logs -l job-name=bench --max-log-requests=1000",
    "kubectl logs job/bench",
    "kubectl top pods",
    "kubectl top nodes",
    "kubectl explain pod.spec",
    "kubectl wait --for=condition=PodScheduled pod --all",
    "kubectl wait --for=jsonpath='{.kind}'=Pod pod --all",
    "kubectl delete pods --all --dry-run=client",
    "kubectl delete pods --all --dry-run=server",
    "kubectl label pods --all a=b --dry-run=client",
    "kubectl label pods --all n=n{n} --overwrite",
    "kubectl label pods --all --list",
    "kubectl annotate pods --all n=n{n} --overwrite",
    "kubectl set image pods --all main=busybox:1.3{n}",
    "kubectl delete events --all",
    "kubectl delete pods --all --wait=false",
];

/// How often a line is measured. What is gone is not deleted once more.
pub fn runs(line: &str) -> u32 {
    let deletes = line.starts_with("kubectl delete") && !line.contains("--dry-run");
    if deletes { 1 } else { 5 }
}
