"""References become values only on request; a message never holds a value."""

from __future__ import annotations

from pathlib import Path

import pytest

from aisprint_cli.deploy.ledger import Ledger
from aisprint_cli.deploy.secrets import SecretStore, references_in
from aisprint_cli.errors import InvalidInputError


def _store(ledger: Ledger, directory: Path, **environment: str) -> SecretStore:
    return SecretStore(ledger, directory, environment)


def test_a_generated_value_is_long_and_the_same_for_every_process(ledger: Ledger, tmp_path: Path) -> None:
    first = _store(ledger, tmp_path)("secret://generated/shop-l1/minio_password")
    second = _store(ledger, tmp_path)("secret://generated/shop-l1/minio_password")
    other = _store(ledger, tmp_path)("secret://generated/shop-l2/minio_password")

    assert first == second != other
    assert len(first) >= 32


def test_values_come_from_the_environment_and_from_files(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "token").write_text("from-file\n")
    (tmp_path / "absolute").write_text("from-absolute")
    store = _store(ledger, tmp_path / "keys", TOKEN="from-env")

    assert store("secret://env/TOKEN") == "from-env"
    assert store("secret://file/token") == "from-file"
    assert store(f"secret://file/{tmp_path / 'absolute'}") == "from-absolute"


@pytest.mark.parametrize(
    "reference",
    [
        "secret://env/NOT_SET",
        "secret://file/none",
        "secret://vault/x",
        "secret://generated/",
        "secret://env/",
        "plain",
    ],
)
def test_what_has_no_value_is_named_by_its_reference(ledger: Ledger, tmp_path: Path, reference: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        _store(ledger, tmp_path, OTHER="hidden-value")(reference)

    assert reference in caught.value.message
    assert caught.value.mend
    assert "hidden-value" not in str(caught.value) + caught.value.mend


def test_all_missing_ones_are_told_at_once_and_nothing_is_made(ledger: Ledger, tmp_path: Path) -> None:
    store = _store(ledger, tmp_path)

    with pytest.raises(InvalidInputError, match=r"env/A .*env/B"):
        store.require(["secret://env/A", "secret://env/B", "secret://generated/new"])

    assert ledger.secret_values() == ()


def test_handed_out_values_are_taken_out_of_texts(ledger: Ledger, tmp_path: Path) -> None:
    store = _store(ledger, tmp_path, TOKEN="s3cret")
    generated = store("secret://generated/x")
    store("secret://env/TOKEN")

    assert store.redact(f"login s3cret and {generated} failed") == "login *** and *** failed"
    assert _store(ledger, tmp_path).redact(f"again {generated}") == "again ***"


def test_references_are_found_wherever_they_are() -> None:
    document = {
        "a": ["secret://env/A", {"b": "Bearer secret://file/keys/b."}],
        "c": ("secret://generated/c",),
    }

    assert list(references_in(document)) == [
        "secret://env/A",
        "secret://file/keys/b.",
        "secret://generated/c",
    ]
