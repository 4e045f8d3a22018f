//! What the chart refuses, and in which words: they are all that an administrator sees.

use serde_json::{Value, json};

use crate::chart::{CHART, render, rendering};

/// What is changed in the smallest values, and what the refusal has to say.
fn cases() -> Vec<(Value, &'static str)> {
    let sas = "Endpoint=sb://contoso.servicebus.windows.net/;SharedAccessKeyName=x;SharedAccessKey=x";
    vec![
        (json!({ "replicas": 2 }), "replicas is 2, but only 1 (or 0, to pause) works: a ledger belongs to one Postern"),
        (json!({ "autoscaling": { "enabled": true, "maxReplicas": 3 } }), "autoscaling.maxReplicas is 3, but only 1"),
        (
            json!({ "keda": { "enabled": true, "topic": "t", "bootstrapServers": "b:1", "maxReplicas": 2 } }),
            "keda.maxReplicas is 2, but only 1",
        ),
        (
            json!({ "keda": { "enabled": true, "topic": "t", "bootstrapServers": "b:1" }, "autoscaling": { "enabled": true } }),
            "enable one of them",
        ),
        (json!({ "keda": { "enabled": true } }), "needs keda.bootstrapServers and keda.topic"),
        (json!({ "workloadIdentity": { "enabled": true } }), "needs workloadIdentity.clientId"),
        (json!({ "config": " \n" }), "config is empty: write tenants"),
        (json!({ "config": "data_dir = '/data'" }), "the chart writes them"),
        (json!({ "config": "[metrics]\nlisten = '0.0.0.0:1'" }), "the chart writes them"),
        (json!({ "config": format!("value = '{sas}'") }), "config has a secret in it: put it into a Secret"),
        (json!({ "webhook": { "enabled": true } }), "with listen = \"0.0.0.0:8088\" (webhook.port)"),
        (
            json!({ "webhook": { "enabled": true, "port": 8089 }, "config": "[[source.webhook]]\nlisten = '0.0.0.0:8088'" }),
            "with listen = \"0.0.0.0:8089\"",
        ),
        (json!({ "replica": 1 }), "additional properties 'replica' not allowed"),
        (json!({ "persistence": { "sise": "1Gi" } }), "at '/persistence': additional properties 'sise' not allowed"),
        (json!({ "replicas": "one" }), "at '/replicas'"),
        (json!({ "image": { "digest": "latest" } }), "at '/image/digest'"),
        (json!({ "secrets": [{ "name": "a", "value": "s3cret" }] }), "at '/secrets/0'"),
        (json!({ "extraVolumes": [{ "name": "data", "emptyDir": {} }] }), "at '/extraVolumes/0/name'"),
        (json!({ "networkPolicy": { "egressPorts": [70_000] } }), "at '/networkPolicy/egressPorts/0'"),
        (json!({ "metrics": { "port": 80 } }), "at '/metrics/port'"),
        (json!({ "podDisruptionBudget": { "maxUnavailable": 2 } }), "at '/podDisruptionBudget/maxUnavailable'"),
        (json!({ "workloadIdentity": { "clientId": "me" } }), "at '/workloadIdentity/clientId'"),
    ]
}

#[test]
fn what_would_not_work_is_refused_in_words() {
    let Some(smallest) = rendering("minimal") else { return };
    let changed = |change: &Value| {
        let mut values = smallest.values.clone();
        values.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        json!({ "name": change.to_string(), "values": values })
    };
    let made = render(CHART, cases().iter().map(|(change, _)| changed(change)).collect()).unwrap();
    for (made, (change, words)) in made.iter().zip(cases()) {
        let refused = made.refused.as_deref().unwrap_or_else(|| panic!("{change} was rendered"));
        assert!(refused.contains(words), "{change}:\n{refused}");
    }
}
