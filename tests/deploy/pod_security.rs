//! The restricted Pod Security Standard (<https://kubernetes.io/docs/concepts/security/pod-security-standards/>), control by
//! control, for every pod that the chart makes.

use serde_json::{Value, json};

use crate::chart::renderings;

/// The volume types that the standard allows.
const VOLUMES: [&str; 8] =
    ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"];

#[test]
fn every_pod_keeps_the_restricted_standard() {
    let Some(renderings) = renderings() else { return };
    for made in renderings {
        let doctor = &made.only("Pod")["spec"];
        for pod in [made.pod(), doctor] {
            assert_eq!(breaches(pod), [""; 0], "{}", made.name);
            assert_eq!(pod["automountServiceAccountToken"], false, "{}", made.name);
            assert_eq!(pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"], true, "{}", made.name);
        }
    }
}

#[test]
fn a_breach_is_seen() {
    let pod = json!({ "hostNetwork": true, "volumes": [{ "name": "a", "hostPath": {} }],
        "securityContext": { "runAsUser": 0 }, "containers": [{ "ports": [{ "hostPort": 1 }] }] });
    assert_eq!(breaches(&pod).len(), 8);
}

fn breaches(pod: &Value) -> Vec<String> {
    let own = &pod["securityContext"];
    let mut found = Vec::new();
    let mut must = |holds: bool, what: &str| found.extend((!holds).then(|| what.to_owned()));
    for host in ["hostNetwork", "hostPID", "hostIPC"] {
        must(pod[host] != true, host);
    }
    must(own["runAsNonRoot"] == true, "runAsNonRoot");
    must(own["runAsUser"] != 0, "runAsUser");
    must(own["seccompProfile"]["type"] == "RuntimeDefault", "seccompProfile");
    for volume in pod["volumes"].as_array().into_iter().flatten() {
        let kinds = volume.as_object().unwrap().keys().filter(|key| *key != "name");
        kinds.for_each(|kind| must(VOLUMES.contains(&kind.as_str()), kind));
    }
    for container in pod["containers"].as_array().unwrap() {
        let own = &container["securityContext"];
        must(own["privileged"] != true, "privileged");
        must(own["allowPrivilegeEscalation"] == false, "allowPrivilegeEscalation");
        must(own["capabilities"] == json!({ "drop": ["ALL"] }), "capabilities");
        must(own["procMount"].is_null(), "procMount");
        let ports = container["ports"].as_array().into_iter().flatten();
        ports.for_each(|port| must(port["hostPort"].is_null(), "hostPort"));
    }
    found
}
