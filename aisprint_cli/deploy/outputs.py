"""What a person or a program needs to use a deployment: addresses, buckets, where input goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aisprint_cli.backends.interface import ClusterSpec
from aisprint_cli.deploy.topology import Folder, FunctionNode, Topology
from aisprint_cli.deploy.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ClusterOutputs:
    """A cluster: what the back end says of it, and its credential, as reference or as value."""

    name: str
    layer: int
    values: Mapping[str, str]
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FunctionOutputs:
    """A function and its folders; `entry` are those that take input from outside."""

    node: FunctionNode
    values: Mapping[str, str]
    entry: tuple[Folder, ...]
    results: tuple[Folder, ...]


@dataclass(frozen=True)
class Outputs:
    """All of it."""

    application: str
    deployment: str
    clusters: tuple[ClusterOutputs, ...]
    functions: tuple[FunctionOutputs, ...]


def read_outputs(workspace: Workspace, *, reveal: Callable[[str], str] = str) -> Outputs:
    """From the ledger and, where the back end answers, as it says now: an address may have changed.

    Args:
        workspace: the open workspace.
        reveal: what to give for a credential's reference: itself, or the value.

    Raises:
        StateError: when nothing is deployed.
        ExternalError: when the back end cannot be asked.
    """
    deployment = workspace.require_deployed()
    records = [record for record in workspace.records().values() if record.exists]
    live = workspace.observe(record.item for record in records)
    values = {record.item.id: live[record.item.id].outputs or record.outputs for record in records}
    topology: Topology = workspace.topology()
    clusters = tuple(
        ClusterOutputs(record.item.name, spec.layer, values[record.item.id], reveal(spec.password))
        for record in records
        if isinstance(spec := record.item.spec, ClusterSpec)
    )
    functions = tuple(
        FunctionOutputs(
            node,
            values[node.id],
            tuple(source.folder for source in topology.entry_inputs(node)),
            topology.result_folders(node),
        )
        for node in topology.functions
    )
    return Outputs(deployment.application, deployment.name, clusters, functions)
