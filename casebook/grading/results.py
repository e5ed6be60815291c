"""Results on disk: one JSON for each attempt, written whole or not at all.

Each file replaces its forerunner in one step, so two runs can at worst do the same work twice.
They are kept from that by a lock of the operating system on the folder (fcntl.flock), which ends
with its process; Windows has none, and does without.
"""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

UNMARKED = "unmarked"  # the folder of what belongs to no exercise


class ResultsError(Exception):
    """Results that cannot be written; what is finished is whole. One sentence."""


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make the folder and keep other runs out of it; raises ResultsError."""
    with _told(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("a")
    with lock:
        if fcntl:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                told = f"Another run is writing to {folder}. Wait for it, then mark again."
                raise ResultsError(told) from error
        yield


def place(folder: Path, exercise: str, student: str, attempt: str) -> Path:
    """Where an attempt's result is: results/ex01/<student>/<attempt>.json."""
    return folder / (exercise or UNMARKED) / student / f"{attempt}.json"


def load(path: Path) -> dict[str, Any] | None:
    """An earlier result, None if there is none or it is not whole."""
    try:
        result = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return result if isinstance(result, dict) else None


def save(path: Path, result: dict[str, Any]) -> None:
    """Write a result so that the old one stands until the new one is whole; raises ResultsError."""
    text = json.dumps(result, indent=1, allow_nan=False) + "\n"
    with _told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
        try:
            with open(descriptor, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise


def forget(path: Path) -> None:
    """Remove a result that another one takes the place of."""
    with _told(path):
        path.unlink(missing_ok=True)


def forget_former_owners(folder: Path, current: Iterable[Mapping[str, Any]]) -> None:
    """Remove what the same files had under other students, before a roster told whose they are."""
    now = {result["file"]: result for result in current if result["status"] != "ignored"}
    for path in folder.glob("*/*/*.json"):
        old = load(path) or {}
        new = now.get(old.get("file", ""))
        if not new or new["student"] == old.get("student"):
            continue
        if old.get("digests", {}).get("submission") in ("", new["digests"]["submission"]):
            forget(path)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ResultsError(
            f"{path} cannot be written: {error.strerror or error}. Finished results are whole; "
            "make room or allow writing there, then mark again to go on."
        ) from error
