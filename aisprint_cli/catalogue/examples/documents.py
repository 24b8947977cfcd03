"""Examples of findings about files, YAML and structure."""

from __future__ import annotations

from typing import Final

from aisprint_cli.catalogue.example import Example

EXAMPLES: Final = {
    "file.missing": Example(
        "common_config/candidate_deployments.yaml",
        (
            "common_config/application_dag.yaml\n"
            "common_config/candidate_deployments.yaml\n"
            "common_config/candidate_resources.yaml"
        ),
    ),
    "file.empty": Example(
        "# application_dag.yaml, and nothing else in it",
        ("System:\n  name: my_app\n  components: [read]\n  dependencies: []"),
    ),
    "file.unreadable": Example(
        ("$ ls -l common_config\n---------- application_dag.yaml"),
        ("$ ls -l common_config\n-rw-r--r-- application_dag.yaml"),
    ),
    "yaml.syntax": Example('name: "my_app', 'name: "my_app"'),
    "yaml.tab": Example(("System:\n\tname: my_app"), ("System:\n  name: my_app")),
    "yaml.merge-conflict": Example(
        ("<<<<<<< HEAD\nname: my_app\n=======\nname: our_app\n>>>>>>> theirs"), "name: our_app"
    ),
    "yaml.encoding": Example(
        "name: caf\\xe9        (saved as Latin-1)", "name: café           (saved as UTF-8)"
    ),
    "yaml.character": Example("name: my\\x07app      (a control character)", "name: my_app"),
    "yaml.several-documents": Example(("name: my_app\n---\nname: other_app"), "name: my_app"),
    "yaml.duplicate-key": Example(("cost: 1\ncost: 2"), "cost: 2"),
    "yaml.key-not-text": Example("on: edge", '"on": edge'),
    "yaml.undefined-alias": Example(("a: *size\nb: &size 1024"), ("a: &size 1024\nb: *size")),
    "yaml.recursive-alias": Example("a: &a [*a]", "a: [1]"),
    "yaml.too-deep": Example("a: [[[[ ...more than 100 of them... ]]]]", "a: [1, 2]"),
    "yaml.tag": Example("name: !mine my_app", "name: my_app"),
    "yaml.merge-key": Example(
        ("<<: 1024\nmemorySize: 512"), ("base: &base {memorySize: 512}\nhere: {<<: *base}")
    ),
    "yaml.boolean-word": Example("name: on", 'name: "on"'),
    "yaml.octal": Example("number: 010", "number: 10"),
    "yaml.sexagesimal": Example("cost: 12:30", "cost: 12.5"),
    "yaml.date": Example("name: 2026-11-20", 'name: "2026-11-20"'),
    "structure.not-a-mapping": Example(("- read\n- classify"), ("System:\n  components: [read, classify]")),
    "structure.wrong-type": Example("components: read", "components: [read]"),
    "structure.missing-key": Example(
        ("System:\n  name: my_app"), ("System:\n  name: my_app\n  components: [read]")
    ),
    "structure.misspelt-key": Example("memorySzie: 512", "memorySize: 512"),
    "structure.unknown-key": Example(("System:\n  name: my_app\n  owner: me"), ("System:\n  name: my_app")),
    "structure.out-of-range": Example(
        "dependencies: [[read, classify, 2]]", "dependencies: [[read, classify, 1]]"
    ),
    "structure.unknown-value": Example("type: Virtuall", "type: Virtual"),
    "structure.wrong-length": Example(
        "dependencies: [[read, classify]]", "dependencies: [[read, classify, 1]]"
    ),
    "structure.quoted-number": Example('memorySize: "512"', "memorySize: 512"),
}
