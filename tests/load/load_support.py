"""What the tests of loading share: the fixture applications and edits of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from aisprint_cli.diagnostics import Diagnostic
from aisprint_cli.load.application import Loaded, load_application

FIXTURES = Path(__file__).parent / "fixtures"
DAG = "common_config/application_dag.yaml"
RESOURCES = "common_config/candidate_resources.yaml"
CANDIDATES = "common_config/candidate_deployments.yaml"
PHYSICAL = "common_config/physical_nodes.yaml"
SECURITY = "common_config/security.yaml"
SOLVER = "space4ai-d/SPACE4AI-D.yaml"


@dataclass(frozen=True)
class ApplicationFiles:
    """An application directory of a test's own."""

    directory: Path

    def read(self, path: str) -> str:
        return (self.directory / path).read_text(encoding="utf-8")

    def write(self, path: str, content: str | bytes) -> None:
        target = self.directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)

    def edit(self, path: str, old: str, new: str) -> None:
        text = self.read(path)
        assert text.count(old) >= 1, f"{old!r} is not in {path}"
        self.write(path, text.replace(old, new, 1))

    def delete(self, path: str) -> None:
        (self.directory / path).unlink()

    def load(self) -> Loaded:
        return load_application(self.directory)

    def findings(self, code: str) -> list[Diagnostic]:
        return [finding for finding in self.load().findings if finding.code == code]

    def marked(self, finding: Diagnostic) -> str:
        """The text from a finding's position to the end of its line."""
        lines = self.read(finding.location.path).split("\n")
        return lines[finding.location.line - 1][finding.location.column - 1 :]
