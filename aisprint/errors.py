"""What the run-time library raises on purpose."""

from __future__ import annotations


class WireError(ValueError):
    """A value that cannot be carried between parts, or a file that cannot be read."""


class InferenceError(ValueError):
    """A model that cannot be run with what it was given."""


class MissingInputError(InferenceError, KeyError):
    """An input of the model is not in the dictionary; also a KeyError, as callers may expect."""

    __str__ = ValueError.__str__
