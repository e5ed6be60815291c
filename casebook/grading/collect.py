"""What was handed in: files, folders and zips as learning platforms hand them over.

Every file becomes one `Submission`, with the student it belongs to or the problem it has. Nothing
is unpacked to disk and no link is followed. Names are made safe for use as file names.
"""

import io
import json
import os
import re
import stat
import zipfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from lzma import LZMAError
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from casebook.grading.roster import read_roster, roster_key, safe, short_digest

MAX_BYTES = 20_000_000  # of one file
MAX_MEMBERS = 10_000  # files in one zip
MAX_UNPACKED = 4_000_000_000  # bytes of all files in one zip, unpacked
MAX_RATIO = 200  # unpacked to packed bytes, beyond which a large zip is a bomb
NOTEBOOK = ".ipynb"
# What reading a file or a damaged, locked or odd zip raises.
DAMAGED = (OSError, EOFError, KeyError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error,
           LZMAError)  # fmt: skip
# Left behind by systems and platforms; told of, never marked.
LITTER = re.compile(
    r"(^|/)(__MACOSX/|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$|timestamp\.txt$)"
    r"|(^|[/_])onlinetext\.html$"
    r"|(^|/)\.ipynb_checkpoints/", re.IGNORECASE,
)  # fmt: skip
# Canvas: lastnamefirst[_LATE]_<user>_<attachment>_name.ipynb. Moodle: a folder, or the start of
# a file name, "Full Name_<participant>_assignsubmission_file_". nbgrader: student/exercise/file.
CANVAS = re.compile(r"(?P<name>[^/_]+)(_LATE)?_(?P<id>\d+)_(?P<rest>\d+_[^/]+)", re.IGNORECASE)
MOODLE = re.compile(
    r"(?P<name>[^/]+)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_?/?(?P<rest>.*)"
)
CONTAINERS = {"submitted", "submissions"}


class CollectError(Exception):
    """Submissions that cannot be read at all; one sentence."""


class Unreadable(Exception):
    """A file that is no notebook to mark: a status for its row, and a sentence."""

    def __init__(self, status: str, message: str) -> None:
        """`status` is one or a few words, `message` a sentence."""
        super().__init__(message)
        self.status, self.message = status, message


@dataclass(frozen=True)
class Submission:
    """One file handed in. `members` leads into zips; a `status` says why it cannot be marked."""

    file: str  # as the instructor sees it, from the folder down
    path: Path
    members: tuple[str, ...] = ()
    student: str = ""
    attempt: str = ""
    handed_in: str = ""  # the file's own time, local, to the second, as in 2026-11-22T18:30:00
    status: str = ""
    message: str = ""


@dataclass(frozen=True)
class Identity:
    """Who handed a file in, as far as its name tells; `number` is the platform's own."""

    name: str
    number: str
    rest: str


def collect(place: Path, roster: Path | None = None) -> list[Submission]:
    """All files at `place` (a file, a folder, a zip), one submission each, in order of name."""
    if not os.path.lexists(place):
        raise CollectError(f"{place} is not there. Give a notebook, a folder or a zip.")
    known = read_roster(roster).keys if roster else None
    found = sorted(_walk(place), key=lambda submission: submission.file)
    return _name(found, known)


# Finding files


def _walk(place: Path) -> Iterator[Submission]:
    if place.is_dir():
        for path in _files(place):
            yield from _file(path.relative_to(place).as_posix(), path)
    else:
        for found in _file(place.name, place):
            yield replace(found, file=found.file.removeprefix(f"{place.name}/"))


def _files(folder: Path) -> Iterator[Path]:
    """Every file, link and unreadable folder below a folder; links are not followed."""
    refused: list[OSError] = []
    for parent, folders, names in os.walk(folder, onerror=refused.append):
        links = [name for name in folders if os.path.islink(os.path.join(parent, name))]
        yield from (Path(parent, name) for name in [*names, *links])
    yield from (Path(error.filename) for error in refused)


def _file(name: str, path: Path) -> Iterator[Submission]:
    """The submissions in one file: itself, or what its zip holds."""
    new = Submission(name, path)
    try:
        kind = path.lstat()
    except OSError as error:
        yield replace(new, status="unreadable", message=f"It cannot be read: {error.strerror}.")
        return
    if LITTER.search(name):
        yield replace(new, status="ignored", message="Left behind by a system, not handed in.")
    elif stat.S_ISLNK(kind.st_mode):
        yield replace(new, status="link", message="This is a link, not a file. Ask for the file.")
    elif not stat.S_ISREG(kind.st_mode):
        yield replace(new, status="not a file", message="This is no file, so nothing was read.")
    elif path.suffix.lower() == ".zip":
        yield from _zip(new, path)
    else:
        when = datetime.fromtimestamp(kind.st_mtime).isoformat(timespec="seconds")
        yield _sized(replace(new, handed_in=when), kind.st_size)


def _sized(new: Submission, size: int) -> Submission:
    """The submission, with its problem if its name or size shows one."""
    if not new.file.lower().endswith(NOTEBOOK):
        told = "This is not a notebook. Ask for the .ipynb file."
        return replace(new, status="not a notebook", message=told)
    if size > MAX_BYTES:
        told = (
            f"It has {size // 1_000_000} MB; notebooks of up to {MAX_BYTES // 1_000_000} MB are "
            "read. Ask for one with its outputs cleared."
        )
        return replace(new, status="too big", message=told)
    return new


def _zip(new: Submission, source: Any) -> Iterator[Submission]:
    """What a zip holds; a zip in a zip is opened, one in that is not."""
    try:
        with zipfile.ZipFile(source) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
            if problem := _bomb(members):
                yield replace(new, status="zip bomb", message=problem)
                return
            if not members:
                yield replace(new, status="empty", message="There is nothing in this zip.")
            for member in members:
                yield from _member(new, archive, member)
    except DAMAGED as error:
        yield replace(new, status="broken zip", message=f"This zip cannot be opened ({error}).")


def _member(
    new: Submission, archive: zipfile.ZipFile, member: zipfile.ZipInfo
) -> Iterator[Submission]:
    inner = replace(
        new,
        file=f"{new.file}/{member.filename}",
        members=(*new.members, member.filename),
        handed_in=_moment(member.date_time),
    )
    if LITTER.search(member.filename):
        yield replace(inner, status="ignored", message="Left behind by a system, not handed in.")
    elif member.flag_bits & 1:
        yield replace(inner, status="locked zip", message="It is locked with a password.")
    elif member.filename.lower().endswith(".zip") and not new.members:
        if member.file_size > 10 * MAX_BYTES:
            yield replace(inner, status="zip bomb", message="A zip in a zip, too big to open.")
        else:
            yield from _zip_in_zip(inner, archive, member)
    else:
        yield _sized(inner, member.file_size)


def _zip_in_zip(
    inner: Submission, archive: zipfile.ZipFile, member: zipfile.ZipInfo
) -> Iterator[Submission]:
    """What a zip in a zip holds; if it is damaged, its neighbours are not."""
    try:
        data = archive.read(member)
    except DAMAGED as error:
        yield replace(inner, status="broken zip", message=f"This zip cannot be read ({error}).")
    else:
        yield from _zip(inner, io.BytesIO(data))


def _moment(date_time: tuple[int, int, int, int, int, int]) -> str:
    """A member's time; "" for one that is none: some programs write month 0, day 0."""
    try:
        return datetime(*date_time).isoformat()
    except ValueError:
        return ""


def _bomb(members: list[zipfile.ZipInfo]) -> str:
    """Why a zip is not opened, "" if it is."""
    size, packed = sum(m.file_size for m in members), sum(m.compress_size for m in members)
    if len(members) > MAX_MEMBERS or size > MAX_UNPACKED:
        return f"Unpacked it would be {len(members)} files with {size // 1_000_000} MB."
    if size > 5 * MAX_BYTES and size > MAX_RATIO * packed:
        return f"{packed} bytes that unpack to {size // 1_000_000} MB are no hand-in."
    if len({m.filename for m in members}) < len(members):
        return "It holds several files under one name."
    return ""


# Whose it is


def _name(found: list[Submission], known: Mapping[str, str] | None) -> list[Submission]:
    """Give each file its student and attempt; files of two students of one name get a status."""
    identities = [_identity(submission.file) for submission in found]
    people: dict[str, set[str]] = defaultdict(set)  # student, letter case aside -> who it may be
    students = []
    for who in identities:
        student = _student(who, known)
        students.append(student)
        people[student.casefold()].add(student if _in(known, who) else f"{who.name}#{who.number}")
    taken: Counter[tuple[str, str]] = Counter()
    named = []
    for submission, who, student in zip(found, identities, students, strict=True):
        attempt = safe(who.rest.removesuffix(NOTEBOOK).strip("/").replace("/", "_") or "1")
        taken[student.casefold(), attempt.casefold()] += 1
        if taken[student.casefold(), attempt.casefold()] > 1:
            attempt = f"{attempt}-{short_digest(submission.file)}"
        new = replace(submission, student=student, attempt=attempt)
        if len(people[student.casefold()]) > 1 and not new.status:
            new = replace(
                new,
                status="two students under one name",
                message=f'More than one student is called "{student}" here. Give a roster that '
                "tells their numbers apart.",
            )
        elif known is not None and not _in(known, who) and not new.status:
            new = replace(new, message="Not in the roster.")
        named.append(new)
    return named


def _identity(file: str) -> Identity:
    """Who, by the conventions of Canvas, Moodle and nbgrader, else by the folder or file name."""
    parts = file.split("/")
    if parts[0].casefold() in CONTAINERS and len(parts) > 1:
        parts = parts[1:]
    if found := MOODLE.fullmatch("/".join(parts)):
        return Identity(found["name"], found["id"], found["rest"])
    if found := CANVAS.fullmatch(parts[0]):
        return Identity(found["name"], found["id"], "/".join([found["rest"], *parts[1:]]))
    if len(parts) > 1:
        return Identity(re.sub(r"\.zip$", "", parts[0], flags=re.I), "", "/".join(parts[1:]))
    stem = re.sub(r"\.ipynb$", "", parts[0], flags=re.I)
    name = re.sub(r"^ex\d+[_ -]+|[_ -]+ex\d+.*$", "", stem, flags=re.I)
    return Identity(name if re.search(r"[^\W\d_]", name) else stem, "", parts[0])


def _student(who: Identity, known: Mapping[str, str] | None) -> str:
    known = known or {}
    return known.get(who.number) or known.get(roster_key(who.name)) or safe(who.name)


def _in(known: Mapping[str, str] | None, who: Identity) -> bool:
    return bool(known) and (who.number in known or roster_key(who.name) in known)  # type: ignore[operator]


# Reading one file


def read_bytes(submission: Submission) -> bytes:
    """A submission's content; raises Unreadable."""
    try:
        descriptor = os.open(submission.path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        with open(descriptor, "rb") as file:
            data = _from_zip(file, submission.members) if submission.members else None
            data = file.read(MAX_BYTES + 1) if data is None else data
    except DAMAGED as error:
        raise Unreadable("unreadable", f"It cannot be read: {error}.") from error
    if len(data) > MAX_BYTES:
        raise Unreadable("too big", "It is larger than it said.")
    if not data.strip(b"\0 \t\r\n"):
        raise Unreadable("empty", "There is nothing in this file. Ask for it again.")
    return data


def _from_zip(source: Any, members: tuple[str, ...]) -> bytes:
    with zipfile.ZipFile(source) as archive, archive.open(members[0]) as member:
        data = member.read((MAX_BYTES if len(members) == 1 else 10 * MAX_BYTES) + 1)
    return _from_zip(io.BytesIO(data), members[1:]) if members[1:] else data


def read_notebook(data: bytes) -> tuple[NotebookNode, str]:
    """A notebook in format 4 and a note on how it was read; raises Unreadable."""
    content = _json(data)
    major = content.get("nbformat")
    cells = content.get("cells", content.get("worksheets"))
    if type(major) is not int or not isinstance(cells, list):
        raise Unreadable("not a notebook", "It is JSON, but not a notebook.")
    if major > nbformat.current_nbformat:
        told = f"Its format {major} is newer than this marker. Ask for format 4, or update."
        raise Unreadable("newer nbformat", told)
    note = "" if major == 4 else f"Its old format {major} was converted."
    try:
        if major < 4:
            content = nbformat.reads(json.dumps(content), as_version=4)
        cells = [NotebookNode(cell) for cell in content["cells"] if _is_cell(cell)]
    except Exception as error:  # the converters raise whatever odd content leads to
        told = f"It is not a sound notebook ({type(error).__name__})."
        raise Unreadable("not a notebook", told) from error
    return NotebookNode(cells=cells, metadata=content.get("metadata")), note


def _is_cell(cell: object) -> bool:
    return isinstance(cell, dict) and isinstance(cell.get("source"), str | list)


def _json(data: bytes) -> dict[str, Any]:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        content = json.loads(data.decode(encoding))
    except (ValueError, RecursionError) as error:
        told = "It is not a notebook's JSON. Was it saved from the browser as a page, or cut off?"
        raise Unreadable("not JSON", told) from error
    if not isinstance(content, dict):
        raise Unreadable("not a notebook", "It is JSON, but not a notebook.")
    return content
