"""Parses a query of EQL against a schema and executes it over documents, in the order in which they are given.

sequences.py < {"query": "…", "schema": {"field": {"…": "keyword"}}, "documents": [{"@timestamp": seconds, …}]}
→ [[document, …], …]: what each match consists of.
"""

import json
import sys

import eql

TICKS_OF_A_SECOND = 10_000_000


def main():
    task = json.load(sys.stdin)
    found = []
    schema = eql.Schema({"alert": task["schema"]}, allow_any=True)
    with schema, eql.parser.elasticsearch_syntax:
        query = eql.parse_query(task["query"], implied_any=True, implied_base=True)
    engine = eql.PythonEngine()
    engine.add_query(query)
    engine.add_output_hook(lambda match: found.append([event.data for event in match.events]))
    stamped = [eql.Event("alert", int(it["@timestamp"] * TICKS_OF_A_SECOND), it) for it in task["documents"]]
    engine.stream_events(stamped)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
