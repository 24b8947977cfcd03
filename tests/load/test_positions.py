"""Any stage can point at the line a value came from."""

from __future__ import annotations

from load_support import CANDIDATES, DAG, ApplicationFiles

from aisprint_cli.diagnostics import Location


def test_a_value_is_located_by_its_key_path(continuum: ApplicationFiles) -> None:
    sources = continuum.load().sources
    location = sources.locate(DAG, "System", "dependencies", 1, 2)
    assert continuum.read(DAG).split("\n")[location.line - 1][location.column - 1 :].startswith("0.3]")


def test_a_missing_value_gives_its_nearest_parent(continuum: ApplicationFiles) -> None:
    sources = continuum.load().sources
    parent = sources.locate(CANDIDATES, "Components", "component1")
    assert sources.locate(CANDIDATES, "Components", "component1", "nothing", 3) == parent
    assert sources.locate("common_config/none.yaml", "System") == Location("common_config/none.yaml", 1, 1)


def test_annotations_are_located_in_the_code(continuum: ApplicationFiles) -> None:
    sources = continuum.load().sources
    location = sources.annotation("detect", "partitionable_model")
    assert location.path == "src/detect/main.py"
    line = continuum.read(location.path).split("\n")[location.line - 1]
    assert line[location.column - 1 :].startswith("declare.partitionable_model")


def test_annotations_of_the_dict_form_are_located_at_their_key(continuum: ApplicationFiles) -> None:
    location = continuum.load().sources.annotation("capture", "exec_time")
    line = continuum.read(location.path).split("\n")[location.line - 1]
    assert line[location.column - 1 :].startswith('"exec_time"')


def test_an_annotation_that_is_not_there_is_located_at_main(continuum: ApplicationFiles) -> None:
    location = continuum.load().sources.annotation("archive", "exec_time")
    line = continuum.read(location.path).split("\n")[location.line - 1]
    assert line.startswith("def main")


def test_arguments_are_located_by_item(continuum: ApplicationFiles) -> None:
    location = continuum.load().sources.argument("report", "exec_time", "prev_components", 1)
    line = continuum.read(location.path).split("\n")[location.line - 1]
    assert line[location.column - 1 :].startswith('"detect"')


def test_columns_count_characters_not_bytes(continuum: ApplicationFiles) -> None:
    continuum.edit("src/archive_code/main.py", 'name="archive"', 'name="archive", größe="ü", color="x"')
    unknown = continuum.findings("annotation.arguments")
    assert [continuum.marked(finding) for finding in unknown] == ['größe="ü", color="x")', 'color="x")']
