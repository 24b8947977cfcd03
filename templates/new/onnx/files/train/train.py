"""Train the flower classifier and write it as ONNX: how src/classify/onnx/flowers.onnx was made.

    python train/train.py [--output FILE]

Needs numpy, scikit-learn and onnx; takes some seconds. The data are the iris measurements that
scikit-learn ships. Put your own model in its place: any ONNX file will do.
"""

import argparse
from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

MODEL = Path(__file__).resolve().parent.parent / "src" / "classify" / "onnx" / "flowers.onnx"


def layers(network, scaler):
    """Weights and biases of each dense layer; the scaling of the input is folded into the first."""
    weights = [layer.copy() for layer in network.coefs_]
    biases = [layer.copy() for layer in network.intercepts_]
    biases[0] -= (scaler.mean_ / scaler.scale_) @ weights[0]
    weights[0] /= scaler.scale_[:, np.newaxis]
    return [
        (weight.astype(np.float32), bias.astype(np.float32))
        for weight, bias in zip(weights, biases, strict=True)
    ]


def to_onnx(dense):
    """Dense layers with ReLU between them, and probabilities at the end."""
    nodes, values, source = [], [], "measures"
    for number, (weight, bias) in enumerate(dense, start=1):
        values += [
            numpy_helper.from_array(weight, f"weight{number}"),
            numpy_helper.from_array(bias, f"bias{number}"),
        ]
        nodes.append(
            helper.make_node("Gemm", [source, f"weight{number}", f"bias{number}"], [f"dense{number}"])
        )
        source = f"dense{number}"
        if number < len(dense):
            nodes.append(helper.make_node("Relu", [source], [f"relu{number}"]))
            source = f"relu{number}"
    nodes.append(helper.make_node("Softmax", [source], ["probabilities"], axis=1))
    graph = helper.make_graph(
        nodes,
        "flowers",
        [helper.make_tensor_value_info("measures", TensorProto.FLOAT, ["flowers", 4])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["flowers", 3])],
        values,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)


def main():
    parser = argparse.ArgumentParser(description="Train the flower classifier.")
    parser.add_argument("--output", type=Path, default=MODEL)
    output = parser.parse_args().output
    measures, species = load_iris(return_X_y=True)
    learn, held_out, learn_species, held_out_species = train_test_split(
        measures, species, test_size=0.3, random_state=3, stratify=species
    )
    scaler = StandardScaler().fit(learn)
    network = MLPClassifier((32, 16, 8), alpha=1.0, max_iter=3000, solver="lbfgs", random_state=3)
    network.fit(scaler.transform(learn), learn_species)
    accuracy = network.score(scaler.transform(held_out), held_out_species)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(to_onnx(layers(network, scaler)))
    print(f"{output.name}: {accuracy:.1%} of {len(held_out)} flowers it has not seen")


if __name__ == "__main__":
    main()
