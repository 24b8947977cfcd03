"""What a Dockerfile says, and what is read from one that a person wrote."""

from __future__ import annotations

import re

import pytest

from aisprint_cli.errors import InvalidInputError
from aisprint_cli.images.dockerfile import Recipe, base_images, quoted, render, runs_inside
from aisprint_cli.images.specification import Variant

PLAIN = Recipe("find", "docker.io/library/python:3.12-slim", has_packages=True)


def _steps(text: str) -> list[str]:
    return [line.split(" ", 1)[0] for line in text.splitlines() if re.match(r"[A-Z]+ ", line)]


def test_a_plain_part_only_copies_so_that_every_platform_is_built_anywhere() -> None:
    text = render(PLAIN)

    assert not runs_inside(text)
    assert _steps(text) == ["ARG", "FROM", "ARG", "COPY", "COPY", "ENV", "WORKDIR", "USER", "COPY"]
    assert base_images(text, {}) == ("docker.io/library/python:3.12-slim",)


def test_the_code_comes_last_behind_its_dependencies_and_nobody_is_root() -> None:
    steps = render(PLAIN).splitlines()

    assert steps[-1] == "COPY part/ /opt/find/"
    assert steps.index("COPY packages/${TARGETARCH}/ /opt/packages/") < steps.index(
        "COPY library/ /opt/packages/"
    )
    assert "USER 10001:10001" in steps


@pytest.mark.parametrize("variant", [Variant.FUNCTION, Variant.LAMBDA])
def test_no_image_runs_as_root_and_no_frontend_is_pulled(variant: Variant) -> None:
    text = render(Recipe("find", "base", variant=variant))

    assert "USER 10001:10001" in text
    assert "# syntax" not in text


def test_system_packages_are_installed_by_a_step_inside_with_a_cache() -> None:
    text = render(Recipe("find", "base", system_packages=("ffmpeg", "libgl1")))

    assert runs_inside(text)
    assert "apt-get install -y --no-install-recommends ffmpeg libgl1" in text
    assert "--mount=type=cache,target=/var/cache/apt" in text


def test_a_requirement_without_a_wheel_is_built_in_a_stage_that_leaves_no_compiler_behind() -> None:
    text = render(
        Recipe("find", "base", system_packages=("libfoo-dev",), in_image=True, build_tools=("gcc",))
    )
    stage, final = text.split("\nFROM ${BASE}\n")

    assert "install -y --no-install-recommends gcc libfoo-dev" in stage
    assert "gcc" not in final
    assert "COPY --from=packages /opt/packages /opt/packages" in final
    assert base_images(text, {"BASE": "own:1"}) == ("own:1",)


def test_a_served_part_has_a_health_check_on_its_port() -> None:
    text = render(Recipe("find", "base", port=8080))

    assert "EXPOSE 8080" in text
    assert re.search(r"HEALTHCHECK .*\\\n\s+CMD .*8080", text)
    assert "HEALTHCHECK" not in render(PLAIN)


def test_a_lambda_image_starts_the_runtime_client_with_the_supervisor() -> None:
    text = render(Recipe("find", "base", variant=Variant.LAMBDA, has_packages=True))

    assert 'ENTRYPOINT ["python3", "-m", "awslambdaric"]' in text
    assert 'CMD ["aisprint_lambda.main"]' in text
    assert "WORKDIR /var/task" in text


def test_a_base_for_gpus_gets_python_where_it_has_none() -> None:
    text = render(Recipe("find", "nvidia/cuda:12", brings_python=True))

    assert "command -v python ||" in text
    assert "python3 python-is-python3" in text


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain", '"plain"'),
        ("two words", '"two words"'),
        ('a "quote"', '"a \\"quote\\""'),
        ("$HOME and ${PATH}", '"\\$HOME and \\${PATH}"'),
        ("back\\slash", '"back\\\\slash"'),
        ("", '""'),
    ],
)
def test_values_of_variables_are_quoted(value: str, written: str) -> None:
    assert quoted(value) == written
    assert f"ENV NAME={written}" in render(Recipe("find", "base", variables={"NAME": value}))


@pytest.mark.parametrize("value", ["two\nlines", "a\rb", "bell\x07"])
def test_a_value_that_no_dockerfile_can_carry_is_refused_without_showing_it(value: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        quoted(value)

    assert value not in str(caught.value)
    assert "file beside the code" in caught.value.mend


def test_bases_of_a_persons_dockerfile_are_found() -> None:
    text = """
# FROM commented:1
ARG VERSION=3.12
FROM --platform=$BUILDPLATFORM golang:1.22 AS tools
FROM docker.io/library/debian:12 \\
    AS packages
FROM python:${VERSION}-slim as final
COPY --from=packages / /
FROM final
FROM scratch
"""

    assert base_images(text, {}) == ("docker.io/library/debian:12", "python:3.12-slim")
    assert base_images(text, {"VERSION": "3.11"})[-1] == "python:3.11-slim"


def test_steps_that_run_inside_are_found_however_they_are_written() -> None:
    assert runs_inside("FROM a\n  run echo hello\n")
    assert not runs_inside("FROM a\n# RUN nothing\nCOPY \\\nRUN /\n")
