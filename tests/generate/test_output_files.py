"""Files of a deployment: written whole, left alone when a person changed them, removed when stale."""

from __future__ import annotations

from pathlib import Path

import pytest
from sketches import Sketch

from aisprint_cli.errors import ExitCode, StateError
from aisprint_cli.generate.fdl import make_fdl_files
from aisprint_cli.generate.output import FileState, compare, is_untouched, mark, wanted_files, write
from aisprint_cli.generate.read import read_template
from aisprint_cli.generate.templates import make_templates

TWO_LAYERS = Sketch({"abc": 1, "xyz": 2}, (("abc", "xyz"),))
ONE_LAYER = Sketch({"abc": 1})


def wanted(sketch: Sketch) -> dict[str, str]:
    return wanted_files(make_templates(*sketch.build()), make_fdl_files(*sketch.build()))


def states(directory: Path, sketch: Sketch) -> dict[str, FileState]:
    return {file.path: file.state for file in compare(directory, wanted(sketch))}


def bring(directory: Path, sketch: Sketch, *, force: bool = False) -> None:
    write(directory, compare(directory, wanted(sketch)), force=force)


def snapshot(directory: Path) -> dict[str, tuple[bytes, int]]:
    return {
        path.relative_to(directory).as_posix(): (path.read_bytes(), path.stat().st_ino)
        for path in directory.rglob("*")
        if path.is_file()
    }


def test_everything_wanted_appears_where_it_belongs(tmp_path: Path) -> None:
    bring(tmp_path, TWO_LAYERS)
    assert set(snapshot(tmp_path)) == {
        "im/layer1.yaml",
        "im/layer2.yaml",
        "oscar/fdl.yaml",
        "oscar/services/abc.yaml",
        "oscar/services/xyz.yaml",
        "oscar/scripts/abc.sh",
        "oscar/scripts/xyz.sh",
    }
    assert read_template((tmp_path / "im/layer1.yaml").read_text()).layer == 1


def test_a_second_run_touches_nothing(tmp_path: Path) -> None:
    bring(tmp_path, TWO_LAYERS)
    before = snapshot(tmp_path)
    bring(tmp_path, TWO_LAYERS)
    assert snapshot(tmp_path) == before
    assert set(states(tmp_path, TWO_LAYERS).values()) == {FileState.UNCHANGED}


def test_what_is_wanted_no_more_goes(tmp_path: Path) -> None:
    bring(tmp_path, TWO_LAYERS)
    bring(tmp_path, ONE_LAYER)
    assert set(snapshot(tmp_path)) == {
        "im/layer1.yaml",
        "oscar/fdl.yaml",
        "oscar/services/abc.yaml",
        "oscar/scripts/abc.sh",
    }


def test_files_of_others_stay(tmp_path: Path) -> None:
    bring(tmp_path, TWO_LAYERS)
    others = {
        "im/layer9.yaml": "tosca_definitions_version: tosca_simple_yaml_1_0\n",
        "im/auth.dat": "id = one\n",
        "oscar/services/mine.yaml": "functions: {}\n",
        "oscar/scripts/mine.sh": "#!/bin/sh\n",
    }
    for path, text in others.items():
        (tmp_path / path).write_text(text)
    bring(tmp_path, ONE_LAYER)
    for path, text in others.items():
        assert (tmp_path / path).read_text() == text


@pytest.mark.parametrize("path", ["im/layer1.yaml", "oscar/fdl.yaml", "oscar/scripts/abc.sh"])
def test_what_a_person_changed_is_not_overwritten_unasked(tmp_path: Path, path: str) -> None:
    bring(tmp_path, TWO_LAYERS)
    changed = (tmp_path / path).read_text() + "# mine\n"
    (tmp_path / path).write_text(changed)
    (tmp_path / "im/layer2.yaml").unlink()
    with pytest.raises(StateError, match=path) as caught:
        bring(tmp_path, TWO_LAYERS)
    assert caught.value.exit_code is ExitCode.STATE
    assert (tmp_path / path).read_text() == changed
    assert not (tmp_path / "im/layer2.yaml").exists()
    bring(tmp_path, TWO_LAYERS, force=True)
    assert (tmp_path / path).read_text() == wanted(TWO_LAYERS)[path]


def test_a_changed_template_of_a_layer_that_is_gone_is_not_passed_over(tmp_path: Path) -> None:
    bring(tmp_path, TWO_LAYERS)
    stale = tmp_path / "im/layer2.yaml"
    stale.write_text(stale.read_text() + "# mine\n")
    with pytest.raises(StateError, match=r"layer2\.yaml"):
        bring(tmp_path, ONE_LAYER)
    bring(tmp_path, ONE_LAYER, force=True)
    assert not stale.exists()


def test_a_link_in_our_place_is_replaced_only_when_asked_and_never_written_through(tmp_path: Path) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text("mine\n")
    directory = tmp_path / "deployment"
    (directory / "im").mkdir(parents=True)
    (directory / "im/layer1.yaml").symlink_to(outside)
    with pytest.raises(StateError):
        bring(directory, ONE_LAYER)
    bring(directory, ONE_LAYER, force=True)
    assert outside.read_text() == "mine\n"
    assert not (directory / "im/layer1.yaml").is_symlink()


def test_a_directory_in_the_place_of_a_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "im/layer1.yaml").mkdir(parents=True)
    with pytest.raises(StateError, match="cannot be read"):
        compare(tmp_path, wanted(ONE_LAYER))


def test_a_file_in_the_place_of_a_directory_is_reported(tmp_path: Path) -> None:
    (tmp_path / "im").write_text("")
    with pytest.raises(StateError, match="cannot be"):
        bring(tmp_path, ONE_LAYER)


@pytest.mark.parametrize("text", ["a: 1\n", '#!/bin/sh\n"x"\n'])
def test_the_mark_shows_any_change(text: str) -> None:
    marked = mark(text)
    assert is_untouched(marked)
    assert not is_untouched(marked.replace(text.splitlines()[-1], "b: 2"))
    assert not is_untouched(text)
    assert marked.startswith("#!") == text.startswith("#!")
