"""The sentences a reader gets about an answer: `check("ex02.q3")`.

A question's *entry* (made by `casebook.grading.key`) holds its form, hint and feedback, and digests
of the answers it knows. The digests keep answers out of sight while one works; they are no secret.
The entries of a hand-out for credit hold none: there `judge` tells only whether an answer can be
read. `judge` is pure: the reader's session and the marker call it with the same entries.
"""

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from casebook.data import ROOT
from casebook.text import wrapped
from casebook.values import (
    MIME,
    SEQUENCES,
    Value,
    calls,
    canonical,
    describe,
    encode,
    family,
    item_family,
    plain_text,
    show,
)

Entry = dict[str, Any]

FORMS = ROOT / "exercises" / "forms"  # what a hand-out for credit has in place of feedback
FEEDBACK = FORMS if FORMS.is_dir() else ROOT / "exercises" / "feedback"
QUESTION_ID = re.compile(r"(?P<exercise>\w+)\.q(?P<number>\d+)")
NOT_RUN = (
    "No {name} yet. Menu Run > Run All Above Selected Cell.\n"
    "If the answer's own cell then shows an error, mend that first."
)
NOT_ANSWERED = '{name} is still "...".\nReplace the dots above, run that cell, then this one.'
NO_RETURN = "{name} returns None, whatever it is given.\nIs its return line still missing?"
READABLE = "It can be read. Whether it is right you learn when it is marked."
NOT_THERE = "There is no answer yet for {}."
REPEATS = "Some items stand in it twice; set(...) keeps each once."
CRAMMED = 'Each item stands in its own quotation marks: "A", "B".'
CRAMMED_TEXT = re.compile(r"\s*\w+(\s*[,;]\s*\w+)+\s*")
CONSTANT = (
    "It returns the same for every input. Is that worked out from what the function is given?"
)
TWO_VALUES = "For two values of a column use .isin([...])."
NO_SUCH_CODE = (
    'Not every table has every code. In a count c, c.get("CODE", 0) is 0 for a code that is not '
    "there."
)
READ_AS = {"sequence": {"series"}, "set": {"sequence", "series"}, "mapping": {"series"}}
ADVICE = {
    ("number", "table"): "To count rows use len(...).",
    ("number", "sequence"): "To count items use len(...).",
    ("number", "set"): "To count items use len(...).",
    ("number", "series"): "To count items use len(...), to add them up sum(...).",
    ("number", "str"): "A number stands without quotation marks.",
    ("str", "number"): "A text stands in quotation marks.",
    ("sequence", "table"): 'Take one column, table["name"], and put list(...) around it.',
    ("set", "table"): 'Take one column, table["name"], and put set(...) around it.',
    ("sequence", "set"): "A set has no order; sorted(...) makes a list of it.",
}


@dataclass(frozen=True)
class Verdict:
    """What an answer earns: `points` of `possible`, a status, the answer in short, the feedback.

    status: right, half (some of the points), wrong, unanswered or unreadable; readable where the
    entry knows no answers. `items` has, for an answer in parts, each part's name, what was given
    for it and its credit, 0 to 1.
    """

    points: float
    possible: float
    status: str
    given: str
    feedback: str
    items: tuple[tuple[str, str, float], ...] = ()


def check(question: str, **functions: Iterable[object]) -> None:
    """Say what the session's answer to a question is worth: `check("ex02.q3")` reads answer_3.

    A function is named, with the inputs to try it on: `check("ex02.q7", share=[groups])`.
    """
    names = sys._getframe(1).f_globals
    value = answer(question, names, functions)
    _emit("" if marking() else _comment(question, names, value), value)


def hidden(question: str, **functions: Iterable[object]) -> None:
    """Show the marker what a function returns for inputs that its author has not seen."""
    value = answer(question, sys._getframe(1).f_globals, functions)
    _emit("" if marking() else f"Hidden check of {question}: tried when it is marked.", value)


def readable(question: str, **functions: Iterable[object]) -> bool:
    """Whether the session's answer has the wanted form; called like `check`."""
    names = sys._getframe(1).f_globals
    feedback = read_feedback(question, names.get("CASE"))
    entry = None if isinstance(feedback, str) else feedback["questions"].get(question)
    if entry is None:
        return False
    form = {name: part for name, part in entry.items() if name != "answers"}
    return judge(form, answer(question, names, functions)).status == "readable"


def marking() -> bool:
    """Whether this session belongs to the marker, which wants values and no words."""
    return os.environ.get("CASEBOOK_MARKING") == "1"


def answer(
    question: str, names: Mapping[str, object], functions: Mapping[str, Iterable[object]]
) -> Value:
    """The value a session gives a question: that of answer_3, or of a function's results."""
    name, inputs = next(iter(functions.items()), (answer_name(question), None))
    if name not in names:
        return {"t": "missing"}
    thing = names[name]
    return encode(thing) if inputs is None or thing is ... else calls(thing, inputs)


def answer_name(question: str) -> str:
    """ex02.q3 -> answer_3."""
    return "answer_" + str(question).rpartition(".q")[2]


def digest(salt: str, text: str) -> str:
    """16 hex digits that stand for a canonical value of one question, or of one item of it."""
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()[:16]


def judge(entry: Entry, value: Value) -> Verdict:
    """The verdict on a well-formed value, by a question's entry."""
    if value["t"] in ("missing", "ellipsis"):
        told = NOT_RUN if value["t"] == "missing" else NOT_ANSWERED
        return _verdict(entry, value, "unanswered", told.format(name=entry["name"]))
    if not knows_answers(entry):
        return _judge_form(entry, value)
    if entry["items"] and family(value) in ("mapping", "series"):
        return _judge_items(entry, value)
    known = entry["answers"].get(
        digest(entry["id"], canonical(value, entry["family"], entry["tolerance"]))
    )
    if known:
        return _credit(entry, value, known["credit"], known["says"])
    if value["t"] == "calls":
        return _judge_calls(entry, value)
    if not _fits(entry, value):
        return _verdict(entry, value, "unreadable", _misfit(entry, value))
    told = _slip(entry, value) or f"I do not recognise it.\nHint: {entry['hint']}"
    return _verdict(entry, value, "wrong", told)


def knows_answers(entry: Entry) -> bool:
    """Whether an entry can tell right from wrong; that of a hand-out for credit cannot."""
    return "answers" in entry


def _judge_form(entry: Entry, value: Value) -> Verdict:
    """The verdict where only the form of an answer is known."""
    if value["t"] == "calls":
        return _trouble(entry, value) or _verdict(entry, value, "readable", READABLE)
    if not _fits(entry, value):
        return _verdict(entry, value, "unreadable", _misfit(entry, value))
    slip = _slip(entry, value)
    if slip:
        return _verdict(entry, value, "unreadable", slip)
    given = _given_items(value) if family(value) in ("mapping", "series") else {}
    absent = [name for name in entry["items"] if plain_text(name) not in given]
    told = f"\n{NOT_THERE.format(', '.join(absent))}" if absent else ""
    return _verdict(entry, value, "readable", READABLE + told)


def _judge_calls(entry: Entry, value: Value) -> Verdict:
    """The verdict on a function whose results are none of the known ones."""
    results = {canonical(call["out"], tolerance=entry["tolerance"]) for call in value["v"]}
    same = len(results) == 1 < len(value["v"])
    told = f"{CONSTANT if same else 'I do not recognise it.'}\nHint: {entry['hint']}"
    return _trouble(entry, value) or _verdict(entry, value, "wrong", told)


def _trouble(entry: Entry, value: Value) -> Verdict | None:
    """The verdict on a function that returns nothing or fails, None on any other."""
    outs = [call["out"] for call in value["v"]]
    if all(out["t"] == "none" for out in outs):
        return _verdict(entry, value, "unanswered", NO_RETURN.format(name=entry["name"]))
    failed = next((call for call in value["v"] if call["out"]["t"] == "error"), None)
    if failed:
        told = f"{entry['name']} fails on input {failed['in']}: {failed['out']['v']}."
        hint = f"Hint: {entry['hint']}" if knows_answers(entry) else ""
        always = all(out["t"] == "error" for out in outs)
        told = f"{told}\n{_advice(failed['out']['v'], always) or hint}".rstrip()
        return _verdict(entry, value, "wrong", told)
    return None


def _advice(error: str, always: bool) -> str:
    """What to do about an error that beginners meet, "" for others; `always`: on every input."""
    if re.search("truth value of .+ is ambiguous", error):
        return TWO_VALUES
    return NO_SUCH_CODE if error.startswith("KeyError") and not always else ""


def _judge_items(entry: Entry, value: Value) -> Verdict:
    """The verdict on a dict of item -> code: each item counts alike."""
    given = _given_items(value)
    items, told = [], []
    for name, answers in entry["items"].items():
        item = given.get(plain_text(name), {"t": "missing"})
        text = canonical(item, tolerance=entry["tolerance"])
        known = answers.get(digest(f"{entry['id']} {name}", text), {"credit": 0.0, "says": ""})
        items.append((name, show(item), known["credit"]))
        lost = "not there" if item["t"] == "missing" else _unknown_item(entry, item)
        if known["credit"] < 1:
            told.append(f"{name}: {known['says'] or ('in part' if known['credit'] else lost)}")
    full = not told
    comment = entry["why"] if full else "\n".join([*told, f"Hint: {entry['hint']}"])
    share = 1.0 if full else sum(credit for _, _, credit in items) / len(items)
    return replace(_credit(entry, value, share, comment), items=tuple(items))


def _unknown_item(entry: Entry, item: Value) -> str:
    """What to say of a wrong item that nobody wrote a sentence for."""
    text = canonical(item, tolerance=entry["tolerance"])
    listed = any(
        digest(f"{entry['id']} {name}", text) in answers for name, answers in entry["items"].items()
    )
    return "not yet" if listed else f"not yet. {show(item)}: is that one of the answers to choose?"


def _given_items(value: Value) -> dict[str, Value]:
    """Item, as it is compared -> its value, of a dict or a Series."""
    pairs = value["v"] if value["t"] == "dict" else zip(value["index"], value["v"], strict=True)
    return {plain_text(str(key.get("v"))): item for key, item in pairs}


def _credit(entry: Entry, value: Value, share: float, feedback: str) -> Verdict:
    status = "right" if share == 1 else "half" if share else "wrong"
    points = round(entry["points"] * share, 2)
    return Verdict(points, entry["points"], status, show(value), feedback)


def _verdict(entry: Entry, value: Value, status: str, feedback: str) -> Verdict:
    return Verdict(0.0, entry["points"], status, show(value), feedback)


def _fits(entry: Entry, value: Value) -> bool:
    """Whether a value has the wanted form, whatever it says."""
    kind, wanted = family(value), entry["family"]
    if kind != wanted and kind not in READ_AS.get(wanted, ()):
        return False
    both = {item_family(value), entry["item_family"]} - {""}
    return len(both) < 2


def _slip(entry: Entry, value: Value) -> str:
    """What is odd about the items of a sequence or set, whatever they should be; "" if nothing."""
    if entry["family"] not in ("set", "sequence") or value["t"] not in (*SEQUENCES, "set"):
        return ""
    if any(item["t"] == "str" and CRAMMED_TEXT.fullmatch(item["v"]) for item in value["v"]):
        return CRAMMED
    distinct = {canonical(item) for item in value["v"]}
    return REPEATS if entry["family"] == "set" and len(distinct) < len(value["v"]) else ""


def _misfit(entry: Entry, value: Value) -> str:
    wants = f"Question {entry['number']} wants {entry['form'].rstrip('.')}"
    advice = ADVICE.get((entry["family"], family(value)), "")
    return f"{wants}; {entry['name']} is {describe(value).rstrip('.')}.\n{advice}".rstrip()


def sentence(entry: Entry, value: Value, verdict: Verdict) -> str:
    """A verdict as the reader sees it: the verdict word first, then what and why."""
    question = f"Question {entry['number']}"
    your = f"Your answer: {verdict.given}."
    match verdict.status:
        case "right" | "half":
            word = "RIGHT" if verdict.status == "right" else "IN PART"
            marks = points_text(verdict.points, verdict.possible)
            told = f"{word}  {question}, {marks}. {your}\n{verdict.feedback}"
            return f"{told.rstrip()}\n{_later(entry)}".rstrip()
        case "wrong":
            if value["t"] == "calls" and any(call["out"]["t"] == "error" for call in value["v"]):
                return f"NOT YET  {question}. {verdict.feedback}"  # which names the error once
            gap = " " if verdict.feedback.startswith("I do not") else "\n"
            return f"NOT YET  {question}. {your}{gap}{verdict.feedback}"
        case "readable":
            told = f"CAN BE READ  {question}. {your}\n{verdict.feedback}"
            return f"{told}\n{_later(entry)}".rstrip()
        case "unreadable":
            return f"CANNOT READ  {verdict.feedback}"
        case _ if value["t"] == "missing":
            return f"NOT RUN  {verdict.feedback}"
        case _:
            return f"NOT ANSWERED  {question}. {verdict.feedback}"


def points_text(points: float, possible: float) -> str:
    """1, 1 -> "1 of 1 point"."""
    return f"{points:g} of {possible:g} point{'' if possible == 1 else 's'}"


def _later(entry: Entry) -> str:
    if not entry["pending"]:
        return ""
    more = f"{entry['pending']:g} more point{'' if entry['pending'] == 1 else 's'}"
    return f"{more}: after you hand in, {entry['name']} is tried on inputs not shown here."


def _comment(question: str, names: Mapping[str, object], value: Value) -> str:
    """What to tell the reader, or why nothing can be told."""
    feedback = read_feedback(question, names.get("CASE"))
    if isinstance(feedback, str):
        return f"CANNOT CHECK  {feedback}\nYour answer: {show(value)}."
    entry = feedback["questions"].get(question)
    if entry is None:
        known = ", ".join(feedback["questions"])
        return f'CANNOT CHECK  There is no question "{question}". Known: {known}.'
    if entry["kind"] == "prose":
        worth = f"{entry['pending']:g} point{'' if entry['pending'] == 1 else 's'}"
        return f"TO BE MARKED  Question {entry['number']}, {worth}: a reader marks your text."
    told = _older(entry["name"]) + sentence(entry, value, judge(entry, value))
    version = names.get("VERSION")
    if type(version) is str and version not in (feedback["version"], "draft"):
        told += (
            f"\nThis notebook has version {version}, the feedback is for {feedback['version']}: "
            "open the newer copy of the exercise."
        )
    return told


def _older(name: str) -> str:
    """A warning if the cell that ran last set the answer's name and stopped with an error."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    last = getattr(shell, "last_execution_result", None)
    if last is None or last.success or name not in str(last.info.raw_cell):
        return ""
    return f"The cell with {name} stopped with an error. What follows is about an older answer.\n"


def read_feedback(question: str, case: object) -> dict[str, Any] | str:
    """The digest file of a question's exercise and case, or a sentence that says why not."""
    match = QUESTION_ID.fullmatch(question) if type(question) is str else None
    if not match:
        return 'Write the question like this: check("ex01.q3").'
    practice = type(case) is str and case == "practice"  # the reader may have rebound CASE
    stem = match["exercise"] + ("_practice" if practice else "")
    path = FEEDBACK / f"{stem}.json"
    try:
        feedback: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return f"The file exercises/feedback/{path.name} is missing. Is the whole pack there?"
    except (OSError, ValueError):
        return f"The file exercises/feedback/{path.name} is damaged. Get a fresh copy of the pack."
    return feedback


def _emit(text: str, value: Value) -> None:
    """Display one bundle: the words for the reader, the value for the marker."""
    ipython = sys.modules.get("IPython")
    if ipython is None or ipython.get_ipython() is None:
        print(text)
        return
    from IPython.display import display

    display({"text/plain": wrapped(text), MIME: value}, raw=True)
