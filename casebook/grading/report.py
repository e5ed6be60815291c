"""Reports on results: marks and gradebook, feedback pages, class reports, the free-text sheet."""

import json
from collections.abc import Callable, Mapping, Sized
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from casebook.agreement import cohen_kappa, raw_agreement
from casebook.grading import class_report as tables
from casebook.grading import gradebook as book
from casebook.grading import sheet
from casebook.grading.exercise import SOLUTIONS, ExerciseError
from casebook.grading.feedback import page, template, write_zip
from casebook.grading.gradebook import Policy, ReportError, own_name
from casebook.grading.key import Key
from casebook.grading.mark import read_keys
from casebook.grading.roster import Roster, RosterError, read_roster
from casebook.values import show

Result = dict[str, Any]
Keys = Mapping[tuple[str, str], Key]
NAMED = 10  # students, of more only the first are named
GRADEBOOK = "gradebook.csv"
FEW = (
    "With so few students a share says little about the question, and discrimination is not "
    f"computed below {tables.ENOUGH}."
)
CLASS_NOTEBOOK = (
    ("m", "# {name}: the class's answers\n\nThe tables of the class report, to go on from. "
          "Students are numbered."),
    ("c", "import pandas as pd\n\nfrom casebook.grading.class_report import "
          "commonest_wrong, questions\n\n"
          'answers = pd.read_json("{name}.json", dtype=False)\nquestions(answers)'),
    ("c", "commonest_wrong(answers)"),
)  # fmt: skip


@dataclass
class Summary:
    """What a report wrote, and what its reader should know."""

    written: list[Path] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


def report(
    results: Path,
    out: Path,
    exercises: Path = SOLUTIONS,
    *,
    roster: Path | None = None,
    policy: Policy | None = None,
    seed: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Summary:
    """Write all reports on a folder of results into `out`; raises ReportError.

    Everything in `out` is written anew but class notebooks, which stay, and free-text sheets, which
    are only read; answers that stand in none of them get a new one. `seed` is that of the term's
    hand-out.
    """
    policy = policy or Policy()
    if roster and roster.resolve() == (out / GRADEBOOK).resolve():
        raise ReportError(f"The new gradebook would replace {roster}. Give another folder with -o.")
    found = book.read_results(results)
    try:
        known = read_roster(roster) if roster else None
        keys, _ = read_keys(exercises, seed)
    except (RosterError, ExerciseError) as error:
        raise ReportError(str(error)) from error
    _check_known(found, keys)
    _check_due(found, policy)
    try:
        out.mkdir(parents=True, exist_ok=True)
        return _write(_Material(found, keys, policy, out), known, progress or (lambda *_: None))
    except OSError as error:
        raise ReportError(f"{out} cannot be written: {error.strerror or error}.") from error


class _Material:
    """All that the parts of a report are made of."""

    def __init__(self, found: list[Result], keys: Keys, policy: Policy, out: Path) -> None:
        self.results, self.keys, self.policy, self.out = found, keys, policy, out
        self.criteria = {
            question.id: question.criteria
            for key in keys.values()
            for question in key.exercise.questions
            if question.kind == "prose"
        }
        self.prose = sheet.answers(found, self.criteria)
        self.marks = sheet.carried_over(self.prose, sheet.read(out, self.criteria))
        self.points = sheet.points_by_question(self.prose, self.marks)
        self.attempts = book.attempts(found, self.points, policy)

    @property
    def unread(self) -> list[sheet.Answer]:
        """The answers of the attempts that count which stand in no sheet yet."""
        counting = self.attempts[self.attempts["counts"]]
        names = set(counting[["exercise", "student", "attempt"]].itertuples(index=False, name=None))
        listed = {answer for answer, _ in self.marks}
        return [one for one in self.prose if one.result in names and one.id not in listed]


def _check_known(found: list[Result], keys: Keys) -> None:
    """Every result that was marked belongs to an exercise that is there."""
    names = {name for name, _ in keys}
    marked = (result["exercise"] for result in found if result["status"] == "marked")
    if unknown := sorted(set(marked) - names):
        raise ReportError(f"There are results of {unknown[0]}, which is no exercise of this pack.")


def _check_due(found: list[Result], policy: Policy) -> None:
    """Every due date is one of an exercise that has results."""
    there = sorted({result["exercise"] for result in found} - {""})
    if unknown := sorted(set(policy.due or ()) - set(there)):
        raise ReportError(
            f"A due date names {unknown[0]!r}, of which there are no results. "
            f"There are results of: {', '.join(there) or 'no exercise'}."
        )


def _write(
    material: _Material, roster: Roster | None, progress: Callable[[int, int], None]
) -> Summary:
    summary, out = Summary(), material.out
    table = book.with_missing(material.attempts, roster)
    _save_csv(table, out / "marks.csv", summary)
    _save_csv(book.gradebook(material.attempts, roster), out / GRADEBOOK, summary)
    _write_feedback(material, summary, progress)
    _write_classes(material, summary)
    if unread := material.unread:
        summary.written.append(sheet.write(out, unread))
    _tell(table, material, summary)
    summary.told += _strangers(table, roster)
    return summary


def _save_csv(table: pd.DataFrame, path: Path, summary: Summary) -> None:
    table.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")
    summary.written.append(path)


def _write_feedback(
    material: _Material, summary: Summary, progress: Callable[[int, int], None]
) -> None:
    """feedback/ex01.zip and so on: one page for each file."""
    rows = {
        (row["exercise"], row["student"], row["attempt"]): row
        for row in material.attempts.to_dict("records")
    }
    prose: dict[tuple[str, str, str], dict[str, sheet.Answer]] = {}
    for answer in material.prose:
        prose.setdefault(answer.result, {})[answer.question] = answer
    folder = material.out / "feedback"
    folder.mkdir(exist_ok=True)
    finished = 0

    def make(result: Mapping[str, Any]) -> str:
        name = own_name(result)
        return page(result, rows[name], prose.get(name, {}), material.marks, material.policy)

    def done() -> None:
        nonlocal finished
        finished += 1
        progress(finished, len(material.results))

    for exercise in sorted({result["exercise"] for result in material.results}):
        own = [result for result in material.results if result["exercise"] == exercise]
        path = folder / f"{exercise or 'unmarked'}.zip"
        write_zip(path, own, make, done)
        summary.written.append(path)


def _write_classes(material: _Material, summary: Summary) -> None:
    """class/ex01_article.html, .ipynb and .json, from the attempts that count."""
    counting = material.attempts[material.attempts["counts"]]
    names = set(counting[["exercise", "student", "attempt"]].itertuples(index=False, name=None))
    folder = material.out / "class"
    folder.mkdir(exist_ok=True)
    for exercise, case in sorted(set(zip(counting["exercise"], counting["case"], strict=True))):
        own = [
            _as_read(result, material.points.get(own_name(result), {}))
            for result in material.results
            if own_name(result) in names
            and (result["exercise"], result["case"]) == (exercise, case)
        ]
        name = f"{exercise}_{case}"
        summary.written += _write_class(
            folder / name, own, material.keys[exercise, case], material.policy
        )


def _as_read(result: Result, by_reader: Mapping[str, float | None]) -> Result:
    """A result with the readers' points for the answers that they have read."""
    read = {
        question: {**result["questions"][question], "points": points, "status": tables.READ}
        for question, points in by_reader.items()
        if points is not None
    }
    return {**result, "questions": {**result["questions"], **read}}


def _write_class(path: Path, own: list[Result], key: Key, policy: Policy) -> list[Path]:
    kinds = {question.id: question.kind for question in key.exercise.questions}
    answers = tables.answers(own, kinds)
    students = answers["student"].nunique()
    fits = all(result["version"] == key.exercise.version for result in own)
    words, reference = (tables.wording(key.student), _reference(key)) if fits else ({}, {})
    html = template("class.html").render(
        exercise=key.exercise.name,
        case=key.case,
        students=students,
        few=FEW if students < tables.ENOUGH else "",
        policy=policy.told(),
        sections=_sections(answers, words, reference),
    )
    page, notebook, data = (
        path.with_name(f"{path.name}{end}") for end in (".html", ".ipynb", ".json")
    )
    page.write_text(html, "utf-8", newline="\n")
    numbered = answers.assign(student=pd.factorize(answers["student"])[0] + 1)
    data.write_text(json.dumps(numbered.to_dict("records"), indent=1) + "\n", "utf-8", newline="\n")
    if notebook.exists():  # somebody may have gone on from it
        return [page, data]
    nbformat.write(_class_notebook(path.name), notebook)
    return [page, notebook, data]


def _class_notebook(name: str) -> NotebookNode:
    """The tables of a class report, to go on from."""
    cells = [
        (new_markdown_cell if kind == "m" else new_code_cell)(
            source.format(name=name), id=f"cell-{number}"
        )
        for number, (kind, source) in enumerate(CLASS_NOTEBOOK)
    ]
    notebook: NotebookNode = new_notebook(cells=cells)
    return notebook


def _reference(key: Key) -> dict[str, dict[str, str]]:
    """The key's own answers, by question and part, as a reader would type them."""
    return {
        question.id: {
            str(part.get("v")): show(given) for part, given in key.values[question.id]["v"]
        }
        for question in key.exercise.questions
        if question.kind == "judgement" and key.values[question.id]["t"] == "dict"
    }


def _sections(
    answers: pd.DataFrame,
    words: Mapping[tuple[str, str], str],
    reference: Mapping[str, Mapping[str, str]],
) -> list[dict[str, Any]]:
    """The parts of a class report: a title, how to read it, a table."""
    waiting = [
        f"{question}: {_plural(count, 'answer')} still to be read, so it is not in this table."
        for question, count in tables.still_to_read(answers).items()
    ]
    parts = [
        (
            "How hard was each question?",
            "Share of points: 1 is all of them for everybody. Discrimination: whether those who "
            "do well elsewhere do well here; near 0 or below, read the question again. "
            + " ".join(waiting),
            tables.questions(answers),
        ),
        (
            "Which wrong answers were commonest?",
            "What each was told stands beside it. “I do not recognise it” more than once "
            "is a known wrong answer still to be written.",
            tables.commonest_wrong(answers),
        ),
        (
            "Where does the class split?",
            "Judgement, part by part, the hardest first. Where many choose another answer than "
            "the reference, let both sides give their reasons.",
            tables.judgement_items(answers, reference),
        ),
    ]
    return [
        {
            "title": title,
            "told": told,
            "columns": list(table),
            "rows": _cells(tables.worded(table, words)),
        }
        for title, told, table in parts
    ]


def _cells(table: pd.DataFrame) -> list[list[str]]:
    return [
        ["" if pd.isna(cell) else f"{cell:g}" if isinstance(cell, float) else str(cell)
         for cell in row]
        for row in table.itertuples(index=False, name=None)
    ]  # fmt: skip


def _tell(table: pd.DataFrame, material: _Material, summary: Summary) -> None:
    """What an instructor should know: what waits, who is missing, how readers agree."""
    told, counting = summary.told, table[table["counts"]]
    told.append(material.policy.told())
    told.append(
        f"{_plural(len(table), 'row')} in marks.csv; {_plural(len(counting), 'attempt')} counted."
    )
    if late := int((counting["days_late"] > 0).sum()):
        told.append(f"Late: {_plural(late, 'attempt')}.")
    if waiting := int(counting["to_mark"].sum()):
        told.append(
            f"Waiting for a reader: {_plural(waiting, 'answer')}. Fill in the sheet, then report "
            "again. Until then the gradebook leaves their students' cells empty."
        )
    not_marked = table[~table["status"].isin(["marked", book.NOTHING])]
    if len(not_marked):
        told.append(f"Not marked: {_plural(len(not_marked), 'file')}; marks.csv says why.")
    if missing := int((table["status"] == book.NOTHING).sum()):
        told.append(f"Nothing handed in: {_plural(missing, 'time')}; marks.csv says by whom.")
    told += _other_versions(material)
    told += _agreement(material)


def _other_versions(material: _Material) -> list[str]:
    """Results that none of the keys at hand belongs to, as those of a hand-out without --term."""
    odd = [
        result
        for result in material.results
        if result["status"] == "marked"
        and result["version"] != material.keys[result["exercise"], result["case"]].exercise.version
    ]
    if not odd:
        return []
    return [
        f"{_plural(len(odd), 'result')} {_are(odd)} of a hand-out, or of exercises that have "
        "changed since, so their class reports have neither the questions' words nor reference "
        "answers. Give --term with the secret that they were marked with."
    ]


def _strangers(table: pd.DataFrame, roster: Roster | None) -> list[str]:
    """Whose marks stand in no line of the gradebook."""
    marked = set(table.loc[table["status"] == "marked", "student"])
    strangers = sorted(marked - set(roster.students)) if roster else []
    if not strangers:
        return []
    named = ", ".join(strangers[:NAMED]) + (", ..." if len(strangers) > NAMED else "")
    return [
        f"{_plural(len(strangers), 'student')} with marks {_are(strangers)} not in this roster, "
        f"so not in the gradebook: {named}. Were they marked with another roster, or with none?"
    ]


def _are(things: Sized) -> str:
    return "is" if len(things) == 1 else "are"


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _agreement(material: _Material) -> list[str]:
    """How far two readers of free text agree, question by question."""
    pairs: dict[str, list[tuple[float, float]]] = {}
    once = {answer.id: answer for answer in material.prose}
    for answer in once.values():
        for criterion in answer.criteria:
            mark = material.marks.get((answer.id, criterion.name))
            if mark and mark.points is not None and mark.second is not None:
                pairs.setdefault(answer.question, []).append((mark.points, mark.second))
    lines = []
    for question, both in sorted(pairs.items()):
        first, second = zip(*both, strict=True)
        scale = sorted({*first, *second})
        kappa = cohen_kappa(first, second, scale)
        beyond = "not defined, one value throughout" if kappa != kappa else f"{kappa:.2f}"
        lines.append(
            f"{question}: two readers give the same points to {raw_agreement(first, second):.0%} "
            f"of {len(both)} criteria; weighted kappa {beyond}. The first reader's points count."
        )
    return lines
