"""Models whose useful cuts carry several tensors: residual networks, detection heads, early exits."""

from __future__ import annotations

import onnx
from onnx_models import model, node, value, weight


def residual_network(blocks: int, channels: int = 4, size: int = 4) -> onnx.ModelProto:
    """Blocks of Conv, Relu, Conv, Relu, Conv and Add, with what came in added at the end: six operators."""
    nodes, weights, last = [], [], "x"
    for block in range(blocks):
        inner = last
        for step in range(3):
            weights.append(weight(f"w{block}_{step}", channels, channels, 3, 3))
            nodes.append(node("Conv", f"{inner} w{block}_{step}", f"c{block}_{step}", pads=[1, 1, 1, 1]))
            inner = f"c{block}_{step}"
            if step < 2:
                nodes.append(node("Relu", inner, f"r{block}_{step}"))
                inner = f"r{block}_{step}"
        nodes.append(node("Add", f"{last} {inner}", f"a{block}"))
        last = f"a{block}"
    shape = [1, channels, size, size]
    return model(nodes, [value("x", shape)], [value(last, shape)], weights)


def detector(heads: int = 3) -> onnx.ModelProto:
    """A backbone whose stages halve the size, and a head with an output of its own on each of them."""
    nodes, weights, last, outputs, size = [], [], "x", [], 16
    features = []
    for stage in range(heads):
        weights.append(weight(f"b{stage}", 4, 4, 3, 3))
        nodes.append(node("Conv", f"{last} b{stage}", f"s{stage}", pads=[1, 1, 1, 1], strides=[2, 2]))
        nodes.append(node("Relu", f"s{stage}", f"f{stage}"))
        last, size = f"f{stage}", size // 2
        features.append((last, size))
    for stage, (feature, side) in enumerate(features):
        weights.append(weight(f"h{stage}", 4, 4, 3, 3))
        nodes.append(node("Conv", f"{feature} h{stage}", f"g{stage}", pads=[1, 1, 1, 1]))
        nodes.append(node("Sigmoid", f"g{stage}", f"out{stage}"))
        outputs.append(value(f"out{stage}", [1, 4, side, side]))
    return model(nodes, [value("x", [1, 4, 16, 16])], outputs, weights)


def early_exits() -> onnx.ModelProto:
    """Three stages of work, a small classifier after each of them."""
    nodes, weights, last = [], [], "x"
    for stage in range(3):
        weights += [weight(f"w{stage}", 16, 16), weight(f"h{stage}", 16, 3)]
        nodes += [node("MatMul", f"{last} w{stage}", f"m{stage}"), node("Relu", f"m{stage}", f"r{stage}")]
        nodes += [
            node("MatMul", f"r{stage} h{stage}", f"l{stage}"),
            node("Softmax", f"l{stage}", f"exit{stage}"),
        ]
        last = f"r{stage}"
    outputs = [value(f"exit{stage}", [1, 3]) for stage in range(3)]
    return model(nodes, [value("x", [1, 16])], outputs, weights)
