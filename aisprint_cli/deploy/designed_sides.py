"""A deployment of a design with what the application's files say of its transfers and costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aisprint_cli.deploy.differences import Side, arrivals_of
from aisprint_cli.design.current import OpenedDesign, select
from aisprint_cli.design.layout import TREE
from aisprint_cli.design.manifest import SplitRecord, read_manifest
from aisprint_cli.model.application import Application
from aisprint_cli.model.naming import Part
from aisprint_cli.placement.from_application import Measurements
from aisprint_cli.placement.measurements import read_measurements

_BYTES_PER_MB: Final = 1e6


def read_sides(opened: OpenedDesign, choices: tuple[str, str]) -> tuple[Side, Side]:
    """Two deployments by name: `base`, `deployment<N>` or `optimal`.

    A fault in what was measured only leaves that out.

    Raises:
        UsageError: there is none of that name.
        StateError: the optimal one is wanted and nothing was placed.
    """
    measured, _ = read_measurements(opened.directory)
    manifest = read_manifest(opened.directory / TREE)
    splits: Mapping[str, SplitRecord] = manifest.splits if manifest else {}
    first, second = (_side(opened, choice, measured, splits) for choice in choices)
    return first, second


def _side(
    opened: OpenedDesign, choice: str, measured: Measurements, splits: Mapping[str, SplitRecord]
) -> Side:
    selection = select(opened, choice=choice)
    rate = _entering_hz(selection.application)
    sent = {
        placed.part.name: size
        for placed in selection.deployment.placed
        if (size := _sent_bytes(placed.part, measured, splits)) is not None
    }
    return Side(
        deployment=selection.deployment,
        catalogue=selection.application.catalogue,
        arrivals=arrivals_of(selection.deployment.dag, rate),
        sent_bytes=sent,
        busy_s={key: demand.demand_s for key, demand in measured.demands.items()},
        rate_known=rate is not None,
        rules=selection.application.placement_rules,
    )


def _entering_hz(application: Application) -> float | None:
    rates = (application.sources[name].annotations.expected_throughput_hz for name in application.dag.entries)
    return max((rate for rate in rates if rate is not None), default=None)


def _sent_bytes(part: Part, measured: Measurements, splits: Mapping[str, SplitRecord]) -> float | None:
    """What a part hands on: as measured, else the cut's tensor; a last segment sends what the whole does."""
    known = measured.sent_mb.get(part.name)
    if known is None and part.segment is not None and part.split is not None:
        cuts = splits[part.component].cuts if part.component in splits else ()
        if part.segment == 1 and part.split <= len(cuts):
            size = cuts[part.split - 1].get("bytes")
            return None if size is None else float(size)
        known = measured.sent_mb.get(part.component)
    return None if known is None else known * _BYTES_PER_MB
