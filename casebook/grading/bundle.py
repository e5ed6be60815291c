"""What students get besides their notebooks: the library, the data, the forms of the answers.

Nothing here tells a right answer from a wrong one: no solutions, no truth, no generator of
dispatches, no digests of answers.
"""

import json
from pathlib import Path
from typing import Any

from casebook.check import FORMS
from casebook.data import DATA
from casebook.grading.build import feedback_text
from casebook.grading.key import Key
from casebook.grading.sandbox import OUTSIDE, PACKAGE

NOTE = "What the checks need to read an answer. Which answers are right is not in here."
FORM = ("id", "number", "kind", "name", "points", "pending", "form")
MORE_FORM = ("family", "item_family", "tolerance")  # of an answer that a program marks


def library() -> dict[str, bytes]:
    """Path -> content of the library behind the notebooks; the marker is left out."""
    parts = [part for part in PACKAGE.iterdir() if part.name not in OUTSIDE]
    files = [file for part in parts for file in [part, *part.rglob("*")] if file.is_file()]
    return _read([file for file in files if file.suffix != ".pyc"], PACKAGE)


def data() -> dict[str, bytes]:
    """Path -> content of the pack's tables and what explains them; a reader's own text is none."""
    package = json.loads((DATA / "datapackage.json").read_text("utf-8"))
    tables = [DATA / resource["path"] for resource in package["resources"]]
    return _read([*tables, *DATA.rglob("*.json"), *DATA.rglob("*.md")], DATA)


def _read(files: list[Path], top: Path) -> dict[str, bytes]:
    inside = {f"{top.name}/{file.relative_to(top).as_posix()}": file for file in files}
    return {name: inside[name].read_bytes() for name in sorted(inside)}


def forms(key: Key) -> str:
    """The file that `check` reads, with the form of each answer in place of digests of answers."""
    content = json.loads(feedback_text(key))
    content["note"] = NOTE
    content["questions"] = {name: _form(entry) for name, entry in content["questions"].items()}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def forms_name(key: Key) -> str:
    """Where `check` looks for that file: "exercises/forms/ex01_practice.json"."""
    return f"exercises/{FORMS.name}/{key.stem}.json"


def _form(entry: dict[str, Any]) -> dict[str, Any]:
    """What an entry says of the form; the names of its items stand in the task."""
    if entry["kind"] == "prose":
        return {name: entry[name] for name in FORM}
    return {name: entry[name] for name in FORM + MORE_FORM} | {"items": list(entry["items"])}
