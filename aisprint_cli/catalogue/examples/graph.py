"""Examples of findings about the component graph and names."""

from __future__ import annotations

from typing import Final

from aisprint_cli.catalogue.example import Example

EXAMPLES: Final = {
    "dag.duplicate-component": Example("components: [read, classify, read]", "components: [read, classify]"),
    "dag.unknown-component": Example(
        ("components: [read, classify]\ndependencies: [[read, clasify, 1]]"),
        ("components: [read, classify]\ndependencies: [[read, classify, 1]]"),
    ),
    "dag.alternative-is-component": Example(
        ("components: [read, classify]\nalternative_components: {classify: [read]}"),
        ("components: [read, classify]\nalternative_components: {classify: [classify_small]}"),
    ),
    "dag.duplicate-alternative": Example(
        "alternative_components: {classify: [small, small]}", "alternative_components: {classify: [small]}"
    ),
    "dag.self-loop": Example("dependencies: [[read, read, 1]]", "dependencies: [[read, classify, 1]]"),
    "dag.duplicate-dependency": Example(
        "dependencies: [[read, classify, 0.5], [read, classify, 0.5]]", "dependencies: [[read, classify, 1]]"
    ),
    "dag.probability-sum": Example(
        "dependencies: [[read, classify, 0.7], [read, archive, 0.7]]",
        "dependencies: [[read, classify, 0.7], [read, archive, 0.3]]",
    ),
    "dag.cycle": Example(
        "dependencies: [[read, classify, 1], [classify, read, 1]]", "dependencies: [[read, classify, 1]]"
    ),
    "dag.unreachable-component": Example(
        "dependencies: [[a, b, 1], [b, a, 0.5], [b, c, 0.5]]", "dependencies: [[a, b, 1], [b, c, 0.5]]"
    ),
    "dag.isolated-component": Example(
        ("components: [read, classify, archive]\ndependencies: [[read, classify, 1]]"),
        (
            "components: [read, classify, archive]\n"
            "dependencies: [[read, classify, 1], [classify, archive, 1]]"
        ),
    ),
    "dag.separate-pieces": Example(
        "dependencies: [[a, b, 1], [c, d, 1]]", "dependencies: [[a, b, 1], [b, c, 1], [c, d, 1]]"
    ),
    "name.unsafe-component": Example("components: [../read]", "components: [read]"),
    "name.unsafe-service": Example("components: [r]", "components: [read]"),
    "name.long-segment": Example(
        (
            '@component_name(name="classify_everything_on_the_photo")\n'
            '@partitionable_model(onnx_file="model.onnx", num_partitions=1)'
        ),
        ('@component_name(name="classify")\n@partitionable_model(onnx_file="model.onnx", num_partitions=1)'),
    ),
    "name.collision": Example("components: [read_file, read-file]", "components: [read_file, load_file]"),
    "name.reserved-suffix": Example("components: [classify_base]", "components: [classify]"),
    "name.design-word": Example("components: [room_partition_finder]", "components: [room_finder]"),
    "name.unsafe-application": Example('System: {name: "my app!"}', "System: {name: my_app}"),
}
