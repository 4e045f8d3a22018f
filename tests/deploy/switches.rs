//! Each switch of the chart: the thing is there when it is on, and absent when it is off.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::chart::{CHART, Rendering, render, rendering, renderings};
use crate::project::{path, read};
use crate::support::postern::Postern;

/// Kinds that are there only where a file of values asks for them.
const SWITCHED: [(&str, &[&str]); 6] = [
    ("PodDisruptionBudget", &["disruption-budget"]),
    ("NetworkPolicy", &["network-policy"]),
    ("ServiceMonitor", &["monitoring"]),
    ("PrometheusRule", &["monitoring"]),
    ("HorizontalPodAutoscaler", &["autoscaling"]),
    ("ScaledObject", &["keda"]),
];

#[test]
fn what_is_switched_off_is_absent() {
    let Some(renderings) = renderings() else { return };
    for made in renderings {
        for (kind, on) in SWITCHED {
            assert_eq!(!made.all(kind).is_empty(), on.contains(&made.name.as_str()), "{}: {kind}", made.name);
        }
        let is_dashboard = |map: &&Value| !map["metadata"]["labels"]["grafana_dashboard"].is_null();
        let dashboards = made.all("ConfigMap").into_iter().filter(is_dashboard).count();
        assert!(dashboards == 0 || made.name == "monitoring", "{}", made.name);
        assert_eq!(made.all("Service").len(), 1 + usize::from(made.name == "webhook"), "{}", made.name);
        assert_eq!(made.all("ServiceAccount").len(), usize::from(made.name != "service-account"), "{}", made.name);
        assert!(made.all("Secret").is_empty(), "{}: secrets are somebody else's to make", made.name);
    }
}

/// A switch that nothing turns is one that nobody has seen working.
#[test]
fn every_switch_is_turned_by_a_file_of_values() {
    let Some([defaults]) = read("yaml", [&format!("{CHART}/values.yaml")]) else { return };
    let renderings = renderings().unwrap();
    for (name, own) in defaults.as_object().unwrap() {
        let Some(default) = own.get("enabled") else { continue };
        let is_turned = |made: &Rendering| made.values[name].get("enabled").is_some_and(|value| value != default);
        assert!(renderings.iter().any(is_turned), "write {CHART}/ci/{name}-values.yaml");
    }
}

#[test]
fn everything_carries_the_labels_of_the_shared_partial() {
    let Some(renderings) = renderings() else { return };
    for made in renderings {
        for object in &made.objects {
            let labels = &object["metadata"]["labels"];
            for label in ["name", "instance", "version", "managed-by", "part-of"] {
                assert!(labels[format!("app.kubernetes.io/{label}")].is_string(), "{}: {label}: {object:#}", made.name);
            }
            assert_eq!(object["metadata"]["namespace"], "soc");
        }
    }
}

#[test]
fn the_services_and_the_budget_find_the_pod() {
    let Some(renderings) = renderings() else { return };
    for made in renderings {
        let pod = &made.only("StatefulSet")["spec"]["template"]["metadata"]["labels"];
        let selectors = made.all("Service").into_iter().map(|service| &service["spec"]["selector"]);
        let budgets =
            made.all("PodDisruptionBudget").into_iter().map(|budget| &budget["spec"]["selector"]["matchLabels"]);
        let own = [&made.only("StatefulSet")["spec"]["selector"]["matchLabels"]];
        for selector in selectors.chain(budgets).chain(own) {
            let mut wanted = selector.as_object().unwrap().iter();
            assert!(wanted.all(|(label, value)| pod[label] == *value), "{}: {selector} {pod}", made.name);
        }
        let doctor = &made.only("Pod")["metadata"]["labels"];
        let service = &made.all("Service")[0]["spec"]["selector"];
        assert_ne!(doctor["app.kubernetes.io/component"], service["app.kubernetes.io/component"]);
    }
}

#[test]
fn the_probes_ask_pages_that_a_running_postern_answers() {
    let Some(made) = rendering("minimal") else { return };
    let folder = tempfile::tempdir().unwrap();
    let config = format!(
        "data_dir = '{}'\n[[tenant]]\nid = '6f0c1d7e-0000-4000-8000-000000000001'\nname = 'contoso'\n\
        accepted_domains = ['contoso.com']\n[[sink.alertmanager]]\nurl = 'http://127.0.0.1:1'",
        folder.path().join("data").display()
    );
    let mut postern = Postern::start(folder.path(), &config);
    postern.wait_ready();
    let container = made.container();
    for (probe, page) in [("startup", "/healthz"), ("liveness", "/healthz"), ("readiness", "/readyz")] {
        let asked = &container[format!("{probe}Probe")]["httpGet"];
        assert_eq!(asked, &json!({ "path": page, "port": "metrics" }));
        // Its only sink has never answered.
        assert_eq!(postern.get(page).map(|(status, _)| status), Some(200), "{page}");
    }
    let monitored = &rendering("monitoring").unwrap().only("ServiceMonitor")["spec"]["endpoints"][0];
    assert_eq!(postern.get(monitored["path"].as_str().unwrap()).map(|(status, _)| status), Some(200));
}

#[test]
fn the_pod_gets_more_time_than_a_graceful_stop_may_take() {
    let Some(renderings) = renderings() else { return };
    for made in renderings {
        let line = made.configuration().lines().find_map(|line| line.strip_prefix("shutdown_ms = ")).unwrap();
        let graceful: u64 = line.parse().unwrap();
        let grace = made.pod()["terminationGracePeriodSeconds"].as_u64().unwrap();
        assert!(grace * 1_000 > graceful, "{}: {grace} s, {graceful} ms", made.name);
    }
}

#[test]
fn a_changed_configuration_starts_the_pod_anew_and_nothing_else_does() {
    let Some(minimal) = rendering("minimal") else { return };
    let sum = |made: &Rendering| {
        let annotations = &made.only("StatefulSet")["spec"]["template"]["metadata"]["annotations"];
        annotations["checksum/config"].as_str().unwrap().to_owned()
    };
    assert_eq!(sum(minimal), sum(rendering("scheduling").unwrap()));
    assert_ne!(sum(minimal), sum(rendering("metrics").unwrap()));
    assert_ne!(sum(minimal), sum(rendering("full-configuration").unwrap()));
}

#[test]
fn secrets_are_mounted_as_files_and_are_nowhere_else() {
    let Some(made) = rendering("minimal") else { return };
    let volumes = made.pod()["volumes"].as_array().unwrap();
    let secrets = volumes.iter().find(|volume| volume["name"] == "secrets").unwrap();
    let item = json!({ "name": "postern-event-hubs", "items": [{ "key": "connection-string", "path": "event-hubs" }] });
    assert_eq!(secrets["projected"], json!({ "defaultMode": 0o440, "sources": [{ "secret": item }] }));
    let mounts = made.container()["volumeMounts"].as_array().unwrap();
    let mount = mounts.iter().find(|mount| mount["name"] == "secrets").unwrap();
    let file = format!("{}/event-hubs", mount["mountPath"].as_str().unwrap());
    assert!(made.configuration().contains(&file), "{file}\n{}", made.configuration());
}

#[test]
fn the_ledger_is_on_a_claim_unless_it_is_switched_off() {
    let Some(renderings) = renderings() else { return };
    for made in renderings {
        let is_kept = made.name != "no-persistence";
        let set = &made.only("StatefulSet")["spec"];
        assert_eq!(set["volumeClaimTemplates"][0]["metadata"]["name"] == "data", is_kept, "{}", made.name);
        let mounts = made.container()["volumeMounts"].as_array().unwrap();
        let data = mounts.iter().find(|mount| mount["name"] == "data").unwrap();
        assert!(made.configuration().contains(&format!("data_dir = {}\n", data["mountPath"])), "{}", made.name);
        assert_eq!(made.notes.contains("WARNING"), !is_kept, "{}", made.notes);
    }
    let claim = &rendering("persistence").unwrap().only("StatefulSet")["spec"];
    let asked = &claim["volumeClaimTemplates"][0]["spec"];
    assert_eq!(
        (&asked["storageClassName"], &asked["accessModes"]),
        (&json!("managed-csi-premium"), &json!(["ReadWriteOncePod"]))
    );
    assert_eq!(claim["persistentVolumeClaimRetentionPolicy"]["whenDeleted"], "Delete");
}

#[test]
fn names_image_and_account_are_those_that_were_asked_for() {
    let Some(names) = rendering("names") else { return };
    assert_eq!(names.only("StatefulSet")["metadata"]["name"], "mail-detector");
    assert_eq!(names.only("StatefulSet")["metadata"]["labels"]["team"], "soc");
    let image = names.container()["image"].as_str().unwrap();
    assert!(image.starts_with("registry.example/security/postern@sha256:"), "{image}");
    assert_eq!(names.pod()["imagePullSecrets"], json!([{ "name": "registry" }]));
    assert_eq!(rendering("service-account").unwrap().pod()["serviceAccountName"], "mail-detection");
    assert_eq!(rendering("paused").unwrap().only("StatefulSet")["spec"]["replicas"], 0);
    let image = rendering("minimal").unwrap().container()["image"].as_str().unwrap();
    assert_eq!(image, concat!("postern:", env!("CARGO_PKG_VERSION")));
}

#[test]
fn workload_identity_marks_the_account_and_the_pods() {
    let Some(renderings) = renderings() else { return };
    for made in renderings {
        let is_on = made.name == "workload-identity";
        let pods = [&made.only("StatefulSet")["spec"]["template"], made.only("Pod")];
        for pod in pods {
            assert_eq!(pod["metadata"]["labels"]["azure.workload.identity/use"] == "true", is_on, "{}", made.name);
        }
        for account in made.all("ServiceAccount") {
            let id = &account["metadata"]["annotations"]["azure.workload.identity/client-id"];
            assert_eq!(id == "6f0c1d7e-0000-4000-8000-00000000000a", is_on, "{}", made.name);
        }
    }
}

#[test]
fn environment_volumes_and_placement_reach_the_pod() {
    let Some(full) = rendering("full-configuration") else { return };
    let names = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&full.container()["env"]), ["RUST_LOG", "SPLUNK_TOKEN"]);
    assert_eq!(full.container()["envFrom"][0]["secretRef"]["name"], "postern-proxy");
    assert!(names(&full.pod()["volumes"]).contains(&"kafka-ca".to_owned()));
    assert!(names(&full.container()["volumeMounts"]).contains(&"kafka-ca".to_owned()));

    let placed = rendering("scheduling").unwrap();
    let (pod, asked) = (placed.pod(), &placed.values);
    for key in ["nodeSelector", "tolerations", "affinity", "priorityClassName"] {
        assert_eq!(pod[key], asked[key], "{key}");
    }
    let own = &placed.only("StatefulSet")["spec"]["selector"];
    assert_eq!(&pod["topologySpreadConstraints"][0]["labelSelector"], own);
    assert_eq!(placed.container()["resources"]["limits"]["memory"], "2Gi");
}

#[test]
fn the_network_policy_opens_what_postern_needs_and_nothing_else() {
    let Some(made) = rendering("network-policy") else { return };
    let policy = &made.only("NetworkPolicy")["spec"];
    assert_eq!(policy["policyTypes"], json!(["Ingress", "Egress"]));
    let ports = |rules: &Value| -> Vec<u64> {
        let rules = rules.as_array().unwrap().iter().flat_map(|rule| rule["ports"].as_array().unwrap());
        rules.map(|port| port["port"].as_u64().unwrap()).collect()
    };
    assert_eq!(ports(&policy["egress"]), [53, 53, 9093, 443, 6514, 80]);
    assert_eq!(ports(&policy["ingress"]), [9464]);
    assert_eq!(policy["ingress"][0]["from"], made.values["networkPolicy"]["metricsFrom"]);
    assert_eq!(policy["egress"][0]["to"], made.values["networkPolicy"]["dnsTo"]);
}

/// What is scaled, and by what the group is recognised.
#[test]
fn scalers_name_the_set_and_leave_its_size_to_themselves() {
    let Some(minimal) = rendering("minimal") else { return };
    assert_eq!(minimal.only("StatefulSet")["spec"]["replicas"], 1);
    for (name, kind) in [("autoscaling", "HorizontalPodAutoscaler"), ("keda", "ScaledObject")] {
        let made = rendering(name).unwrap();
        assert_eq!(made.only(kind)["spec"]["scaleTargetRef"]["name"], made.only("StatefulSet")["metadata"]["name"]);
        assert!(made.only("StatefulSet")["spec"]["replicas"].is_null());
    }
    let keda = rendering("keda").unwrap();
    let trigger = &keda.only("ScaledObject")["spec"]["triggers"][0];
    assert!(keda.configuration().contains(&format!("topics = [{}]", trigger["metadata"]["topic"])));
    // What Postern takes where the configuration names no group, and where it begins.
    assert_eq!(trigger["metadata"]["consumerGroup"], "postern");
    assert_eq!(trigger["metadata"]["offsetResetPolicy"], "earliest");
}

/// Rules and dashboards are whatever lies in the chart's folders.
#[test]
fn each_rule_file_and_each_dashboard_is_rendered() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("postern");
    copy_folder(&path(CHART), &copy);
    let annotation = "{{ $labels.instance }} `{{ $value }}`";
    let rules = json!({ "groups": [{ "name": "own", "rules": [{ "alert": "Own", "expr": "vector(1)",
        "annotations": { "summary": annotation } }] }] });
    fs::create_dir_all(copy.join("dashboards")).unwrap();
    fs::write(copy.join("rules/own.rules.yaml"), rules.to_string()).unwrap();
    let dashboard = "{\n  \"uid\": \"own\",\n  \"title\": \"{{instance}} a\\tb\"\n}\n";
    fs::write(copy.join("dashboards/own.json"), dashboard).unwrap();

    let Some(values) = rendering("monitoring").map(|made| made.values.clone()) else { return };
    let made = render(copy.to_str().unwrap(), vec![json!({ "name": "copy", "values": values })]).unwrap().remove(0);
    let own = |kind: &str, name: &str| {
        let found = made.all(kind).into_iter().find(|object| object["metadata"]["name"] == name);
        found.unwrap_or_else(|| panic!("{name}: {made:#?}")).clone()
    };
    // Templates of Prometheus and Grafana are theirs to fill in.
    assert_eq!(own("PrometheusRule", "postern-own")["spec"], rules);
    let map = own("ConfigMap", "postern-dashboard-own");
    assert_eq!(map["data"]["own.json"], dashboard);
    assert_eq!(map["metadata"]["labels"]["grafana_dashboard"], "1");
    assert_eq!(map["metadata"]["annotations"]["grafana_folder"], "Mail");
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
