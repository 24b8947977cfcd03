"""Application directories in the reference's form load unchanged, old forms included."""

from __future__ import annotations

from pathlib import Path

import pytest
from load_support import CANDIDATES, DAG, RESOURCES, ApplicationFiles

from aisprint_cli.diagnostics import Findings
from aisprint_cli.load.environment import read_environment
from aisprint_cli.load.reporter import Reporter
from aisprint_cli.model.application import Application
from aisprint_cli.model.dag import Dependency
from aisprint_cli.model.resources import LayerKind


def _loaded(files: ApplicationFiles) -> Application:
    loaded = files.load()
    assert loaded.errors == ()
    assert loaded.application is not None
    return loaded.application


def test_an_application_with_every_kind_of_layer_is_sound(continuum: ApplicationFiles) -> None:
    assert continuum.load().findings == ()


def test_the_dag_keeps_names_order_and_probabilities(continuum: ApplicationFiles) -> None:
    dag = _loaded(continuum).dag
    assert dag.name == "street_watch"
    assert dag.components == ("capture", "detect", "report", "archive")
    assert dag.dependencies[1] == Dependency("detect", "report", 0.3)
    assert dag.entries == ("capture",)
    assert dag.sinks == ("report", "archive")


def test_layers_and_resources_keep_their_units(continuum: ApplicationFiles) -> None:
    catalogue = _loaded(continuum).catalogue
    assert [layer.number for layer in catalogue] == [1, 2, 3, 4]
    assert {layer.kind for layer in catalogue} == set(LayerKind)
    pi, kiosk, functions = (catalogue.resource(name) for name in ("RaspPi", "KioskServer", "AWS-FaaS"))
    assert pi is not None
    assert kiosk is not None
    assert functions is not None
    assert (pi.storage_gib, pi.memory_mib, pi.architectures, pi.cores) == (64.0, 4096.0, ("arm64",), 4.0)
    assert (kiosk.storage_gib, kiosk.has_gpu, kiosk.has_sgx) == (64.0, True, True)
    assert (functions.architectures, functions.cores, functions.nodes) == (("arm64",), 0, 1)
    assert [domain.access_delay_s for domain in catalogue.domains] == [0.00000277, 0.001, 0.02]


def test_documents_are_carried_through_with_their_own_values(continuum: ApplicationFiles) -> None:
    pi = _loaded(continuum).catalogue.resource("RaspPi")
    assert pi is not None
    assert pi.document["operatingSystemVersion"] == 20.04
    assert pi.document["operatingSystemImageId"] == ""
    assert pi.document["onSpot"] is False


def test_candidates_resolve_segments(continuum: ApplicationFiles) -> None:
    application = _loaded(continuum)
    first = application.candidates.get("detect_partitionX_1")
    assert first is not None
    assert first.key == "component2_partitionX_1"
    assert first.layers == (1, 2)
    assert first.container.resources == ("RaspPi", "KioskServer")
    assert (first.container.memory_mib, first.container.cores) == (1024.0, 1.0)


def test_annotations_of_every_written_form_are_read(continuum: ApplicationFiles) -> None:
    sources = _loaded(continuum).sources
    detect = sources["detect"].annotations
    assert detect.exec_time is not None
    assert detect.partitionable_model is not None
    assert detect.exec_time.local_limit_s == 6.5
    assert detect.exec_time.previous == ("capture",)
    assert (detect.partitionable_model.onnx_file, detect.partitionable_model.max_splits) == (
        "detector.onnx",
        2,
    )
    assert sources["capture"].annotations.expected_throughput_hz == 5.0
    assert sources["archive"].directory == "src/archive_code"
    assert sources["report"].annotations.raw["security"] == {"networkShield": True}


def test_alternatives_and_early_exits_are_read(screening: ApplicationFiles) -> None:
    application = _loaded(screening)
    assert application.dag.alternatives == {"classify": ("classify_small",)}
    exits = application.sources["classify"].annotations.early_exits_model
    assert exits is not None
    assert (exits.condition_function, exits.continue_probabilities) == ("confident", (0.75,))
    assert "classify_small" in application.sources
    assert application.solver["Components"]["component1"] == {"dataSize": 0.1}


def test_merge_keys_are_resolved(screening: ApplicationFiles) -> None:
    candidate = _loaded(screening).candidates.get("classify")
    assert candidate is not None
    assert (candidate.container.memory_mib, candidate.container.resources) == (2048.0, ("VM1",))


def test_unknown_keys_are_warned_of_and_carried_through(screening: ApplicationFiles) -> None:
    screening.edit(RESOURCES, "name: VM1", "name: VM1\n              rack: [7, {row: b}]")
    loaded = screening.load()
    assert {finding.code for finding in loaded.findings} == {"structure.unknown-key"}
    assert loaded.application is not None
    resource = loaded.application.catalogue.resource("VM1")
    assert resource is not None
    assert resource.document["rack"] == [7, {"row": "b"}]


@pytest.mark.parametrize("dependencies", ["[]", "", "null", "~"])
def test_one_component_needs_no_dependencies(continuum: ApplicationFiles, dependencies: str) -> None:
    continuum.write(DAG, f"System:\n  name: one\n  components: [capture]\n  dependencies: {dependencies}\n")
    errors = {finding.code for finding in continuum.load().errors}
    assert errors == {"qos.unknown-component"} or not any(code.startswith("dag.") for code in errors)


def test_missing_optional_files_are_fine(continuum: ApplicationFiles) -> None:
    continuum.delete("common_config/security.yaml")
    continuum.delete("space4ai-d/SPACE4AI-D.yaml")
    continuum.write("common_config/physical_nodes.yaml", "")
    loaded = continuum.load()
    assert loaded.application is not None
    assert {finding.code for finding in loaded.findings} == {"physical.missing"}
    assert dict(loaded.application.solver) == {}


def test_absent_memory_and_cores_take_the_defaults_of_the_reference(screening: ApplicationFiles) -> None:
    screening.edit(CANDIDATES, "  memorySize: 1024\n  computingUnits: 0.9\n", "")
    candidate = _loaded(screening).candidates.get("filter")
    assert candidate is not None
    assert (candidate.container.memory_mib, candidate.container.cores) == (512.0, 1.0)


@pytest.mark.parametrize("written", ["8192", "'8192'", "8192 MB", "8 GB", "8GiB", "8.0 Gi"])
def test_memory_may_carry_a_unit(screening: ApplicationFiles, written: str) -> None:
    screening.edit(RESOURCES, "memorySize: 8192", f"memorySize: {written}")
    resource = _loaded(screening).catalogue.resource("VM1")
    assert resource is not None
    assert resource.memory_mib == 8192.0


def test_caches_and_hidden_directories_below_src_are_skipped(continuum: ApplicationFiles) -> None:
    continuum.write("src/__pycache__/main.cpython-311.pyc", b"\0")
    continuum.write("src/.ipynb_checkpoints/notes.txt", "")
    assert continuum.load().findings == ()


def test_of_several_containers_the_one_that_lists_the_resource_counts(continuum: ApplicationFiles) -> None:
    continuum.edit(
        CANDIDATES,
        "candidateExecutionResources: [KioskServer, VM1, VM2]",
        "candidateExecutionResources: [KioskServer]\n"
        "      container2: {memorySize: 1024, candidateExecutionResources: [VM1, VM2]}",
    )
    loaded = continuum.load()
    assert loaded.findings == ()
    assert loaded.application is not None
    candidate = loaded.application.candidates.get("detect")
    assert candidate is not None
    found = [candidate.container_on(name) for name in ("KioskServer", "VM1", "VM2", "RaspPi")]
    assert [container and container.memory_mib for container in found] == [2048.0, 1024.0, 1024.0, None]


def test_boot_settings_may_be_any_word_and_accelerators_of_the_older_form(
    continuum: ApplicationFiles,
) -> None:
    continuum.edit(RESOURCES, "secureBoot: False", "secureBoot: string")
    older = "".join(f"\n{' ' * 18}{line}" for line in ("GFLOPS: 31240", "powerDraw: 150", "memory: 24576"))
    continuum.edit(RESOURCES, "name: Graphics", f"name: Graphics{older}")
    loaded = continuum.load()
    assert loaded.findings == ()
    assert loaded.application is not None
    kiosk = loaded.application.catalogue.resource("KioskServer")
    assert kiosk is not None
    assert kiosk.accelerators[0].memory_mib == 24576.0


def test_numbers_in_quotes_are_read_and_warned_of(continuum: ApplicationFiles) -> None:
    continuum.edit(RESOURCES, "cost: 1.2", "cost: '1.2'")
    continuum.edit(CANDIDATES, "computingUnits: 0.5", 'computingUnits: "0.5"')
    loaded = continuum.load()
    assert [finding.code for finding in loaded.findings] == ["structure.quoted-number"] * 2
    assert loaded.application is not None
    machine = loaded.application.catalogue.resource("VM1")
    assert machine is not None
    assert (machine.cost_per_hour, machine.document["cost"]) == (1.2, 1.2)


def test_variables_of_env_yaml_are_what_is_written(tmp_path: Path) -> None:
    text = "MODE: 010\nDEBUG: on\nVERSION: 1.10\nNAME: 'a b'\nEMPTY:\nSURE: true\n"
    (tmp_path / "env.yaml").write_text(text)
    findings = Findings()
    assert read_environment(tmp_path, "env.yaml", Reporter(findings)) == {
        "MODE": "010",
        "DEBUG": "on",
        "VERSION": "1.10",
        "NAME": "a b",
        "EMPTY": "",
        "SURE": "true",
    }
    assert len(findings) == 0
    assert read_environment(tmp_path, "none.yaml", Reporter(findings)) == {}


def test_an_env_yaml_that_is_no_flat_map_is_refused_with_its_place(continuum: ApplicationFiles) -> None:
    continuum.write("src/detect/env.yaml", "A: 1\nB: [1, 2]\n")
    finding = continuum.findings("structure.wrong-type")[0]
    assert str(finding.location) == "src/detect/env.yaml:2:4"
