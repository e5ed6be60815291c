"""One page of feedback for each file handed in, in a zip that an LMS takes back."""

import zipfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from casebook.grading.collect import CANVAS
from casebook.grading.gradebook import Policy, own_name
from casebook.grading.sheet import Answer, Marks

WORDS = {
    "right": "right",
    "half": "in part",
    "wrong": "not yet",
    "unanswered": "not answered",
    "unreadable": "cannot be read",
    "pending": "for a reader",
    "error": "stopped with an error",
    "timed out": "took too long",
}
# What a student is told of a file that was not marked; the result's own message is for the desk.
SEND_NOTEBOOK = "Hand in the notebook itself, the file that ends in .ipynb."
ASK = "You need not do anything yet: your teacher looks into it."
TROUBLE = {
    "public exercise": "This is the public exercise, for practice. Put your answers into the one "
    "that was handed out to you, and hand that in.",
    "another version": "It is another version of this exercise than the one that is marked. " + ASK,
    "another exercise": "This exercise is not marked here. Did you mean to hand in another file?",
    "two students under one name": "Somebody else has the same name. " + ASK,
    "marker failed": ASK,
    "too big": "It is too big. In JupyterLab choose Edit > Clear Outputs of All Cells, save, and "
    "hand it in again.",
    "empty": "There is nothing in it. Save your notebook, and hand it in again.",
}
FIXED_TIME = (2026, 1, 1, 0, 0, 0)  # the same pages make the same zip


@cache
def template(name: str) -> Template:
    """A template of the pack; what is put into it is escaped."""
    loader = PackageLoader("casebook.grading", "templates")
    return Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True
    ).get_template(name)


def page(
    result: Mapping[str, Any],
    row: Mapping[str, Any],
    prose: Mapping[str, Answer],
    marks: Marks,
    policy: Policy,
) -> str:
    """The page of one result; `row` is its line of the attempts, `prose` its answers by question.

    A hidden check has nothing in its result but pass or fail and its author's sentence.
    """
    questions = [
        _question(name, told, prose.get(name), marks) for name, told in result["questions"].items()
    ]
    names = ("exercise", "student", "case", "file", "status", "message")
    trouble = TROUBLE.get(result["status"], SEND_NOTEBOOK)
    return template("feedback.html").render(
        {name: result[name] for name in names},
        trouble=trouble,
        handed_in=row["handed_in"].replace("T", " "),
        points=f"{row['points']:g}",
        possible=f"{row['possible']:g}",
        to_mark=row["to_mark"],
        days_late=row["days_late"],
        counts=row["counts"],
        questions=questions,
        policy=policy.told(),
    )


def _question(
    name: str, told: Mapping[str, Any], answer: Answer | None, marks: Marks
) -> dict[str, Any]:
    """What the page says of one question."""
    criteria = [_criterion(answer, one.name, one.points, marks) for one in answer.criteria] if (
        answer
    ) else []  # fmt: skip
    given = [one["points"] for one in criteria]
    points = told["points"]
    word = WORDS.get(told["status"], told["status"])
    parts = [f"{part}: {shown}" for part, shown, _ in told.get("items", ())]
    if criteria and "" not in given:
        points, word = sum(map(float, given)), "read"
    return {
        "number": name.rpartition(".q")[2],
        "word": word,
        "points": f"{points:g}",
        "possible": f"{told['possible']:g}",
        "given": ", ".join(parts) or told["given"],
        "feedback": told["feedback"].splitlines(),
        "criteria": criteria,
    }


def _criterion(answer: Answer, name: str, possible: float, marks: Marks) -> dict[str, str]:
    mark = marks.get((answer.id, name))
    points = "" if mark is None or mark.points is None else f"{mark.points:g}"
    comment = mark.comment if mark else ""
    return {"name": name, "points": points, "possible": f"{possible:g}", "comment": comment}


def upload_name(file: str) -> str:
    """Where an LMS expects the page for a file: the file's own place, ending in .html.

    Canvas reads the student from the file's name, Moodle from its folder's, so both are kept.
    """
    path = PurePosixPath(file)
    for number, part in enumerate(path.parts):
        if part.lower().endswith(".zip") and CANVAS.fullmatch(part):  # what is in it has no name
            path = PurePosixPath(*path.parts[: number + 1])
            break
    folders = (part for part in path.parts[:-1] if part.strip("./"))  # a zip may say ../ or /
    parts = [part for part in folders if not part.lower().endswith(".zip")]
    return PurePosixPath(*parts, f"{path.stem}.html").as_posix()


def write_zip(
    path: Path,
    results: Sequence[Mapping[str, Any]],
    make: Callable[[Mapping[str, Any]], str],
    done: Callable[[], None],
) -> None:
    """The pages of some results in one zip, written beside and moved into place when whole."""
    part = path.with_name(f".{path.name}.part")
    taken: set[str] = set()
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for result in results:
            name = upload_name(result["file"])
            if name.casefold() in taken:
                name = f"{name.removesuffix('.html')}-{'-'.join(own_name(result)[1:])}.html"
            taken.add(name.casefold())
            archive.writestr(zipfile.ZipInfo(name, FIXED_TIME), make(result))
            done()
    part.replace(path)
