"""Whether two halves, run one after the other, are the whole model.

With optimisations off every bit must agree. With them on, values must agree to 1e-5 of the largest
magnitude in the tensor: fusions differ at the cut, and with them the last bits. Integers, booleans and
strings must agree exactly either way.

Models that compute in float16 are the exception to the first rule: onnxruntime has few float16
operators on the processor, computes in float32 in their place, and skips some of the roundings in
between, differently in a half and in the whole. They must agree to 1e-2 of the largest magnitude,
either way; `Verdict.exact` tells whether the bits agreed all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from aisprint_cli.errors import InvalidInputError
from aisprint_cli.partition.cost import TensorType
from aisprint_cli.partition.inputs import FED_TYPES, Plan, make_inputs, plans
from aisprint_cli.partition.sessions import RUNTIME_ERRORS, open_session, run

SEEDS: Final = 3
_SHAPE_OUTSIDE: Final = "Cannot parse data from external tensors"
TOLERANCE: Final = 1e-5
HALF_PRECISION_TOLERANCE: Final = 1e-2
_RUN_ERRORS: Final[tuple[type[Exception], ...]] = (*RUNTIME_ERRORS, ValueError, TypeError)


@dataclass(frozen=True, slots=True)
class Interface:
    """How the whole model is fed and read: inputs by name, rows an index input selects among, outputs."""

    inputs: Mapping[str, TensorType]
    bounds: Mapping[str, int]
    outputs: tuple[str, ...]
    half_precision: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a comparison found. `failure` is empty for a split that holds.

    `difference` is the largest one with optimisations on, relative to the magnitude of its tensor.
    """

    failure: str = ""
    exact: bool = True
    difference: float = 0.0


@dataclass(frozen=True, slots=True)
class Reference:
    """The whole model's answers to some inputs; `answers[optimised]` has one list for each of `feeds`."""

    interface: Interface
    feeds: tuple[dict[str, Any], ...]
    answers: Mapping[bool, tuple[list[Any], ...]]


def open_whole(model: Path) -> Any:
    """A session of the whole model, optimisations off.

    Raises:
        InvalidInputError: onnxruntime refuses the model, and would at run time.
    """
    try:
        return open_session(model, optimised=False)
    except RUNTIME_ERRORS as error:
        why = brief(error).replace(f"{model.parent}/", "")
        mend = "correct or re-export the model; operators of other domains need a run time that has them"
        if _SHAPE_OUTSIDE in why:
            mend = "keep small tensors in the model's own file: onnx.save(.., size_threshold=1024)"
        raise InvalidInputError(
            f"onnxruntime cannot load the model {model.name!r}", why=why, mend=mend
        ) from error


def ask_whole(model: Path, interface: Interface, seed: int) -> Reference | str:
    """Run the whole model on several random inputs, once for each optimisation level.

    Returns the reason, in words, when it runs on none of them.

    Raises:
        InvalidInputError: onnxruntime cannot load it.
    """
    session = open_whole(model)
    feeds: list[dict[str, Any]] = []
    plain: list[list[Any]] = []
    plan, problem = None, ""
    for number in range(seed, seed + SEEDS):
        for trial in _trials(plan, interface, larger_batch=len(feeds) == 1):
            given = make_inputs(interface.inputs, interface.bounds, trial, number)
            try:
                plain.append(run(session, given, interface.outputs))
            except _RUN_ERRORS as error:
                problem = problem or brief(error)
                continue
            feeds.append(given)
            plan = plan or trial
            break
        if plan is None:
            return f"the whole model does not run on random inputs: {problem}"
    del session
    try:
        session = open_session(model, optimised=True)
        fused = [run(session, given, interface.outputs) for given in feeds]
    except _RUN_ERRORS as error:
        return f"the whole model does not run with optimisations on: {brief(error)}"
    return Reference(interface, tuple(feeds), {False: tuple(plain), True: tuple(fused)})


def _trials(plan: Plan | None, interface: Interface, *, larger_batch: bool) -> tuple[Plan, ...]:
    """The plan that worked, once one has; on one occasion a batch of two before it."""
    if plan is None:
        return tuple(plans(interface.inputs))
    return (replace(plan, batch=2), plan) if larger_batch else (plan,)


def compare(reference: Reference, first: Path, second: Path, tensor: str) -> Verdict:
    """Run both halves on the reference's inputs and compare; stops at the first failure."""
    return compare_segments(reference, (first, second), ((tensor,),))


def compare_segments(
    reference: Reference, segments: Sequence[Path], cuts: Sequence[Sequence[str]]
) -> Verdict:
    """The same for a chain of segments, with the tensors that each of its cuts carries."""
    exact, largest = True, 0.0
    for optimised in (False, True):
        verdict = _compare_level(reference, segments, cuts, optimised=optimised)
        if verdict.failure:
            return verdict
        if optimised:
            largest = verdict.difference
        else:
            exact = verdict.exact
    return Verdict(exact=exact, difference=largest)


def _compare_level(
    reference: Reference, segments: Sequence[Path], cuts: Sequence[Sequence[str]], *, optimised: bool
) -> Verdict:
    try:
        answers = _run_chain(reference, segments, cuts, optimised=optimised)
    except _RUN_ERRORS as error:
        return Verdict(f"a half does not run: {brief(error)}", exact=False)
    level = "on" if optimised else "off"
    half = reference.interface.half_precision
    allowed = HALF_PRECISION_TOLERANCE if half else TOLERANCE if optimised else 0.0
    largest, exact = 0.0, True
    for expected, got in zip(reference.answers[optimised], answers, strict=True):
        for name, one, other in zip(reference.interface.outputs, expected, got, strict=True):
            if same_bits(one, other):
                continue
            exact = False
            gap = difference(one, other)
            if not allowed or gap > allowed:
                return Verdict(
                    f"output {name!r} differs by {gap:.2g} of its magnitude with optimisations {level}",
                    exact=False,
                )
            largest = max(largest, gap)
    return Verdict(exact=exact, difference=largest)


def _run_chain(
    reference: Reference, segments: Sequence[Path], cuts: Sequence[Sequence[str]], *, optimised: bool
) -> list[list[Any]]:
    """What the last segment gives, for each of the reference's inputs; one session at a time."""
    fed: list[dict[str, Any]] = list(reference.feeds)
    for segment, carried in zip(segments[:-1], cuts, strict=True):
        session = open_session(segment, optimised=optimised)
        fed = [dict(zip(carried, run(session, given, carried), strict=True)) for given in fed]
    session = open_session(segments[-1], optimised=optimised)
    return [run(session, given, reference.interface.outputs) for given in fed]


def same_bits(one: Any, other: Any) -> bool:
    """Whether two outputs agree in type, shape and every bit; sequences and maps part by part."""
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same_bits, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(same_bits(one[key], other[key]) for key in one)
    left, right = np.asarray(one), np.asarray(other)
    if left.dtype != right.dtype or left.shape != right.shape:
        return False
    if left.dtype.hasobject:
        return bool(left.tolist() == right.tolist())
    return left.tobytes() == right.tobytes()


def difference(one: Any, other: Any) -> float:
    """The largest difference of two outputs, relative to the largest finite magnitude in the first.

    Infinite where they cannot be compared: another type or shape, a NaN or infinity in one only, or
    whole numbers, booleans or strings that are not equal.
    """
    if isinstance(one, list | tuple) and isinstance(other, list | tuple) and len(one) == len(other):
        return max(map(difference, one, other), default=0.0)
    if isinstance(one, dict) and isinstance(other, dict) and list(one) == list(other):
        return max((difference(one[key], other[key]) for key in one), default=0.0)
    left, right = np.asarray(one), np.asarray(other)
    if same_bits(left, right):
        return 0.0
    if left.shape != right.shape or left.dtype != right.dtype or left.dtype.kind != "f":
        return np.inf
    wide_left, wide_right = left.astype(np.float64), right.astype(np.float64)
    finite = np.isfinite(wide_left)
    if not np.array_equal(wide_left[~finite], wide_right[~finite], equal_nan=True):
        return np.inf
    gap = float(np.max(np.abs(wide_left[finite] - wide_right[finite]), initial=0.0))
    scale = float(np.max(np.abs(wide_left[finite]), initial=0.0))
    if np.isnan(gap) or (gap and not scale):
        return np.inf
    return gap / scale if gap else 0.0


def unverifiable(interface: Interface) -> str:
    """Why a model cannot be fed at random, in words; empty when it can."""
    for name, known in interface.inputs.items():
        if known.dtype not in FED_TYPES:
            return f"input {name!r} is of type {known.dtype}, which cannot be fed to verify a split"
        if known.shape is None:
            return f"input {name!r} has no declared shape, so a split could not be verified"
    return ""


def brief(error: Exception, limit: int = 300) -> str:
    """The first words of a run-time error, without its line breaks."""
    words = " ".join(str(error).split())
    return words if len(words) <= limit else f"{words[: limit - 1]}…"
