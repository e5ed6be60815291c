"""The students of a course, as an LMS exports them, and the names that files know them by."""

import hashlib
import io
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # Windows

# The columns by which an export is known; the first of each is the one that it must have.
# Canvas: Grades > Export. Moodle: the grading worksheet of an assignment, or Grades > Export.
KINDS = {
    "plain": ("student",),
    "Canvas": ("Student", "ID", "SIS User ID", "SIS Login ID", "Section"),
    "Moodle worksheet": ("Identifier", "Full name", "Email address"),
    "Moodle": ("Email address", "First name", "Last name", "Surname", "ID number"),
}
IDS = {"Canvas": "ID", "Moodle worksheet": "Identifier", "Moodle": "Email address"}
KEPT = {"Moodle worksheet": ("ID number", "Maximum Grade")}  # handed back, but no file's name
POSSIBLE = "Points Possible"


class RosterError(Exception):
    """A roster that cannot be read; one sentence."""


@dataclass(frozen=True)
class Roster:
    """`table`: the export's lines of students, all text; `students`: the name of each line.

    `possible`: Canvas's line of the points possible, if there is one.
    """

    kind: str  # one of KINDS
    table: pd.DataFrame
    students: tuple[str, ...]
    keys: Mapping[str, str]  # what a file may be named after -> student
    possible: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def identity(self) -> pd.DataFrame:
        """The columns by which the LMS knows a line again, and such as it wants back."""
        if self.kind == "plain":
            return self.table
        names = (*KINDS[self.kind], *KEPT.get(self.kind, ()))
        return self.table[[name for name in names if name in self.table]]


def read_roster(path: Path) -> Roster:
    """The roster in a CSV: a gradebook exported by Canvas or Moodle, or a column `student`.

    Every identity column is a key: a number, a login, a name; in a plain roster every column. A
    key that two students share maps to nobody. Raises RosterError.
    """
    table = _read(path)
    kind = next((kind for kind, names in KINDS.items() if names[0] in table), None)
    if kind is None or table.empty:
        raise RosterError(
            f"The roster {path} is not one that this reads. Export the gradebook from Canvas or "
            "Moodle, or write a CSV with a column named student, and one line for each student. "
            "Other columns (number, name, login) say how files may name them."
        )
    possible = table[[_first(line) == POSSIBLE for line in table.to_dict("records")]]
    table = table[[not _is_heading(line) for line in table.to_dict("records")]]
    table = table.reset_index(drop=True)
    lines = table.to_dict("records")
    students = _told_apart(kind, lines)
    owners: dict[str, set[str]] = defaultdict(set)
    for line, student in zip(lines, students, strict=True):
        for key in _keys(kind, line):
            owners[roster_key(key)].add(student)
    shared = {key: next(iter(own)) for key, own in owners.items() if len(own) == 1 and key}
    return Roster(kind, table, students, shared, possible)


def _read(path: Path) -> pd.DataFrame:
    """A CSV with commas, semicolons or tabs, all cells as text; raises RosterError."""
    try:
        text = path.read_text("utf-8-sig")
        if "\0" in text:
            raise UnicodeError("a NUL, as in a workbook")
        header = text.lstrip().partition("\n")[0]
        separator = max(",;\t", key=header.count)
        return pd.read_csv(io.StringIO(text), sep=separator, dtype=str, keep_default_na=False)
    except UnicodeError as error:
        raise RosterError(
            f"The roster {path} is no CSV file in UTF-8. Open it in your spreadsheet program and "
            "save it as CSV UTF-8."
        ) from error
    except (OSError, ValueError) as error:
        raise RosterError(f"The roster {path} cannot be read: {str(error).strip()}.") from error


def _told_apart(kind: str, lines: list[dict[str, str]]) -> tuple[str, ...]:
    """The name of each line; of namesakes that an LMS lists, each gets a digest of the LMS's id."""
    names = [safe(_name(kind, line)) for line in lines]
    if kind == "plain":  # there the name is the id
        return tuple(names)
    ids = [line.get(IDS[kind], "") for line in lines]
    times = Counter(name.casefold() for name, _ in {*zip(names, ids, strict=True)})
    return tuple(
        name if times[name.casefold()] == 1 else f"{name}-{short_digest(own)}"
        for name, own in zip(names, ids, strict=True)
    )


def _is_heading(line: Mapping[str, str]) -> bool:
    """Whether a line is none of a student: Canvas exports one of points possible, and a tester."""
    return _first(line) in (POSSIBLE, "Student, Test") or not any(
        cell.strip() for cell in line.values()
    )


def _first(line: Mapping[str, str]) -> str:
    """What Canvas has in the column Student, "" in other exports."""
    return line.get("Student", "").strip()


def _name(kind: str, line: Mapping[str, str]) -> str:
    """How results name a student: the login where there is one, else the full name."""
    if kind == "Canvas":
        return line.get("SIS Login ID", "").strip() or _flipped(line["Student"])
    if kind == "Moodle":
        return line["Email address"].partition("@")[0] or _full(line)
    return line["Full name" if kind == "Moodle worksheet" else "student"].strip()


def _keys(kind: str, line: Mapping[str, str]) -> list[str]:
    """All that a file may be named after."""
    if kind == "plain":
        return list(line.values())
    keys = [line.get(name, "") for name in KINDS[kind]]
    if kind == "Canvas":
        keys.append(_flipped(line["Student"]))
    if kind == "Moodle":
        keys.append(_full(line))
    return [*keys, line.get("Identifier", "").removeprefix("Participant "), _name(kind, line)]


def _flipped(name: str) -> str:
    """Doe, Jane -> Jane Doe."""
    last, _, first = name.partition(",")
    return f"{first.strip()} {last.strip()}".strip()


def _full(line: Mapping[str, str]) -> str:
    last = line.get("Last name") or line.get("Surname") or ""
    return f"{line.get('First name', '')} {last}".strip()


def roster_key(text: str) -> str:
    """A name or number as it is compared: letter case, spaces and commas do not count."""
    return re.sub(r"[\s,._-]+", "", unicodedata.normalize("NFKC", text)).casefold()


def safe(name: str) -> str:
    """A name that any system takes as a file name; what is changed leaves a short digest."""
    normal = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode())
    kept = re.sub(r"[^\w.@+-]+", "_", normal).strip("._ ")[:80]
    kept = kept.encode()[:160].decode(errors="ignore")  # a file name has 255 bytes at most
    spaces_only = re.sub(r"\s+", "_", normal) == kept
    if kept and spaces_only and not RESERVED.fullmatch(kept):
        return kept
    return f"{'_' if RESERVED.fullmatch(kept) else ''}{kept or 'unnamed'}-{short_digest(name)}"


def short_digest(text: str) -> str:
    """Six hex digits that tell two texts apart."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]
