"""Examples of findings about the stages after loading."""

from __future__ import annotations

from typing import Final

from aisprint_cli.catalogue.example import Example

_RUNS: Final = "runtime,cores\n100,1\n55,2\n31,4"

EXAMPLES: Final = {
    "code.no-call": Example(
        "outputs = session.run(None, inputs)",
        'return_dict, outputs = load_and_inference(args["onnx_file"], inputs)',
    ),
    "code.several-calls": Example(
        (
            '_, a = load_and_inference(args["onnx_file"], first)\n'
            '_, b = load_and_inference(args["onnx_file"], second)'
        ),
        '_, a = load_and_inference(args["onnx_file"], {**first, **second})',
    ),
    "code.call-in-helper": Example(
        (
            "def infer(args, inputs):\n"
            '    return load_and_inference(args["onnx_file"], inputs)\n'
            "\n"
            "def main(args):\n"
            '    _, result = infer(args, read(args["input"]))'
        ),
        (
            "def main(args):\n"
            '    inputs = read(args["input"])\n'
            '    _, result = load_and_inference(args["onnx_file"], inputs)'
        ),
    ),
    "code.call-not-straight": Example(
        ('if inputs:\n    _, result = load_and_inference(args["onnx_file"], inputs)'),
        '_, result = load_and_inference(args["onnx_file"], inputs)',
    ),
    "code.call-arguments": Example(
        "load_and_inference(*everything)", 'load_and_inference(args["onnx_file"], inputs)'
    ),
    "code.no-model-path": Example(
        'parser.add_argument("-y", "--onnx_file", required=True)',
        'parser.add_argument("-y", "--onnx_file", default="onnx/model.onnx")',
    ),
    "code.no-arguments": Example("main(options.input, options.output)", "main(vars(parser.parse_args()))"),
    "code.arguments-rebound": Example(
        ('image = load(args["input"])\nargs = checked(args)'),
        ('args = checked(args)\nimage = load(args["input"])'),
    ),
    "code.not-repeatable": Example(
        (
            'with open(args["output"], "w") as out:\n'
            "    session = start(out)\n"
            '_, result = load_and_inference(args["onnx_file"], inputs)\n'
            "session.save(result)"
        ),
        (
            '_, result = load_and_inference(args["onnx_file"], inputs)\n'
            'with open(args["output"], "w") as out:\n'
            "    start(out).save(result)"
        ),
    ),
    "code.one-line-main": Example("def main(args): run(args)", ("def main(args):\n    run(args)")),
    "code.dynamic-names": Example(
        ('_, result = load_and_inference(args["onnx_file"], inputs)\nsave(locals()["result"])'),
        ('_, result = load_and_inference(args["onnx_file"], inputs)\nsave(result)'),
    ),
    "code.entry-uses-input": Example(
        (
            'if __name__ == "__main__":\n'
            "    args = vars(parser.parse_args())\n"
            '    main(args, Image.open(args["input"]))'
        ),
        (
            "def main(args):\n"
            '    image = Image.open(args["input"])\n'
            "\n"
            'if __name__ == "__main__":\n'
            "    main(vars(parser.parse_args()))"
        ),
    ),
    "design.split": Example(
        "onnx/model.onnx       (a text file)", "onnx/model.onnx       (exported with torch.onnx.export)"
    ),
    "design.no-cut": Example(
        'torch.onnx.export(model, x, "model.onnx", dynamic_axes={"x": [0, 2, 3]})',
        'torch.onnx.export(model, x, "model.onnx")',
    ),
    "design.no-candidate": Example(
        (
            "component1: {name: classify}\n"
            "component1_partitionX_1: {name: classify_partitionX_1, candidateExecutionLayers: []}"
        ),
        (
            "component1: {name: classify}\n"
            "component1_partitionX_1: {name: classify_partitionX_1, candidateExecutionLayers: [1]}"
        ),
    ),
    "design.no-resource": Example(
        ("candidateExecutionLayers: [1, 2]\ncandidateExecutionResources: [EdgeBoard]      # of layer 1"),
        ("candidateExecutionLayers: [1, 2]\ncandidateExecutionResources: [EdgeBoard, CloudVM]"),
    ),
    "design.name": Example("src/read/caf\\xe9.txt      (a name in Latin-1)", "src/read/cafe.txt"),
    "design.link": Example("src/read/data -> /home/me/data", "src/read/data/table.csv"),
    "design.edited": Example(
        "$ vi aisprint/designs/read/base/main.py", ("$ vi src/read/main.py\n$ aisprint design")
    ),
    "design.in-the-way": Example("aisprint/designs/read/base/notes.txt", "src/read/notes.txt"),
    "placement.no-rate": Example("$ aisprint place my_app", "$ aisprint place my_app --rate 2"),
    "placement.no-predictions": Example(
        "oscarp/                   (empty)", "oscarp/performance_models.json"
    ),
    "placement.no-prediction": Example(
        '{"read": {"read": {"OtherVM": {"demand": 0.2}}}}', '{"read": {"read": {"VM1": {"demand": 0.2}}}}'
    ),
    "placement.left-out": Example(
        ('# candidates VM1 and VM2\n{"read": {"read": {"VM1": {"demand": 0.2}}}}'),
        '{"read": {"read": {"VM1": {"demand": 0.2}, "VM2": {"demand": 0.1}}}}',
    ),
    "placement.no-data-size": Example(
        "read: 120                 # components_data_size.yaml; nothing for classify",
        ("read: 120\nclassify: 2"),
    ),
    "json.syntax": Example('{"Components": {"read": 1,}}', '{"Components": {"read": 1}}'),
    "json.duplicate-key": Example('{"cost": 1, "cost": 2}', '{"cost": 2}'),
    "performance.no-demand": Example('{"model": "QTedge"}', '{"model": "QTedge", "demand": 0.2}'),
    "output.not-placed": Example(
        '{"components": {"read": {}}}',
        '{"components": {"read": {"deployment": {}}, "classify": {"deployment": {}}}}',
    ),
    "output.not-of-the-system": Example(
        "$ aisprint place other/SystemFile.json --evaluate Output.json",
        "$ aisprint place SystemFile.json --evaluate Output.json",
    ),
    "system.unknown-name": Example('"next": ["clasify"]', '"next": ["classify"]'),
    "system.duplicate-name": Example(
        '"edge1": {"VM1": {}}, "edge2": {"VM1": {}}', '"edge1": {"VM1": {}}, "edge2": {"VM2": {}}'
    ),
    "system.empty": Example('"Components": {}', '"Components": {"read": {"c1": {"h1": {}}}}'),
    "system.no-resource": Example('"EdgeResources": {}', '"EdgeResources": {"edge1": {"VM1": {}}}'),
    "system.no-load": Example('"Lambda": 0', '"Lambda": 0.5'),
    "system.no-period": Example('"Time": 0', '"Time": 1'),
    "system.not-listed": Example(
        '"CompatibilityMatrix": {}', '"CompatibilityMatrix": {"read": {"h1": [{"resource": "VM1"}]}}'
    ),
    "system.unused-deployment": Example(
        '"read": {"h1": [{"resource": "VM1"}], "h2": []}',
        '"read": {"h1": [{"resource": "VM1"}], "h2": [{"resource": "VM2"}]}',
    ),
    "system.contradiction": Example('{"demand": 0.2, "points": [[1, 0.2]]}', '{"demand": 0.2}'),
    "system.unknown-word": Example('"discipline": "fastest"', '"discipline": "multi_server"'),
    "system.cycle": Example(
        '"read": {"next": ["classify"]}, "classify": {"next": ["read"]}',
        '"read": {"next": ["classify"]}, "classify": {"next": []}',
    ),
    "system.broken-chain": Example(
        '"h1": {"next": ["h3"]}, "h2": {"next": ["h3"]}, "h3": {"next": []}',
        '"h1": {"next": ["h2"]}, "h2": {"next": ["h3"]}, "h3": {"next": []}',
    ),
    "system.wrong-length": Example(
        '"next": ["a", "b"], "transition_probability": [1]',
        '"next": ["a", "b"], "transition_probability": [0.5, 0.5]',
    ),
    "system.no-path": Example(
        '"path1": {"components": ["classify", "read"], "global_res_time": 9}',
        '"path1": {"components": ["read", "classify"], "global_res_time": 9}',
    ),
    "system.nowhere-to-run": Example(
        '"CompatibilityMatrix": {"read": {"h1": []}}',
        '"CompatibilityMatrix": {"read": {"h1": [{"resource": "VM1", "memory": 512}]}}',
    ),
    "system.unknown-resource": Example(
        '{"resource": "VM7", "memory": 512}', '{"resource": "VM1", "memory": 512}'
    ),
    "system.no-performance": Example(
        '"Performance": {"read": {"h1": {}}}',
        '"Performance": {"read": {"h1": {"VM1": {"model": "QTedge", "demand": 0.2}}}}',
    ),
    "system.learned-model": Example(
        '{"model": "CoreBasedPredictor", "regressor_file": "LRRidge.pickle"}',
        '{"model": "CoreBasedPredictor", "regressor_file": "LRRidge.pickle", "demand": 0.2}',
    ),
    "system.table": Example('"points": [[5, 0.3], [1, 0.2]]', '"points": [[1, 0.2], [5, 0.3]]'),
    "system.rule": Example('{"pin": ["blur"], "quota": 4}', '{"pin": ["blur"], "to": {"layers": ["edge1"]}}'),
    "schedule.periods": Example(
        ("periods: [{hours: 24, rate: 1}]\nhourly: {rate: [1, 2]}"), "periods: [{hours: 24, rate: 1}]"
    ),
    "schedule.length": Example(
        "periods: [{rate: 1}, {hours: 12, rate: 2}]", "periods: [{hours: 12, rate: 1}, {hours: 12, rate: 2}]"
    ),
    "schedule.values": Example(
        "hourly: {rate: [1, 2, 3], resource.VM1.cost: [0.1, 0.2]}",
        "hourly: {rate: [1, 2, 3], resource.VM1.cost: [0.1, 0.2, 0.2]}",
    ),
    "schedule.change": Example("resource.VM1.colour: red", "resource.VM1.cost: 0.12"),
    "schedule.reservation": Example(
        "reserve: [{resource: FaaS-arm, cost: 0.1}]", "reserve: [{resource: VM1, cost: 0.1}]"
    ),
    "tosca.unplaced": Example(
        (
            "components: [read, classify]      # application_dag.yaml\n"
            "component1: {name: read}          # candidate_deployments.yaml"
        ),
        ("component1: {name: read}\ncomponent2: {name: classify}"),
    ),
    "tosca.layer": Example("candidateExecutionLayers: [9]", "candidateExecutionLayers: [1]"),
    "tosca.resource": Example("candidateExecutionResources: [VM7]", "candidateExecutionResources: [VM1]"),
    "tosca.memory": Example("memorySize: 0", "memorySize: 512"),
    "tosca.cores": Example("computingUnits: 64       # a node has 4", "computingUnits: 2"),
    "tosca.image": Example('image: "registry.example/My Image"', "image: registry.example/my-image:1"),
    "tosca.expose": Example(
        "ExposeService: 5000", "ExposeService: {api_port: 5000, min_scale: 1, max_scale: 2}"
    ),
    "tosca.elastic": Example(
        "$ aisprint toscarize my_app --elastic 5       # physical layers only",
        "$ aisprint toscarize my_app --elastic 0",
    ),
    "tosca.registry": Example(
        "$ aisprint toscarize --registry-server registry.example",
        (
            "$ aisprint toscarize --registry-server registry.example \\\n"
            "    --registry-username me --registry-password env:REGISTRY_PASSWORD"
        ),
    ),
    "tosca.cloud": Example(
        "$ aisprint toscarize --cloud 3=aws            # layer 3: NativeCloudFunction",
        "$ aisprint toscarize --cloud 1=aws            # layer 1: Virtual",
    ),
    "tosca.machines": Example(
        "resource1: {name: RaspPi}",
        (
            "resource1:\n"
            "  name: RaspPi\n"
            '  fe_node: {private_ip: 10.0.1.1, ssh_user: ubuntu, ssh_key: "secret://rasppi"}\n'
            '  wns: [{private_ip: 10.0.1.2, ssh_user: ubuntu, ssh_key: "secret://rasppi"}]'
        ),
    ),
    "tosca.endpoint": Example(
        "minio: {endpoint: minio.example.org}", 'minio: {endpoint: "https://minio.example.org"}'
    ),
    "tosca.bucket": Example("aws: {bucket: My_Bucket}", "aws: {bucket: my-bucket}"),
    "images.architecture": Example("architecture: riscv64", "architecture: arm64"),
    "deploy.image": Example("image:", "image: registry.example/read:1"),
    "table.empty": Example("(nothing)", _RUNS),
    "table.no-rows": Example("runtime,cores", _RUNS),
    "table.missing-column": Example("seconds,cores\n100,1\n55,2\n31,4", _RUNS),
    "table.duplicate-column": Example("runtime,cores,cores\n100,1,1", _RUNS),
    "table.two-loads": Example("runtime,cores,load,number_of_files", "runtime,cores,number_of_files"),
    "table.unknown-column": Example("runtme,cores\n100,1\n55,2\n31,4", _RUNS),
    "table.unused-column": Example("runtime,cores,node\n100,1,a\n55,2,a\n31,4,a", _RUNS),
    "table.row-width": Example("runtime,cores\n100\n55,2\n31,4", _RUNS),
    "table.number": Example("runtime,cores\n100,1\nfailed,2\n31,4", _RUNS),
    "table.too-few-levels": Example("runtime,cores\n100,1\n55,2", _RUNS),
    "table.encoding": Example("a table saved as UTF-16", "the same table saved as UTF-8"),
    "table.too-large": Example("aisprint profile fit video.mp4", "aisprint profile fit runs.csv"),
    "aml.syntax": Example("y: runtime", '[General]\ny = "runtime"'),
    "aml.value": Example(
        "interpolation_columns = {'cores': 4}", "interpolation_columns = {'cores': [4, 12, 20, 28]}"
    ),
    "aml.techniques": Example("techniques = ['LRRidge', 'XGBoost']", 'y = "runtime"'),
    "fitted.invalid": Example(
        "aisprint predict blur --cores 4 --models performance_models.json",
        "aisprint predict blur --cores 4 --models fitted_models.json",
    ),
}
