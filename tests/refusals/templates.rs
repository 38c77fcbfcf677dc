//! What a template's containers and its pod may not hold. A told rule that begins with a dot is inside the place.

use crate::{check_rules, job};

type Case = (&'static str, &'static [&'static str]);

fn check_inside(place: &str, manifest: &str, expected: &[&str]) {
    let whole =
        |rule: &&str| if rule.starts_with('.') { format!("{place}{rule}") } else { (*rule).to_owned() };
    let expected: Vec<String> = expected.iter().map(whole).collect();
    check_rules(manifest, &expected.iter().map(String::as_str).collect::<Vec<_>>());
}

const CONTAINERS: &[Case] = &[
    (
        "        terminationMessagePolicy: X\n        imagePullPolicy: always\n",
        &[
            ".terminationMessagePolicy: Unsupported value: \"X\": supported values: \"File\", \"FallbackToLogsOnError\"",
            ".imagePullPolicy: Unsupported value: \"always\": supported values: \"Always\", \"IfNotPresent\", \"Never\"",
        ],
    ),
    (
        "        restartPolicyRules:\n        - {action: Stop, exitCodes: {operator: Equals}}\n        - {action: Restart}\n",
        &[
            ".restartPolicy: Required value: must specify restartPolicy when restart rules are used",
            ".restartPolicyRules[0].action: Unsupported value: \"Stop\": supported values: \"Restart\", \"RestartAllContainers\"",
            ".restartPolicyRules[0].exitCodes.operator: Unsupported value: \"Equals\": supported values: \"In\", \"NotIn\"",
            ".restartPolicyRules[1].exitCodes: Required value: must be specified",
        ],
    ),
    (
        "        env:\n        - name: A\n          value: x\n          valueFrom: {fieldRef: {fieldPath: metadata.foo}}\n        - name: B\n          valueFrom: {fieldRef: {fieldPath: \"metadata.name['x']\"}}\n        - name: C\n          valueFrom: {fieldRef: {fieldPath: status.phase}}\n",
        &[
            ".env[0].valueFrom.fieldRef.fieldPath: Invalid value: \"metadata.foo\": error converting fieldPath: field label not supported: metadata.foo",
            ".env[0].valueFrom: Invalid value: \"\": may not be specified when `value` is not empty",
            ".env[1].valueFrom.fieldRef.fieldPath: Invalid value: \"metadata.name['x']\": error converting fieldPath: field label does not support subscript: metadata.name['x']",
            ".env[2].valueFrom.fieldRef.fieldPath: Unsupported value: \"status.phase\": supported values: \"metadata.name\", \"metadata.namespace\", \"metadata.uid\", \"spec.nodeName\", \"spec.serviceAccountName\", \"status.hostIP\", \"status.hostIPs\", \"status.podIP\", \"status.podIPs\"",
        ],
    ),
    (
        "        env:\n        - name: A\n          valueFrom: {}\n        envFrom:\n        - {}\n        - configMapRef: {name: cm-}\n",
        &[
            ".env[0].valueFrom: Invalid value: \"\": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
            ".envFrom: Invalid value: \"\": must specify one of: `configMapRef` or `secretRef`",
        ],
    ),
    (
        "        env:\n        - name: A\n          valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 2}}\n        - name: B\n          valueFrom: {fileKeyRef: {key: K, volumeName: data, path: ../x}}\n",
        &[
            ".env[0].valueFrom.resourceFieldRef.divisor: Invalid value: \"limits.cpu\": only divisor's values 1m and 1 are supported with the cpu resource",
            ".env[1].valueFrom.fileKeyRef.path: Invalid value: \"../x\": must not contain '..'",
            ".env[1].valueFrom.fileKeyRef.volumeName: Not found: \"data\"",
        ],
    ),
    (
        "        volumeMounts:\n        - {name: data, mountPath: /a, subPath: /x, mountPropagation: Bidirectional}\n",
        &[
            ".volumeMounts[0].name: Not found: \"data\"",
            ".volumeMounts.subPath: Invalid value: \"/x\": must be a relative path",
            ".volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers",
        ],
    ),
    (
        "        lifecycle:\n          preStop: {sleep: {seconds: 31}}\n          stopSignal: SIGUSR1\n",
        &[
            ".lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)",
            ".lifecycle.stopSignal: Forbidden: may not be set for containers with empty `spec.os.name`",
        ],
    ),
    (
        "        securityContext:\n          allowPrivilegeEscalation: false\n          procMount: Unmasked\n          seccompProfile: {type: Localhost}\n          capabilities: {add: [CAP_SYS_ADMIN]}\n",
        &[
            ".securityContext.procMount: Invalid value: \"Unmasked\": `hostUsers` must be false to use `Unmasked`",
            ".securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost",
            ".securityContext: Invalid value: {\"Capabilities\":{\"Add\":[\"CAP_SYS_ADMIN\"],\"Drop\":null},\"Privileged\":null,\"SELinuxOptions\":null,\"WindowsOptions\":null,\"RunAsUser\":null,\"RunAsGroup\":null,\"RunAsNonRoot\":null,\"ReadOnlyRootFilesystem\":null,\"AllowPrivilegeEscalation\":false,\"ProcMount\":\"Unmasked\",\"SeccompProfile\":{\"Type\":\"Localhost\",\"LocalhostProfile\":null},\"AppArmorProfile\":null}: cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN",
        ],
    ),
    (
        "        livenessProbe:\n          httpGet: {port: 0, httpHeaders: [{name: \"a b\", value: c}]}\n          successThreshold: 2\n",
        &[
            ".livenessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive",
            ".livenessProbe.httpGet.httpHeaders: Invalid value: \"a b\": a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')",
            ".livenessProbe.successThreshold: Invalid value: 2: must be 1",
        ],
    ),
];

#[test]
fn containers() {
    for (lines, expected) in CONTAINERS {
        check_inside("spec.template.spec.containers[0]", &job("", "", lines), expected);
    }
    // The spaces around an image are refused in pods only.
    check_rules(&job("", "", "").replace("busybox:1.36", "\"busybox:1.36 \""), &[]);
}

const PODS: &[Case] = &[
    (
        "      dnsPolicy: Foo\n      preemptionPolicy: Foo\n",
        &[
            ".dnsPolicy: Unsupported value: \"Foo\": supported values: \"ClusterFirstWithHostNet\", \"ClusterFirst\", \"Default\", \"None\"",
            ".preemptionPolicy: Unsupported value: \"Foo\": supported values: \"PreemptLowerPriority\", \"Never\"",
        ],
    ),
    (
        "      tolerations:\n      - {key: a, operator: Is}\n      - {operator: Equal}\n      - {key: a, operator: Exists, value: x}\n",
        &[
            ".tolerations[0].operator: Unsupported value: \"Is\": supported values: \"Equal\", \"Exists\"",
            ".tolerations[1].operator: Invalid value: \"Equal\": operator must be Exists when `key` is empty, which means \"match all values and all keys\"",
            ".tolerations[2].operator: Invalid value: \"x\": value must be empty when `operator` is 'Exists'",
        ],
    ),
    (
        "      volumes:\n      - name: a\n      - {name: a, hostPath: {path: /x}, emptyDir: {}}\n      - {name: b, nfs: {}}\n      - {name: c, configMap: {name: x, items: [{key: k, path: ..}]}}\n",
        &[
            ".volumes[1].hostPath: Forbidden: may not specify more than 1 volume type",
            ".volumes[1].name: Duplicate value: \"a\"",
            ".volumes[2].nfs.server: Required value",
            ".volumes[2].nfs.path: Required value",
            ".volumes[2].nfs.path: Invalid value: \"\": must be an absolute path",
            ".volumes[3].configMap.items[0].path: Invalid value: \"..\": must not contain '..'",
            ".volumes[3].configMap.items[0].path: Invalid value: \"..\": must not start with '..'",
        ],
    ),
    (
        "      volumes:\n      - name: a\n        downwardAPI:\n          items:\n          - {path: /x, fieldRef: {fieldPath: spec.nodeName}}\n",
        &[
            ".volumes[0].downwardAPI.path: Invalid value: \"/x\": must be a relative path",
            ".volumes[0].downwardAPI.fieldRef.fieldPath: Unsupported value: \"spec.nodeName\": supported values: \"metadata.annotations\", \"metadata.labels\", \"metadata.name\", \"metadata.namespace\", \"metadata.uid\"",
        ],
    ),
    (
        "      affinity:\n        nodeAffinity:\n          requiredDuringSchedulingIgnoredDuringExecution:\n            nodeSelectorTerms:\n            - matchExpressions: [{key: a, operator: In, values: [\"b c\"]}]\n              matchFields: [{key: metadata.name, operator: In, values: [a, b]}]\n",
        &[
            ".affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values[0]: Invalid value: \"b c\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
            ".affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].values: Required value: must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
        ],
    ),
    (
        "      initContainers:\n      - {name: i, image: a, livenessProbe: {exec: {command: [a]}}}\n      - {name: main, image: a}\n",
        &[
            ".initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always",
            ".initContainers[1].name: Duplicate value: \"main\"",
        ],
    ),
    (
        "      dnsPolicy: None\n      dnsConfig: {searches: [\"a..b\"]}\n",
        &[
            ".dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None",
        ],
    ),
    (
        "      securityContext:\n        sysctls: [{name: \"A\", value: b}]\n        fsGroupChangePolicy: Foo\n",
        &[
            ".securityContext.sysctls[0].name: Invalid value: \"A\": must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$",
            ".securityContext.fsGroupChangePolicy: Unsupported value: \"Foo\": supported values: \"Always\", \"OnRootMismatch\"",
        ],
    ),
];

#[test]
fn pods() {
    for (lines, expected) in PODS {
        check_inside("spec.template.spec", &job("", lines, ""), expected);
    }
}
