"""References become values only on request; a message never holds a value."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from aisprint_cli.backends.interface import FunctionSpec, Item, ItemKind
from aisprint_cli.deploy.ledger import Ledger
from aisprint_cli.deploy.secrets import SecretStore, needed_references, references_in
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


def test_a_value_that_stands_in_a_document_is_taken_as_it_is_written(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "nodes.yaml").write_text(
        "layers:\n  'a.b c':\n  - key: 007\n  - key: |\n      first\n      second\n"
    )
    store = _store(ledger, tmp_path)

    assert store("secret://yaml/nodes.yaml#layers.a%2Eb%20c.0.key") == "007"
    assert store("secret://yaml/nodes.yaml#layers.a%2Eb%20c.1.key") == "first\nsecond\n"
    for place in ("layers.other", "layers.a%2Eb%20c.7.key", "layers", "layers.a%2Eb%20c.x"):
        with pytest.raises(InvalidInputError, match="nothing stands there"):
            store(f"secret://yaml/nodes.yaml#{place}")


def test_a_value_comes_from_the_keyring_where_that_is_installed(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "keyring").mkdir()
    (tmp_path / "keyring" / "__init__.py").write_text(
        "def get_password(service, user):\n"
        "    return 'from-keyring' if (service, user) == ('site/minio', 'edge') else None\n"
    )
    (tmp_path / "keyring" / "errors.py").write_text("class KeyringError(Exception):\n    pass\n")
    store = _store(ledger, tmp_path)
    for name in ("keyring", "keyring.errors"):
        monkeypatch.setitem(sys.modules, name, None)
    assert "is not installed" in store.problem("secret://keyring/site/minio/edge")

    for name in ("keyring", "keyring.errors"):
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    assert store("secret://keyring/site/minio/edge") == "from-keyring"
    assert "no such entry" in store.problem("secret://keyring/site/minio/cloud")
    assert "a service and an entry" in store.problem("secret://keyring/minio")
    for name in ("keyring", "keyring.errors"):
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.parametrize(
    "reference",
    [
        "secret://env/NOT_SET",
        "secret://file/none",
        "secret://vault/x",
        "secret://generated/",
        "secret://env/",
        "secret://yaml/none.yaml#a",
        "secret://keyring/x",
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


def test_a_single_line_of_a_key_is_taken_out_too(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("-----BEGIN KEY-----\nMIIEpAIBAAKCAQEA7\n-----END KEY-----\n")
    store = _store(ledger, tmp_path)
    store("secret://file/key")

    assert store.redact("bad line MIIEpAIBAAKCAQEA7 after -----BEGIN KEY-----") == (
        "bad line *** after -----BEGIN KEY-----"
    )


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


def test_what_runs_here_needs_no_secret_of_what_runs_elsewhere() -> None:
    provider = {"minio": {"site": {"secret_key": "secret://env/SITE_KEY"}}}
    service = {
        "name": "f",
        "environment": {"Variables": {"T": "secret://env/TOKEN"}},
        "storage_providers": provider,
    }
    spec = FunctionSpec(
        "l1", "f", "r", "s", "d", service, "local", access={"minio.secret_key": "secret://env/OWN"}
    )
    here = Item(ItemKind.FUNCTION, "l1/f", spec)
    there = Item(ItemKind.FUNCTION, "l1/f", replace(spec, backend="oscar"))

    assert set(needed_references(here)) == {"secret://env/TOKEN"}
    assert set(needed_references(there)) == {
        "secret://env/TOKEN",
        "secret://env/SITE_KEY",
        "secret://env/OWN",
    }
