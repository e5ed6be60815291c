"""The small library behind the notebooks of "Who Says So?"."""

from casebook.data import load, tables
from casebook.figures import show, strip, voice_bars
from casebook.own_copy import my_copy
from casebook.practice import practice_paragraph
from casebook.view import readers_view, voice

__all__ = [
    "load",
    "my_copy",
    "practice_paragraph",
    "readers_view",
    "show",
    "strip",
    "tables",
    "voice",
    "voice_bars",
]
