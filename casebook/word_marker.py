"""Mark the words of a sentence with labels, by mouse or keyboard; a dict does as well.

The marks are a plain Python value, so nothing that uses them needs a screen. Without the package
anywidget the same object comes back, to be filled in by hand. What is marked is saved with the
notebook: use it on the practice dispatch or on a text of your own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from numbers import Integral
from pathlib import Path

from casebook.text import words

Mark = tuple[int, int, str]  # sentence[start:end] and its label
Marks = Mapping[str, Sequence[str]] | Sequence[Mark]

LABELS = ("hedge", "attribution", "source")
MOST_LABELS = 8  # the number keys, and the colours that colour-blind readers tell apart
# Shown wherever the widget is not: no anywidget, a page on the web, a cell that has not run yet.
NO_WIDGET = (
    "To mark with mouse or keys, run this cell where the package anywidget is installed; "
    'or write the words, as in .answer = {"%s": ["..."]}.'
)


class Marker:
    """A sentence with at most one label for each word."""

    sentence: str
    labels: list[str]
    marked: list[str]  # for each word its label, or ""

    @property
    def spans(self) -> list[Mark]:
        """The marks in the order of the sentence; neighbours with one label are one span."""
        places = zip(words(self.sentence), self.marked, strict=True)
        runs = [(label, list(run)) for label, run in groupby(places, key=lambda pair: pair[1])]
        return [(run[0][0].start, run[-1][0].end, label) for label, run in runs if label]

    @property
    def answer(self) -> dict[str, list[str]]:
        """Label -> its spans as texts, in order: a new dict each time; to change it, assign one.

        Assigning raises ValueError for an unknown label and for words that the sentence lacks.
        """
        found: dict[str, list[str]] = {label: [] for label in self.labels}
        for start, end, label in self.spans:
            found[label].append(" ".join(self.sentence[start:end].split()))
        return found

    @answer.setter
    def answer(self, marks: Mapping[str, Sequence[str]]) -> None:
        self.marked = _marked(self.sentence, self.labels, marks)

    def __repr__(self) -> str:
        """The marks, a line for each label, and how to set them: the same wherever it runs."""
        marks = [
            f"{label}: {' | '.join(spans) or 'nothing marked'}"
            for label, spans in self.answer.items()
        ]
        return "\n".join([*marks, NO_WIDGET % self.labels[0]])


@dataclass(repr=False, eq=False)
class PlainMarker(Marker):
    """A marker without a screen."""

    sentence: str
    labels: list[str]
    marked: list[str]


try:
    import anywidget
    import traitlets
except ImportError:
    _new: Callable[..., Marker] = PlainMarker
else:

    class WordMarker(Marker, anywidget.AnyWidget):
        """A marker on the screen, drawn by word_marker.js, which changes `marked`."""

        _esm = Path(__file__).with_name("word_marker.js")
        _css = Path(__file__).with_name("word_marker.css")
        sentence = traitlets.Unicode()
        labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
        marked = traitlets.List(traitlets.Unicode()).tag(sync=True)
        # The sentence cut at its words: what stands before the first, the first, between, ...
        pieces = traitlets.List(traitlets.Unicode()).tag(sync=True)

        @traitlets.default("pieces")
        def _cut(self) -> list[str]:
            ends = [0, *(end for word in words(self.sentence) for end in word[1:]), None]
            return [self.sentence[start:end] for start, end in pairwise(ends)]

    _new = WordMarker


def word_marker(
    sentence: str,
    labels: Sequence[str] = LABELS,
    marks: Marks = (),
) -> Marker:
    """A sentence to mark; as the last line of a cell it appears below.

    `marks` to begin with: a dict like `.answer`, each text marked at its first free place, or
    places like `.spans`, of which the first counts where they overlap. ValueError for a sentence
    without words, for bad labels, and for marks that do not fit.
    """
    if not isinstance(sentence, str) or not words(sentence):
        raise ValueError(f"word_marker: give a sentence with at least one word, not {sentence!r}.")
    names = _checked(labels)
    return _new(sentence=sentence, labels=names, marked=_marked(sentence, names, marks))


def _checked(labels: Sequence[str]) -> list[str]:
    """The labels as a list, or ValueError."""
    names = list(labels) if isinstance(labels, list | tuple) else []
    texts = all(isinstance(name, str) and name.strip() for name in names)
    if not (texts and 1 <= len(names) <= MOST_LABELS and len(set(names)) == len(names)):
        raise ValueError(
            f"word_marker: labels must be 1 to {MOST_LABELS} different names, such as "
            f'("hedge", "source"), not {labels!r}.'
        )
    return names


def _marked(sentence: str, labels: list[str], marks: Marks) -> list[str]:
    """For each word its label or "", from marks in either form, or ValueError."""
    places = words(sentence)
    marked = [""] * len(places)
    for label, wanted in _wanted(marks):
        if label not in labels:
            raise ValueError(f'There is no label "{label}" here. Known: {", ".join(labels)}.')
        if isinstance(wanted, str):
            found = _free_place([word.plain for word in places], marked, wanted)
        else:
            start, end = wanted
            found = [n for n, word in enumerate(places) if word.start < end and start < word.end]
        if not found:
            raise ValueError(
                f"Nothing to mark as {label}: {wanted!r} does not stand in the sentence, or is "
                "marked already. Copy the words as they stand there."
            )
        for place in found:
            marked[place] = marked[place] or label
    return marked


def _wanted(marks: Marks) -> list[tuple[str, str | tuple[int, int]]]:
    """Label and what to mark, a text or a place, one by one; or ValueError."""
    if isinstance(marks, Mapping):
        if all(
            isinstance(texts, list | tuple) and all(isinstance(text, str) for text in texts)
            for texts in marks.values()
        ):
            return [(label, text) for label, texts in marks.items() for text in texts]
    elif isinstance(marks, list | tuple) and all(_is_place(mark) for mark in marks):
        return [(label, (start, end)) for start, end, label in marks]
    raise ValueError(
        'The marks must be a dict of lists, such as {"hedge": ["may"]}, or places, such as '
        f'[(0, 3, "hedge")], not {marks!r}.'
    )


def _is_place(mark: object) -> bool:
    return isinstance(mark, tuple) and [isinstance(part, Integral) for part in mark] == [1, 1, 0]


def _free_place(sentence: list[str], marked: list[str], text: str) -> list[int]:
    """The numbers of the words where a text stands first without a mark, or []."""
    wanted = [word.plain for word in words(text)]
    for start in range(len(sentence) - len(wanted) + 1):
        place = slice(start, start + len(wanted))
        if wanted and sentence[place] == wanted and not any(marked[place]):
            return [*range(len(sentence))[place]]
    return []
