"""chart.py CHART: lints and renders a chart with Helm's own engine, and validates what comes out.

Standard input is a list of {"name", "values"}; standard output a list of
{"name", "values", "lint", "refused", "notes", "objects", "invalid"}.
"""

import json
import sys

import helm_python
import kubernetes_validate
import yaml

# The oldest that Chart.yaml allows, and the newest whose schemas are at hand.
VERSIONS = ["1.27", "1.37"]
ERROR = 3


def main(path):
    cases = json.load(sys.stdin)
    with helm_python.Chart.load(path) as chart:
        json.dump([outcome(path, chart, case) for case in cases], sys.stdout)


def outcome(path, chart, case):
    values = case["values"]
    report = helm_python.lint(path, values, strict=True, namespace="soc")
    found = [message["error"] for message in report["messages"] if message["severity"] >= ERROR]
    result = {**case, "lint": found + report["errors"], "refused": None, "notes": "", "objects": [], "invalid": []}
    try:
        files = chart.render(values, name="postern", namespace="soc", is_install=True)
    except helm_python.HelmError as error:
        return {**result, "refused": str(error)}
    notes = [name for name in files if name.endswith("/NOTES.txt")]
    result["notes"] = "".join(files.pop(name) for name in notes)
    for name, text in files.items():
        for document in filter(None, yaml.load_all(text, Loader=Strict)):
            result["objects"].append(document)
            result["invalid"] += [f"{name}: {problem}" for problem in problems(document)]
    return result


def problems(document):
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(document, version, strict=True)
        except kubernetes_validate.SchemaNotFoundError:
            # A custom resource: kubernetes/custom.js judges it.
            return
        except kubernetes_validate.ValidationError as error:
            yield f"{version}: {list(error.absolute_path)}: {error.message}"


class Strict(yaml.SafeLoader):
    """Refuses a key that is there twice, of which Kubernetes would take one."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise yaml.constructor.ConstructorError(None, None, f"{sorted(twice)} twice", node.start_mark)
        return super().construct_mapping(node, deep)


if __name__ == "__main__":
    main(sys.argv[1])
