# The folder of the build is nobody's business, and would differ in each.
def without_folder:
  walk(if type == "string" then gsub("path\\+file://\($root | gsub("(?<c>[.+*?^$()\\[\\]{}|\\\\])"; "\\\(.c)"))"; "path+file:///postern")
    else . end);

def licence:
  if startswith("LicenseRef-") then { license: { name: ltrimstr("LicenseRef-") } } else { license: { id: . } } end;

# Nothing without a version has a place that names one.
def component:
  { type: (if .text.notice then "data" else "library" end), name, "bom-ref": "bundled:\(.crate)/\(.name)",
    description: "carried by the crate \(.crate)", licenses: [.licence | licence], scope: "required" }
  + if .version then { version, purl } else {} end
  + if .cpe then { cpe: "cpe:2.3:a:\(.cpe):\(.version):*:*:*:*:*:*:*" } else {} end;

def standard_library:
  { type: "library", name: "rust-std", version: $rust, "bom-ref": "bundled:rust-std",
    description: "Rust's standard library", licenses: [{ expression: "MIT OR Apache-2.0" }], scope: "required",
    purl: "pkg:github/rust-lang/rust@\($rust)" };

# A crate that runs at build time and is none of the program's is not listed, so what it carries hangs on the program.
def holder($refs; $program): .crate as $crate
  | first(($refs[] | select(.name == $crate) | ."bom-ref"), $program);

without_folder
| .metadata.component."bom-ref" as $program
| .components as $crates
| ($rows | group_by(holder($crates; $program)) | map({ (.[0] | holder($crates; $program)): map(component."bom-ref") }) | add) as $held
| .components += [$rows[] | component] + [standard_library]
| .dependencies |= map(
    (($held[.ref] // []) + (if .ref == $program then ["bundled:rust-std"] else [] end)) as $more
    | if $more == [] then . else .dependsOn = (.dependsOn // []) + $more end)
