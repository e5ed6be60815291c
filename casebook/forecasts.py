"""Forecasts that come first: written to a file of the reader's, which is only ever added to.

The file is `my_work/forecasts.csv`, one row per question and forecast. The first forecast of a
case counts; later ones stand below it with their own day.
"""

import csv
import math
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from casebook.codebook import REPORTERS
from casebook.data import ROOT, load
from casebook.own_copy import WITHOUT

FILE = ROOT / "my_work" / "forecasts.csv"
STORED = ROOT / "notebooks"  # the lessons as they come, with their outputs
OPENINGS = ("after my forecast", "show me anyway")

_COLUMNS = ["written", "case", "forecast", "question", "percent"]
_CLOSED = (
    "The later record is closed until your forecast is written: fill in the forecast cell above "
    'and run it. To look without one, write OPEN = "show me anyway".'
)
_UNREADABLE = (
    "{file}, line {line}: {wrong}. Nothing was changed. Mend that line, or give the file another "
    "name; then a new one is begun."
)
_INCOMPLETE = (
    "{file}: the first forecast has no row for {missing}. Put it back, or give the file another "
    "name; then a new one is begun."
)
_LOCKED = (
    "{file} cannot be read or written: is it open in another program? Close it there, try again."
)


class Closed(Exception):
    """The later record was asked for too early; the message says what to do."""

    def _render_traceback_(self) -> list[str]:
        """What Jupyter shows: the sentence alone, without a traceback."""
        return [str(self)]


def write_forecast(percents: Mapping[str, Any], case: str) -> str:
    """Add a forecast, question id -> percent for "yes", to FILE; a sentence on what was done.

    Nothing is written while a value is `...`, nor twice in a row the same. Raises LookupError
    for an unknown question, ValueError for a number that is no percentage or a file that cannot
    be read or written.
    """
    ids = list(load("forecast_questions", case)["id"])
    unknown = [name for name in percents if name not in ids]
    if unknown:
        raise LookupError(f'There is no question "{unknown[0]}". Known: {", ".join(ids)}.')
    open_ids = [name for name in ids if percents.get(name, ...) is ...]
    if open_ids:
        return f"Nothing is written yet. Still without a number: {', '.join(open_ids)}."
    wanted = {name: _percent(name, percents[name]) for name in ids}
    before = _forecasts(case)
    if before:
        day, last = before[-1]
        if last == wanted:
            return f"This forecast is already there, written on {day:%d %B %Y}. Nothing was added."
    _append(case, len(before) + 1, wanted)
    if before:
        return (
            f"Added below the {len(before)} you have. The first counts, "
            f"of {before[0][0]:%d %B %Y}; nothing of it was changed."
        )
    return f"Written to {FILE.parent.name}/{FILE.name}. From now on this one counts."


def first_forecast(case: str) -> tuple[datetime, dict[str, float]] | None:
    """When the first forecast of a case was written, and its percentages; None without one.

    Always None where WITHOUT is set: no reader's file reaches a stored output or a test of it.
    """
    if os.environ.get(WITHOUT):
        return None
    found = _forecasts(case)
    if not found:
        return None
    missing = [name for name in load("forecast_questions", case)["id"] if name not in found[0][1]]
    if missing:
        raise ValueError(_INCOMPLETE.format(file=FILE.name, missing=", ".join(missing)))
    return found[0]


def open_record(case: str, opening: str) -> pd.DataFrame:
    """The later record of a case, in the order of its days; prints why it may be opened.

    `opening` is one of OPENINGS; LookupError otherwise. Raises Closed before the first forecast,
    unless the reader asks to be shown anyway or the notebook lies in STORED.
    """
    if opening not in OPENINGS:
        raise LookupError(f'OPEN is "{opening}". Write "{OPENINGS[0]}" or "{OPENINGS[1]}".')
    first = first_forecast(case)
    if first:
        print(f"Open. The forecast that counts is your first, of {first[0]:%d %B %Y}.")
    elif opening == "show me anyway":
        print("Open, without a forecast, as you asked.")
    elif Path.cwd().resolve() == STORED:
        print("Open: this is the lesson as it came. A copy in my_work waits for your forecast.")
    else:
        raise Closed(_CLOSED)
    return load("later_record", case).sort_values("date", kind="stable", ignore_index=True)


def drawn_statements(number: int) -> pd.DataFrame:
    """The first statement of `number` drawn dispatches whose truth is known, a row each.

    Columns: certainty (1 to 4) and proximity as in the codebook, and answer, "yes" where what was
    said is so. The same number gives the same rows.
    """
    from casebook.dispatch import draw  # a hand-out for credit has no generator

    rows = []
    for count in range(number):
        dispatch = draw(f"forecasts {count}")
        facts = dispatch.truth.facts
        said = dispatch.claims[dispatch.claims["source_id"] != REPORTERS]
        first = said[said["prop_id"].isin(facts)].iloc[0]
        right = facts[first["prop_id"]] == (first["polarity"] == "+")
        rows.append([first["certainty"], first["proximity"], "yes" if right else "no"])
    return pd.DataFrame(rows, columns=["certainty", "proximity", "answer"])


def _percent(name: str, value: Any) -> float:
    """A number from 0 to 100; ValueError names the question."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not 0 <= value <= 100:
        raise ValueError(
            f"{name} is {value!r}. Write a number from 0 to 100: your percent for yes."
        )
    return float(value)


def _forecasts(case: str) -> list[tuple[datetime, dict[str, float]]]:
    """The forecasts of a case in FILE, the first one first; [] where there is no file."""
    if not FILE.exists():
        return []
    try:
        text = FILE.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unreadable(1, "this is no plain text in UTF-8") from error
    except OSError as error:
        raise ValueError(_LOCKED.format(file=FILE.name)) from error
    found: dict[int, tuple[datetime, dict[str, float]]] = {}
    rows = csv.reader(text.splitlines())
    if next(rows, None) != _COLUMNS:
        raise _unreadable(1, f"the first line should be {','.join(_COLUMNS)}")
    for row in filter(None, rows):
        try:
            written, of_case, forecast, question, percent = row
            day, number = datetime.fromisoformat(written), int(forecast)
            value = _percent(question, float(percent))
        except ValueError as error:
            raise _unreadable(rows.line_num, f"not a row of a forecast ({error})") from error
        if of_case == case:
            found.setdefault(number, (day, {}))[1][question] = value
    return [found[number] for number in sorted(found)]


def _unreadable(line: int, wrong: str) -> ValueError:
    return ValueError(_UNREADABLE.format(file=FILE.name, line=line, wrong=wrong))


def _append(case: str, number: int, percents: Mapping[str, float]) -> None:
    """Add the rows of one forecast at the end of FILE, which is begun if need be."""
    written = datetime.now().isoformat(timespec="seconds")
    try:
        FILE.parent.mkdir(parents=True, exist_ok=True)
        old = FILE.read_bytes() if FILE.exists() else b""
        with FILE.open("a", encoding="utf-8", newline="") as lines:
            if old and not old.endswith(b"\n"):  # an editor may have left the last line open
                lines.write("\n")
            writer = csv.writer(lines, lineterminator="\n")
            if not old:
                writer.writerow(_COLUMNS)
            writer.writerows([written, case, number, *item] for item in percents.items())
    except OSError as error:
        raise ValueError(_LOCKED.format(file=FILE.name)) from error
