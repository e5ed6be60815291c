"""Find hedges and reporting words with a list, and measure how well the list does.

A list is tried sentence by sentence: does it find a cue where our coding has one? Words are
compared in their plain form (`casebook.text`), so case, hyphens and apostrophes do not matter.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import pandas as pd

from casebook.agreement import bootstrap as bootstrap_of_groups
from casebook.agreement import cohen_kappa
from casebook.codebook import REPORTERS
from casebook.practice import practice_text
from casebook.text import paragraphs, sentences, words

Phrase = tuple[str, ...]  # plain words


class Found(NamedTuple):
    """A cue in a sentence: as the list has it, and where it stands, text[start:end]."""

    cue: str
    start: int
    end: int


def find_cues(text: str, cues: Iterable[str]) -> list[Found]:
    """The cues that occur in `text` as whole words, in order; a longer cue wins over a shorter.

    A word belongs to one cue at most: "not unlikely" is found once, without its "unlikely".
    """
    phrases = {phrase: cue for cue in cues if (phrase := _phrase(cue))}
    lengths = sorted({len(phrase) for phrase in phrases}, reverse=True)
    tokens = words(text)
    found, here = [], 0
    while here < len(tokens):
        for length in lengths:
            phrase = tuple(token.plain for token in tokens[here : here + length])
            if phrase in phrases:
                last = tokens[here + len(phrase) - 1]
                found.append(Found(phrases[phrase], tokens[here].start, last.end))
                here += len(phrase)
                break
        else:
            here += 1
    return found


def _phrase(cue: str) -> Phrase:
    """A cue as plain words; () if nothing is left of it."""
    return tuple(word.plain for word in words(cue))


def gold_cues(claims: pd.DataFrame) -> list[str]:
    """The cues that our coding names in rows with a weakening type, each once, sorted."""
    weak = claims.loc[_weakened(claims), "cue_min"]
    found = {part.strip() for cell in weak for part in cell.split("|")}
    return sorted(found - {""}, key=str.casefold)


def is_hedged(claims: pd.DataFrame) -> pd.Series:
    """True for each claim that is weakened or limited, or left open; boosted only is no hedge."""
    return (_weakened(claims) | (claims["kind"] == "OPEN")).rename("hedged")


def _weakened(claims: pd.DataFrame) -> pd.Series:
    return ~claims["hedge_type"].isin(["NONE", "BOOSTER"])


def by_sentence(claims: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """What our coding says of the sentences in `places` (columns paragraph and sentence).

    Columns hedged and attributed: one claim of the sentence is enough. A sentence without a
    coded claim counts as neither.
    """
    codes = claims.assign(hedged=is_hedged(claims), attributed=claims["source_id"] != REPORTERS)
    keys = ["paragraph", "sentence"]
    gold = codes.groupby(keys)[["hedged", "attributed"]].any()
    place = pd.MultiIndex.from_frame(places[keys].astype("int64"))
    gold.index = pd.MultiIndex.from_tuples([(int(p), int(s)) for p, s in gold.index], names=keys)
    return gold.reindex(place, fill_value=False).reset_index()


def run_detector(
    texts: dict[tuple[int, int], str], lists: dict[str, Iterable[str]]
) -> pd.DataFrame:
    """How many cues of each list each sentence has: one row a sentence, one column a list.

    `texts` has the sentences by their paragraph and sentence number.
    """
    kept = {name: list(cues) for name, cues in lists.items()}
    return pd.DataFrame(
        [
            {"paragraph": paragraph, "sentence": sentence}
            | {name: len(find_cues(text, cues)) for name, cues in kept.items()}
            for (paragraph, sentence), text in texts.items()
        ],
        columns=["paragraph", "sentence", *kept],
    )


def number_sentences(text: str) -> dict[tuple[int, int], str]:
    """The sentences of a text by the number of their paragraph and their own, both from 1."""
    return {
        (paragraph, number): sentence
        for paragraph, line in enumerate(paragraphs(text), 1)
        for number, sentence in enumerate(sentences(line), 1)
    }


def practice_sentences() -> dict[tuple[int, int], str]:
    """The sentences of the practice dispatch, without headline and deck."""
    _, *body = practice_text()
    return number_sentences("\n".join(body))


class Counts(NamedTuple):
    """What a detector got right and wrong; the four add up to the number of sentences."""

    hits: int
    false_alarms: int
    misses: int
    right_silences: int


def count(gold: Sequence[bool], found: Sequence[bool]) -> Counts:
    """Compare what is so with what was found, one entry a sentence; else ValueError."""
    pairs = [(bool(a), bool(b)) for a, b in zip(gold, found, strict=True)]
    kinds = ((True, True), (False, True), (True, False), (False, False))
    return Counts(*(pairs.count(kind) for kind in kinds))


def precision(gold: Sequence[bool], found: Sequence[bool]) -> float:
    """The share of alarms that are right, 0 to 1; nan if there is no alarm."""
    hits, false_alarms, _, _ = count(gold, found)
    return hits / (hits + false_alarms) if hits + false_alarms else math.nan


def recall(gold: Sequence[bool], found: Sequence[bool]) -> float:
    """The share of what is there that was found, 0 to 1; nan if nothing is there."""
    hits, _, misses, _ = count(gold, found)
    return hits / (hits + misses) if hits + misses else math.nan


def f1(gold: Sequence[bool], found: Sequence[bool]) -> float:
    """The harmonic mean of precision and recall, 2 hits / (2 hits + false alarms + misses).

    0 to 1 (van Rijsbergen 1979); nan if there is neither anything to find nor an alarm.
    """
    hits, false_alarms, misses, _ = count(gold, found)
    total = 2 * hits + false_alarms + misses
    return 2 * hits / total if total else math.nan


def kappa(gold: Sequence[bool], found: Sequence[bool]) -> float:
    """Agreement beyond chance (Cohen 1960): 1 complete, 0 as chance; nan if one label is all."""
    return cohen_kappa([bool(x) for x in gold], [bool(x) for x in found])


def scores(gold: Sequence[bool], found: Sequence[bool]) -> dict[str, float]:
    """Precision, recall, F1 and kappa of one detector."""
    measures = {"precision": precision, "recall": recall, "F1": f1, "kappa": kappa}
    return {name: measure(gold, found) for name, measure in measures.items()}


def bootstrap(
    gold: Sequence[bool],
    found: Sequence[bool],
    measure: Callable[[Sequence[bool], Sequence[bool]], float] = f1,
    seed: int = 2023,
    draws: int = 2000,
) -> tuple[float, float]:
    """The middle 95 % of a measure over `draws` samples of the sentences, drawn with replacement.

    Percentile bootstrap (Efron 1979). Samples in which the measure is nan are left out;
    (nan, nan) if all are. The same seed gives the same interval.
    """
    if not len(gold):
        raise ValueError("There are no sentences to draw from.")
    labels = [[bool(label) for label in said] for said in (gold, found)]
    return bootstrap_of_groups(labels, range(len(gold)), measure, seed, draws)
