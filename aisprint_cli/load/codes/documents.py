"""Findings about the form of a document: files, YAML and structure."""

from __future__ import annotations

from typing import Final

from aisprint_cli.load.codes.code import Code, error, warning

CODES: Final[tuple[Code, ...]] = (
    error(
        "file.missing",
        "A file that every application needs is not there.",
        "Without it the application cannot be described.",
        "Create the file; `aisprint new` writes one to start from.",
    ),
    error(
        "file.empty",
        "A file that every application needs has no content.",
        "Without its content the application cannot be described.",
        "Fill the file in; `aisprint schema` shows what belongs there.",
    ),
    error(
        "file.unreadable",
        "A file cannot be read.",
        "Nothing of it can be used or checked.",
        "Check that it is a regular file and that you may read it.",
    ),
    error(
        "yaml.syntax",
        "The text is not YAML.",
        "No program can read the file.",
        "Mend the line shown; the real cause is often a missing quote, bracket or colon just before it.",
    ),
    error(
        "yaml.tab",
        "A tab is used to indent.",
        "YAML allows only spaces for indentation, so no program can read the file.",
        "Replace the tab by spaces.",
    ),
    error(
        "yaml.merge-conflict",
        "The marks of an unfinished version-control merge are in the file.",
        "The file holds two versions at once.",
        "Keep one version and delete the lines with <<<<<<<, ======= and >>>>>>>.",
    ),
    error(
        "yaml.encoding",
        "The file is not encoded as UTF-8.",
        "Names and text would be read wrongly, or not at all.",
        "Save the file as UTF-8.",
    ),
    error(
        "yaml.character",
        "The file holds a character that YAML does not allow.",
        "No program can read the file.",
        "Delete the character; it is usually invisible in an editor.",
    ),
    error(
        "yaml.several-documents",
        "The file holds more than one YAML document.",
        "Only one can describe the application; the others would be ignored.",
        "Keep one document and delete the `---` line with what follows it.",
    ),
    error(
        "yaml.duplicate-key",
        "A key appears twice in one mapping.",
        "YAML parsers keep the last one and drop the first without a word.",
        "Delete or rename one of the two.",
    ),
    error(
        "yaml.key-not-text",
        "A key is not text.",
        "Words such as on, off, yes, no and null, and bare numbers, are not text to YAML.",
        "Put the key in quotes.",
    ),
    error(
        "yaml.undefined-alias",
        "An alias (`*name`) refers to an anchor (`&name`) that is not defined before it.",
        "No program can read the file.",
        "Define the anchor first, or write the value out.",
    ),
    error(
        "yaml.recursive-alias",
        "A value contains itself through an alias.",
        "Such a value has no end and cannot be written to any deployment.",
        "Write the value out instead of the alias.",
    ),
    error(
        "yaml.too-deep",
        "Values are nested deeper than any real file nests them.",
        "Reading it could exhaust memory.",
        "Take levels away; the limit is 100.",
    ),
    error(
        "yaml.tag",
        "A value has a YAML tag (`!name`) that this tool does not know.",
        "Tags ask a program to build special objects; application files hold plain values only.",
        "Delete the tag.",
    ),
    error(
        "yaml.merge-key",
        "A merge key (`<<`) is not followed by a mapping.",
        "There is nothing to merge.",
        "Give `<<` an alias of a mapping, or delete it.",
    ),
    error(
        "yaml.boolean-word",
        "A bare on, off, yes or no stands where text is meant.",
        "YAML 1.1 reads the word as true or false.",
        "Put the word in quotes.",
    ),
    error(
        "yaml.octal",
        "A number starts with 0.",
        "YAML 1.1 reads it as octal: 010 is eight. YAML 1.2 reads ten.",
        "Delete the leading zero, or put the text in quotes.",
    ),
    error(
        "yaml.sexagesimal",
        "A bare value looks like a time of day.",
        "YAML 1.1 reads it in base 60: 12:30 is the number 750.",
        "Write the number you mean, or put the text in quotes.",
    ),
    error(
        "yaml.date",
        "A bare value looks like a date.",
        "YAML reads it as a date, not as text.",
        "Put it in quotes.",
    ),
    error(
        "structure.not-a-mapping",
        "The top of a file is not a mapping of keys to values.",
        "None of the keys the file must have can be there.",
        "Start the file with the keys that `aisprint schema` shows.",
    ),
    error(
        "structure.wrong-type",
        "A value is of another kind than the one meant there.",
        "The stages that use the value would fail or misread it.",
        "Give a value of the kind named.",
    ),
    error(
        "structure.missing-key",
        "A key that must be there is missing, or has no value.",
        "The stages that need the value cannot go on without it.",
        "Add the key with a value.",
    ),
    error(
        "structure.misspelt-key",
        "A key is unknown but looks like a known one.",
        "It would be ignored, and the default used in place of the value you gave.",
        "Correct the spelling of the key.",
    ),
    warning(
        "structure.unknown-key",
        "A key is unknown.",
        "No stage of this tool reads it; it is carried into the outputs as it is.",
        "Nothing, if another tool reads it; otherwise delete it.",
    ),
    error(
        "structure.out-of-range",
        "A number is outside the range that makes sense there.",
        "No deployment can have such a value.",
        "Give a number in the range named.",
    ),
    error(
        "structure.unknown-value",
        "A value is none of those that are allowed there.",
        "No stage would know what to do with it.",
        "Give one of the values named.",
    ),
    error(
        "structure.wrong-length",
        "A list has too few or too many items.",
        "The items could not be told apart, or nothing is left to choose from.",
        "Give the number of items named.",
    ),
    warning(
        "structure.quoted-number",
        "A number stands in quotes.",
        "It is read as the number here, but YAML takes it for text, and so may other tools.",
        "Write it without quotes.",
    ),
)
