"""Reads each dashboard of a folder into Grafana's own types, writes it again, and says what was lost on the way."""

import json
import pathlib
import sys

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard


def lost(before, after, place):
    """The places whose value is not what it was; what the types add is of no interest."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            if key in after:
                yield from lost(value, after[key], f"{place}.{key}")
            elif value is not None:
                yield f"{place}.{key}: unknown"
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after)):
            yield from lost(one, other, f"{place}[{index}]")
    elif before != after:
        yield f"{place}: {before!r} became {after!r}"


register_default_plugins()
files = sorted(pathlib.Path(sys.argv[1]).glob("*.json"))
problems = []
for file in files:
    written = json.loads(file.read_text())
    read = json.loads(JSONEncoder().encode(Dashboard.from_json(written)))
    problems.extend(lost(written, read, file.name))
print("\n".join(problems))
print(f"{len(files)} dashboards")
sys.exit(bool(problems))
