"""What an author should mend in an exercise before anybody works with it."""

import math
import re
from collections.abc import Iterator

from casebook.check import judge
from casebook.grading.exercise import Exercise, Question, grade_id, role, source_of
from casebook.grading.key import Key, make_key, own_values
from casebook.values import MIME, Value, canonical, leaves

TOTAL = 10
EDGE = 0.1  # of a rounding step: an answer given to one digit more stays on its side
NUMBER_WORDS = re.split(" ", "zero one two three four five six seven eight nine ten eleven twelve")


def lint(exercise: Exercise) -> list[str]:
    """One sentence per finding, over all cases; [] means the key is fit for use."""
    found = [*_points(exercise), *_stored(exercise)]
    for case in exercise.cases:
        key = make_key(exercise, case)
        found += key.collisions
        for question in exercise.questions:
            if question.id in key.entries:
                found += [*_spoilers(question, key), *_edges(question, key), *_stub(question, key)]
    return list(dict.fromkeys(found))


def _points(exercise: Exercise) -> Iterator[str]:
    total = sum(question.points for question in exercise.questions)
    if not math.isclose(total, TOTAL):
        yield f"{exercise.name}: the points add up to {total:g}, wanted {TOTAL}."


def _stored(exercise: Exercise) -> Iterator[str]:
    """The solution was run and saved: each check cell shows the value that the code gives."""
    wanted = own_values(exercise)
    for cell in exercise.notebook.cells:
        if role(cell) != "check":
            continue
        shown = [output.get("data", {}).get(MIME) for output in cell.outputs]
        value = next((value for value in reversed(shown) if value), None)
        if value is None or not cell.execution_count:
            yield f"{grade_id(cell)}: its check cell shows no value. Run the solution, save it."
        elif canonical(value) != canonical(wanted[grade_id(cell)]):
            yield f"{grade_id(cell)}: its check cell shows an old value. Run the solution, save it."


def _spoilers(question: Question, key: Key) -> Iterator[str]:
    """No hint holds the answer; no task does either, unless it lists codes to choose from."""
    value = key.values[question.id]
    texts = {"hint": key.entries[question.id]["hint"]}
    if question.kind != "judgement":
        # As its author typed it: what an expression puts in is material, not a hint.
        texts["task"] = source_of(key.exercise, "task", question.id)
    answers = [word for leaf in leaves(value) for word in _spellings(leaf)]
    told = len({canonical(leaf) for leaf in leaves(value)})
    for where, text in texts.items():
        said = {word for word in answers if re.search(rf"(?<![\w.]){re.escape(word)}\b", text)}
        if value["t"] != "calls" and said and len(said) >= told:
            yield f"{question.id} ({key.case}): the {where} holds the answer, {', '.join(said)}."


def _spellings(leaf: Value) -> list[str]:
    """How a text could give a value away: 3 as "3" and "three"."""
    if leaf["t"] == "str":
        return [leaf["v"]] if leaf["v"] else []
    if leaf["t"] == "float":
        return [f"{leaf['v']:g}"] if isinstance(leaf["v"], float) else []
    if leaf["t"] == "int":
        small = 0 <= leaf["v"] < len(NUMBER_WORDS)
        return [str(leaf["v"]), *([NUMBER_WORDS[leaf["v"]]] if small else [])]
    return []


def _edges(question: Question, key: Key) -> Iterator[str]:
    where = f"{question.id} ({key.case})"
    for leaf in leaves(key.values[question.id]):
        if leaf["t"] != "float" or isinstance(leaf["v"], str) or leaf["v"].is_integer():
            continue
        if question.tolerance is None:
            yield f"{where}: {leaf['v']:g} has decimals, so the question needs a tolerance."
        elif abs(leaf["v"] / question.tolerance % 1 - 0.5) < EDGE:
            yield (
                f"{where}: {leaf['v']:g} lies on the edge of rounding to multiples of "
                f"{question.tolerance:g}. Change the tolerance."
            )


def _stub(question: Question, key: Key) -> Iterator[str]:
    if judge(key.entries[question.id], key.stubs[question.id]).points:
        yield f"{question.id} ({key.case}): the untouched stub earns points."
