"""One way or more to provoke each kind of finding: what is changed, and where it is then reported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from load_support import CANDIDATES, DAG, PHYSICAL, RESOURCES, SECURITY, SOLVER, ApplicationFiles
from rule_cases import RULES, WRONG

CAPTURE, DETECT = "src/capture/main.py", "src/detect/main.py"
REPORT, ARCHIVE = "src/report/main.py", "src/archive_code/main.py"
CLASSIFY, FILTER = "src/classify/main.py", "src/filter/main.py"
EXITS = "src/classify/onnx/early_exits.csv"

Spoil = Callable[[ApplicationFiles], None]


@dataclass(frozen=True)
class Case:
    """`spoil` changes the application so that `code` is reported at `path`, where `marked` stands."""

    code: str
    application: str
    spoil: Spoil
    path: str
    marked: str | None


def _edit(
    code: str, path: str, old: str, new: str, marked: str | None, at: str = "", application: str = "continuum"
) -> Case:
    def spoil(files: ApplicationFiles) -> None:
        files.edit(path, old, new)

    return Case(code, application, spoil, at or path, marked)


def _write(
    code: str,
    path: str,
    content: str | bytes,
    marked: str | None,
    at: str = "",
    application: str = "continuum",
) -> Case:
    def spoil(files: ApplicationFiles) -> None:
        files.write(path, content)

    return Case(code, application, spoil, at or path, marked)


def _do(code: str, spoil: Spoil, path: str, marked: str | None, application: str = "continuum") -> Case:
    return Case(code, application, spoil, path, marked)


def _remove_source(files: ApplicationFiles) -> None:
    (files.directory / "src").rename(files.directory / "sources")


def _directory_for_file(files: ApplicationFiles) -> None:
    files.delete(DAG)
    (files.directory / DAG).mkdir()


def _rename_everywhere(old: str, new: str) -> Spoil:
    """Give a component another name in every file, so that only the name itself can be wrong."""

    def spoil(files: ApplicationFiles) -> None:
        for path in (DAG, CANDIDATES, CAPTURE, DETECT, REPORT, ARCHIVE):
            files.write(path, files.read(path).replace(old, new))

    return spoil


_DEEP = "System: " + "[" * 200 + "]" * 200
_MAIN = '\n\nif __name__ == "__main__":\n    main({})\n'

DOCUMENT_CASES = [
    _do("file.missing", lambda files: files.delete(RESOURCES), RESOURCES, None),
    _write("file.empty", CANDIDATES, "# nothing yet\n", None),
    _do("file.unreadable", _directory_for_file, DAG, None),
    _edit("yaml.syntax", DAG, "'archive']", "'archive'", None),
    _edit("yaml.syntax", RESOURCES, "name: Street Watch", "name: Street: Watch", ": Watch"),
    _edit("yaml.tab", CANDIDATES, "    name: capture", "\tname: capture", "\tname"),
    _edit("yaml.merge-conflict", DAG, "System:", "<<<<<<< ours\nSystem:", "<<<<<<< ours"),
    _write("yaml.encoding", DAG, "System:\n  name: caf\xe9\n".encode("latin-1"), None),
    _write("yaml.encoding", DAG, "System: {}".encode("utf-16"), None),
    _edit("yaml.character", DAG, "street_watch", "street\x07watch", "\x07watch"),
    _edit("yaml.several-documents", DAG, "System:", "--- {}\n---\nSystem:", "System:"),
    _edit(
        "yaml.duplicate-key", CANDIDATES, "    name: detect\n", "    name: detect\n    name: x\n", "name: x"
    ),
    _write("yaml.duplicate-key", SECURITY, "a: {b: 1, b: 2}\n", "b: 2}"),
    _edit("yaml.key-not-text", CANDIDATES, "component4:", "on:", "on:"),
    _edit("yaml.undefined-alias", DAG, "street_watch", "*nobody", None),
    _write("yaml.recursive-alias", SECURITY, "a: &a [1, *a]\n", "&a [1, *a]"),
    _edit("yaml.recursive-alias", DAG, "System:\n", "System: &s\n  loop: *s\n", None),
    _write("yaml.too-deep", DAG, _DEEP, None),
    _edit("yaml.tag", DAG, "  name:", "  extra: !python/name:os.system x\n  name:", "!python"),
    _edit("yaml.merge-key", CANDIDATES, "    name: capture", "    <<: 3\n    name: capture", "3"),
    _edit("yaml.boolean-word", DAG, "name: street_watch", "name: off", "off"),
    _edit("yaml.octal", RESOURCES, "totalNodes: 5", "totalNodes: 010", "010"),
    _edit("yaml.octal", CANDIDATES, "candidateExecutionLayers: [4]", "candidateExecutionLayers: [04]", "04"),
    _edit("yaml.sexagesimal", DAG, "name: street_watch", "name: 12:30", "12:30"),
    _edit("yaml.date", DAG, "name: street_watch", "name: 2026-11-20", "2026-11-20"),
    _write("structure.not-a-mapping", SOLVER, "- computationalLayer1\n", "- comp"),
    _edit("structure.wrong-type", CANDIDATES, "memorySize: 512", "memorySize: lots", "lots"),
    _edit("structure.wrong-type", DAG, "'report', 0.3", "'report', '0.3'", "'0.3'"),
    _edit("structure.wrong-type", CANDIDATES, "Layers: [1]", "Layers: ['1']", "'1'"),
    _edit("structure.wrong-type", CAPTURE, '"local_time_thr": 2', '"local_time_thr": True', "True"),
    _edit("structure.wrong-type", CAPTURE, '"rate": 5', "\"rate\": 'five'", "'five'"),
    _edit("structure.wrong-type", DETECT, "num_partitions=2", "num_partitions='two'", "'two'"),
    _edit("structure.wrong-type", DETECT, "ram=1", "ram='much'", "'much'"),
    _edit("structure.wrong-type", REPORT, "networkShield=True", "networkShield='yes'", "'yes'"),
    _edit("structure.missing-key", DAG, "  name: street_watch\n", "", None),
    _edit("structure.missing-key", CANDIDATES, "name: capture", "name:", "name:"),
    _edit("structure.missing-key", DETECT, "onnx_file=MODEL, ", "", "declare.partitionable_model("),
    _edit("structure.misspelt-key", CANDIDATES, "memorySize: 512", "memorySzie: 512", "memorySzie"),
    _edit("structure.misspelt-key", DAG, "dependencies:", "dependancies:", "dependancies"),
    _edit("annotation.arguments", DETECT, "local_time_thr=LIMIT", "local_time_th=LIMIT", "local_time_th="),
    _edit("structure.misspelt-key", CAPTURE, '"local_time_thr"', '"local_time_th"', '"local_time_th"'),
    _edit("structure.unknown-key", DAG, "  name:", "  colour: red\n  name:", "colour"),
    _edit("structure.out-of-range", DAG, "'report', 0.3", "'report', 1.3", "1.3"),
    _edit("structure.out-of-range", DAG, "'report', 0.3", "'report', -0.3", "-0.3"),
    _edit("structure.out-of-range", DAG, "'report', 0.3", "'report', 0", "0]"),
    _edit("structure.out-of-range", CAPTURE, '"local_time_thr": 2', '"local_time_thr": 0', "0}"),
    _edit("structure.out-of-range", CAPTURE, '"local_time_thr": 2', '"local_time_thr": -2', "-2"),
    _edit("structure.out-of-range", DETECT, "num_partitions=2", "num_partitions=0", "0)"),
    _edit("structure.out-of-range", RESOURCES, "computingUnits: 4", "computingUnits: 0", "0,"),
    _edit("structure.unknown-value", RESOURCES, "type: Virtual", "type: Virtuall", "Virtuall"),
    _edit("structure.unknown-value", RESOURCES, "architecture: arm64", "architecture: aarch64", "aarch64"),
    _edit("structure.quoted-number", RESOURCES, "totalNodes: 5", "totalNodes: '5'", "'5'"),
    _edit("structure.wrong-length", DAG, "['capture', 'detect', 1]", "['capture', 'detect']", "['capture'"),
    _edit("structure.wrong-length", CANDIDATES, "Layers: [1]", "Layers: []", "[]"),
]

DAG_CASES = [
    _edit(
        "dag.duplicate-component", DAG, "'report', 'archive']", "'report', 'archive', 'report']", "'report']"
    ),
    _edit("dag.unknown-component", DAG, "['detect', 'report'", "['detect', 'reprot'", "'reprot'"),
    _edit(
        "dag.unknown-component", DAG, "    classify: [", "    clasify: [", "clasify", application="screening"
    ),
    _edit(
        "dag.alternative-is-component", DAG, "[classify_small]", "[filter]", "filter", application="screening"
    ),
    _edit(
        "dag.duplicate-alternative",
        DAG,
        "[classify_small]",
        "[classify_small, classify_small]",
        "classify_small]",
        application="screening",
    ),
    _edit("dag.self-loop", DAG, "['capture', 'detect', 1]", "['capture', 'capture', 1]", "['capture'"),
    _edit(
        "dag.duplicate-dependency",
        DAG,
        "'archive', 0.7]",
        "'archive', 0.5], ['capture', 'detect', 1]",
        "['capture'",
    ),
    _edit("dag.probability-sum", DAG, "'archive', 0.7", "'archive', 0.8", "0.8"),
    _edit("dag.cycle", DAG, "'archive', 0.7]", "'archive', 0.7], ['archive', 'capture', 1]", None),
    _do(
        "dag.unreachable-component",
        lambda files: files.write(
            DAG,
            "System:\n  name: x\n  components: [capture, detect, report, archive]\n"
            "  dependencies: [[capture, detect, 1], [detect, capture, 0.5], [detect, report, 0.5],"
            " [report, archive, 1]]\n",
        ),
        DAG,
        "report, archive]",
    ),
    _edit("dag.isolated-component", DAG, ", ['detect', 'archive', 0.7]", "", "'archive']"),
    _do(
        "dag.separate-pieces",
        lambda files: files.edit(
            DAG,
            "[['capture', 'detect', 1], ['detect', 'report', 0.3], ['detect', 'archive', 0.7]]",
            "[['capture', 'detect', 1], ['report', 'archive', 1]]",
        ),
        DAG,
        "'report', 'archive']",
    ),
    _edit("name.unsafe-component", DAG, "'archive']", "'../../evil']", "'../../evil'"),
    _do("name.unsafe-service", _rename_everywhere("archive", "ab"), DAG, "'ab'"),
    _do("name.unsafe-service", _rename_everywhere("archive", "a" * 40), DAG, "'aaa"),
    _do("name.long-segment", _rename_everywhere("detect", "d" * 30), DAG, "'ddd"),
    _edit("name.collision", DAG, "'archive']", "'archive', 'Report']", "'Report'"),
    _do("name.reserved-suffix", _rename_everywhere("archive", "store_base"), DAG, "'store_base'"),
    _do("name.reserved-suffix", _rename_everywhere("archive", "store_partition1_2"), DAG, "'store_part"),
    _do("name.design-word", _rename_everywhere("archive", "a_partition_x"), DAG, "'a_partition_x'"),
    _edit("name.unsafe-application", DAG, "name: street_watch", "name: street watch!", "street watch!"),
]

RESOURCE_CASES = [
    _edit("resources.layer-key", RESOURCES, "computationalLayer3:", "cloudLayer:", "cloudLayer"),
    _edit("resources.layer-number", RESOURCES, "computationalLayer3:", "computationalLayer7:", "3"),
    _edit("resources.duplicate-layer", RESOURCES, "number: 3", "number: 2", "2"),
    _edit("resources.duplicate-resource", RESOURCES, "name: VM2", "name: VM1", "VM1"),
    _edit("resources.duplicate-resource", RESOURCES, "name: VM2", "name: RaspPi", "RaspPi"),
    _write(
        "resources.no-layers", RESOURCES, "System:\n  name: x\n  NetworkDomains: {ND1: {name: a}}\n", None
    ),
    _edit(
        "resources.empty-layer",
        RESOURCES,
        "        computationalLayer4:",
        "        computationalLayer5: {number: 5, type: Virtual, Resources: {}}\n"
        "        computationalLayer4:",
        "computationalLayer5",
    ),
    _edit("resources.unknown-domain", RESOURCES, "[ND2, ND3]", "[ND2, ND33]", "ND33"),
    _edit("resources.domain-cycle", RESOURCES, "subNetworkDomains: []", "subNetworkDomains: [ND1]", "ND2"),
    _edit(
        "resources.domain-parents",
        RESOURCES,
        "Bandwidth: 100\n      subNetworkDomains: []",
        "Bandwidth: 100\n      subNetworkDomains: [ND3]",
        "ND3]",
    ),
    _edit("resources.no-cost", RESOURCES, "              cost: 0.5\n", "", "resource1"),
    _edit("resources.no-memory", RESOURCES, "              memorySize: 16384\n", "", "resource1"),
    _edit("resources.no-nodes", RESOURCES, "              totalNodes: 1\n", "", "resource1"),
    _edit(
        "resources.no-processors",
        RESOURCES,
        "              processors:\n"
        "                processor1: {name: Xeon, type: SkyLake, architecture: amd64, computingUnits: 8}\n",
        "",
        "resource2",
    ),
    _edit("resources.no-architecture", RESOURCES, "architecture: arm64, cost: 0.0", "cost: 0.0", "resource1"),
    _edit("resources.faas-name", RESOURCES, "name: AWS-FaaS", "name: Lambda", "Lambda"),
    _edit("units.milliseconds", DETECT, "LIMIT = 6.5", "LIMIT = 6500", "6500"),
    _edit("units.access-delay", RESOURCES, "AccessDelay: 0.02", "AccessDelay: 20", "20"),
    _edit("units.memory-gigabytes", RESOURCES, "memorySize: 8192", "memorySize: 8", "8"),
    _edit("units.memory-gigabytes", CANDIDATES, "memorySize: 512", "memorySize: 4", "4"),
    _edit("units.memory-bytes", RESOURCES, "memorySize: 8192", "memorySize: 8589934592", "8589934592"),
    _edit("units.memory-bytes", CANDIDATES, "memorySize: 512", "memorySize: 536870912", "536870912"),
]

CANDIDATE_CASES = [
    _edit("candidates.missing", CANDIDATES, "name: archive", "name: archiv", "Components"),
    _edit("candidates.missing-segment", CANDIDATES, "name: detect_partitionX_2", "name: other", "Components"),
    _edit("candidates.unused", CANDIDATES, "name: detect_partitionX_2", "name: other", "other"),
    _edit(
        "candidates.unused-segment",
        CANDIDATES,
        "name: detect_partitionX_2",
        "name: report_partitionX_2",
        None,
    ),
    _edit("candidates.duplicate-name", CANDIDATES, "name: archive", "name: report", "report"),
    _edit(
        "candidates.no-container",
        CANDIDATES,
        "Components:\n",
        "Components:\n  component9: {name: spare, candidateExecutionLayers: [1], Containers: {}}\n",
        "Containers",
    ),
    _edit(
        "candidates.duplicate-resource",
        CANDIDATES,
        "        candidateExecutionResources: [AWS-FaaS]\n",
        "        candidateExecutionResources: [AWS-FaaS]\n"
        "      container2: {candidateExecutionResources: [AWS-FaaS]}\n",
        "AWS-FaaS]}",
    ),
    _edit("candidates.first-container", CANDIDATES, "container1:", "containerA:", "containerA"),
    _edit("candidates.key-form", CANDIDATES, "component2_partitionX_1:", "segment1:", "segment1"),
    _edit("candidates.unknown-layer", CANDIDATES, "Layers: [2, 3]", "Layers: [2, 99]", "99"),
    _edit("candidates.duplicate-layer", CANDIDATES, "Layers: [2, 3]", "Layers: [2, 3, 2]", "2]"),
    _edit(
        "candidates.unknown-resource",
        CANDIDATES,
        "[KioskServer, VM1, VM2]",
        "[KioskServer, VM1, VMM2]",
        "VMM2",
    ),
    _edit("candidates.duplicate-resource", CANDIDATES, "VM1, VM2]", "VM1, VM2, VM1]", "VM1]"),
    _edit("candidates.resource-outside-layers", CANDIDATES, "[AWS-FaaS]", "[AWS-FaaS, VM1]", "VM1"),
    _edit("candidates.layer-without-resource", CANDIDATES, "Layers: [4]", "Layers: [4, 3]", "3]"),
    _edit("candidates.memory", CANDIDATES, "memorySize: 512", "memorySize: 8192", "8192"),
    _edit("candidates.cores", CANDIDATES, "computingUnits: 0.5", "computingUnits: 5", "5"),
    _edit("candidates.gpu", CANDIDATES, "GPURequirement: false", "GPURequirement: true", "true"),
    _edit("candidates.architecture", CANDIDATES, "report_base_arm64", "report_base_amd64", "registry"),
    _edit("candidates.enclave", CANDIDATES, "trustedExecution: false", "trustedExecution: true", "true"),
    _edit("candidates.partly-fitting", CANDIDATES, "memorySize: 2048", "memorySize: 12000", "12000"),
]

OPTIONAL_CASES = [
    _edit("physical.unknown-layer", PHYSICAL, "number: 2", "number: 12", "12"),
    _edit("physical.layer-number", PHYSICAL, "number: 2", "number: 4", "4"),
    _edit("physical.unknown-resource", PHYSICAL, "name: KioskServer", "name: KiosServer", "KiosServer"),
    _edit("physical.no-access", PHYSICAL, "        aws: {", "        region: {", "resource1"),
    _edit("physical.virtual-layer", PHYSICAL, "number: 2", "number: 3", "3"),
    _write("physical.missing", PHYSICAL, "", "computationalLayer1", at=RESOURCES),
    _edit(
        "solver.unknown-layer",
        SOLVER,
        "[computationalLayer3]",
        "[computationalLayer33]",
        "computationalLayer33",
    ),
    _edit(
        "solver.duplicate-layer",
        SOLVER,
        "[computationalLayer3]",
        "[computationalLayer3, computationalLayer2]",
        None,
    ),
    _edit("solver.layer-group", SOLVER, "FaaSResources: [", "FaaSResources: [computationalLayer3, ", None),
    _edit("solver.missing-layer", SOLVER, "CloudResources: [computationalLayer3]\n", "", None),
]

CODE_CASES = [
    _do("code.no-source-directory", _remove_source, "src", None),
    _write("code.no-main-file", "src/notes/readme.txt", "", None, at="src/notes"),
    _edit("code.component-without-code", ARCHIVE, '"archive"', '"archives"', "'archive'", at=DAG),
    _edit("code.unused-component", ARCHIVE, '"archive"', '"archives"', '"archives"'),
    _edit("code.duplicate-component", REPORT, '"report"', '"archive"', "component_name"),
    _write("environment.name", "src/detect/env.yaml", "MODE: 010\nto-day: 1\n", "to-day"),
    _edit("code.syntax", REPORT, "def main(args):", "def main(args:", None),
    _write("code.syntax", REPORT, b"x = 1\0", None),
    _edit("code.no-main", REPORT, "def main(args):", "def run(args):", None),
    _edit(
        "code.several-mains",
        ARCHIVE,
        "@component_name",
        "def main(args): ...\n\n\n@component_name",
        "def main",
    ),
    _edit("code.async-main", ARCHIVE, "def main(args):", "async def main(args):", "async def"),
    _edit("code.main-not-called", ARCHIVE, _MAIN, "", "def main"),
    _do("code.no-requirements", lambda files: files.delete("src/report/requirements.txt"), REPORT, None),
    _edit("annotation.unknown", CAPTURE, '"exec_time": {', '"exectime": {', '"exectime"'),
    _edit(
        "annotation.unknown", DETECT, "declare.partitionable_model", "declare.partitionable", "declare.part"
    ),
    _edit(
        "annotation.not-called",
        ARCHIVE,
        '@component_name(name="archive")',
        "@component_name",
        "component_name",
    ),
    _edit("annotation.arguments", ARCHIVE, '(name="archive")', '("archive", 2)', "2)"),
    _edit("annotation.arguments", DETECT, "ram=1", "rom=1", "rom=1"),
    _edit("annotation.arguments", ARCHIVE, '(name="archive")', '("archive", name="archive")', "name="),
    _edit("annotation.not-literal", DETECT, "ram=1", "ram=1 + 1", "1 + 1"),
    _edit("annotation.not-literal", DETECT, "ram=1", "ram=size()", "size()"),
    _edit("annotation.not-literal", DETECT, "ram=1", "ram=UNKNOWN", "UNKNOWN"),
    _edit("annotation.not-literal", DETECT, "ram=1", "**settings", "**settings"),
    _edit("annotation.key-not-text", CAPTURE, '"expected_throughput"', "7", "7:"),
    _edit(
        "annotation.duplicate",
        CAPTURE,
        '"expected_throughput": {"rate": 5}',
        '"exec_time": {}',
        '"exec_time": {}',
    ),
    _edit(
        "annotation.duplicate",
        DETECT,
        "@device",
        "@device_constraints(ram=2)\n@device",
        "device_constraints(ram=1)",
    ),
    _edit(
        "annotation.not-on-main",
        ARCHIVE,
        "@component",
        "@component_name('x')\ndef f(): ...\n\n\n@component",
        None,
    ),
    _edit("annotation.no-component-name", ARCHIVE, '@component_name(name="archive")\n', "", "def main"),
    _edit(
        "annotation.conflict",
        DETECT,
        "@device_constraints(ram=1)",
        "@declare.early_exits_model('detector.onnx', 'main')",
        "declare.early",
    ),
    _edit(
        "annotation.several-drift-detectors",
        CLASSIFY,
        "@model_performance",
        "@detect_metric_drift('a', 'b', 'chi-squared', 0.1, 1, 2, 3)\n@model_performance",
        None,
        at=FILTER,
        application="screening",
    ),
    _edit(
        "annotation.no-exit-probabilities",
        CLASSIFY,
        ", transition_probabilities=[0.75]",
        "",
        "early_exits_model(",
        application="screening",
    ),
    _edit(
        "annotation.no-alternatives",
        DAG,
        "  alternative_components:\n    classify: [classify_small]\n",
        "",
        "model_performance",
        at=CLASSIFY,
        application="screening",
    ),
    _edit("annotation.device-memory", DETECT, "ram=1", "ram=4096", "4096"),
    _edit("units.ram-megabytes", DETECT, "ram=1", "ram=1024", "1024"),
    _edit("annotation.device-gpu", DETECT, "ram=1", "vram=2", "2"),
    _edit("annotation.device-gpu", DETECT, "ram=1", "use_gpu_for=['dnn']", "['dnn']"),
    _edit("model.unsafe-path", DETECT, '"detector.onnx"', '"../detector.onnx"', '"../detector.onnx"'),
    _edit("model.missing-file", DETECT, '"detector.onnx"', '"detektor.onnx"', '"detektor.onnx"'),
    _write("model.not-fetched", "src/detect/onnx/detector.onnx", "", '"detector.onnx"', at=DETECT),
    _write(
        "model.not-fetched",
        "src/detect/onnx/detector.onnx",
        "version https://git-lfs.github.com/spec/v1\n",
        '"detector.onnx"',
        at=DETECT,
    ),
    _do("exits.missing-file", lambda files: files.delete(EXITS), CLASSIFY, "early_exits_model(", "screening"),
    _edit("exits.header", EXITS, "exits,input_nodes", "exit,input", None, application="screening"),
    _edit("exits.row", EXITS, "['Early_Exit_Output']", "Early_Exit_Output", None, application="screening"),
    _edit("exits.row", EXITS, "\"['cut/one:0', 'cut/two:0']\"", "['a','b']", None, application="screening"),
    _edit("exits.count", CLASSIFY, "[0.75]", "[0.75, 0.5]", "[0.75", application="screening"),
    _edit("exits.condition", CLASSIFY, '"confident"', '"confidant"', '"confidant"', application="screening"),
    _edit("qos.no-previous", DETECT, ', prev_components=("capture",)', "", "9"),
    _edit("qos.no-previous", DETECT, '("capture",)', "[]", "9"),
    _edit("qos.no-global-limit", DETECT, "global_time_thr=9, ", "", '("capture"'),
    _edit("qos.unknown-component", DETECT, '("capture",)', '("captur",)', '"captur"'),
    _edit("qos.own-path", DETECT, '("capture",)', '("capture", "detect")', '"detect"'),
    _edit("qos.not-a-path", REPORT, '["capture", "detect"]', '["capture"]', '"capture"'),
    _edit(
        "qos.unmeasured-previous",
        CAPTURE,
        '        "exec_time": {"local_time_thr": 2},\n',
        "",
        '"capture"',
        at=DETECT,
    ),
    _edit("qos.contradiction", DETECT, "global_time_thr=9", "global_time_thr=5", "5"),
    _edit("qos.contradiction", CAPTURE, '"local_time_thr": 2', '"local_time_thr": 30', "9", at=DETECT),
]

RULE_CASES = [_write(code, RULES, content, marked) for code, content, marked in WRONG]

CASES = [
    *DOCUMENT_CASES,
    *DAG_CASES,
    *RESOURCE_CASES,
    *CANDIDATE_CASES,
    *OPTIONAL_CASES,
    *RULE_CASES,
    *CODE_CASES,
]
