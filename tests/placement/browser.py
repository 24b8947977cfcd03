"""A headless Chromium, where this machine has one: what it says, asks for and draws."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-dev-shm-usage",
    "--no-proxy-server",  # with the next: the browser, which asks for hosts of its own, reaches nothing
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--enable-logging=stderr",
    "--log-level=0",
    "--virtual-time-budget=2000",
)


def find_browser() -> str | None:
    """Where Chromium is, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@dataclass(frozen=True)
class Visit:
    """One page opened and closed: its DOM, what its console said, and the addresses it asked for."""

    dom: str
    console: tuple[str, ...]
    requests: tuple[str, ...]


def visit(browser: str, page: Path, directory: Path, *options: str) -> Visit:
    """Open a page in a browser that starts from nothing; `directory` is for what it leaves behind."""
    log = directory / "network.json"
    done = subprocess.run(
        [
            browser,
            *_QUIET,
            f"--user-data-dir={directory / 'profile'}",
            f"--log-net-log={log}",
            *options,
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    console = tuple(line for line in done.stderr.splitlines() if ":CONSOLE" in line)
    return Visit(done.stdout, console, _requests(json.loads(log.read_text())))


def _requests(log: dict[str, Any]) -> tuple[str, ...]:
    """Every address that the page had the browser ask for, itself excepted.

    What the browser asks for on its own account has no origin, and stays out.
    """
    asked = (event.get("params", {}) for event in log["events"])
    found = [item["url"] for item in asked if item.get("initiator", "not an origin") != "not an origin"]
    return tuple(url for url in found if not url.startswith("data:"))


MEASURE = """
<script>
const boxes = [];
for (const element of document.querySelectorAll(
    "svg .node, svg .label-room, svg .lane, svg text, h1, h2, .tile, section, header")) {
  const box = element.getBoundingClientRect();
  boxes.push({
    kind: element.getAttribute("class") || element.tagName.toLowerCase(),
    svg: element.closest("svg") ? [...document.querySelectorAll("svg")].indexOf(element.closest("svg")) : -1,
    text: element.tagName === "text" ? element.textContent : "",
    x: box.left, y: box.top, right: box.right, bottom: box.bottom});
}
const report = {boxes, page: document.documentElement.scrollWidth, window: window.innerWidth,
  background: getComputedStyle(document.body).backgroundColor,
  ink: getComputedStyle(document.body).color};
const output = document.createElement("pre");
output.id = "measured";
output.textContent = JSON.stringify(report);
document.body.appendChild(output);
</script>
"""


def measurable(page: str) -> str:
    """The page with a script that writes down where everything is; it forbids scripts itself."""
    policy = page.index('<meta http-equiv="Content-Security-Policy"')
    page = page[:policy] + page[page.index(">", policy) + 1 :]
    return page.replace("</body>", MEASURE + "</body>")


def measured(dom: str) -> dict[str, Any]:
    """What that script wrote down."""
    import html

    text = dom.split('<pre id="measured">')[1].split("</pre>")[0]
    found: dict[str, Any] = json.loads(html.unescape(text))
    return found
