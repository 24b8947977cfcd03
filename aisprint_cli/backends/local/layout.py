"""Where the local back end keeps what: one private directory for each user.

```
<home>/runtime.json       port, process id and admin token of the running process (0600)
<home>/runtime.log        what the process says of itself
<home>/state.db           clusters, services, jobs, known objects (SQLite)
<home>/bundles/<digest>/  the local stand-in for an image: opt/<part>/, lib/aisprint/, bundle.json
<home>/images/<sha256>/   an image unpacked by hand, named after its reference; laid out like a bundle
<home>/clusters/<name>/   buckets/<bucket>/<folder>/file, logs/, reports/, scripts/
<home>/kept/<owner>/      of one application: buckets that were kept when their cluster was removed
<home>/work/, staging/    private directories of running jobs, objects on their way in
```
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

HOME_VARIABLE = "AISPRINT_HOME"
PRIVATE = 0o700


@dataclass(frozen=True, slots=True)
class Home:
    """The paths below one state directory."""

    root: Path

    @property
    def address(self) -> Path:
        """Where the running process says how to reach it."""
        return self.root / "runtime.json"

    @property
    def log(self) -> Path:
        """The process's own log."""
        return self.root / "runtime.log"

    @property
    def database(self) -> Path:
        """The state that survives the process."""
        return self.root / "state.db"

    @property
    def bundles(self) -> Path:
        """The unpacked stand-ins for images."""
        return self.root / "bundles"

    def image(self, reference: str) -> Path:
        """Where an image is, if somebody unpacked it here, for services made through the OSCAR API."""
        return self.root / "images" / hashlib.sha256(reference.encode()).hexdigest()

    @property
    def work(self) -> Path:
        """Private directories of running jobs."""
        return self.root / "work"

    @property
    def staging(self) -> Path:
        """Objects on their way in."""
        return self.root / "staging"

    @property
    def all_clusters(self) -> Path:
        """One directory for each cluster."""
        return self.root / "clusters"

    def cluster(self, name: str) -> Path:
        """Everything of one cluster."""
        return self.all_clusters / name

    def buckets(self, cluster: str) -> Path:
        """The buckets of a cluster, one directory each."""
        return self.cluster(cluster) / "buckets"

    @property
    def all_kept(self) -> Path:
        """What outlived its cluster."""
        return self.root / "kept"

    def kept(self, owner: str, cluster: str) -> Path:
        """Where buckets go that outlive their cluster, apart for each application."""
        return self.all_kept / (owner or "nobody") / cluster

    def job_log(self, cluster: str, job: str) -> Path:
        """What a job wrote to standard output and standard error."""
        return self.cluster(cluster) / "logs" / f"{job}.log"

    def job_report(self, cluster: str, job: str) -> Path:
        """The measures a job reported, in line protocol."""
        return self.cluster(cluster) / "reports" / f"{job}.lp"

    def prepare(self) -> None:
        """Make the directory, for its owner only.

        Raises:
            OSError: when it cannot be made.
        """
        self.root.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
        self.root.chmod(PRIVATE)
        for directory in (self.bundles, self.work, self.staging, self.all_clusters):
            directory.mkdir(exist_ok=True, mode=PRIVATE)


def remove_if_empty(*directories: Path) -> None:
    """Remove the first directories of a row that hold nothing; what is not there counts as empty."""
    for directory in directories:
        with suppress(OSError):
            directory.rmdir()


def find_home(home: Path | None = None) -> Home:
    """The state directory asked for, or that of `AISPRINT_HOME`, or the platform's for this user."""
    if home is None:
        named = os.environ.get(HOME_VARIABLE)
        if named:
            home = Path(named)
        else:
            import platformdirs

            home = Path(platformdirs.user_state_dir("aisprint")) / "local"
    return Home(home.expanduser().resolve())
