"""Executes queries of the Kusto Query Language over rows, by way of DuckDB.

kql.py < {"tables": {"Name": {"columns": {"Column": "type"}, "rows": [{}]}}, "queries": [{"until": "time", "text": "…"}]}
→ [[{"Column": value}]], for each query what it returns over the rows up to that time. Texts stand for everything that
JSON has no form for.
"""

import json
import sys
import tempfile

import duckdb_kql

TYPES = {
    "string": "VARCHAR",
    "datetime": "TIMESTAMP",
    "dynamic": "JSON",
    "bool": "BOOLEAN",
    "int": "INTEGER",
    "long": "BIGINT",
}


def fill(connection, table, columns, rows):
    types = {name: TYPES[kind] for name, kind in columns.items()}
    declared = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
    connection.execute(f'CREATE TABLE "every {table}" ({declared})')
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        for row in rows:
            file.write(json.dumps({name: cell(row.get(name), kind) for name, kind in columns.items()}) + "\n")
        file.flush()
        read = f"read_json('{file.name}', format='newline_delimited', columns={types})"
        if rows:
            connection.execute(f'INSERT INTO "every {table}" SELECT * FROM {read}')


def cell(value, kind):
    if kind == "string" and value is None:
        return ""  # In Kusto a text is never null.
    if kind == "datetime" and value is not None:
        return value.removesuffix("Z")
    return value


def answers(connection, tables, query):
    until = query["until"].removesuffix("Z")
    for table in tables:
        here = f"""SELECT * FROM "every {table}" WHERE "TimeGenerated" <= TIMESTAMP '{until}'"""
        connection.execute(f'CREATE OR REPLACE TABLE "{table}" AS {here}')
    answer = duckdb_kql.query(connection, query["text"])
    columns = answer.columns
    return [dict(zip(columns, row)) for row in answer.fetchall()]


def main():
    task = json.load(sys.stdin)
    connection = duckdb_kql.connect()
    connection.execute("SET autoinstall_known_extensions = false")  # Nothing is fetched while tests run.
    for name, table in task["tables"].items():
        fill(connection, name, table["columns"], table["rows"])
    found = [answers(connection, task["tables"], query) for query in task["queries"]]
    json.dump(found, sys.stdout, default=str)


if __name__ == "__main__":
    main()
