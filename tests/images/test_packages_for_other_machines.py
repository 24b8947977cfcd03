"""Packages are resolved for the image's machine, not for this one: tiny wheels, a real uv, no network."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from image_sketches import write_files

from aisprint_cli.errors import AisprintError, ExternalError, InvalidInputError
from aisprint_cli.images.dockerfile import runs_inside
from aisprint_cli.images.packages import NoWheelError, Packages, Target
from aisprint_cli.images.plan import DETECTOR, Wanted
from aisprint_cli.images.prepare import Preparation, Prepared, Settings
from aisprint_cli.images.specification import Variant
from aisprint_cli.load.requirements import read_requirements
from aisprint_cli.model.naming import Part

AMD, ARM = Target("linux/amd64", "3.11"), Target("linux/arm64", "3.11")
BOTH = ("linux/amd64", "linux/arm64")


def _wheel(folder: Path, name: str, version: str, tag: str, *requires: str) -> None:
    info = f"{name}-{version}.dist-info"
    head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    with zipfile.ZipFile(folder / f"{name}-{version}-{tag}.whl", "w") as wheel:
        wheel.writestr(f"{name}.py", f"machine = {tag!r}\n")
        wheel.writestr(f"{info}/METADATA", head + "".join(f"Requires-Dist: {line}\n" for line in requires))
        wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tag}\n")
        wheel.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n")


BACKEND = """
import zipfile
TAG = "cp311-cp311-linux_x86_64"
def build_wheel(folder, config_settings=None, metadata_directory=None):
    name, info = f"sourced-1.0-{TAG}.whl", "sourced-1.0.dist-info"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        wheel.writestr("sourced.py", "")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: sourced\\nVersion: 1.0\\n")
        wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\\nRoot-Is-Purelib: false\\nTag: {TAG}\\n")
        wheel.writestr(f"{info}/RECORD", "")
    return name
"""


def _source(folder: Path) -> None:
    """A source that, built here, gives a wheel for this machine only, as one with C in it does."""
    project = '[project]\nname = "sourced"\nversion = "1.0"\n'
    project += '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    files = {
        "pyproject.toml": project,
        "backend.py": BACKEND,
        "PKG-INFO": "Metadata-Version: 2.2\nName: sourced\nVersion: 1.0\n",
    }
    with tarfile.open(folder / "sourced-1.0.tar.gz", "w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"sourced-1.0/{name}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`native` for both machines, `onlyamd` for one, `plain` for any, `sourced` as source; Lambda's own."""
    folder = tmp_path_factory.mktemp("wheels")
    for machine in ("x86_64", "aarch64"):
        _wheel(folder, "native", "1.0", f"cp311-cp311-manylinux_2_17_{machine}")
    _wheel(folder, "onlyamd", "1.0", "cp311-cp311-manylinux_2_17_x86_64")
    _source(folder)
    _wheel(folder, "plain", "1.0", "py3-none-any", "native")
    for name in ("awslambdaric", "boto3", "pyyaml", "requests"):
        _wheel(folder, name, "3.0", "py3-none-any")
    _wheel(folder, "webdavclient3", "3.14.6", "py3-none-any")
    _wheel(folder, "faas_supervisor", "1.5.8", "py3-none-any", "not-there")
    return folder


@pytest.fixture
def packages(wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Packages]:
    for name in [key for key in os.environ if key.startswith(("UV_", "PIP_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("UV_FIND_LINKS", str(wheels))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_OFFLINE", "1")
    made = Packages(tmp_path / "cache", lambda _text: None)
    yield made
    made.close()


def _machine(folder: Path | None, name: str = "native") -> str:
    assert folder is not None
    return (folder / f"{name}.py").read_text()


def _required(tmp_path: Path, *lines: str) -> Path:
    return write_files(tmp_path / "source", requirements__txt="\n".join(lines) + "\n")


def test_each_machine_gets_its_own_wheels_with_what_they_need(packages: Packages, tmp_path: Path) -> None:
    requirements = read_requirements(_required(tmp_path, "plain"))

    assert "x86_64" in _machine(packages.ensure(requirements, AMD))
    assert "aarch64" in _machine(packages.ensure(requirements, ARM))


def test_what_was_unpacked_once_needs_nothing_any_more(
    packages: Packages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    requirements = read_requirements(_required(tmp_path, "native"))
    first = packages.ensure(requirements, ARM)
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path / "nowhere"))

    assert packages.ensure(requirements, ARM) == first
    with pytest.raises(ExternalError):
        packages.ensure(requirements, ARM, refresh=True)
    assert "aarch64" in _machine(packages.ensure(requirements, ARM))


def test_nothing_required_is_nothing(packages: Packages, tmp_path: Path) -> None:
    assert packages.ensure(read_requirements(tmp_path), AMD) is None


def test_a_requirement_without_a_wheel_is_told_for_its_platform(packages: Packages, tmp_path: Path) -> None:
    with pytest.raises(NoWheelError, match="linux/arm64"):
        packages.ensure(read_requirements(_required(tmp_path, "sourced")), ARM)


def test_a_requirement_that_has_neither_wheel_nor_source_for_a_platform_is_refused_at_once(
    packages: Packages, tmp_path: Path
) -> None:
    requirements = read_requirements(_required(tmp_path, "onlyamd"))

    assert packages.ensure(requirements, AMD)
    with pytest.raises(ExternalError, match="neither a wheel nor a source for linux/arm64") as caught:
        packages.ensure(requirements, ARM)
    assert not isinstance(caught.value, NoWheelError)
    assert "onlyamd" in caught.value.why
    assert "another version" in caught.value.mend


def test_a_requirement_that_nobody_knows_is_no_question_of_wheels(packages: Packages, tmp_path: Path) -> None:
    with pytest.raises(ExternalError) as caught:
        packages.ensure(read_requirements(_required(tmp_path, "no-such-package")), AMD)

    assert not isinstance(caught.value, NoWheelError)
    assert "no-such-package" in caught.value.why
    assert "requirements.txt" in caught.value.mend


@pytest.fixture
def prepare(packages: Packages, tmp_path: Path) -> Preparation:
    settings = Settings("127.0.0.1:5000", "team", base="base:1", gpu_base="gpu:1", python="3.11")
    return Preparation(tmp_path / "app", "shop", tmp_path / "work", settings, packages)


def _design(tmp_path: Path, component: str = "find", **files: str) -> Path:
    folder = tmp_path / "app" / "aisprint" / "designs" / component / "base"
    return write_files(folder, main__py="print(1)\n", **files)


def _text(prepared: Prepared) -> str:
    return prepared.request.dockerfile.read_text()


def test_a_part_with_wheels_is_only_copied(prepare: Preparation, tmp_path: Path) -> None:
    _design(tmp_path, requirements__txt="plain\n")

    found = prepare.prepare(Wanted(Part("find"), Variant.FUNCTION, BOTH))

    assert not found.runs_inside
    assert found.bases == ("base:1",)
    assert found.notes == ()
    assert "aarch64" in _machine(found.request.context / "packages" / "arm64")
    assert "x86_64" in _machine(found.request.context / "packages" / "amd64")


def test_a_part_without_a_wheel_is_built_inside_and_says_so(prepare: Preparation, tmp_path: Path) -> None:
    _design(tmp_path, requirements__txt="sourced\n")

    found = prepare.prepare(Wanted(Part("find"), Variant.FUNCTION, BOTH))

    assert found.runs_inside
    assert "no wheel for linux/arm64" in found.notes[0]
    assert "build-essential" in _text(found)
    assert (found.request.context / "requirements.txt").read_text() == "sourced\n"
    assert not (found.request.context / "packages").exists()


def test_a_lambda_image_brings_the_runtime_client_and_the_supervisor(
    prepare: Preparation, tmp_path: Path
) -> None:
    _design(tmp_path)

    found = prepare.prepare(Wanted(Part("find"), Variant.LAMBDA, ("linux/arm64",)))

    names = {path.name for path in (found.request.context / "packages" / "arm64").iterdir()}
    assert {"awslambdaric.py", "faas_supervisor.py", "webdavclient3.py"} <= names
    assert not found.runs_inside
    assert found.request.spec.name == "find_base-lambda"


def test_a_lambda_image_built_inside_still_has_its_supervisor(prepare: Preparation, tmp_path: Path) -> None:
    _design(tmp_path, requirements__txt="sourced\n")

    found = prepare.prepare(Wanted(Part("find"), Variant.LAMBDA, ("linux/arm64",)))

    assert (found.request.context / "packages" / "arm64" / "faas_supervisor.py").exists()
    assert "COPY packages/${TARGETARCH}/ /opt/packages/" in _text(found)
    assert "COPY --from=packages" in _text(found)


def test_an_existing_application_keeps_its_variables_and_system_packages(
    prepare: Preparation, tmp_path: Path
) -> None:
    _design(tmp_path, env__yaml="MODE: fast\nLEVEL: 3\n", requirements__sys="ffmpeg\n# no\nlibgl1\n")

    found = prepare.prepare(Wanted(Part("find"), Variant.FUNCTION, BOTH))

    assert 'ENV MODE="fast"' in _text(found)
    assert 'ENV LEVEL="3"' in _text(found)
    assert "ffmpeg libgl1" in _text(found)
    assert found.runs_inside


def test_the_reference_defect_of_partitions_that_cannot_start_is_gone(
    prepare: Preparation, tmp_path: Path
) -> None:
    """The script is at the path that templates name: that of the part, not of its component."""
    folder = tmp_path / "app" / "aisprint" / "designs" / "find" / "partition1_2"
    write_files(folder, main__py="print(1)\n")

    found = prepare.prepare(Wanted(Part("find", "partition1_2"), Variant.FUNCTION, BOTH))

    assert "COPY part/ /opt/find_partition1_2/" in _text(found)
    assert (found.request.context / "part" / "script.sh").exists()


def test_the_reference_defect_of_amd64_programs_in_an_arm64_lambda_is_gone(
    prepare: Preparation, tmp_path: Path
) -> None:
    _design(tmp_path, requirements__txt="native\n")

    found = prepare.prepare(Wanted(Part("find"), Variant.LAMBDA, ("linux/arm64",)))

    assert "aarch64" in _machine(found.request.context / "packages" / "arm64")
    assert not (found.request.context / "packages" / "amd64").exists()


def test_a_dockerfile_beside_the_code_wins_and_its_own_base_is_checked(
    prepare: Preparation, tmp_path: Path
) -> None:
    _design(tmp_path, Dockerfile="FROM own.example.org/python:3\nRUN true\nCOPY part/ /opt/find/\n")

    found = prepare.prepare(Wanted(Part("find"), Variant.FUNCTION, BOTH))

    assert _text(found).startswith("FROM own.example.org")
    assert found.bases == ("own.example.org/python:3",)
    assert found.request.base == "own.example.org/python:3"
    assert found.runs_inside
    assert "its own Dockerfile" in found.notes[0]


def test_a_gpu_has_a_base_of_its_own_which_gets_python(prepare: Preparation, tmp_path: Path) -> None:
    _design(tmp_path)

    found = prepare.prepare(Wanted(Part("find"), Variant.FUNCTION, ("linux/amd64",), gpu=True))

    assert found.bases == ("gpu:1",)
    assert "python-is-python3" in _text(found)


@pytest.mark.parametrize("folder", ["common_config/drift_detector", "drift_detector/docker"])
def test_the_drift_detector_is_found_where_the_reference_and_its_example_keep_it(
    prepare: Preparation, tmp_path: Path, folder: str
) -> None:
    own = write_files(tmp_path / "app" / folder, Dockerfile="FROM own:1\nCOPY detect.py /\n", detect__py="x")

    found = prepare.prepare(Wanted(DETECTOR, Variant.DRIFT, ("linux/amd64",)))

    assert found.request.spec.repository == "127.0.0.1:5000/team/drift-detector-main"
    assert found.bases == ("own:1",)
    assert {path.name for path in found.request.context.iterdir()} == {path.name for path in own.iterdir()}


def test_labels_say_what_an_image_is(prepare: Preparation, tmp_path: Path) -> None:
    _design(tmp_path)

    labels = prepare.prepare(Wanted(Part("find"), Variant.FUNCTION, BOTH)).request.labels

    assert labels["eu.aisprint.application"] == "shop"
    assert labels["eu.aisprint.component"] == "find"
    assert labels["org.opencontainers.image.title"] == "find"


def test_the_same_part_has_the_same_tag_and_a_changed_line_another(
    prepare: Preparation, tmp_path: Path
) -> None:
    source = _design(tmp_path)
    wanted = Wanted(Part("find"), Variant.FUNCTION, BOTH)
    first = prepare.prepare(wanted).request.spec.tag
    again = prepare.prepare(wanted).request.spec.tag
    (source / "main.py").write_text("print(2)\n")

    assert first == again
    assert prepare.prepare(wanted).request.spec.tag != first


def test_what_is_wrong_with_each_image_is_told_at_once(prepare: Preparation, tmp_path: Path) -> None:
    _design(tmp_path, requirements__txt="no-such-package\n")
    _design(tmp_path, "sort", env__yaml="MODE: [1]\n")

    with pytest.raises(AisprintError) as caught:
        prepare.prepare_all(
            [Wanted(Part(name), Variant.FUNCTION, ("linux/amd64",)) for name in ("find", "sort", "tell")]
        )

    assert "linux/amd64 cannot be fetched" in caught.value.message
    assert "sort" in caught.value.message
    assert "tell" in caught.value.message


def test_a_design_that_is_not_there_says_what_to_run(prepare: Preparation) -> None:
    with pytest.raises(InvalidInputError) as caught:
        prepare.prepare(Wanted(Part("find"), Variant.FUNCTION, BOTH))

    assert "aisprint design" in caught.value.mend


def test_no_step_runs_inside_the_usual_image() -> None:
    assert not runs_inside("FROM x\nCOPY a b\n")
