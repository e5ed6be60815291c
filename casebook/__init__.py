"""The small library behind the notebooks of "Who Says So?"."""

from casebook.cases import new_case
from casebook.check import check
from casebook.data import load, tables
from casebook.figures import show, strip, voice_bars
from casebook.handin import handin
from casebook.own_copy import my_copy
from casebook.practice import practice_paragraph
from casebook.view import readers_view, voice

__all__ = [
    "check",
    "handin",
    "load",
    "my_copy",
    "new_case",
    "practice_paragraph",
    "readers_view",
    "show",
    "strip",
    "tables",
    "voice",
    "voice_bars",
]
