"""Find the sentences of a text again in another copy of it, without keeping the text.

A sentence is known by its length and by one to four short hashes of runs of five of its words.
Runs do not overlap and a hash has 12 bits, so about one bit per word is stored: enough to
recognise a sentence that one has, far too few to find a sentence that one lacks. A hash of
every run would be the text itself: whoever knows the first words tries a word list on the next.
"""

import hashlib
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pandas as pd

from casebook.text import paragraphs, sentences, words

RUN = 5  # words under one hash
BITS = 12  # of one hash
SPACING = 8  # at least so many words of a sentence for each hash
MOST = 4  # hashes for one sentence
_SLIP = 3  # words that may be added or lost between two hashes of a sentence
_NEAR = 60  # words that may stand between neighbouring sentences: a caption, an advertisement


class Print(NamedTuple):
    """What is stored of a sentence: paragraph, sentence, words, [(words before the run, hash)]."""

    paragraph: int
    sentence: int
    words: int
    hashes: tuple[tuple[int, int], ...]


class Place(NamedTuple):
    """Where a sentence stands in a copy: words[start:end], and how many of its hashes match."""

    start: int
    end: int
    matched: int


def run_hash(run: Sequence[str]) -> int:
    """A hash of BITS bits of a run of plain words (BLAKE2b, the same on every machine)."""
    digest = hashlib.blake2b(" ".join(run).encode(), digest_size=4, person=b"who-says-so")
    return int.from_bytes(digest.digest(), "big") >> (32 - BITS)


def fingerprint(sentence: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """(words before the run, hash) of a sentence's hashed runs, evenly spaced up to its end.

    Places depend on the length alone, so they tell nothing about the words. The opening, which a
    stranger knows or guesses most easily, has no hash. Under RUN words there is nothing to hash.
    """
    last = len(sentence) - RUN
    if last < 0:
        return ()
    count = min(MOST, max(1, last // SPACING))
    starts = [last - i * (last // count) for i in reversed(range(count))]
    return tuple((start, run_hash(sentence[start : start + RUN])) for start in starts)


def make_table(text: str) -> pd.DataFrame:
    """The fingerprints of a text, one row a hash: paragraph, sentence, words, position, hash."""
    rows = []
    for number, paragraph in enumerate(paragraphs(text), 1):
        for place, sentence in enumerate(sentences(paragraph), 1):
            plain = [word.plain for word in words(sentence)]
            rows += [(number, place, len(plain), *pair) for pair in fingerprint(plain)]
    return pd.DataFrame(rows, columns=["paragraph", "sentence", "words", "position", "hash"])


def read_table(table: pd.DataFrame) -> list[Print]:
    """The sentences of a table like that of `make_table`, in its order."""
    found: dict[tuple[int, int, int], list[tuple[int, int]]] = defaultdict(list)
    for paragraph, sentence, length, position, value in table.astype(int).itertuples(index=False):
        found[paragraph, sentence, length].append((position, value))
    return [Print(*key, tuple(hashes)) for key, hashes in found.items()]


def align(prints: Sequence[Print], copy: Sequence[str]) -> list[Place | None]:
    """For each sentence where it stands in the plain words of a copy, None if it is not found.

    Sentences of which two hashes agree on a place are anchors, as far as they follow each other
    in the article's order; of the others one hash is enough where a neighbour leads to expect it.
    """
    places_of = defaultdict(list)
    wanted = {value for sentence in prints for _, value in sentence.hashes}
    for place in range(len(copy) - RUN + 1):
        if (value := run_hash(copy[place : place + RUN])) in wanted:
            places_of[value].append(place)
    candidates = [list(_candidates(sentence, places_of, len(copy))) for sentence in prints]
    found = _chain(candidates)
    _extend(found, candidates)
    return found


def _candidates(sentence: Print, places_of: dict[int, list[int]], end: int) -> Iterator[Place]:
    """Every place of a copy of `end` words where at least one hash of the sentence fits."""
    hits = sorted(
        (place - position, position)
        for position, value in sentence.hashes
        for place in places_of[value]
    )
    first = 0
    while first < len(hits):
        after = bisect_left(hits, (hits[first][0] + _SLIP + 1,))
        group = sorted((position, start) for start, position in hits[first:after])
        yield Place(
            max(0, group[0][1]),
            min(end, group[-1][1] + sentence.words),
            len({position for position, _ in group}),
        )
        first = after


def _chain(candidates: Sequence[Sequence[Place]]) -> list[Place | None]:
    """Of the candidates with two hashes or more, the chain in the article's order with most hashes.

    The longest increasing subsequence, weighted, by dynamic programming.
    """
    nodes = [
        (i, place) for i, options in enumerate(candidates) for place in options if place.matched > 1
    ]
    weight, previous = [0] * len(nodes), [-1] * len(nodes)
    for this, (i, place) in enumerate(nodes):
        for other in range(this):
            j, before = nodes[other]
            if j < i and before.start < place.start and weight[other] > weight[this]:
                weight[this], previous[this] = weight[other], other
        weight[this] += place.matched
    found: list[Place | None] = [None] * len(candidates)
    node = max(range(len(nodes)), key=weight.__getitem__, default=-1)
    while node >= 0:
        found[nodes[node][0]] = nodes[node][1]
        node = previous[node]
    return found


def _extend(found: list[Place | None], candidates: Sequence[Sequence[Place]]) -> None:
    """Add to `found` the sentences that stand close to a found neighbour and overlap none."""
    for i in [*range(len(found)), *reversed(range(len(found)))]:
        if found[i]:
            continue
        before = next((place for place in reversed(found[:i]) if place), None)
        after = next((place for place in found[i + 1 :] if place), None)
        neighbours = found[max(0, i - 2) : i + 3]  # one missing sentence may stand between
        for place in sorted(candidates[i], key=lambda place: -place.matched):
            left = place.start - before.end if before else 0
            right = after.start - place.end if after else 0
            close = [
                before and before in neighbours and left <= _NEAR,
                after and after in neighbours and right <= _NEAR,
            ]
            if any(close) and min(left, right) >= -_SLIP:
                found[i] = place
                break
