"""Examples of findings about code, annotations, models and quality of service."""

from __future__ import annotations

from typing import Final

from aisprint_cli.catalogue.example import Example

EXAMPLES: Final = {
    "code.no-source-directory": Example(
        "my_app/common_config/", ("my_app/common_config/\nmy_app/src/read/main.py")
    ),
    "code.no-main-file": Example("src/read/reader.py", "src/read/main.py"),
    "code.component-without-code": Example(
        ("components: [read, classify]\nsrc/read/main.py"),
        ("components: [read, classify]\nsrc/read/main.py\nsrc/classify/main.py"),
    ),
    "code.unused-component": Example(
        ('components: [read]\n@component_name(name="reed")'),
        ('components: [read]\n@component_name(name="read")'),
    ),
    "code.duplicate-component": Example(
        ('src/read/main.py:  @component_name(name="read")\nsrc/other/main.py: @component_name(name="read")'),
        ('src/read/main.py:  @component_name(name="read")\nsrc/other/main.py: @component_name(name="other")'),
    ),
    "code.syntax": Example(("def main(args)\n    pass"), ("def main(args):\n    pass")),
    "code.no-main": Example("def run(args): ...", "def main(args): ..."),
    "code.several-mains": Example(("def main(args): ...\ndef main(args, more): ..."), "def main(args): ..."),
    "code.async-main": Example(
        ("async def main(args):\n    await work(args)"), ("def main(args):\n    asyncio.run(work(args))")
    ),
    "code.main-not-called": Example(
        "def main(args): ...",
        ('def main(args): ...\n\nif __name__ == "__main__":\n    main(vars(parser.parse_args()))'),
    ),
    "code.no-requirements": Example("src/read/main.py", ("src/read/main.py\nsrc/read/requirements.txt")),
    "environment.name": Example("my-token: abc", "MY_TOKEN: abc"),
    "annotation.unknown": Example("@exec_tim(local_time_thr=5)", "@exec_time(local_time_thr=5)"),
    "annotation.not-called": Example(
        ("@exec_time\ndef main(args): ..."), ("@exec_time()\ndef main(args): ...")
    ),
    "annotation.arguments": Example("@exec_time(limit=5)", "@exec_time(local_time_thr=5)"),
    "annotation.not-literal": Example("@exec_time(local_time_thr=limit())", "@exec_time(local_time_thr=5)"),
    "annotation.key-not-text": Example(
        '@annotation({1: {"name": "read"}})', '@annotation({"component_name": {"name": "read"}})'
    ),
    "annotation.duplicate": Example(
        ("@exec_time(local_time_thr=5)\n@exec_time(local_time_thr=7)"), "@exec_time(local_time_thr=5)"
    ),
    "annotation.not-on-main": Example(
        ("@exec_time(local_time_thr=5)\ndef helper(): ..."),
        ("@exec_time(local_time_thr=5)\ndef main(args): ..."),
    ),
    "annotation.no-component-name": Example(
        "def main(args): ...", ('@component_name(name="read")\ndef main(args): ...')
    ),
    "annotation.conflict": Example(
        (
            '@partitionable_model(onnx_file="model.onnx", num_partitions=1)\n'
            '@early_exits_model(onnx_file="model.onnx", condition_function="sure")'
        ),
        '@partitionable_model(onnx_file="model.onnx", num_partitions=1)',
    ),
    "annotation.several-drift-detectors": Example(
        ("src/read/main.py:     @detect_metric_drift(...)\nsrc/classify/main.py: @detect_metric_drift(...)"),
        "src/classify/main.py: @detect_metric_drift(...)",
    ),
    "annotation.no-exit-probabilities": Example(
        '@early_exits_model(onnx_file="model.onnx", condition_function="sure")',
        '@early_exits_model(onnx_file="model.onnx", condition_function="sure",\n'
        "                   transition_probabilities=[0.4])",
    ),
    "annotation.no-alternatives": Example(
        ('@model_performance(metric="accuracy", metric_thr=0.9)\ncomponents: [read, classify]'),
        (
            '@model_performance(metric="accuracy", metric_thr=0.9)\n'
            "components: [read, classify]\n"
            "alternative_components: {classify: [classify_small]}"
        ),
    ),
    "annotation.device-memory": Example(
        ("@device_constraints(ram=8)\nmemorySize: 1024"), ("@device_constraints(ram=1)\nmemorySize: 1024")
    ),
    "annotation.device-gpu": Example(
        ("@device_constraints(vram=4)\nGPURequirement: false"),
        ("@device_constraints(vram=4)\nGPURequirement: true"),
    ),
    "model.unsafe-path": Example(
        '@partitionable_model(onnx_file="../model.onnx", num_partitions=1)',
        '@partitionable_model(onnx_file="model.onnx", num_partitions=1)',
    ),
    "model.missing-file": Example(
        ('@partitionable_model(onnx_file="model.onnx", num_partitions=1)\nsrc/classify/onnx/modell.onnx'),
        ('@partitionable_model(onnx_file="model.onnx", num_partitions=1)\nsrc/classify/onnx/model.onnx'),
    ),
    "model.not-fetched": Example(
        ("$ head -1 src/classify/onnx/model.onnx\nversion https://git-lfs.github.com/spec/v1"),
        "$ git lfs pull",
    ),
    "exits.missing-file": Example(
        "src/classify/onnx/model.onnx", ("src/classify/onnx/model.onnx\nsrc/classify/onnx/early_exits.csv")
    ),
    "exits.header": Example(
        ("exit,inputs,outputs\nexit1,['cut'],['early']"),
        ("exits,input_nodes,output_nodes\nexit1,['cut'],['early']"),
    ),
    "exits.row": Example("exit1,cut,early", "exit1,['cut'],['early']"),
    "exits.count": Example(
        ("transition_probabilities=[0.4, 0.2]\nexit1,['cut'],['early']"),
        ("transition_probabilities=[0.4]\nexit1,['cut'],['early']"),
    ),
    "exits.condition": Example(
        ('@early_exits_model(onnx_file="model.onnx", condition_function="sure")\ndef main(args): ...'),
        (
            "def sure(output): return output.max() > 0.9\n"
            "\n"
            '@early_exits_model(onnx_file="model.onnx", condition_function="sure")\n'
            "def main(args): ..."
        ),
    ),
    "qos.no-previous": Example(
        "@exec_time(global_time_thr=9)", '@exec_time(global_time_thr=9, prev_components=["read"])'
    ),
    "qos.no-global-limit": Example(
        '@exec_time(prev_components=["read"])', '@exec_time(global_time_thr=9, prev_components=["read"])'
    ),
    "qos.unknown-component": Example(
        '@exec_time(global_time_thr=9, prev_components=["reed"])',
        '@exec_time(global_time_thr=9, prev_components=["read"])',
    ),
    "qos.own-path": Example(
        ('# on classify\n@exec_time(global_time_thr=9, prev_components=["read", "classify"])'),
        ('# on classify\n@exec_time(global_time_thr=9, prev_components=["read"])'),
    ),
    "qos.not-a-path": Example(
        (
            "# read -> detect -> classify; on classify\n"
            '@exec_time(global_time_thr=9, prev_components=["read"])'
        ),
        (
            "# read -> detect -> classify; on classify\n"
            '@exec_time(global_time_thr=9, prev_components=["read", "detect"])'
        ),
    ),
    "qos.unmeasured-previous": Example(
        ('# read has no exec_time; on classify\n@exec_time(global_time_thr=9, prev_components=["read"])'),
        ('# on read\n@exec_time()\n# on classify\n@exec_time(global_time_thr=9, prev_components=["read"])'),
    ),
    "qos.contradiction": Example(
        '@exec_time(local_time_thr=10, global_time_thr=5, prev_components=["read"])',
        '@exec_time(local_time_thr=4, global_time_thr=5, prev_components=["read"])',
    ),
}
