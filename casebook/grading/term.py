"""The secret of a term: a file of the instructor's, from which hand-outs and their keys are drawn.

Whoever has it can draw the key, so it is never in a hand-out, a notebook or a result.
"""

import hashlib
import os
import secrets
from pathlib import Path

from casebook.data import ROOT

SHORTEST, LONGEST = 32, 4096  # characters; what `make_secret` writes are 32 hex digits, 128 bits
INSIDE = "{path} lies in the pack, from where it could reach students. Keep it elsewhere: {better}"
MISSING = "There is no file {path}. --term takes the secret file that the hand-out was drawn with."
SHORT = (
    "{path} is {state}: a secret needs at least {shortest} characters, or it can be guessed. Give "
    "a name that does not exist yet, and casebook handout makes a good one there."
)
NO_SECRET = "{path} is no secret file, which is one line of text: {why}."


class TermError(Exception):
    """A secret file that cannot be used: what is wrong and what to do."""


def make_secret(path: Path) -> None:
    """Write a new secret that only its owner can read, where no file is yet, and its folder.

    Raises TermError.
    """
    _check_place(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise TermError(f"{path} cannot be made: {error.strerror}.") from error
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
        file.write(f"{secrets.token_hex(16)}\n")


def read_seed(path: Path) -> str:
    """The seed that a secret file stands for, 32 hex digits. Raises TermError."""
    _check_place(path)
    try:
        with path.open(encoding="utf-8") as file:
            secret = file.read(LONGEST + 1).strip()
    except FileNotFoundError as error:
        raise TermError(MISSING.format(path=path)) from error
    except OSError as error:
        raise TermError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise TermError(NO_SECRET.format(path=path, why="it is not text")) from error
    if len(secret) < SHORTEST:
        state = "too short" if secret else "empty"
        raise TermError(SHORT.format(path=path, state=state, shortest=SHORTEST))
    if len(secret) > LONGEST or "\n" in secret:
        raise TermError(NO_SECRET.format(path=path, why="it has several lines, or a very long one"))
    return hashlib.sha256(f"term {secret}".encode()).hexdigest()[:32]


def _check_place(path: Path) -> None:
    """The marker lets students' code read parts of the pack, and a pack is easily passed on."""
    if path.resolve().is_relative_to(ROOT):
        raise TermError(INSIDE.format(path=path, better=ROOT.parent / path.name))
