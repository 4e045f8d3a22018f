//! The chart, linted and rendered by Helm's engine for every file of values beside it, and validated.

use std::fs;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::project::{config_check, files_in, path, read, script, talk};
use crate::support::components::found_or_say_so;
use crate::support::node::Node;

pub(crate) const CHART: &str = "helm/postern";

/// What Helm made of some values.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Rendering {
    /// The file of values, without `-values.yaml`.
    pub(crate) name: String,
    pub(crate) values: Value,
    lint: Vec<String>,
    /// Why nothing was rendered.
    pub(crate) refused: Option<String>,
    pub(crate) notes: String,
    pub(crate) objects: Vec<Value>,
    invalid: Vec<String>,
}

impl Rendering {
    /// The objects of a kind.
    pub(crate) fn all(&self, kind: &str) -> Vec<&Value> {
        self.objects.iter().filter(|object| object["kind"] == kind).collect()
    }

    /// The only object of a kind.
    pub(crate) fn only(&self, kind: &str) -> &Value {
        let [object] = self.all(kind)[..] else { panic!("{}: not one {kind}", self.name) };
        object
    }

    /// The specification of the service's pod.
    pub(crate) fn pod(&self) -> &Value {
        &self.only("StatefulSet")["spec"]["template"]["spec"]
    }

    /// Its only container.
    pub(crate) fn container(&self) -> &Value {
        let [container] = &self.pod()["containers"].as_array().unwrap()[..] else { panic!("one container") };
        container
    }

    /// The configuration that Postern is started with.
    pub(crate) fn configuration(&self) -> &str {
        let configured = self.all("ConfigMap").into_iter().find_map(|map| map["data"]["postern.toml"].as_str());
        configured.unwrap_or_else(|| panic!("{}: no postern.toml", self.name))
    }
}

/// Every file of `ci/`, rendered once; none, after saying so, where Helm's engine cannot be had.
pub(crate) fn renderings() -> Option<&'static [Rendering]> {
    static RENDERINGS: OnceLock<Option<Vec<Rendering>>> = OnceLock::new();
    let made = RENDERINGS.get_or_init(|| {
        let files = files_in(&format!("{CHART}/ci"));
        let cases = files.iter().map(|file| {
            let name = file.file_name().unwrap().to_str().unwrap();
            let [values] = read("yaml", [&format!("{CHART}/ci/{name}")])?;
            Some(json!({ "name": name.strip_suffix("-values.yaml").unwrap(), "values": values }))
        });
        render(CHART, cases.collect::<Option<Vec<_>>>()?)
    });
    made.as_deref()
}

/// The rendering of one file of `ci/`.
pub(crate) fn rendering(name: &str) -> Option<&'static Rendering> {
    Some(renderings()?.iter().find(|made| made.name == name).unwrap_or_else(|| panic!("no ci/{name}-values.yaml")))
}

/// Renders a chart with each `{"name", "values"}`.
pub(crate) fn render(chart: &str, cases: Vec<Value>) -> Option<Vec<Rendering>> {
    let said = talk(script("chart.py")?.arg(path(chart)), &Value::from(cases).to_string());
    Some(serde_json::from_slice(&said).unwrap())
}

#[test]
fn every_file_of_values_is_linted_and_rendered_without_a_complaint() {
    let Some(renderings) = renderings() else { return };
    assert!(renderings.len() > 10);
    for Rendering { name, lint, refused, objects, invalid, notes, .. } in renderings {
        assert_eq!((lint.as_slice(), refused, invalid.as_slice()), (&[][..], &None, &[][..]), "{name}");
        assert!(objects.len() > 3 && notes.contains("helm test"), "{name}: {notes}");
    }
}

/// A chart whose defaults alone do not lint is one that `helm lint` in anybody's pipeline stumbles over.
#[test]
fn the_defaults_lint_although_a_configuration_has_to_be_given() {
    let Some(made) = render(CHART, vec![json!({ "name": "defaults", "values": {} })]) else { return };
    assert_eq!(made[0].lint, [""; 0]);
    assert!(made[0].refused.as_ref().is_some_and(|why| why.contains("config is empty")), "{:?}", made[0].refused);
}

#[test]
fn custom_resources_fit_the_definitions_of_their_operators() {
    let Some(renderings) = renderings() else { return };
    let Some(node) = found_or_say_so("the custom resources' schemas", Node::of("kubernetes")) else { return };
    let is_custom =
        |object: &&Value| ["ServiceMonitor", "PrometheusRule", "ScaledObject"].iter().any(|it| object["kind"] == *it);
    let custom: Vec<&Value> = renderings.iter().flat_map(|made| &made.objects).filter(is_custom).collect();
    assert!(custom.len() >= 3, "{custom:#?}");
    let said = talk(&mut node.script("custom.js"), &json!(custom).to_string());
    let found: Vec<Value> = serde_json::from_slice(&said).unwrap();
    assert_eq!(found.len(), custom.len());
    assert!(found.iter().all(|one| one["problems"] == json!([])), "{found:#?}");
}

#[test]
fn every_rendered_configuration_is_one() {
    let Some(renderings) = renderings() else { return };
    for made in renderings {
        let checked = config_check(made.configuration());
        assert!(checked.is_ok(), "{}: {checked:?}\n{}", made.name, made.configuration());
    }
}

/// A validator that takes everything would look the same.
#[test]
fn the_validators_refuse_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let templates = folder.path().join("templates");
    fs::create_dir(&templates).unwrap();
    fs::write(folder.path().join("Chart.yaml"), "apiVersion: v2\nname: wrong\nversion: 0.1.0\n").unwrap();
    fs::write(templates.join("a.yaml"), "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {prots: []}\n")
        .unwrap();
    let chart = folder.path().to_str().unwrap();
    let Some(made) = render(chart, vec![json!({ "name": "wrong", "values": {} })]) else { return };
    assert!(made[0].invalid.iter().any(|problem| problem.contains("prots")), "{made:?}");

    let Some(node) = found_or_say_so("the custom resources' schemas", Node::of("kubernetes")) else { return };
    let wrong = json!([{ "apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor", "metadata": { "name": "a" },
        "spec": { "selector": {}, "endpoints": [{ "port": "metrics", "interval": "often", "pathh": "/" }] } }]);
    let said = talk(&mut node.script("custom.js"), &wrong.to_string());
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains("interval") && said.contains("pathh"), "{said}");
}
