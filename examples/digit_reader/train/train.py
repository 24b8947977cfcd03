"""Train the digit classifier and write it as ONNX, with its recipe and its accuracy.

    python train/train.py                  writes src/classify/onnx/digits.onnx and train/recipe.json
    python train/train.py --output DIR     writes both into DIR instead
    python train/train.py --check          trains nothing: holds the committed model against its recipe

Needs what train/requirements.txt lists. One core, well under a minute. The same versions on the same
kind of processor give the same bytes; elsewhere the last bits of sums differ, and so do the weights.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
from data import Digits, load_split, paper, scanned, write_digit
from network import Adam, Array, Network, initial_weights
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

HERE = Path(__file__).resolve().parent
APPLICATION = HERE.parent
sys.path.append(str(APPLICATION / "src" / "locate"))

from page import CROP_SIDE, find_digits  # noqa: E402

MODEL_DIRECTORY = APPLICATION / "src" / "classify" / "onnx"
MODEL_NAME = "digits.onnx"
SEED = 11
HELD_OUT_SEED = 12
HELD_OUT_COPIES = 4
ACCURACY_TOLERANCE = 0.005
COPIES = 6
EPOCHS = 10
BATCH = 64
RATE = 2e-3


def as_seen(digits: Digits, copies: int, rng: np.random.Generator) -> tuple[Array, NDArray[np.int64]]:
    """Each digit as `locate` cuts it out of a page, `copies` times: N x 1 x side x side, and labels.

    A digit that `locate` does not find is an empty crop.
    """
    crops = [_crop(image, rng) for _ in range(copies) for image in digits.images]
    return np.stack(crops)[:, np.newaxis], np.tile(digits.labels, copies)


def _crop(image: NDArray[np.float32], rng: np.random.Generator) -> Array:
    side = int(rng.integers(20, 33))
    page = paper(side + 16, side + 16, rng)
    write_digit(page, image, 8, 8, side, rng.uniform(0.5, 0.8))
    _, crops = find_digits(scanned(page, rng))
    return crops[0] if crops else np.zeros((CROP_SIDE, CROP_SIDE), dtype=np.float32)


def fit(images: Array, labels: NDArray[np.int64], epochs: int, rng: np.random.Generator) -> Network:
    """Learn by Adam over shuffled batches, the rate falling to zero along a half cosine."""
    network = Network(initial_weights(CROP_SIDE, rng))
    adam = Adam(network.weights)
    batches = len(images) // BATCH
    for epoch in range(epochs):
        order = rng.permutation(len(images))
        for batch in range(batches):
            chosen = order[batch * BATCH : (batch + 1) * BATCH]
            done = (epoch + batch / batches) / epochs
            rate = RATE * (1 + np.cos(np.pi * done)) / 2
            adam.step(network.weights, network.gradients(images[chosen], labels[chosen]), rate)
    return network


def to_onnx(weights: dict[str, Array]) -> bytes:
    """The network as an ONNX model: `crops` (N x 1 x side x side) to `probabilities` (N x 10)."""
    from onnx import TensorProto, checker, helper, numpy_helper

    def conv(index: int, source: str) -> list[object]:
        return [
            helper.make_node(
                "Conv",
                [source, f"conv{index}.weight", f"conv{index}.bias"],
                [f"conv{index}"],
                kernel_shape=[3, 3],
                pads=[1, 1, 1, 1],
            ),
            helper.make_node("Relu", [f"conv{index}"], [f"relu{index}"]),
        ]

    def pool(index: int) -> object:
        return helper.make_node(
            "MaxPool", [f"relu{index}"], [f"pool{index}"], kernel_shape=[2, 2], strides=[2, 2]
        )

    nodes = [
        *conv(1, "crops"),
        pool(1),
        *conv(2, "pool1"),
        pool(2),
        *conv(3, "pool2"),
        helper.make_node("Flatten", ["relu3"], ["features"]),
        helper.make_node("Gemm", ["features", "dense1.weight", "dense1.bias"], ["dense1"]),
        helper.make_node("Relu", ["dense1"], ["hidden"]),
        helper.make_node("Gemm", ["hidden", "dense2.weight", "dense2.bias"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("crops", TensorProto.FLOAT, ["digits", 1, CROP_SIDE, CROP_SIDE])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["digits", 10])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    model = helper.make_model(
        graph, producer_name="digit_reader", opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    )
    checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


def accuracy(model: bytes, images: Array, labels: NDArray[np.int64]) -> float:
    """The share of digits that the written model reads right."""
    import onnxruntime

    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    (probabilities,) = session.run(None, {"crops": images})
    return float((probabilities.argmax(axis=1) == labels).mean())


def measure(model: bytes) -> tuple[float, int]:
    """The accuracy of a model on the held-out digits, each written several times, and how many these are."""
    _, held_out = load_split()
    return accuracy(model, *as_seen(held_out, HELD_OUT_COPIES, np.random.default_rng(HELD_OUT_SEED))), len(
        held_out
    )


def recipe(model: bytes, epochs: int, copies: int) -> dict[str, object]:
    """What stands beside the model: how it was made, and how good it is."""
    import onnx
    import sklearn

    measured, held_out = measure(model)
    return {
        "model": MODEL_NAME,
        "sha256": hashlib.sha256(model).hexdigest(),
        "bytes": len(model),
        "held_out_digits": held_out,
        "held_out_copies": HELD_OUT_COPIES,
        "held_out_accuracy": round(measured, 4),
        "data": "UCI handwritten digits, as shipped by scikit-learn (load_digits)",
        "made_by": f"train/train.py, seed {SEED}, {epochs} epochs of {copies} copies",
        "versions": {"numpy": np.__version__, "onnx": onnx.__version__, "scikit-learn": sklearn.__version__},
    }


def check() -> int:
    """Whether the committed model is the one its recipe describes, and as good; gives the exit code."""
    model = (MODEL_DIRECTORY / MODEL_NAME).read_bytes()
    stated = json.loads((HERE / "recipe.json").read_text(encoding="utf-8"))
    same = hashlib.sha256(model).hexdigest() == stated["sha256"]
    measured, held_out = measure(model)
    print(f"{MODEL_NAME} {'is' if same else 'IS NOT'} the model of its recipe")
    print(f"it reads {measured:.2%} of {held_out} held-out digits; stated: {stated['held_out_accuracy']:.2%}")
    return 0 if same and abs(measured - stated["held_out_accuracy"]) < ACCURACY_TOLERANCE else 1


def train(model_directory: Path, recipe_directory: Path, epochs: int, copies: int) -> None:
    """Train, and write the model and its recipe."""
    rng = np.random.default_rng(SEED)
    learn, _ = load_split()
    with threadpool_limits(1):  # sums are then made in one order
        network = fit(*as_seen(learn, copies, rng), epochs, rng)
    model = to_onnx(network.weights)
    facts = recipe(model, epochs, copies)
    model_directory.mkdir(parents=True, exist_ok=True)
    (model_directory / MODEL_NAME).write_bytes(model)
    (recipe_directory / "recipe.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    print(f"{MODEL_NAME}: {len(model)} bytes, reads {facts['held_out_accuracy']:.2%} of the held-out digits")


def main() -> int:
    parser = argparse.ArgumentParser(description="Train the digit classifier.")
    parser.add_argument("--output", type=Path, help="a folder for the model and its recipe")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--copies", type=int, default=COPIES, help="how often each digit is written")
    parser.add_argument(
        "--check", action="store_true", help="only hold the committed model against its recipe"
    )
    arguments = parser.parse_args()
    if arguments.check:
        return check()
    train(arguments.output or MODEL_DIRECTORY, arguments.output or HERE, arguments.epochs, arguments.copies)
    return 0


if __name__ == "__main__":
    sys.exit(main())
