"""Applications as values, built for the tests of the pure core."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import strategies as st

from aisprint_cli.model.annotations import Annotations, ExecTime
from aisprint_cli.model.application import Application, ComponentSource
from aisprint_cli.model.candidates import Candidate, CandidateDeployments, Container
from aisprint_cli.model.dag import Dag, Dependency
from aisprint_cli.model.resources import (
    Layer,
    LayerKind,
    NetworkDomain,
    Processor,
    Resource,
    ResourceCatalogue,
)

Edge = tuple[str, str, float]


def catalogue(layers: int) -> ResourceCatalogue:
    """Layers 1 to `layers`, each with the resources `R<layer>` and `S<layer>`."""
    found = []
    for number in range(1, layers + 1):
        resources = tuple(
            Resource(
                key=f"resource{index}",
                name=f"{letter}{number}",
                layer=number,
                nodes=3,
                cost_per_hour=1.0,
                memory_mib=8192,
                storage_gib=10,
                architecture="",
                processors=(Processor("processor1", "p", "amd64", 4),),
            )
            for index, letter in enumerate("RS", 1)
        )
        found.append(
            Layer(f"computationalLayer{number}", number, f"L{number}", LayerKind.VIRTUAL, resources, "ND1")
        )
    return ResourceCatalogue("resources", (NetworkDomain("ND1", "one", 0.0, 1000, (), tuple(found)),))


def candidate(name: str, layers: Sequence[int], resources: Sequence[str] | None = None) -> Candidate:
    """A candidate that may run on the first resource of each layer, unless others are named."""
    names = tuple(resources) if resources is not None else tuple(f"R{layer}" for layer in layers)
    return Candidate(f"key_{name}", name, tuple(layers), (Container("container1", (), 512, 0.5, names),))


def application(
    components: Sequence[str],
    edges: Sequence[Edge] = (),
    *,
    layers: Mapping[str, Sequence[int]] | None = None,
    limits: Mapping[str, ExecTime] | None = None,
    throughput: Sequence[str] = (),
) -> Application:
    """An application; `layers` by candidate name, `<component>_partitionX_<S>` included; [1] by default."""
    layers = layers or {}
    limits = limits or {}
    names = [
        name
        for component in components
        for name in (component, f"{component}_partitionX_1", f"{component}_partitionX_2")
    ]
    entries = tuple(candidate(name, layers.get(name, [1])) for name in names)
    highest = max(layer for entry in entries for layer in entry.layers)
    sources = {
        name: ComponentSource(
            name,
            f"src/{name}",
            Annotations(
                exec_time=limits.get(name), expected_throughput_hz=2.0 if name in throughput else None
            ),
        )
        for name in components
    }
    dag = Dag("my_app", tuple(components), tuple(Dependency(*edge) for edge in edges))
    return Application(dag, catalogue(highest), CandidateDeployments(entries), sources)


@st.composite
def applications(draw: st.DrawFn) -> tuple[Application, dict[str, int]]:
    """Connected graphs of up to five components, with limits, layers, and splits up to the twelfth."""
    size = draw(st.integers(1, 5))
    names = draw(st.permutations([f"c{index}" for index in range(size)]))
    edges: list[Edge] = []
    for index in range(1, size):
        for source in draw(st.sets(st.integers(0, index - 1), min_size=1, max_size=2)):
            probability = draw(st.sampled_from([1.0, 0.5, 0.3]))
            edges.append((names[source], names[index], probability))
    edges = draw(st.permutations(edges))
    choices = st.lists(st.integers(1, 3), min_size=1, max_size=3, unique=True)
    layers = {
        name: draw(choices)
        for component in names
        for name in (component, f"{component}_partitionX_1", f"{component}_partitionX_2")
    }
    threshold = st.none() | st.integers(1, 30).map(float)
    limits = {}
    for name in draw(st.sets(st.sampled_from(names))):
        before = [source for source, target, _ in edges if target == name][:1]
        over_path = draw(threshold) if before else None
        limits[name] = ExecTime(draw(threshold), over_path, tuple(before) if over_path else ())
    splits = {name: draw(st.sampled_from([0, 0, 1, 2, 12])) for name in names}
    measured = sorted(draw(st.sets(st.sampled_from(names), max_size=2)))
    app = application(names, edges, layers=layers, limits=limits, throughput=measured)
    return app, splits
