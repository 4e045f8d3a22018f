// Analyses queries of the Kusto Query Language as the portal would, and prints what it complains about.
//
// node check.js < {"tables": {"Name": {"Column": "type"}}, "queries": {"name": "text"}}  →  {"name": ["message"]}
"use strict";

const { readFileSync } = require("node:fs");
const { dirname, join } = require("node:path");

const folder = dirname(require.resolve("@kusto/language-service-next/package.json"));
require(join(folder, "bridge.min.js"));
require(join(folder, "Kusto.Language.Bridge.min.js"));
const { GlobalState, KustoCode, Symbols } = globalThis.Kusto.Language;

const { tables, queries } = JSON.parse(readFileSync(0, "utf8"));

function declared() {
  const name = ([table, columns]) => {
    const typed = Object.entries(columns).map(([column, type]) => `['${column}']:${type}`);
    return `let ${table} = datatable(${typed.join(", ")}) [];\n`;
  };
  return Object.entries(tables).map(name).join("");
}

function complaints(query) {
  const prefix = declared();
  const code = KustoCode.ParseAndAnalyze(prefix + query, GlobalState.Default);
  const found = [];
  const list = code.GetDiagnostics();
  for (let place = 0; place < list.Count; place += 1) {
    const { Message, Start, Severity } = list.getItem(place);
    found.push(`${Severity} at ${Start - prefix.length}: ${Message}`);
  }
  return found;
}

const report = Object.entries(queries).map(([name, query]) => [name, complaints(query)]);
process.stdout.write(JSON.stringify(Object.fromEntries(report)));
