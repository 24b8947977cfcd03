"""The candidate deployments: one for each component and segment, on layers and resources that exist."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from aisprint_cli.load.build.candidates import CandidatesDraft
from aisprint_cli.load.build.catalogue import CatalogueDraft
from aisprint_cli.load.build.dag import DagDraft
from aisprint_cli.load.checks.checker import Checker
from aisprint_cli.load.checks.fit import check_fit
from aisprint_cli.load.documents import CANDIDATES
from aisprint_cli.model.candidates import Candidate, Container

Keys = tuple[str | int, ...]

_SEGMENT: Final = re.compile(r"(?P<component>.+)_partition(?:X|[1-9][0-9]{0,5})_(?P<segment>[1-9][0-9]{0,5})")
_KEY_TAIL: Final = re.compile(r"_partition(?:X|[0-9]+)_[0-9]+|_alternative[0-9]+")


def check_coverage(
    draft: CandidatesDraft, dag: DagDraft, segments: Mapping[str, int] | None, checker: Checker
) -> None:
    """Whether each name has its entry and each entry its name.

    Args:
        draft: the entries.
        dag: the components and alternatives.
        segments: how many segments the splits of each component have; None where code could not be read.
        checker: takes what is wrong.

    """
    known = dag.names
    unused = {entry.name for entry in draft.candidates.entries if _component(entry.name, known) is None}
    covered = {
        (match["component"], int(match["segment"])) for match in map(_SEGMENT.fullmatch, draft.named) if match
    }
    alternatives = (name for names in dag.alternatives.values() for _, name in names)
    for name in dict.fromkeys((*dag.dag.components, *alternatives)):
        if name not in draft.named:
            message = f"The component `{name}` has no candidate deployment."
            checker.key(
                "candidates.missing", CANDIDATES, ("Components",), message, _rename(name, unused, checker)
            )
            continue
        for segment in range(1, 1 + (segments.get(name, 0) if segments else 0)):
            if (name, segment) not in covered:
                wanted = f"{name}_partitionX_{segment}"
                message = f"The component `{name}` may be split, but `{wanted}` has no candidate deployment."
                checker.key("candidates.missing-segment", CANDIDATES, ("Components",), message)
    for entry in draft.candidates.entries if dag.all_components else ():
        _check_use(entry, known, segments, checker)
    _check_duplicates(draft, checker)
    _check_keys(draft, dag, checker)


def _rename(name: str, unused: Iterable[str], checker: Checker) -> str:
    hint = checker.did_you_mean(name, unused)
    return f"{hint[:-1]} in the entry that names it?" if hint else ""


def _component(name: str, known: frozenset[str]) -> str | None:
    """The component an entry is for; None when there is none."""
    if name in known:
        return name
    match = _SEGMENT.fullmatch(name)
    return match["component"] if match and match["component"] in known else None


def _check_use(
    entry: Candidate, known: frozenset[str], segments: Mapping[str, int] | None, checker: Checker
) -> None:
    component = _component(entry.name, known)
    place = ("Components", entry.key, "name")
    if component is None:
        message = f"The entry is for `{entry.name}`, which is no component."
        checker.value(
            "candidates.unused", CANDIDATES, place, message, checker.did_you_mean(entry.name, known)
        )
    elif component != entry.name and segments is not None and not segments.get(component):
        message = f"The entry is for a segment of `{component}`, which is not split."
        checker.value("candidates.unused-segment", CANDIDATES, place, message)


def _check_duplicates(draft: CandidatesDraft, checker: Checker) -> None:
    seen: dict[str, str] = {}
    for entry in draft.candidates.entries:
        other = seen.setdefault(entry.name, entry.key)
        if other != entry.key:
            message = f"`{other}` and `{entry.key}` are both for `{entry.name}`."
            checker.value("candidates.duplicate-name", CANDIDATES, ("Components", entry.key, "name"), message)


def _check_keys(draft: CandidatesDraft, dag: DagDraft, checker: Checker) -> None:
    """Keys of segments and alternatives start with their component's key."""
    owner = {alternative: name for name, names in dag.alternatives.items() for _, alternative in names}
    key_of = {entry.name: entry.key for entry in draft.candidates.entries}
    for entry in draft.candidates.entries:
        match = _SEGMENT.fullmatch(entry.name)
        base = match["component"] if match else owner.get(entry.name)
        if base is None or base not in key_of or entry.name in dag.dag.components:
            continue
        start = key_of[base]
        if not (entry.key.startswith(start) and _KEY_TAIL.search(entry.key, len(start) - 1)):
            message = (
                f"The key `{entry.key}` of `{entry.name}` does not follow `{start}`, the key of `{base}`."
            )
            checker.key("candidates.key-form", CANDIDATES, ("Components", entry.key), message)


def check_containers(draft: CandidatesDraft, checker: Checker) -> None:
    """The key of each entry's first container."""
    for entry in draft.candidates.entries:
        first = next(iter(entry.document["Containers"]))
        if first != "container1":
            message = f"The first container of `{entry.name}` is called `{first}`."
            keys = ("Components", entry.key, "Containers", first)
            checker.key("candidates.first-container", CANDIDATES, keys, message)


def check_no_container(document: Mapping[str, Mapping[str, object]], checker: Checker) -> None:
    """Entries whose mapping of containers is empty."""
    for key, entry in document.items():
        if entry.get("Containers") == {}:
            message = f"The entry `{key}` has no container."
            checker.key("candidates.no-container", CANDIDATES, ("Components", key, "Containers"), message)


def check_places(draft: CandidatesDraft, catalogue: CatalogueDraft, checker: Checker) -> None:
    """Whether layers and resources exist, belong together, and can hold what is asked for."""
    for entry in draft.candidates.entries:
        layers = ("Components", entry.key, "candidateExecutionLayers")
        _check_repeats("layer", entry.layers, layers, checker)
        for index, number in enumerate(entry.layers):
            if number not in catalogue.named_layers:
                listed = ", ".join(str(known) for known in sorted(catalogue.named_layers))
                message = (
                    f"`{entry.name}` may run on layer {number}, which does not exist (there are {listed})."
                )
                checker.value("candidates.unknown-layer", CANDIDATES, (*layers, index), message)
        complete = _layers_are_complete(entry, catalogue)
        for container in entry.containers:
            _check_resources(entry, container, catalogue, checker, complete=complete)
        check_fit(entry, catalogue.catalogue, checker)
        _check_layers_served(entry, catalogue, checker)


def _layers_are_complete(entry: Candidate, catalogue: CatalogueDraft) -> bool:
    """Whether every layer given is a sound one: otherwise the one that is missing may be among them."""
    return len(entry.layers) == len(entry.document["candidateExecutionLayers"]) and all(
        catalogue.catalogue.layer(number) is not None for number in entry.layers
    )


def _check_resources(
    entry: Candidate, container: Container, catalogue: CatalogueDraft, checker: Checker, *, complete: bool
) -> None:
    place: Keys = (
        "Components",
        entry.key,
        "Containers",
        container.key,
        "candidateExecutionResources",
    )
    _check_repeats("resource", container.resources, place, checker)
    for index, name in enumerate(container.resources):
        owner = entry.container_on(name)
        if owner is not None and owner is not container:
            message = f"`{name}` is already listed in `{owner.key}` of `{entry.name}`."
            checker.value("candidates.duplicate-resource", CANDIDATES, (*place, index), message)
        resource = catalogue.catalogue.resource(name)
        if name not in catalogue.named_resources:
            message = f"`{entry.name}` may run on `{name}`, which does not exist."
            mend = checker.did_you_mean(name, catalogue.named_resources)
            checker.value("candidates.unknown-resource", CANDIDATES, (*place, index), message, mend)
        elif complete and resource is not None and not _is_in(name, entry.layers, catalogue):
            listed = ", ".join(map(str, entry.layers))
            message = (
                f"`{name}` belongs to layer {resource.layer}, but the layers of `{entry.name}` are {listed}."
            )
            checker.value("candidates.resource-outside-layers", CANDIDATES, (*place, index), message)


def _is_in(name: str, layers: Sequence[int], catalogue: CatalogueDraft) -> bool:
    return any(
        layer.resource(name) is not None
        for number in layers
        if (layer := catalogue.catalogue.layer(number)) is not None
    )


def _check_layers_served(entry: Candidate, catalogue: CatalogueDraft, checker: Checker) -> None:
    names = [name for _, name in entry.places]
    if len(entry.containers) < len(entry.document["Containers"]) or any(
        name not in catalogue.named_resources for name in names
    ):
        return  # an unsound container or a misspelt resource is probably what is missing here
    for index, number in enumerate(entry.layers):
        layer = catalogue.catalogue.layer(number)
        if layer is None or any(layer.resource(name) for name in names):
            continue
        offered = ", ".join(resource.name for resource in layer.resources) or "none"
        message = f"`{entry.name}` may run on layer {number}, but names none of its resources ({offered})."
        place = ("Components", entry.key, "candidateExecutionLayers", index)
        checker.value("candidates.layer-without-resource", CANDIDATES, place, message)


def _check_repeats(what: str, items: Sequence[str | int], place: Keys, checker: Checker) -> None:
    if len(set(items)) == len(items):
        return
    seen: set[str | int] = set()
    for index, item in enumerate(items):
        if item in seen:
            message = f"The {what} {item} is listed twice."
            checker.value(f"candidates.duplicate-{what}", CANDIDATES, (*place, index), message)
        seen.add(item)
