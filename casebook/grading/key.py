"""Make a key: the right answers of one exercise and case, and the notebooks that go with it.

The author's solution and expressions run here, in this process, on the author's or instructor's
machine; never a student's code. Nothing of a key may come within a student's reach.
"""

import ast
import contextlib
import hashlib
import io
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd
from nbformat import NotebookNode

from casebook.check import Entry, answer, digest
from casebook.grading.exercise import (
    Exercise,
    ExerciseError,
    Question,
    Wrong,
    grade_id,
    looks_behind,
    role,
    source_of,
)
from casebook.grading.literal import literal
from casebook.grading.notebooks import (
    clean_notebook,
    solved_notebook,
    stub,
    student_notebook,
    task_text,
)
from casebook.values import Value, calls, canonical, encode, family, item_family, show

DRAWS = 20
GIVEN = "# Leave this cell as it is: it holds what the questions use."
EXPRESSION = re.compile(r"\{\{(.+?)\}\}")


@dataclass(frozen=True)
class KnownWrong:
    """A known wrong answer, worked out: the answer cell that gives it, its value, its feedback."""

    code: str
    value: Value
    says: str
    item: str = ""


@dataclass
class Key:
    """All that marking one exercise and case needs; `values` also has the hidden checks."""

    exercise: Exercise
    case: str
    entries: dict[str, Entry] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)
    wrongs: dict[str, list[KnownWrong]] = field(default_factory=dict)
    stubs: dict[str, Value] = field(default_factory=dict)
    collisions: list[str] = field(default_factory=list)
    student: NotebookNode = field(default_factory=NotebookNode)
    clean: NotebookNode = field(default_factory=NotebookNode)
    solved: NotebookNode = field(default_factory=NotebookNode)

    @property
    def stem(self) -> str:
        """The name of the exercise's files for this case: "ex01" or "ex01_practice"."""
        return self.exercise.name + ("_practice" if self.case == "practice" else "")


def make_key(
    exercise: Exercise, case: str, seed: str | None = None, hidden_seed: str | None = None
) -> Key:
    """The key of one case. What is drawn is drawn from `seed`, hidden inputs from `hidden_seed`.

    Without seeds the public exercise comes out, the same each time. Draws in which a known wrong
    answer happens to be right are thrown away. Raises ExerciseError.
    """
    if case not in exercise.cases:
        raise ExerciseError(f"{exercise.name} has no {case} case: see `cases` in its toml.")
    drawn = any(role(cell) == "given" for cell in exercise.notebook.cells)
    for draw in range(DRAWS if drawn else 1):
        this = "/".join(filter(None, [seed, exercise.name, case, str(draw)]))
        key = _Maker(exercise, case, this, hidden_seed or f"{this}/hidden").make()
        if not key.collisions:
            break
    return key


def own_values(exercise: Exercise) -> dict[str, Value]:
    """What the check cells show when the author runs the solution notebook as it stands."""
    maker = _Maker(exercise, exercise.cases[0], "", "")
    maker.constants = {}
    maker.run()
    return maker.key.values


class _Maker:
    """One run of the solution notebook, cell by cell, in one namespace."""

    def __init__(self, exercise: Exercise, case: str, seed: str, hidden_seed: str) -> None:
        self.exercise, self.case = exercise, case
        self.constants = {"CASE": case, "SEED": seed, "VERSION": "draft"}
        self.hidden_seed = hidden_seed
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self.questions = {question.id: question for question in exercise.questions}
        self.inputs: dict[str, list[object]] = {}
        self.before: dict[str, dict[str, Any]] = {}  # the names above each answer cell
        self.sources: dict[str, str] = {}
        self.key = Key(exercise, case)

    def make(self) -> Key:
        """Run everything and fill the key."""
        self.run()
        for question in self.exercise.questions:
            if question.kind != "prose":
                self._fill(question)
        self._set_version()
        sources = [self._finished(cell) for cell in self.exercise.notebook.cells]
        sources[0] = f"{sources[0]}\n\n{self._imprint()}"
        parts = (self.exercise, self.case, sources)
        self.key.student = student_notebook(*parts)
        self.key.clean = clean_notebook(*parts, self.key.values)
        self.key.solved = solved_notebook(*parts, self._solved)
        return self.key

    def _set_version(self) -> None:
        """Name the version after what students work with, so that mending a hint keeps it."""
        seen = [
            [role(cell), grade_id(cell), self._finished(cell, with_hint=False)]
            for cell in self.exercise.notebook.cells
            if role(cell) not in ("", "hidden")
        ]
        version = hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:12]
        self.exercise = self.key.exercise = replace(self.exercise, version=version)
        self.constants["VERSION"] = version

    # -- running the solution

    def run(self) -> None:
        """Run the code cells in order."""
        for cell in self.exercise.notebook.cells:
            if cell.cell_type == "code":
                self._run(cell)

    def _run(self, cell: NotebookNode) -> None:
        source = self._with_constants(cell.source)
        match role(cell):
            case "setup":
                self._execute(source, cell, self.names)
            case "answer":
                self.before[grade_id(cell)] = dict(self.names)
                self._execute(source, cell, self.names)
            case "given":
                self._execute(source, cell, self.names)
                self.sources[cell.id] = self._written_out(source, cell)
            case "check":
                self._execute(source, cell, {**self.names, "check": self._record})
            case "hidden":
                seeded = {"SEED": self.hidden_seed, "hidden": self._record_hidden}
                self._execute(source, cell, {**self.names, **seeded})

    def _with_constants(self, source: str) -> str:
        """The source with its lines `CASE = "..."`, `SEED = "..."` and `VERSION = "..."` set."""
        for name, text in self.constants.items():
            source = re.sub(rf'^{name} = ".*"$', f'{name} = "{text}"', source, flags=re.MULTILINE)
        return source

    def _execute(self, source: str, cell: NotebookNode, names: dict[str, Any]) -> None:
        where = f"{self.exercise.name} ({self.case}), cell {grade_id(cell) or cell.id}"
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(source, where, "exec"), names)
        except Exception as error:
            raise ExerciseError(f"{where}: {type(error).__name__}: {error}.") from error

    def _record(self, question: str, **functions: Iterable[object]) -> None:
        given = {name: list(inputs) for name, inputs in functions.items()}
        self.inputs[question] = next(iter(given.values()), [])
        self.key.values[question] = answer(question, self.names, given)
        untouched = self.before.get(question, {})
        with contextlib.suppress(Exception):
            exec(stub(self.questions[question]), untouched)
        self.key.stubs[question] = answer(question, untouched, given)

    def _record_hidden(self, question: str, **functions: Iterable[object]) -> None:
        ((name, inputs),) = ((name, list(inputs)) for name, inputs in functions.items())
        hidden_id = f"{question}.hidden"
        self.key.values[hidden_id] = answer(question, self.names, {name: inputs})
        written = ", ".join(literal(thing) for thing in inputs)
        imports = "import pandas as pd\nfrom casebook.check import hidden\n\n"
        self.sources[hidden_id] = f'{imports}hidden("{question}", {name}=[{written}])'

    def _written_out(self, source: str, cell: NotebookNode) -> str:
        """The public names that a given cell assigns, as literals."""
        targets = [
            name.id
            for statement in ast.parse(source).body
            if isinstance(statement, ast.Assign)
            for target in statement.targets
            for name in ast.walk(target)
            if isinstance(name, ast.Name)
        ]
        public = [name for name in targets if not name.startswith("_") and name != "SEED"]
        try:
            lines = [f"{name} = {literal(self.names[name])}" for name in dict.fromkeys(public)]
        except TypeError as error:
            raise ExerciseError(
                f"{self.exercise.name}, given cell {cell.id}: {error}. "
                'Start the names that students must not get with "_".'
            ) from error
        frames = any(isinstance(self.names[name], (pd.DataFrame, pd.Series)) for name in public)
        return "\n".join([GIVEN, *(["import pandas as pd\n"] if frames else []), *lines])

    # -- one question

    def _fill(self, question: Question) -> None:
        right = self.key.values.get(question.id)
        if right is None:
            raise ExerciseError(f'{question.id}: its check cell is not `check("{question.id}")`.')
        entry = self._entry(question, right)
        self.key.entries[question.id] = entry
        if question.kind == "judgement" and right["t"] == "dict":
            self._fill_items(question, entry, right)
        else:
            self._accept(question, entry, right)
        self.key.wrongs[question.id] = [self._wrong(question, w, entry) for w in question.wrongs]
        if question.hidden:
            self._fill_hidden(question, entry)

    def _entry(self, question: Question, right: Value) -> Entry:
        later = question.hidden.points if question.hidden else 0.0
        return {
            "id": question.id,
            "number": question.number,
            "kind": question.kind,
            "name": question.name,
            "points": round(question.points - later, 2),
            "pending": later,
            "form": self._text(question.form, question),
            "hint": self._text(question.hint, question),
            "why": self._text(question.why, question),
            "family": family(right),
            "item_family": item_family(right),
            "tolerance": question.tolerance,
            "secret": False,
            "answers": {},
            "items": {},
        }

    def _accept(self, question: Question, entry: Entry, right: Value) -> None:
        half_says = self._text(question.half_says, question)
        self._know(entry["answers"], entry, right, 1.0, entry["why"])
        for credit, says, values in (
            (1.0, entry["why"], question.accepted),
            (0.5, half_says, question.half),
        ):
            for thing in self._values(values, question):
                self._know(entry["answers"], entry, encode(thing), credit, says)

    def _fill_items(self, question: Question, entry: Entry, right: Value) -> None:
        if question.accepted or question.half:
            raise ExerciseError(f"{question.id}: its answer is a dict, so it takes `items`.")
        sets = self._values(question.items, question) if question.items else {}
        for name, code in ((str(key["v"]), code) for key, code in right["v"]):
            answers = entry["items"].setdefault(name, {})
            self._know(answers, entry, code, 1.0, "", name)
            known = sets.get(name, {})
            half_says = self._text(known.get("half_says", ""), question)
            for credit, word, says in ((1.0, "full", ""), (0.5, "half", half_says)):
                for thing in known.get(word, []):
                    self._know(answers, entry, encode(thing), credit, says, name)
        unknown = set(sets) - set(entry["items"])
        if unknown:
            raise ExerciseError(f"{question.id}: no item {sorted(unknown)} in the solution's dict.")

    def _know(
        self,
        answers: dict[str, Any],
        entry: Entry,
        value: Value,
        credit: float,
        says: str,
        item: str = "",
    ) -> bool:
        """Enter a value under its digest unless it is there; say whether it is new."""
        mark = _mark(entry, value, item)
        if mark in answers:
            return False
        answers[mark] = {"credit": credit, "says": says}
        return True

    def _wrong(self, question: Question, wrong: Wrong, entry: Entry) -> KnownWrong:
        thing = self._evaluate(wrong.value, question)
        value = calls(thing, self.inputs[question.id]) if question.function else encode(thing)
        whole = {**self.names[question.name], wrong.item: thing} if wrong.item else thing
        says = self._text(wrong.says, question, this=thing)
        if wrong.item and wrong.item not in entry["items"]:
            raise ExerciseError(
                f'{question.id}: a known wrong answer names no item "{wrong.item}".'
            )
        answers = entry["items"][wrong.item] if wrong.item else entry["answers"]
        if not self._know(answers, entry, value, 0.0, says, wrong.item):
            told = f"{question.id} ({self.case}): the known wrong answer `{wrong.value}` gives "
            self.key.collisions.append(f"{told}{show(value)}, which another answer gives too.")
        if question.function:
            solution = source_of(self.exercise, "answer", question.id)
            code = f"{solution}\nright = {question.name}\n{question.name} = {wrong.value}"
            return KnownWrong(code, value, says)
        return KnownWrong(f"{question.name} = {literal(whole)}", encode(whole), says, wrong.item)

    def _fill_hidden(self, question: Question, entry: Entry) -> None:
        assert question.hidden
        hidden_id = f"{question.id}.hidden"
        if hidden_id not in self.key.values:
            raise ExerciseError(
                f'{hidden_id}: its cell does not call hidden("{question.id}", ...).'
            )
        secret = {
            **entry,
            "id": hidden_id,
            "points": question.hidden.points,
            "pending": 0.0,
            "hint": self._text(question.hidden.says, question),
            "why": "",
            "secret": True,
            "answers": {},
        }
        self._know(secret["answers"], secret, self.key.values[hidden_id], 1.0, "")
        self.key.entries[hidden_id] = secret

    # -- the author's expressions

    def _evaluate(self, expression: str, question: Question | None, **more: object) -> Any:
        """An author's expression; `right` stands for the question's right answer."""
        right = {"right": self.names.get(question.name)} if question else {}
        try:
            return eval(expression.strip(), {**self.names, **right, **more})
        except Exception as error:
            where = question.id if question else self.exercise.name
            told = f"{type(error).__name__}: {error}"
            raise ExerciseError(f"{where} ({self.case}): `{expression}`: {told}.") from error

    def _values(self, given: Any, question: Question) -> Any:
        return self._evaluate(given, question) if isinstance(given, str) else given

    def _text(self, text: str, question: Question | None = None, **more: object) -> str:
        """A text with its {{expressions}} worked out, written as in an f-string."""
        return EXPRESSION.sub(
            lambda found: str(self._evaluate(f'f"""{{{found[1]}}}"""', question, **more)), text
        ).strip()

    # -- the student's sources

    def _solved(self, cell: NotebookNode) -> str:
        """The author's answer; its bare value where the code looks into what students lack."""
        if looks_behind(cell.source):
            name = self.questions[grade_id(cell)].name
            return f"{name} = {literal(self.names[name])}"
        return str(cell.source)

    def _finished(self, cell: NotebookNode, with_hint: bool = True) -> str:
        """A cell's source as the student or the clean notebook has it."""
        question = self.questions.get(grade_id(cell))
        match role(cell):
            case "given":
                return self.sources[cell.id]
            case "hidden":
                return self.sources[grade_id(cell)]
            case "answer" | "prose" if question:
                return stub(question)
            case "task" if question:
                told = (cell.source, question.form, question.hint if with_hint else "")
                return task_text(question, *(self._text(text, question) for text in told))
        if cell.cell_type == "code":
            return self._with_constants(cell.source)
        return self._text(cell.source)

    def _imprint(self) -> str:
        return f"*{self.exercise.name}, {self.case} case, version {self.exercise.version}.*"


def _mark(entry: Entry, value: Value, item: str) -> str:
    """The digest under which `casebook.check.judge` looks a value up."""
    if item:
        return digest(f"{entry['id']} {item}", canonical(value, tolerance=entry["tolerance"]))
    return digest(entry["id"], canonical(value, entry["family"], entry["tolerance"]))
