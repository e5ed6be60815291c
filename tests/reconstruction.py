"""The attack that fingerprints must survive: rebuild a sentence from hashes and a word list."""

import random
from collections.abc import Collection, Mapping, Sequence

from casebook.fingerprints import RUN, run_hash

Words = tuple[str, ...]


def rebuild(
    known: Sequence[str],
    length: int,
    checks: Mapping[int, int],
    vocabulary: Sequence[str],
    positions: bool = True,
    width: int = 5,
) -> list[Words]:
    """Guesses of `length` words that begin with the `known` ones, by beam search.

    `checks` holds a hash for the words from a position on; without `positions` the attacker has
    the hashes alone. The guesses that fit a hash survive; where none is told, words are drawn.
    """
    rng = random.Random(1)
    beam: list[Words] = [tuple(known)]
    for start in range(len(known) - RUN + 1, length - RUN + 1):
        told: Collection[int] = (
            checks.values() if not positions else ([checks[start]] if start in checks else [])
        )
        fitting = (
            [
                (*guess, word)
                for guess in beam
                for word in vocabulary
                if run_hash((*guess[start:], word)) in told
            ]
            if told and start >= 0
            else []
        )
        drawn = [(*rng.choice(beam), rng.choice(vocabulary)) for _ in range(width)]
        beam = rng.sample(fitting, min(len(fitting), width)) or drawn
    return beam


def reach(guesses: Sequence[Words], truth: Sequence[str], known: int) -> int:
    """How many words after the `known` first ones the best guess has right, in a row."""

    def right(guess: Words) -> int:
        pairs = enumerate(zip(guess[known:], truth[known:], strict=True))
        return next((i for i, (one, other) in pairs if one != other), len(truth) - known)

    return max(right(guess) for guess in guesses)


def survivors(run: Sequence[str], unknown: int, vocabulary: Sequence[str]) -> int:
    """How many fillings of the last `unknown` words (1 or 2) of a run have the run's own hash."""
    value, head = run_hash(run), tuple(run[:-unknown])
    tails = (
        [(word,) for word in vocabulary]
        if unknown == 1
        else [(one, other) for one in vocabulary for other in vocabulary]
    )
    return sum(run_hash((*head, *tail)) == value for tail in tails)
