"""What was measured of an application, from the files that profiling leaves in `oscarp/`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from yaml.nodes import Node

from aisprint_cli.diagnostics import Diagnostic, Findings, Location
from aisprint_cli.load.json_document import Fault, JsonDocument, JsonValue, read_json
from aisprint_cli.load.reporter import Reporter
from aisprint_cli.load.shapes.collections import MapOf
from aisprint_cli.load.shapes.reader import INVALID, Reader
from aisprint_cli.load.shapes.values import Number
from aisprint_cli.load.yaml_source import compose
from aisprint_cli.placement.from_application import MODELS_PATH, SIZES_PATH, Demand, Measurements
from aisprint_cli.placement.system_entries import number
from aisprint_cli.placement.system_options import MODEL_KEYS, MULTICORE, TABLE, read_points

_KB_PER_MB: Final = 1000.0
_SIZES: Final = MapOf(Number(minimum=0), "data sizes in KB, by part")
INCOMPLETE: Final = Fault(
    "performance.no-demand",
    "Without a demand neither load nor response time nor the cost of functions can be computed.",
    "Give `demand` in seconds; for a function `demandWarm` and `demandCold`.",
)


def read_measurements(directory: Path) -> tuple[Measurements, tuple[Diagnostic, ...]]:
    """Read what was measured of an application; both files may be absent.

    Args:
        directory: the application directory; the findings' paths are relative to it.

    """
    findings = Findings()
    demands: dict[tuple[str, str], Demand] = {}
    path = directory / MODELS_PATH
    is_there = path.is_file()
    if is_there:
        read = read_json(path)
        # Named by its whole path, as every file of an application is.
        document = JsonDocument(MODELS_PATH, read.text, read.value)
        if read.findings.has_errors:
            findings.extend(_renamed(item) for item in read.findings)
        else:
            demands = _demands(document.root)
            findings.extend(document.findings)
    sent_mb = _sizes(directory, findings)
    return Measurements(demands, sent_mb, is_there), findings.sorted()


def _renamed(item: Diagnostic) -> Diagnostic:
    place = Location(MODELS_PATH, item.location.line, item.location.column)
    return Diagnostic(item.code, item.severity, item.message, item.why, item.mend, place)


def _demands(root: JsonValue) -> dict[tuple[str, str], Demand]:
    found: dict[tuple[str, str], Demand] = {}
    for component in root.entries():
        for part in component.entries():
            for model in part.entries():
                demand = _demand(model)
                if demand is not None:
                    found[part.name, model.name] = demand
    return found


def _demand(model: JsonValue) -> Demand | None:
    model.check_keys(MODEL_KEYS)
    warm, cold = model.find("demandWarm"), model.find("demandCold")
    plain = model.find("demand") or (warm if model.find("points") is not None else None)
    if warm is not None and cold is not None:
        warm_s, cold_s = warm.number(minimum=0), cold.number(minimum=0)
        return None if warm_s is None or cold_s is None else _detailed(Demand(warm_s, cold_s), model)
    if plain is not None:
        demand_s = plain.number(minimum=0)
        return None if demand_s is None else _detailed(Demand(demand_s), model)
    if not isinstance(model.value, dict):
        list(model.entries())
        return None
    kind = model.find("model")
    named = f" (`{kind.value}`)" if kind is not None else ""
    model.report(INCOMPLETE, f"The performance model {model.where}{named} has no demand.")
    return None


def _detailed(demand: Demand, model: JsonValue) -> Demand | None:
    """The demand with how service varies, what was measured, and whether requests queue."""
    kind = model.find("model")
    named = None if kind is None else kind.value
    scv = number(model, "scv", minimum=0, otherwise=1.0)
    curve = read_points(model) if named == TABLE else ()
    if scv is None or curve is None:
        return None
    return replace(demand, scv=scv, curve=curve, queues=named == MULTICORE)


def _sizes(directory: Path, findings: Findings) -> dict[str, float]:
    """Data sizes in MB by part name, from the file's KB."""
    try:
        data = (directory / SIZES_PATH).read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        findings.error(
            "file.unreadable",
            Location(SIZES_PATH),
            f"The file {SIZES_PATH} cannot be read: {error.strerror}.",
            why="Transfers would count with the access delay of the network only.",
            mend="Check that it is a regular file and that you may read it.",
        )
        return {}
    reporter = Reporter(findings)
    root: Node | None = compose(SIZES_PATH, data, reporter)
    if root is None:
        return {}
    sizes = _SIZES.read(root, Reader(SIZES_PATH, reporter))
    return {} if sizes is INVALID else {name: size / _KB_PER_MB for name, size in sizes.items()}
