"""The findings about tables of measured runs, and about files of fitted models."""

from __future__ import annotations

from typing import Final

from aisprint_cli.load.codes.code import Code, error, warning

CODES: Final[tuple[Code, ...]] = (
    error(
        "table.empty",
        "A table of runs has no content.",
        "There is nothing to fit.",
        "Give a header `runtime,cores` and one row for each run.",
    ),
    error(
        "table.no-rows",
        "A table of runs has a header and no rows.",
        "There is nothing to fit.",
        "Give one row for each run.",
    ),
    error(
        "table.missing-column",
        "A table of runs has no column `runtime` or `cores`.",
        "A model gives the time of a run by its cores.",
        "Name both columns in the first line.",
    ),
    error(
        "table.duplicate-column",
        "A column is there twice.",
        "Which of them counts cannot be known.",
        "Leave one of them.",
    ),
    error(
        "table.two-loads",
        "Both `number_of_files` and `load` are given.",
        "They mean the same: how much work a run has.",
        "Leave one of them.",
    ),
    error(
        "table.unknown-column",
        "A column is nearly one that is needed.",
        "The one that it resembles would be missing.",
        "Correct its name.",
    ),
    warning(
        "table.unused-column",
        "A column is not used.",
        "Models are fitted on runtime, cores and number_of_files (or load).",
        "Nothing, if it does not change during the campaign.",
    ),
    error(
        "table.row-width",
        "A row has more or fewer cells than the header.",
        "Which number belongs to which column cannot be known.",
        "Give one cell for each column.",
    ),
    error(
        "table.number",
        "A cell holds no number above 0.",
        "Relative errors are minimised, so every time, core count and load has to be above 0.",
        "Give the measured number, or leave the row out.",
    ),
    error(
        "table.too-few-levels",
        "A table has too few levels to fit a model.",
        "Fewer show no curve, so that nothing could be held out to judge a model.",
        "Measure more levels of cores, or hold out fewer.",
    ),
    error(
        "table.encoding",
        "A table is not UTF-8 text.",
        "Its numbers cannot be read.",
        "Give a CSV file in UTF-8.",
    ),
    error(
        "table.too-large",
        "A table is larger than any campaign's.",
        "A table of runs is small; this is probably another file.",
        "Give the table of one campaign.",
    ),
    error(
        "aml.syntax",
        "A file is no configuration of aMLLibrary.",
        "Nothing of it can be followed.",
        "Give a file with sections and `key = value`, or the table itself.",
    ),
    error(
        "aml.value",
        "A setting of a configuration cannot be followed.",
        "What is to be fitted, or held out, would not be known.",
        "Correct it, or give the table and --test-levels instead.",
    ),
    warning(
        "aml.techniques",
        "A configuration names techniques, which are not chosen from.",
        "Ridge regression, trees and boosting on terms of cores are stood for by the families here.",
        "Nothing; docs/profiling.md says what is fitted instead.",
    ),
    error(
        "fitted.invalid",
        "A file of fitted models cannot be used, or not be added to.",
        "Nothing can be predicted from it, and adding to it could lose what it holds.",
        "Write it anew with `aisprint profile fit TABLE.csv --out FILE`.",
    ),
)
