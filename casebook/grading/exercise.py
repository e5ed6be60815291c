"""Read an exercise from its two sources: exNN.ipynb (tasks, solutions, checks) and exNN.toml.

The toml has a table for each question:

    [q1]
    points = 1
    form = "one whole number"
    hint = "Which column stays the same when a group speaks again?"
    why = "Each group counts once, however often it speaks."

    [[q1.wrong]]                  # as many as there are
    value = "len(claims)"         # Python over the notebook's names; `right` is the right answer
    says = "{{this}} counts every citation."     # {{...}} as in an f-string; `this` is the value

kind = "judgement" may add `accepted` and `half` (lists, or an expression for one) with
`half_says`, or, where the answer is a dict, `[q5.items]` with lines such as
C012 = { full = ["BRIEFED"], half = ["RELAYED"], half_says = "..." }; a [[q5.wrong]] then names
its `item`.
kind = "function" adds `function` (its name), `stub`, and perhaps
hidden = { points = 0.5, says = "..." } for a cell hidden("ex01.q7", name=[inputs]).
kind = "prose" needs points, form and `criteria`, whose points add up to the question's:
criteria = [{ name = "Who is speaking", points = 0.5 }, ...].
A number with decimals needs a `tolerance`.

In the notebook a cell's metadata hold {"casebook": {"role": ..., "grade_id": "ex01.q1"}}. Lines
`CASE = "..."`, `SEED = "..."` and `VERSION = "..."` are set when a key is made. A cell of role
"given" runs only then: students get the names that it assigns as literals, but those that start
with "_".
"""

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import nbformat
from nbformat import NotebookNode

from casebook.data import CASES, ROOT

SOLUTIONS = ROOT / "exercises" / "solutions"
KINDS = ("value", "function", "judgement", "prose")
ROLES = ("setup", "given", "task", "answer", "prose", "check", "hidden", "handin")

_TEXT = {"type": "string", "minLength": 1}
_VALUES = {"type": ["array", "string"]}  # a string is an expression that gives the list
_QUESTION = {
    "type": "object",
    "additionalProperties": False,
    "required": ["points"],
    "properties": {
        "points": {"type": "number", "exclusiveMinimum": 0},
        "kind": {"enum": list(KINDS)},
        "form": _TEXT,
        "hint": _TEXT,
        "why": _TEXT,
        "stub": _TEXT,
        "function": _TEXT,
        "tolerance": {"type": "number", "exclusiveMinimum": 0},
        "accepted": _VALUES,
        "half": _VALUES,
        "half_says": _TEXT,
        "items": {"type": ["object", "string"]},
        "hidden": {
            "type": "object",
            "additionalProperties": False,
            "required": ["points", "says"],
            "properties": {"points": {"type": "number", "exclusiveMinimum": 0}, "says": _TEXT},
        },
        "criteria": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name", "points"],
                "properties": {"name": _TEXT, "points": {"type": "number", "exclusiveMinimum": 0}},
            },
        },
        "wrong": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["value", "says"],
                "properties": {"value": _TEXT, "says": _TEXT, "item": _TEXT},
            },
        },
    },
}
SCHEMA = {
    "type": "object",
    "properties": {"cases": {"type": "array", "items": {"enum": list(CASES)}, "minItems": 1}},
    "patternProperties": {r"^q[1-9]\d*$": _QUESTION},
    "additionalProperties": False,
}


class ExerciseError(Exception):
    """A source of an exercise that cannot be used: what is wrong, where, what to do."""


@dataclass(frozen=True)
class Wrong:
    """A known wrong answer: a Python expression over the tables, and what it overlooks."""

    value: str
    says: str
    item: str = ""


@dataclass(frozen=True)
class Hidden:
    """A check after hand-in: its share of the points, and the sentence for a fail."""

    points: float
    says: str


@dataclass(frozen=True)
class Criterion:
    """One thing that a reader looks for in a prose answer, and what it is worth."""

    name: str
    points: float


@dataclass(frozen=True)
class Question:
    """One question as its author wrote it; texts may contain {{expressions}}."""

    id: str
    number: int
    points: float
    kind: str = "value"
    form: str = ""
    hint: str = ""
    why: str = ""
    stub: str = ""
    function: str = ""
    tolerance: float | None = None
    accepted: Sequence[Any] | str = ()
    half: Sequence[Any] | str = ()
    half_says: str = ""
    items: Mapping[str, Any] | str = ""
    hidden: Hidden | None = None
    wrongs: tuple[Wrong, ...] = ()
    criteria: tuple[Criterion, ...] = ()

    @property
    def name(self) -> str:
        """The name that the student's answer has: answer_3, or the function's own."""
        return self.function or f"answer_{self.number}"


@dataclass(frozen=True)
class Exercise:
    """One exercise; `version`, 12 hex digits of what students of a case see, comes with a key."""

    name: str
    cases: tuple[str, ...]
    questions: tuple[Question, ...]
    notebook: NotebookNode
    version: str = ""


def read_exercise(path: Path) -> Exercise:
    """The exercise whose notebook (or toml) is `path`; raises ExerciseError."""
    notebook_path, toml_path = path.with_suffix(".ipynb"), path.with_suffix(".toml")
    for source in (notebook_path, toml_path):
        if not source.is_file():
            raise ExerciseError(
                f"{source.name}: not there. An exercise is one .ipynb and one .toml."
            )
    text = toml_path.read_text("utf-8").replace("\r\n", "\n")
    try:
        notebook = nbformat.read(notebook_path, as_version=4)
    except Exception as error:
        raise ExerciseError(f"{notebook_path.name}: not a notebook ({error}).") from error
    settings = _parse(text, toml_path.name)
    cases = tuple(settings.pop("cases", CASES))
    questions = sorted(
        (_question(path.stem, key, fields, toml_path.name) for key, fields in settings.items()),
        key=lambda question: question.number,
    )
    _check_cells(notebook, questions, notebook_path.name)
    setup = "\n".join(cell.source for cell in notebook.cells if role(cell) == "setup")
    for constant in ("CASE", "VERSION"):
        if not re.search(rf'^{constant} = ".*"$', setup, re.MULTILINE):
            raise ExerciseError(
                f'{notebook_path.name}: no set-up cell has a line {constant} = "...", '
                "which the build sets."
            )
    return Exercise(path.stem, cases, tuple(questions), notebook)


def role(cell: NotebookNode) -> str:
    """The part a cell plays, "" for plain text."""
    return str(cell.metadata.get("casebook", {}).get("role", ""))


def grade_id(cell: NotebookNode) -> str:
    """The name a cell is known by: "ex01.q3"."""
    return str(cell.metadata.get("casebook", {}).get("grade_id", ""))


def source_of(exercise: Exercise, part: str, question_id: str) -> str:
    """The source of the cell that plays a part for a question, as its author wrote it."""
    wanted = (part, question_id)
    cells = exercise.notebook.cells
    return next(str(cell.source) for cell in cells if (role(cell), grade_id(cell)) == wanted)


def looks_behind(source: str) -> bool:
    """Whether code uses a name that starts with "_": what only the draw knows."""
    nodes = ast.walk(ast.parse(source))
    return any(isinstance(node, ast.Name) and node.id.startswith("_") for node in nodes)


def _parse(text: str, name: str) -> dict[str, Any]:
    try:
        settings = tomllib.loads(text)
        jsonschema.validate(settings, SCHEMA)
    except tomllib.TOMLDecodeError as error:
        raise ExerciseError(f"{name}: not valid TOML: {error}.") from error
    except jsonschema.ValidationError as error:
        place = ".".join(str(part) for part in error.absolute_path) or "top level"
        raise ExerciseError(f"{name}, {place}: {error.message}.") from error
    return settings


def _question(exercise: str, key: str, fields: dict[str, Any], file: str) -> Question:
    plain = {k: v for k, v in fields.items() if k not in ("wrong", "hidden", "criteria")}
    question = Question(
        id=f"{exercise}.{key}",
        number=int(key[1:]),
        wrongs=tuple(Wrong(**wrong) for wrong in fields.get("wrong", [])),
        hidden=Hidden(**fields["hidden"]) if "hidden" in fields else None,
        criteria=tuple(Criterion(**one) for one in fields.get("criteria", [])),
        **plain,
    )
    wanted = {"form", "criteria"} if question.kind == "prose" else {"form", "hint", "why"}
    if question.kind == "function":
        wanted |= {"function", "stub"}
    missing = sorted(wanted - fields.keys())
    if missing:
        raise ExerciseError(
            f"{file}, {key}: a {question.kind} question also needs {', '.join(missing)}."
        )
    if question.hidden and question.hidden.points >= question.points:
        raise ExerciseError(f"{file}, {key}: the hidden points must be fewer than all points.")
    given = sum(criterion.points for criterion in question.criteria)
    if question.criteria and abs(given - question.points) > 1e-9:
        raise ExerciseError(
            f"{file}, {key}: its criteria give {given:g} points, the question {question.points:g}."
        )
    return question


def _check_cells(notebook: NotebookNode, questions: list[Question], file: str) -> None:
    """Every question has its cells, once each, and every code cell has a role."""
    wanted: Counter[tuple[str, str]] = Counter()
    for question in questions:
        parts = ["task", "prose"] if question.kind == "prose" else ["task", "answer", "check"]
        wanted.update((part, question.id) for part in parts)
        if question.hidden:
            wanted["hidden", f"{question.id}.hidden"] += 1
    found: Counter[tuple[str, str]] = Counter()
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == "code" and role(cell) not in ROLES:
            raise ExerciseError(f'{file}, cell {number}: unknown role "{role(cell)}".')
        if role(cell) in ("task", "answer", "prose", "check", "hidden"):
            found[role(cell), grade_id(cell)] += 1
    for part, question_id in wanted.keys() | found.keys():
        have, want = found[part, question_id], wanted[part, question_id]
        if have != want:
            raise ExerciseError(f"{file}, {question_id}: {have} {part} cells, wanted {want}.")
