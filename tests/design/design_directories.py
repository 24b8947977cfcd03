"""Application directories on disk, small but whole: a real model, code that really splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import yaml

PLAIN = """\
import argparse
from pathlib import Path

from aisprint.annotations import component_name, exec_time


@component_name(name="{name}")
{decorators}def main(args):
    Path(args["output"]).write_text(Path(args["input"]).read_text())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("-i", "--input", required=True)
    parser.add_argument("-o", "--output", required=True)
    main(vars(parser.parse_args()))
"""

WITH_MODEL = """\
import argparse
import json
from pathlib import Path

import numpy as np
from aisprint.annotations import component_name, exec_time, partitionable_model
from aisprint.onnx_inference import load_and_inference


@component_name(name="{name}")
{decorators}def main(args):
    x = np.array(json.loads(Path(args["input"]).read_text()), dtype=np.float32)
    outputs, result = load_and_inference(args["onnx_file"], {{"x": x}})
    Path(args["output"]).write_text(json.dumps(result[0].tolist()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("-i", "--input", required=True)
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("-y", "--onnx_file", default="onnx/net.onnx")
    main(vars(parser.parse_args()))
"""


def write_model(path: Path, *, seed: int = 0, splittable: bool = True) -> None:
    """Three dense layers with activations between them; or one node, which cannot be split."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    random = np.random.default_rng(seed)
    nodes, weights, before = [], [], "x"
    widths = [4, 8, 6, 3] if splittable else [4, 3]
    for index, (rows, columns) in enumerate(pairwise(widths), 1):
        last = index == len(widths) - 1
        weights.append(
            numpy_helper.from_array(random.normal(size=(rows, columns)).astype(np.float32), f"w{index}")
        )
        after = "y" if last else f"h{index}"
        nodes.append(helper.make_node("MatMul", [before, f"w{index}"], [after], name=f"dense{index}"))
        if not last:
            nodes.append(helper.make_node("Relu", [after], [f"r{index}"], name=f"relu{index}"))
        before = f"r{index}"
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)


def write_application(
    directory: Path,
    *,
    layers: Mapping[str, Sequence[int]] | None = None,
    splits: int = 1,
    limit_s: float = 8,
    splittable: bool = True,
) -> Path:
    """A chain `first` -> `second`; the model of the latter may be split. `layers` is by candidate name."""
    own: dict[str, Sequence[int]] = {"first": [1, 2], "second": [2]}
    if splittable:
        own |= {"second_partitionX_1": [1], "second_partitionX_2": [2]}
    chosen = {**own, **(layers or {})}
    config = directory / "common_config"
    config.mkdir(parents=True)
    (config / "application_dag.yaml").write_text(
        "# the application\nSystem:\n  name: my_app\n  components: [first, second]\n"
        "  dependencies: [[first, second, 0.5]]\n"
    )
    (config / "candidate_resources.yaml").write_text(yaml.safe_dump(_resources(), sort_keys=False))
    entries = {
        name.replace("first", "component1").replace("second", "component2"): _candidate(name, numbers)
        for name, numbers in chosen.items()
    }
    (config / "candidate_deployments.yaml").write_text(
        yaml.safe_dump({"Components": entries}, sort_keys=False)
    )
    write_component(directory, "first", PLAIN, f"@exec_time(local_time_thr={limit_s})\n")
    decorators = "@exec_time(local_time_thr=10, global_time_thr=20, prev_components=['first'])\n"
    if splittable:
        decorators += f'@partitionable_model(onnx_file="net.onnx", num_partitions={splits})\n'
    write_component(directory, "second", WITH_MODEL, decorators)
    write_model(directory / "src" / "second" / "onnx" / "net.onnx")
    (directory / "src" / "second" / "labels.txt").write_text("one\ntwo\nthree\n")
    (directory / "space4ai-d").mkdir()
    (directory / "space4ai-d" / "SPACE4AI-D.yaml").write_text(
        "Time: 1\nEdgeResources: [computationalLayer1]\nCloudResources: [computationalLayer2]\n"
    )
    (directory / "im").mkdir()
    (directory / "im" / "auth.dat").write_text("type = secret; password = secret\n")
    return directory


def write_component(directory: Path, name: str, code: str, decorators: str) -> None:
    """The code of one component."""
    folder = directory / "src" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "main.py").write_text(code.format(name=name, decorators=decorators))
    (folder / "requirements.txt").write_text("numpy\n")


def _resources() -> dict[str, object]:
    layers = {}
    for number, architecture in ((1, "arm64"), (2, "amd64")):
        layers[f"computationalLayer{number}"] = {
            "name": f"Layer {number}",
            "number": number,
            "type": "Virtual",
            "Resources": {
                "resource1": {
                    "name": f"VM{number}",
                    "totalNodes": 5,
                    "cost": 1.0,
                    "memorySize": 8192,
                    "storageSize": 64,
                    "processors": {
                        "processor1": {
                            "name": "p",
                            "type": "t",
                            "architecture": architecture,
                            "computingUnits": 4,
                        }
                    },
                }
            },
        }
    domain = {
        "name": "Domain",
        "AccessDelay": 0.001,
        "Bandwidth": 1000,
        "subNetworkDomains": [],
        "ComputationalLayers": layers,
    }
    return {"System": {"name": "Resources", "NetworkDomains": {"ND1": domain}}}


def _candidate(name: str, layers: Sequence[int]) -> dict[str, object]:
    container = {
        "image": None,
        "memorySize": 512,
        "computingUnits": 0.5,
        "trustedExecution": False,
        "networkProtection": False,
        "fileSystemProtection": False,
        "GPURequirement": False,
        "candidateExecutionResources": [f"VM{number}" for number in layers],
    }
    return {"name": name, "candidateExecutionLayers": list(layers), "Containers": {"container1": container}}


def snapshot(directory: Path) -> dict[str, bytes | str]:
    """Every file and link below a directory with its content, hidden working files left out."""
    found: dict[str, bytes | str] = {}
    for path in sorted(directory.rglob("*")):
        relative = path.relative_to(directory).as_posix()
        if relative.startswith(".aisprint"):
            continue
        if path.is_symlink():
            found[relative] = str(path.readlink())
        elif path.is_file():
            found[relative] = path.read_bytes()
    return found


def times(directory: Path) -> dict[str, tuple[int, int]]:
    """The inode and the time of change of everything below a directory, itself included."""
    every = [directory, *directory.rglob("*")]
    return {
        path.as_posix(): (path.lstat().st_ino, path.lstat().st_mtime_ns)
        for path in every
        if ".aisprint" not in path.parts
    }
