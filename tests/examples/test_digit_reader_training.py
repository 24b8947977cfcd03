from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image


def run(script: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, str(script), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_committed_model_is_that_of_its_recipe_and_as_good(digit_reader: Path) -> None:
    assert "digits.onnx is the model of its recipe" in run(digit_reader / "train" / "train.py", "--check")
    recipe = json.loads((digit_reader / "train" / "recipe.json").read_text())
    assert recipe["held_out_accuracy"] >= 0.97
    assert recipe["bytes"] == (digit_reader / "src" / "classify" / "onnx" / "digits.onnx").stat().st_size
    assert recipe["bytes"] < 1_000_000


def test_training_learns_and_repeats_itself(digit_reader: Path, tmp_path: Path) -> None:
    models = []
    for name in ("one", "two"):
        briefly = ("--epochs", "2", "--copies", "2", "--output", str(tmp_path / name))
        run(digit_reader / "train" / "train.py", *briefly)
        models.append((tmp_path / name / "digits.onnx").read_bytes())
    assert models[0] == models[1]
    recipe = json.loads((tmp_path / "one" / "recipe.json").read_text())
    assert recipe["held_out_accuracy"] > 0.9


def test_the_sample_pages_are_what_the_script_writes(digit_reader: Path, tmp_path: Path) -> None:
    run(digit_reader / "train" / "make_pages.py", "--output", str(tmp_path))
    assert (tmp_path / "truth.json").read_text() == (digit_reader / "truth.json").read_text()
    pages = sorted((digit_reader / "input").iterdir())
    assert [page.name for page in pages] == sorted(path.name for path in (tmp_path / "input").iterdir())
    assert sum(page.stat().st_size for page in pages) < 200_000
    for page in pages:
        committed, written = (
            np.asarray(Image.open(path), dtype=float) for path in (page, tmp_path / "input" / page.name)
        )
        # Versions of the image library round a shade differently; the page stays the same.
        assert np.abs(committed - written).mean() < 1
