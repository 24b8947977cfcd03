"""Models as JSON values: `aisprint-perf/1`. Nothing of it is ever executed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from aisprint_cli.profiling.model import Ensemble, Member, PerformanceModel, Question
from aisprint_cli.profiling.terms import Kind, Term

FORMAT: Final = "aisprint-perf/1"
_TERM_NUMBERS: Final = ("jobs", "fan_out", "per_node", "power")


def to_document(model: PerformanceModel) -> dict[str, Any]:
    """A model as JSON values."""
    return {
        "valid": {"cores": list(model.cores_range), "load": list(model.load_range)},
        "varied_load": model.varied_load,
        "jobs": model.jobs,
        "pods_per_node": model.per_node,
        "rows": model.rows,
        "configurations": [list(place) for place in model.places],
        "answers": {question.value: _ensemble_document(each) for question, each in model.ensembles},
    }


def _ensemble_document(ensemble: Ensemble) -> dict[str, Any]:
    return {
        "error": ensemble.error,
        "held_out": ensemble.held_out,
        "half_width": ensemble.half_width,
        "distance": ensemble.distance,
        "leftover": list(ensemble.leftover),
        "members": [
            {
                "family": member.family,
                "weight": member.weight,
                "error": member.error,
                "corrected": member.corrected,
                "terms": [
                    {**_term_document(term), "seconds": seconds}
                    for term, seconds in zip(member.terms, member.coefficients, strict=True)
                ],
            }
            for member in ensemble.members
        ],
    }


def _term_document(term: Term) -> dict[str, Any]:
    numbers = {name: getattr(term, name) for name in _TERM_NUMBERS}
    return {"kind": term.kind.value, **{name: value for name, value in numbers.items() if value is not None}}


def from_document(document: Any) -> PerformanceModel:
    """The model that JSON values describe.

    Raises:
        ValueError: when they are no such model; the message says where.

    """
    places = tuple((_positive(pair, 0), _positive(pair, 1)) for pair in _items(document, "configurations"))
    answers = _mapping(document, "answers")
    ensembles = tuple(
        (question, _ensemble(_mapping(answers, question.value), len(places)))
        for question in Question
        if question.value in answers
    )
    missing = {Question.INSIDE, Question.BEYOND_CORES} - {question for question, _ in ensembles}
    if not places or missing:
        raise ValueError("configurations or answers are missing")
    return PerformanceModel(
        places,
        bool(document.get("varied_load")),
        ensembles,
        _optional(document, "jobs"),
        None if (pods := _optional(document, "pods_per_node")) is None else int(pods),
        int(_number(document, "rows")),
    )


def _ensemble(document: Any, places: int) -> Ensemble:
    leftover = tuple(_finite(value, "leftover") for value in _items(document, "leftover"))
    members = tuple(_member(item) for item in _items(document, "members"))
    if len(leftover) != places or not members:
        raise ValueError("leftover has not one value for each configuration, or there are no members")
    return Ensemble(
        members,
        leftover,
        _number(document, "half_width"),
        _number(document, "distance"),
        _number(document, "error"),
        int(_number(document, "held_out")),
    )


def _member(document: Any) -> Member:
    terms, seconds = [], []
    for item in _items(document, "terms"):
        kind = item.get("kind") if isinstance(item, Mapping) else None
        if kind not in {each.value for each in Kind}:
            raise ValueError(f"no term is of kind {kind!r}")
        pods = _optional(item, "per_node")
        numbers = {name: _optional(item, name) for name in ("jobs", "fan_out", "power")}
        terms.append(Term(Kind(kind), per_node=None if pods is None else int(pods), **numbers))
        seconds.append(_number(item, "seconds"))
    return Member(
        str(document.get("family", "")),
        tuple(terms),
        tuple(seconds),
        bool(document.get("corrected")),
        _number(document, "weight"),
        _number(document, "error"),
    )


def _mapping(document: Any, key: str) -> Mapping[str, Any]:
    found = document.get(key) if isinstance(document, Mapping) else None
    if not isinstance(found, Mapping):
        raise ValueError(f"{key} is no object")  # noqa: TRY004  a value of a file, not of a caller
    return found


def _items(document: Any, key: str) -> list[Any]:
    found = document.get(key) if isinstance(document, Mapping) else None
    if not isinstance(found, list):
        raise ValueError(f"{key} is no list")  # noqa: TRY004
    return found


def _finite(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name} is no finite number")
    return float(value)


def _number(document: Any, key: str) -> float:
    value = _finite(document.get(key) if isinstance(document, Mapping) else None, key)
    if value < 0:
        raise ValueError(f"{key} is below 0")
    return value


def _optional(document: Any, key: str) -> float | None:
    value = document.get(key)
    if value is None:
        return None
    found = _finite(value, key)
    if found <= 0:
        raise ValueError(f"{key} is not above 0")
    return found


def _positive(pair: Any, index: int) -> float:
    if not isinstance(pair, list) or len(pair) != 2:
        raise ValueError("a configuration is no pair of cores and load")
    value = _finite(pair[index], "a configuration")
    if value <= 0:
        raise ValueError("a configuration is not above 0")
    return value
