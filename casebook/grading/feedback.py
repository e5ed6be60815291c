"""One page of feedback for each file handed in, in a zip that an LMS takes back."""

import zipfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

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
    return template("feedback.html").render(
        {name: result[name] for name in names},
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
    if criteria and "" not in given:
        points, word = sum(map(float, given)), "read"
    return {
        "number": name.rpartition(".q")[2],
        "word": word,
        "points": f"{points:g}",
        "possible": f"{told['possible']:g}",
        "given": told["given"],
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
    parts = [part for part in path.parts[:-1] if not part.lower().endswith(".zip")]
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
