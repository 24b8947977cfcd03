"""How builds come on: on a terminal a changing line for each image and platform, else a line a turn."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

    from aisprint_cli.cli.session import Session
    from aisprint_cli.images.engines.interface import BuildEvent

_WIDTH = 70


@contextmanager
def watching(session: Session) -> Iterator[Callable[[BuildEvent], None]]:
    """What an engine tells its news, until the context ends; it may be told by several threads."""
    if session.quiet or session.verbose or not sys.stderr.isatty():
        yield _Lines(session).hear
        return
    with _Board(session) as board:
        yield board.hear


class _Lines:
    """A line when an image and platform begins, pushes, ends or fails; with `-v` one for each step too."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: set[tuple[str, str, str]] = set()
        self._lock = threading.Lock()

    def hear(self, event: BuildEvent) -> None:
        key = (event.image, event.platform, event.state.value)
        with self._lock:
            is_new = key not in self._known
            self._known.add(key)
            if self._session.verbose:
                self._session.note(_text(event, with_step=True))
            elif is_new:
                self._session.note(_text(event, with_step=False))


class _Board:
    """A table that changes in its place."""

    def __init__(self, session: Session) -> None:
        from rich.live import Live

        self._lines: dict[tuple[str, str], BuildEvent] = {}
        self._lock = threading.Lock()
        self._live = Live(console=session.err, refresh_per_second=4, get_renderable=self._page)

    def __enter__(self) -> _Board:
        self._live.__enter__()
        return self

    def __exit__(self, *_error: object) -> None:
        self._live.refresh()
        self._live.__exit__(None, None, None)

    def hear(self, event: BuildEvent) -> None:
        from aisprint_cli.images.engines.interface import BuildState

        with self._lock:
            if event.platform or event.state is BuildState.RUNNING:
                self._lines[event.image, event.platform] = event
                return
            for key in [key for key in self._lines if key[0] == event.image]:
                self._lines[key] = event  # what is of the whole image holds for each of its platforms

    def _page(self) -> Table:
        from rich.table import Table

        table = Table.grid(padding=(0, 2))
        with self._lock:
            for (image, platform), event in self._lines.items():
                table.add_row(image, platform.removeprefix("linux/"), event.state.value, _short(event.text))
        return table


def _text(event: BuildEvent, *, with_step: bool) -> str:
    where = f" {event.platform}" if event.platform else ""
    step = f": {_short(event.text)}" if with_step and event.text else ""
    return f"{event.image}{where} {event.state.value}{step}"


def _short(text: str) -> str:
    first = text.splitlines()[0] if text else ""
    return first if len(first) <= _WIDTH else first[: _WIDTH - 1] + "…"
