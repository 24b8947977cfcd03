"""What a run of `design` finds: the application, its inputs, and the last design if there is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aisprint_cli import __version__
from aisprint_cli.design.inputs import DesignInputs, read_inputs
from aisprint_cli.design.layout import OPTIMAL_PATH, TREE
from aisprint_cli.design.manifest import Manifest, read_manifest
from aisprint_cli.design.outside import in_place
from aisprint_cli.design.reconciliation import production_is_anothers
from aisprint_cli.design.records import PresentTree
from aisprint_cli.design.splitting import SPLITTER_VERSION
from aisprint_cli.diagnostics import Findings
from aisprint_cli.errors import InvalidInputError, StateError
from aisprint_cli.load.application import Loaded
from aisprint_cli.model.application import Application

TOOL = f"aisprint {__version__}, splits {SPLITTER_VERSION}"
"""What wrote a design: another version may write it differently from the same inputs."""


@dataclass(frozen=True)
class Situation:
    """The state of things before a run."""

    directory: Path
    loaded: Loaded
    application: Application
    inputs: DesignInputs
    present: PresentTree
    manifest: Manifest | None

    @property
    def written(self) -> Mapping[str, str]:
        """The records of the files of the last design, by path in the output tree.

        The optimal production deployment is left out once somebody else has written it.
        """
        if self.manifest is None:
            return {}
        outputs = dict(self.manifest.outputs)
        if self.production_kept:
            outputs.pop(OPTIMAL_PATH, None)
        return outputs

    @property
    def production_kept(self) -> bool:
        """Whether the optimal production deployment is another tool's, and stays."""
        outputs = self.manifest.outputs if self.manifest else {}
        return production_is_anothers(self.present, outputs)

    @property
    def changed_inputs(self) -> tuple[str, ...]:
        """The inputs that are not as they were for the last design."""
        if self.manifest is None:
            return ()
        return changed(self.manifest.inputs, self.inputs.records)

    def is_current(self, maximum: int) -> bool:
        """Whether the last design is that of these inputs, and untouched since; placement aside."""
        manifest = self.manifest
        if manifest is None or manifest.tool != TOOL or self.changed_inputs:
            return False
        if manifest.written != min(manifest.count, maximum):
            return False
        intact = all(self.present.record(path) == record for path, record in self.written.items())
        return intact and in_place(self.directory, manifest.outside)


def changed(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """The paths whose records differ, sorted."""
    return tuple(sorted(path for path in before.keys() | now.keys() if before.get(path) != now.get(path)))


def examine(directory: Path, loaded: Loaded) -> Situation:
    """Look at an application directory whose application could be loaded.

    Raises:
        InvalidInputError: when a component's files cannot be taken as they are.
        StateError: when the output tree is of no form we write.
        OSError: when something cannot be read.

    """
    if loaded.application is None:
        raise InvalidInputError(
            "The application cannot be designed as it is.", loaded.findings, directory=directory
        )
    tree = directory / TREE
    if tree.is_symlink() or (tree.exists() and not tree.is_dir()):
        raise StateError(
            f"{tree} is not a directory of its own.",
            why="The output tree is exchanged as a whole, which a link or a file does not allow.",
            mend="Move it away; `aisprint design` makes a new one.",
        )
    findings = Findings()
    inputs = read_inputs(directory, loaded.application, findings)
    if findings.has_errors:
        raise InvalidInputError("Some components cannot be copied.", findings.sorted(), directory=directory)
    return Situation(directory, loaded, loaded.application, inputs, PresentTree(tree), read_manifest(tree))
