"""What the fingerprints cost and give away: python benchmarks/own_copy.py [ARTICLE.txt]

Without an argument it takes the text in WHO_SAYS_SO_ARTICLE, else the practice dispatch.
"""

import os
import sys
import timeit
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from casebook.data import DATA, ROOT
from casebook.fingerprints import BITS, RUN, align, make_table, read_table, run_hash
from casebook.text import paragraphs, read_text, sentences, words

sys.path.insert(0, str(ROOT / "tests"))
from reconstruction import reach, rebuild, survivors

KNOWN = 5  # first words of each sentence that the attacker has


def main() -> None:
    """Print size, time relative to reading, and how far the reconstruction attack gets."""
    named = [
        *sys.argv[1:2],
        os.environ.get("WHO_SAYS_SO_ARTICLE"),
        DATA / "practice" / "dispatch.md",
    ]
    path = Path(next(name for name in named if name))
    text = read_text(path)
    table = make_table(text)
    prints = read_table(table)
    plain = [word.plain for word in words(text)]
    print(
        f"{path.name}: {len(plain):,} words, {len(prints)} sentences, {len(table)} hashes of "
        f"{BITS} bits, {len(table) * BITS / len(plain):.2f} bits a word, "
        f"{len(table.to_csv(index=False)):,} bytes as CSV"
    )
    reading = best(lambda: words(read_text(path)))
    print(
        f"aligning takes {best(lambda: align(prints, plain)) / reading:.1f} times as long as "
        f"reading and normalising ({1000 * reading:.1f} ms)"
    )

    split = {
        (number, place): [word.plain for word in words(sentence)]
        for number, paragraph in enumerate(paragraphs(text), 1)
        for place, sentence in enumerate(sentences(paragraph), 1)
    }
    sparse = [(split[p.paragraph, p.sentence], dict(p.hashes)) for p in prints if p.words > KNOWN]
    full = [
        (truth, {i: run_hash(truth[i : i + RUN]) for i in range(len(truth) - RUN + 1)})
        for truth, _ in sparse
    ]
    vocabulary = sorted(set(plain))
    report("full set of hashes", full, vocabulary, width=50)
    report("fingerprints", sparse, vocabulary)
    report("fingerprints, positions unknown", sparse[:6], vocabulary, positions=False)
    report("no hashes (chance)", [(truth, {}) for truth, _ in sparse], vocabulary)
    truth, checks = max(sparse, key=lambda pair: len(pair[0]))
    run = truth[max(checks) : max(checks) + RUN]
    left = [survivors(run, unknown, vocabulary) for unknown in (1, 2)]
    print(f"a run known but for its last word has {left[0]} fillings, but for two {left[1]}")


def best(action: Callable[[], object]) -> float:
    """Seconds that an action takes at best."""
    return min(timeit.repeat(action, number=5, repeat=5)) / 5


def report(
    name: str,
    attacked: Sequence[tuple[list[str], Mapping[int, int]]],
    vocabulary: Sequence[str],
    *,
    positions: bool = True,
    width: int = 5,
) -> None:
    """Print what part of the unknown words of all sentences the attack gets, and its best run."""
    got = [
        reach(
            rebuild(truth[:KNOWN], len(truth), checks, vocabulary, positions, width), truth, KNOWN
        )
        for truth, checks in attacked
    ]
    unknown = sum(len(truth) - KNOWN for truth, _ in attacked)
    print(f"{name}: {sum(got)} of {unknown} unknown words, at most {max(got)} in a row")


if __name__ == "__main__":
    main()
