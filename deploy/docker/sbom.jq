# The bill of materials of the program, with the packages of Debian whose files the image holds. Debian states licences in
# a file of each package and under names of its own, so the file is named, which the image holds as well.
def package:
  split("\t") as [$name, $version, $architecture, $source]
  | { type: "library", name: $name, version: $version, "bom-ref": "debian:\($name)", scope: "required",
      purl: "pkg:deb/debian/\($name)@\($version | @uri)?arch=\($architecture)&distro=\($release)&upstream=\($source)",
      licenses: [{ license: { name: "/usr/share/doc/\($name)/copyright" } }] };

(split("\n") | map(select(. != "") | package)) as $packages
| $bill[0]
| .metadata.component."bom-ref" as $program
| .components += $packages
| .dependencies |= map(if .ref == $program then .dependsOn += [$packages[]."bom-ref"] else . end)
