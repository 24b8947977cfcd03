"""YAML text from plain values: the same bytes for the same values, and back again unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aisprint_cli.errors import VerificationError

if TYPE_CHECKING:
    from yaml.nodes import ScalarNode

_NO_FOLDING = 2**20


def dump(document: Any, *, name: str) -> str:
    """A document as block-style YAML without aliases, keys in the document's own order.

    Raises:
        VerificationError: when the text does not read back as the same document.
    """
    import yaml

    text: str = yaml.dump(
        document,
        Dumper=_dumper(),
        sort_keys=False,
        default_flow_style=False,
        allow_unicode=True,
        width=_NO_FOLDING,
    )
    if load(text) != document:
        raise VerificationError(
            f"{name} does not read back as it was made.", why="This is a bug in aisprint."
        )
    return text


def load(text: str) -> Any:
    """The document of a YAML text.

    Raises:
        yaml.YAMLError: when it is none.
    """
    import yaml

    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  both are safe


def _dumper() -> Any:
    import yaml

    base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

    class Plain(base):  # type: ignore[misc]
        def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  the signature is PyYAML's
            return True

    def text(dumper: Any, value: str) -> ScalarNode:
        style = "|" if "\n" in value else None
        node: ScalarNode = dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)
        return node

    Plain.add_representer(str, text)
    return Plain
