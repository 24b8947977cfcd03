"""A small convolutional network in numpy: forward, backward and Adam, enough to learn digits.

Images are N x channels x height x width; weights of a convolution are filters x channels x 3 x 3.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Array = NDArray[np.float32]
FILTERS = (8, 16, 24)
HIDDEN = 48
CLASSES = 10


def initial_weights(side: int, rng: np.random.Generator) -> dict[str, Array]:
    """He-initialised weights: three convolutions (two of them pooled), then two dense layers."""
    first, second, third = FILTERS
    flat = third * (side // 4) ** 2

    def normal(fan_in: int, *shape: int) -> Array:
        return rng.normal(0, np.sqrt(2 / fan_in), shape).astype(np.float32)

    def zeros(size: int) -> Array:
        return np.zeros(size, dtype=np.float32)

    return {
        "conv1.weight": normal(9, first, 1, 3, 3),
        "conv1.bias": zeros(first),
        "conv2.weight": normal(9 * first, second, first, 3, 3),
        "conv2.bias": zeros(second),
        "conv3.weight": normal(9 * second, third, second, 3, 3),
        "conv3.bias": zeros(third),
        "dense1.weight": normal(flat, flat, HIDDEN),
        "dense1.bias": zeros(HIDDEN),
        "dense2.weight": normal(HIDDEN, HIDDEN, CLASSES),
        "dense2.bias": zeros(CLASSES),
    }


def _columns(images: Array) -> Array:
    """Every 3x3 neighbourhood as a row: (N*H*W) x (channels*9)."""
    count, channels, height, width = images.shape
    padded = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = sliding_window_view(padded, (3, 3), axis=(2, 3))
    return windows.transpose(0, 2, 3, 1, 4, 5).reshape(count * height * width, channels * 9)


@dataclass
class Convolution:
    """3x3, padded to keep the size, followed by ReLU."""

    name: str
    _columns: Array = field(init=False, repr=False)
    _output: Array = field(init=False, repr=False)

    def forward(self, weights: dict[str, Array], images: Array) -> Array:
        kernel = weights[f"{self.name}.weight"]
        count, _, height, width = images.shape
        self._columns = _columns(images)
        flat = self._columns @ kernel.reshape(len(kernel), -1).T + weights[f"{self.name}.bias"]
        self._output = np.maximum(flat, 0).reshape(count, height, width, len(kernel)).transpose(0, 3, 1, 2)
        return self._output

    def backward(self, weights: dict[str, Array], gradient: Array, into: dict[str, Array]) -> Array:
        kernel = weights[f"{self.name}.weight"]
        count, filters, height, width = gradient.shape
        flat = (gradient * (self._output > 0)).transpose(0, 2, 3, 1).reshape(-1, filters)
        into[f"{self.name}.weight"] = (flat.T @ self._columns).reshape(kernel.shape)
        into[f"{self.name}.bias"] = flat.sum(axis=0)
        spread = (flat @ kernel.reshape(filters, -1)).reshape(count, height, width, -1, 3, 3)
        padded = np.zeros((count, kernel.shape[1], height + 2, width + 2), dtype=np.float32)
        for row in range(3):
            for column in range(3):
                padded[:, :, row : row + height, column : column + width] += spread[
                    ..., row, column
                ].transpose(0, 3, 1, 2)
        return padded[:, :, 1:-1, 1:-1]


@dataclass
class Pool:
    """The largest of each 2x2 square."""

    _mask: NDArray[np.bool_] = field(init=False, repr=False)

    def forward(self, images: Array) -> Array:
        count, channels, height, width = images.shape
        squares = images.reshape(count, channels, height // 2, 2, width // 2, 2)
        largest = squares.max(axis=(3, 5))
        self._mask = squares == largest[:, :, :, np.newaxis, :, np.newaxis]
        return largest

    def backward(self, gradient: Array) -> Array:
        count, channels, height, width = gradient.shape
        # Equal values share the gradient: which of them came first must not matter.
        share = self._mask / self._mask.sum(axis=(3, 5), keepdims=True, dtype=np.float32)
        spread = share * gradient[:, :, :, np.newaxis, :, np.newaxis]
        return spread.reshape(count, channels, height * 2, width * 2).astype(np.float32)


class Network:
    """conv1, pool, conv2, pool, conv3, dense1, dense2."""

    def __init__(self, weights: dict[str, Array]) -> None:
        self.weights = weights
        self._convolutions = [Convolution(f"conv{index}") for index in (1, 2, 3)]
        self._pools = [Pool(), Pool()]

    def probabilities(self, images: Array) -> Array:
        """The probability of each digit, N x 10."""
        self._forward(images)
        return self._softmax

    def gradients(self, images: Array, labels: NDArray[np.int64]) -> dict[str, Array]:
        """The gradient of the mean cross entropy for every weight."""
        weights, into = self.weights, {}
        self._forward(images)
        gradient = self._softmax.copy()
        gradient[np.arange(len(labels)), labels] -= 1
        gradient /= len(labels)
        into["dense2.weight"] = self._hidden.T @ gradient
        into["dense2.bias"] = gradient.sum(axis=0)
        gradient = (gradient @ weights["dense2.weight"].T) * (self._hidden > 0)
        into["dense1.weight"] = self._flat.T @ gradient
        into["dense1.bias"] = gradient.sum(axis=0)
        gradient = (gradient @ weights["dense1.weight"].T).reshape(self._features)
        gradient = self._convolutions[2].backward(weights, gradient, into)
        for index in (1, 0):
            gradient = self._pools[index].backward(gradient)
            gradient = self._convolutions[index].backward(weights, gradient, into)
        return into

    def _forward(self, images: Array) -> None:
        weights = self.weights
        for index in (0, 1):
            images = self._pools[index].forward(self._convolutions[index].forward(weights, images))
        images = self._convolutions[2].forward(weights, images)
        self._features = images.shape
        self._flat = images.reshape(len(images), -1)
        self._hidden = np.maximum(self._flat @ weights["dense1.weight"] + weights["dense1.bias"], 0)
        scores = self._hidden @ weights["dense2.weight"] + weights["dense2.bias"]
        raised = np.exp(scores - scores.max(axis=1, keepdims=True))
        self._softmax = raised / raised.sum(axis=1, keepdims=True)


class Adam:
    """Adam as Kingma and Ba (2015) give it, with their constants."""

    def __init__(self, weights: dict[str, Array]) -> None:
        self._mean = {name: np.zeros_like(value) for name, value in weights.items()}
        self._square = {name: np.zeros_like(value) for name, value in weights.items()}
        self._steps = 0

    def step(self, weights: dict[str, Array], gradients: dict[str, Array], rate: float) -> None:
        self._steps += 1
        for name, gradient in gradients.items():
            mean, square = self._mean[name], self._square[name]
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient * gradient - square)
            corrected = mean / (1 - 0.9**self._steps)
            scale = np.sqrt(square / (1 - 0.999**self._steps)) + 1e-8
            weights[name] -= (rate * corrected / scale).astype(np.float32)
