"""The second opinion on a template: tosca-parser, the only place where it is used.

It is asked about every template before one is written. It never sees an import, so it never goes to
the network, and what it says is cut down to the sentences that concern the template.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from aisprint_cli.errors import VerificationError
from aisprint_cli.generate import yaml_text
from aisprint_cli.generate.expressions import inputs_used

_BUG = "The template is made from a checked application, so this is a bug in aisprint."


def verify_tosca(text: str, name: str) -> None:
    """Check that a text is a self-contained, valid TOSCA template.

    Args:
        text: the template.
        name: what to call it in the message.

    Raises:
        VerificationError: with every complaint.
    """
    problems = problems_of(text)
    if problems:
        listed = "\n".join(f"  - {problem}" for problem in problems)
        raise VerificationError(f"{name} is not valid TOSCA:\n{listed}", why=_BUG)


def problems_of(text: str) -> tuple[str, ...]:
    """Every complaint about a template, each once; none when it is valid."""
    import yaml

    try:
        document = yaml_text.load(text)
    except yaml.YAMLError as error:
        return (f"It is not YAML: {' '.join(str(error).split())}",)
    if not isinstance(document, dict):
        return ("It is not a map.",)
    if "imports" in document:
        return ("It imports other files; a template has to carry its types itself.",)
    return tuple(dict.fromkeys([*_unknown_inputs(document), *_parse(deepcopy(document))]))


def _unknown_inputs(document: dict[str, Any]) -> Iterator[str]:
    """Inputs that are asked for but not there: the parser does not look inside `concat`."""
    topology = document.get("topology_template")
    inputs = topology.get("inputs") if isinstance(topology, dict) else None
    for name in inputs_used(document):
        if name not in (inputs or {}):
            yield f"get_input asks for {name}, which is no input."


def _parse(document: dict[str, Any]) -> list[str]:
    """What tosca-parser complains of."""
    with _quiet():
        from toscaparser.common.exception import ExceptionCollector, ValidationError
        from toscaparser.tosca_template import ToscaTemplate

        try:
            ToscaTemplate(yaml_dict_tpl=document)
        except ValidationError as error:
            found = [_sentence(each) for each in ExceptionCollector.getExceptions()]
            return found or [_sentence(error)]
        except Exception as error:  # noqa: BLE001  the parser fails in many ways on a bad template
            found = [_sentence(each) for each in ExceptionCollector.getExceptions()]
            return [*found, f"{type(error).__name__}: {_sentence(error)}"]
        finally:
            # The collector is one for the whole process: leave it as it was found.
            ExceptionCollector.stop()
            ExceptionCollector.clear()
    return []


def _sentence(error: BaseException) -> str:
    first = str(error).strip().splitlines()
    return first[0].strip() if first else type(error).__name__


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the parser's log and its warnings about itself away from the person at the terminal."""
    logger = logging.getLogger("tosca.model")
    before = logger.disabled
    logger.disabled = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.disabled = before
