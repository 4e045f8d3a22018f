"""read.py yaml|hcl|dockerfile FILE...: what files say, as a JSON list with one entry a file."""

import json
import sys

import dockerfile_parse
import hcl2
import yaml


def read_yaml(path):
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file)


def read_hcl(path):
    with open(path, encoding="utf-8") as file:
        return unquoted(hcl2.load(file))


def unquoted(value):
    """Labels of blocks come with their quotes."""
    if isinstance(value, dict):
        return {key.strip('"'): unquoted(own) for key, own in value.items()}
    return [unquoted(own) for own in value] if isinstance(value, list) else value


def read_dockerfile(path):
    with open(path, "rb") as file:
        return dockerfile_parse.DockerfileParser(fileobj=file).structure


READERS = {"yaml": read_yaml, "hcl": read_hcl, "dockerfile": read_dockerfile}

if __name__ == "__main__":
    reader = READERS[sys.argv[1]]
    json.dump([reader(path) for path in sys.argv[2:]], sys.stdout, default=str)
