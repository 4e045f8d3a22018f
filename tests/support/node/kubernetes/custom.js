// custom.js: validates custom resources. Standard input is a list of objects, standard output a list of
// {"kind", "problems"}.
//
// A definition's schema lets a field pass that it does not know, which the cluster would drop. The types that were made of
// the same definition do not, so each object is put to TypeScript, too, as a literal.
'use strict';

const { join } = require('node:path');
const { pathToFileURL } = require('node:url');
const ts = require('typescript');

const PACKAGES = process.env.NODE_PATH;
const MODELS = {
  'monitoring.coreos.com/v1': '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/index.js',
  'keda.sh/v1alpha1': '@kubernetes-models/keda/keda.sh/v1alpha1/index.js',
};

const model = (object) => join(PACKAGES, MODELS[object.apiVersion]);

async function wrongValues(object) {
  // The packages are ES modules, for which NODE_PATH does not count.
  const models = await import(pathToFileURL(model(object)));
  try {
    new models[object.kind](object).validate();
    return [];
  } catch (error) {
    return [String(error)];
  }
}

/** What TypeScript says, one list for each object: the literal of object N stands on line N. */
function unknownFields(objects) {
  const name = join(PACKAGES, 'objects.mts');
  const imports = objects.map((object, n) => `import { ${object.kind} as K${n} } from ${JSON.stringify(model(object))};`);
  // Which model it is has been said by then.
  const literals = objects.map(({ apiVersion, kind, ...rest }, n) => `new K${n}(${JSON.stringify(rest)});`);
  const text = [...literals, ...imports].join('\n');
  const options = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    noEmit: true,
    strict: true,
    skipLibCheck: true,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile } = host;
  host.fileExists = (asked) => asked === name || fileExists(asked);
  host.getSourceFile = (asked, ...rest) =>
    asked === name ? ts.createSourceFile(name, text, options.target) : getSourceFile(asked, ...rest);
  const found = objects.map(() => []);
  for (const { file, start, messageText } of ts.getPreEmitDiagnostics(ts.createProgram([name], options, host))) {
    const line = file?.fileName === name ? file.getLineAndCharacterOfPosition(start).line : 0;
    found[line % objects.length].push(ts.flattenDiagnosticMessageText(messageText, ' '));
  }
  return found;
}

async function main() {
  let text = '';
  for await (const chunk of process.stdin) text += chunk;
  const objects = JSON.parse(text);
  const unknown = unknownFields(objects);
  const found = [];
  for (const [n, object] of objects.entries()) {
    found.push({ kind: object.kind, problems: [...(await wrongValues(object)), ...unknown[n]] });
  }
  process.stdout.write(JSON.stringify(found));
}

main();
