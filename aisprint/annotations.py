"""Decorators that declare what a component's `main` is and needs.

The toolchain reads them from the source without importing it. At run time they leave `main` as it is,
but for `exec_time` (also inside `annotation`), which measures it and reports the measure.
Their arguments may be given by keyword or by position, in the documented order.
"""

from __future__ import annotations

import functools
import inspect
import os
import time
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Main = TypeVar("Main", bound="Callable[..., Any]")

_DECLARED = "__aisprint_annotations__"
_MEASURED = "__aisprint_measured__"


def declared(function: Callable[..., object]) -> dict[str, dict[str, object]]:
    """What the decorators on a function declared: annotation name -> argument name -> value."""
    return dict(getattr(function, _DECLARED, {}))


def component_name(name: str) -> Callable[[Main], Main]:
    """Give the component its name in the application."""
    return _declare("component_name", name=name)


def exec_time(
    local_time_thr: Any = None,
    global_time_thr: float | None = None,
    prev_components: Sequence[str] | None = None,
) -> Any:
    """Measure every execution of `main`, and limit its response time.

    Also usable without parentheses. The measure is reported when `main` raises too, and the exception
    goes on.

    Args:
        local_time_thr: the limit on this component alone, seconds.
        global_time_thr: the limit from the start of `prev_components[0]` to the end of this one, seconds.
        prev_components: the components before this one on the limited path, in order.
    """
    if callable(local_time_thr):
        return _measured(_declare("exec_time")(local_time_thr))
    declare = _declare(
        "exec_time",
        local_time_thr=local_time_thr,
        global_time_thr=global_time_thr,
        prev_components=prev_components,
    )
    return lambda function: _measured(declare(function))


def expected_throughput(rate: float) -> Callable[[Main], Main]:
    """Expect `rate` input files per second."""
    return _declare("expected_throughput", rate=rate)


def partitionable_model(onnx_file: str, num_partitions: int = 1) -> Callable[[Main], Main]:
    """Allow `onnx/<onnx_file>` to be split in two, at `num_partitions` alternative points at most."""
    return _declare("partitionable_model", onnx_file=onnx_file, num_partitions=num_partitions)


def early_exits_model(
    onnx_file: str, condition_function: str, transition_probabilities: Sequence[float] | None = None
) -> Callable[[Main], Main]:
    """Declare a model with early exits.

    Args:
        onnx_file: the model's file name in `onnx/`.
        condition_function: the function of main.py that, given an exit's outputs, says whether to stop.
        transition_probabilities: the k-th is the probability of not leaving at exit k.
    """
    return _declare(
        "early_exits_model",
        onnx_file=onnx_file,
        condition_function=condition_function,
        transition_probabilities=transition_probabilities,
    )


def device_constraints(
    ram: float | None = None, vram: float | None = None, use_gpu_for: Sequence[str] | None = None
) -> Callable[[Main], Main]:
    """Say what a device needs to run the component: memory, graphics memory, stages that want a GPU."""
    return _declare("device_constraints", ram=ram, vram=vram, use_gpu_for=use_gpu_for)


def model_performance(
    metric: str | None = None, metric_thr: float | None = None, filtered_class: str | None = None
) -> Callable[[Main], Main]:
    """Say how well the model does, for the choice between alternative components."""
    return _declare("model_performance", metric=metric, metric_thr=metric_thr, filtered_class=filtered_class)


def detect_metric_drift(
    metric: Any = None,
    field: Any = None,
    statistical_test: Any = None,
    test_threshold: Any = None,
    detection_interval: float | None = None,
    monitoring_period: Any = None,
    data_collection_period: float | None = None,
    notification_endpoint: str | None = None,
) -> Callable[[Main], Main]:
    """Watch a reported metric for drift.

    Args:
        metric: the measurement's name (or a list of them).
        field: its field.
        statistical_test: kolmogorov-smirnov, cramer-von-mises, fisher-exact-test or chi-squared.
        test_threshold: the p-value below which it drifts.
        detection_interval: hours between two tests.
        monitoring_period: hours of data in a test.
        data_collection_period: hours of data collected after a drift.
        notification_endpoint: where to tell.
    """
    return _declare(
        "detect_metric_drift",
        metric=metric,
        field=field,
        statistical_test=statistical_test,
        test_threshold=test_threshold,
        detection_interval=detection_interval,
        monitoring_period=monitoring_period,
        data_collection_period=data_collection_period,
        notification_endpoint=notification_endpoint,
    )


def security(
    trustedExecution: bool | None = None,  # noqa: N803  the names are the format's
    networkShield: bool | None = None,  # noqa: N803
    filesystemShield: bool | None = None,  # noqa: N803
    confProc: bool | None = None,  # noqa: N803
    integrityProc: bool | None = None,  # noqa: N803
    confRest: bool | None = None,  # noqa: N803
) -> Callable[[Main], Main]:
    """Ask for protection: trusted execution, shielded network and file system, data at rest."""
    return _declare(
        "security",
        trustedExecution=trustedExecution,
        networkShield=networkShield,
        filesystemShield=filesystemShield,
        confProc=confProc,
        integrityProc=integrityProc,
        confRest=confRest,
    )


def annotation(
    annotations: Mapping[str, Mapping[str, Any] | None] | None = None, **more: Mapping[str, Any] | None
) -> Callable[[Main], Main]:
    """Declare several annotations at once: a map of annotation names to maps of their arguments.

    Checking them is the toolchain's work (`aisprint validate`); here only `exec_time` has an effect.
    """
    everything = {**(annotations or {}), **more}

    def decorate(function: Main) -> Main:
        for name, arguments in everything.items():
            function = _declare(str(name), **dict(arguments or {}))(function)
        return _measured(function) if "exec_time" in everything else function

    return decorate


def _declare(name: str, /, **arguments: object) -> Callable[[Main], Main]:
    given = {key: value for key, value in arguments.items() if value is not None}

    def decorate(function: Main) -> Main:
        record = {**getattr(function, _DECLARED, {}), name: given}
        try:
            setattr(function, _DECLARED, record)
        except AttributeError:  # a callable without room for attributes still has to work
            return function
        return function

    return decorate


def _measured(function: Main) -> Main:
    if getattr(function, _MEASURED, False):  # two annotations that ask for it measure once
        return function
    wrapper = (
        _measured_coroutine(function) if inspect.iscoroutinefunction(function) else _measured_call(function)
    )
    setattr(wrapper, _MEASURED, True)
    return wrapper  # type: ignore[return-value]


def _measured_call(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def measured(*args: Any, **kwargs: Any) -> Any:
        start_s = time.time()
        try:
            return function(*args, **kwargs)
        finally:
            _report(start_s)

    return measured


def _measured_coroutine(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def measured(*args: Any, **kwargs: Any) -> Any:
        start_s = time.time()
        try:
            return await function(*args, **kwargs)
        finally:
            _report(start_s)

    return measured


def _report(function_start_s: float) -> None:
    end_s = time.time()
    try:
        from aisprint import monitoring
        from aisprint._event import job_start_s

        started = job_start_s(os.environ)
        # The storage's clock may run ahead of ours; an input cannot arrive after its job began.
        start_s = function_start_s if started is None else min(started, function_start_s)
        session, cluster, resource, component = (
            os.environ.get(name) for name in ("UUID", "KCI", "RESOURCE_ID", "COMPONENT_NAME")
        )
        monitoring.report_execution_time(
            session, cluster, resource, component, start_s, function_start_s, end_s
        )
    except Exception:  # noqa: BLE001  a measure must never change what main does
        return
