"""Which back end makes which layer: what `--backend` says, as a value. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Self

from aisprint_cli.backends.registry import DEFAULT
from aisprint_cli.errors import UsageError
from aisprint_cli.generate.read import Template
from aisprint_cli.model.resources import LayerKind

CLOUD: Final = "cloud"
"""The back ends by the kind of the layer; also the ledger's name for a deployment on several of them."""

_BY_KIND: Final[Mapping[LayerKind, str]] = MappingProxyType(
    {
        LayerKind.VIRTUAL: "im",
        LayerKind.PHYSICAL_TO_PROVISION: "im",
        LayerKind.PHYSICAL_PROVISIONED: "oscar",
        LayerKind.FUNCTIONS: "lambda",
    }
)
_ON_CLUSTERS: Final = frozenset({"oscar", "kubernetes"})
_REST: Final = "*"
_RUNNER: Final = "runner"
CONTAINER: Final = "container"
"""The runner of the local back end that starts functions from their images."""


@dataclass(frozen=True)
class BackendChoice:
    """A back end for all layers, or `CLOUD`, and those of single layers by their number.

    `runner` is what the local back end runs functions in: `CONTAINER`, or empty for environments.
    """

    name: str = DEFAULT
    layers: Mapping[int, str] = field(default_factory=dict)
    runner: str = ""

    @property
    def ledger_name(self) -> str:
        """The name that the ledger keeps the deployment under."""
        return CLOUD if self.layers else self.name

    @property
    def is_routed(self) -> bool:
        """Whether several back ends may serve one deployment."""
        return self.ledger_name == CLOUD

    def backend_of(self, template: Template) -> str:
        """The name of the back end that makes a layer and its functions."""
        named = self.layers.get(template.layer, self.name)
        return by_kind(template.kind, template.access) if named == CLOUD else named

    def all_names(self) -> tuple[str, ...]:
        """Every back end that a layer may go to."""
        found = [self.name, *self.layers.values()]
        names = [*found, *(_BY_KIND.values() if CLOUD in found else ())]
        return tuple(dict.fromkeys(name for name in names if name != CLOUD))

    def document(self) -> dict[str, str]:
        """The choice as plain values, as the ledger keeps it."""
        runner = {_RUNNER: self.runner} if self.runner else {}
        layers = {str(layer): name for layer, name in sorted(self.layers.items())}
        return {_REST: self.name, **runner, **layers}

    @classmethod
    def of_document(cls, document: Mapping[str, str]) -> Self:
        """The choice that `document` describes."""
        named = {key: value for key, value in document.items() if key not in {_REST, _RUNNER}}
        layers = {int(layer): name for layer, name in named.items()}
        return cls(document[_REST], layers, document.get(_RUNNER, ""))

    def __str__(self) -> str:
        """As it would be typed."""
        return " ".join([self.name, *(f"{layer}={name}" for layer, name in sorted(self.layers.items()))])


def by_kind(kind: LayerKind, access: Mapping[str, str]) -> str:
    """The back end for a kind of layer; an existing cluster that is no OSCAR goes to `kubernetes`."""
    sections = {fact.partition(".")[0] for fact in access}
    if kind is LayerKind.PHYSICAL_PROVISIONED and "kubernetes" in sections and "oscar" not in sections:
        return "kubernetes"
    return _BY_KIND[kind]


def require_fitting(templates: Iterable[Template], backend_of: Callable[[Template], str]) -> None:
    """Check that no layer goes to a back end that can never make it.

    Raises:
        UsageError: naming each layer that does: AWS Lambda runs on no machines, and clusters are no cloud
            of functions.
    """
    wrong = []
    for template in templates:
        backend, is_native = backend_of(template), template.kind is LayerKind.FUNCTIONS
        if (backend == "lambda" and not is_native) or (backend in _ON_CLUSTERS and is_native):
            wrong.append((template.layer, backend, by_kind(template.kind, template.access)))
    if wrong:
        raise UsageError(
            " ".join(f"Layer {layer} cannot be made by the back end {name}." for layer, name, _ in wrong),
            why="AWS Lambda is for layers of type NativeCloudFunction, and for nothing else.",
            mend=f"Give {' '.join(f'--backend {layer}={fitting}' for layer, _, fitting in wrong)},"
            " or --backend cloud.",
        )


def parse_backends(values: Iterable[str]) -> BackendChoice | None:
    """What the occurrences of `--backend` mean together; None where there is none.

    Raises:
        UsageError: when one is malformed, or two contradict each other.
    """
    name: str | None = None
    layers: dict[int, str] = {}
    for value in values:
        layer, is_layer, backend = value.partition("=")
        if not is_layer:
            name = _once(name, value, "--backend")
            continue
        if not (layer.isdecimal() and backend):
            raise UsageError(
                f"--backend {value!r} is neither a name nor LAYER=NAME.",
                mend="For instance: --backend cloud --backend 2=lambda",
            )
        layers[int(layer)] = _once(layers.get(int(layer)), backend, f"layer {int(layer)}")
    if name is None and not layers:
        return None
    rest = name or DEFAULT
    return BackendChoice(rest, {layer: found for layer, found in layers.items() if found != rest})


def _once(before: str | None, value: str, what: str) -> str:
    if before is not None and before != value:
        raise UsageError(f"Two back ends for {what}: {before} and {value}.", mend="Give one of them.")
    return value
