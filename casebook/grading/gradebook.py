"""From results to marks: which attempt counts, what is late, what a reader has still to mark."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pandas as pd

from casebook.grading.collect import CANVAS, CONTAINERS
from casebook.grading.roster import Roster

NOTHING = "nothing handed in"


class ReportError(Exception):
    """Results that no report can be made of, or marks that cannot be read; one sentence."""


@dataclass(frozen=True)
class Policy:
    """What counts: `attempt` last or best; `due` by exercise, local time; `percent` off a day."""

    attempt: str = "last"
    due: Mapping[str, datetime] | None = None
    percent: float = 10.0

    def told(self) -> str:
        """The policy in words, as students and instructors read it."""
        counted = f"Of several attempts the {self.attempt} one counts."
        if not self.due:
            return f"{counted} No due date was set."
        dates = ", ".join(f"{name} {when:%Y-%m-%d %H:%M}" for name, when in self.due.items())
        return (
            f"{counted} Due: {dates}. Each day begun after that costs {self.percent:g} % of the "
            "points. The time is the file's own. Where Canvas named the file, its name tells: "
            "without _LATE it was on time; with it, the file's own time gives the days, one at "
            "least."
        )

    def days_late(self, result: Mapping[str, Any]) -> int:
        """Days begun after the due date; 0 without one."""
        due = (self.due or {}).get(result["exercise"])
        by_canvas = _late_by_canvas(result["file"])
        if due is None or by_canvas is False:
            return 0
        late = 0
        if handed_in := result.get("handed_in"):
            late = math.ceil((datetime.fromisoformat(handed_in) - due).total_seconds() / 86_400)
        return max(late, 1 if by_canvas else 0)

    def share_kept(self, days: int) -> float:
        """The share of the points that is left after some days, 0 to 1."""
        return max(0.0, 1 - days * self.percent / 100)


def _late_by_canvas(file: str) -> bool | None:
    """What Canvas says in the name that it gave a file; None where it named none.

    Only the outermost name is Canvas's: a student could choose the others.
    """
    parts = file.split("/")
    outer = parts[1] if parts[0].casefold() in CONTAINERS and len(parts) > 1 else parts[0]
    found = CANVAS.fullmatch(outer)
    return None if found is None else bool(found[2])


def due_dates(told: Iterable[str]) -> dict[str, datetime]:
    """Due dates from texts such as ex02=2026-11-30T23:59, local time; raises ReportError.

    A date alone means the end of that day.
    """
    dates = {}
    for text in told:
        exercise, _, when = text.partition("=")
        try:
            due = _moment(when.strip())
        except ValueError as error:
            wanted = "Write it like this: --due ex02=2026-11-30T23:59"
            raise ReportError(f"The due date {text!r} cannot be read. {wanted}.") from error
        if due.tzinfo:
            raise ReportError(
                f"The due date {text!r} has an offset. Times are local: leave it out."
            )
        dates[exercise.strip()] = due
    return dates


def _moment(text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time(23, 59, 59))
    except ValueError:
        return datetime.fromisoformat(text)


def read_results(folder: Path) -> list[dict[str, Any]]:
    """All results in a folder, in order of their place; raises ReportError."""
    found = []
    for path in sorted(folder.glob("*/*/*.json")):
        try:
            result = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            told = f"{path} cannot be read ({error}). Mark again: it will be written anew."
            raise ReportError(told) from error
        if isinstance(result, dict) and {"student", "exercise", "questions"} <= result.keys():
            found.append(result)
    if not found:
        raise ReportError(
            f"There are no results in {folder}. Give the folder that `casebook mark` wrote (-o)."
        )
    return found


def own_name(result: Mapping[str, Any]) -> tuple[str, str, str]:
    """Exercise, student, attempt: what tells a result from all others."""
    return result["exercise"], result["student"], result["attempt"]


def attempts(
    results: Iterable[Mapping[str, Any]],
    rubric: Mapping[tuple[str, str, str], Mapping[str, float | None]],
    policy: Policy,
) -> pd.DataFrame:
    """One row for each result, in order of exercise, student, time.

    Columns: exercise, case, student, attempt, file, handed_in, status, message, by_program,
    by_reader (points), to_mark (questions), days_late, points (what counts), possible, counts.
    `rubric` has the readers' points by result and question, None for what is not marked yet.
    """
    rows = [_row(result, rubric.get(own_name(result), {}), policy) for result in results]
    table = pd.DataFrame(rows).sort_values(["exercise", "student", "handed_in", "attempt"])
    table["counts"] = False
    key = {"last": ["handed_in", "attempt"], "best": ["points", "handed_in", "attempt"]}
    marked = table[table["status"] == "marked"].sort_values(key[policy.attempt])
    table.loc[marked.groupby(["exercise", "student"]).tail(1).index, "counts"] = True
    return table.reset_index(drop=True)


def _row(
    result: Mapping[str, Any], by_reader: Mapping[str, float | None], policy: Policy
) -> dict[str, Any]:
    given = [points for points in by_reader.values() if points is not None]
    waiting = [question for question in result["pending"] if by_reader.get(question) is None]
    days = policy.days_late(result)
    points = (result["points"] + sum(given)) * policy.share_kept(days)
    names = ("exercise", "case", "student", "attempt", "file", "status", "message")
    return {name: result[name] or "" for name in names} | {
        "handed_in": result.get("handed_in", ""),
        "by_program": result["points"],
        "by_reader": sum(given),
        "to_mark": len(waiting),
        "days_late": days,
        "points": round(points, 2),
        "possible": result["points_possible"],
    }


def with_missing(table: pd.DataFrame, roster: Roster | None) -> pd.DataFrame:
    """The attempts, and a row for each student of the roster who handed nothing in."""
    exercises = sorted(table.loc[table["status"] == "marked", "exercise"].unique())
    there = {
        (exercise, row["student"])
        for row in table.to_dict("records")
        for exercise in _meant(row, exercises)
    }
    missing = [
        {"exercise": exercise, "student": student, "status": NOTHING, "counts": False}
        for exercise in exercises
        for student in (roster.students if roster else ())
        if (exercise, student) not in there
    ]
    return pd.concat([table, pd.DataFrame(missing)], ignore_index=True) if missing else table


def _meant(row: Mapping[str, Any], exercises: list[str]) -> list[str]:
    """The exercises that a file may be of: its own, else what its name says, else any."""
    if row["exercise"]:
        return [row["exercise"]]
    return [name for name in exercises if _names(row["file"], name)] or exercises


def gradebook(table: pd.DataFrame, roster: Roster | None) -> pd.DataFrame:
    """One line a student, one column an exercise, as the LMS imports it.

    With a roster its identity columns stand first, and an exercise keeps the name that the
    export has for it; Canvas's line of points possible is the first. What a reader has still to
    mark is left empty, and so is what is missing.
    """
    final = table[table["counts"] & (table["to_mark"] == 0)]
    points = final.pivot(index="student", columns="exercise", values="points")
    points = points.reindex(columns=sorted(table.loc[table["counts"], "exercise"].unique()))
    if roster is None:
        return points.reindex(sorted(table.loc[table["counts"], "student"].unique())).reset_index()
    known = {name: _column(name, roster) for name in points}
    if roster.kind == "Moodle worksheet" and len(known) == 1:  # it is of one assignment
        known = dict.fromkeys(known, "Grade")
    book = points.reindex(list(roster.students)).rename(columns=known).reset_index(drop=True)
    whole = pd.concat([roster.identity, book], axis=1)
    if roster.possible.empty:
        return whole
    possible = table[table["counts"]].groupby("exercise")["possible"].max().rename(known)
    first = roster.possible.reindex(columns=whole.columns).fillna(possible)
    return pd.concat([first, whole], ignore_index=True)


def _column(exercise: str, roster: Roster) -> str:
    """The name an export has for ex02: its first column that names the exercise."""
    others = [str(name) for name in roster.table if name not in roster.identity]
    return next((name for name in others if _names(name, exercise)), exercise)


def _names(text: str, exercise: str) -> bool:
    """Whether a text names ex02: as ex02, Ex 2 or Exercise 02."""
    number = int(exercise.removeprefix("ex"))
    named = rf"(?<![^\W_])ex(ercise)?[\s_.-]*0*{number}(?!\d)"
    return bool(re.search(named, text, re.IGNORECASE))
