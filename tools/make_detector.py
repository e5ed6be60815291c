"""Make detector.csv of both cases: tools/make_detector.py [ARTICLE.txt]

How many cues of each list stand in each sentence: counts, no words. That of the article needs its
text; without an argument the environment variable WHO_SAYS_SO_ARTICLE names it, and without
either only that of the practice dispatch is made.
"""

import os
import sys
from pathlib import Path

from casebook.cues import (
    find_cues,
    gold_cues,
    number_sentences,
    practice_sentences,
    run_detector,
)
from casebook.data import CASES, DATA, load
from casebook.text import UnreadableText, read_text

NAVIGATION = 1  # the article's paragraph that only links to other pages


def target(case: str) -> Path:
    """Where the table of a case is kept."""
    return DATA / case / "detector.csv"


def make_csv(article: Path | None = None) -> str:
    """The table of the article in a file (else UnreadableText), or of the dispatch, as CSV."""
    texts = number_sentences(read_text(article)) if article else practice_sentences()
    texts = {place: words for place, words in texts.items() if not article or place[0] > NAVIGATION}
    lexicon = load("hedges")
    hedges = lexicon[lexicon["hedge_type"] != "BOOSTER"]
    table = run_detector(
        texts,
        {
            "hedges": hedges["cue"],
            "boosters": lexicon.loc[lexicon["hedge_type"] == "BOOSTER", "cue"],
            "reporting": load("reporting_verbs")["verb"],
            **{f"{name}_cues": gold_cues(load("claims", name)) for name in CASES},
        },
    )
    type_of = dict(zip(lexicon["cue"], lexicon["hedge_type"], strict=True))
    table["hedge_types"] = [
        "+".join(sorted({type_of[found.cue] for found in find_cues(words, hedges["cue"])}))
        for words in texts.values()
    ]
    return str(table.to_csv(index=False, lineterminator="\n"))


def main() -> None:
    """Write what can be written, and say what was not."""
    name = sys.argv[1] if len(sys.argv) == 2 else os.environ.get("WHO_SAYS_SO_ARTICLE", "")
    try:
        content = {"practice": make_csv()} | ({"article": make_csv(Path(name))} if name else {})
    except UnreadableText as why:
        sys.exit(f"{name} {why}.")
    for case, table in content.items():
        target(case).write_text(table, "utf-8", newline="\n")
        print(f"{case}: {table.count(chr(10)) - 1} sentences")
    if not name:
        print("article: not made, it needs the text: python tools/make_detector.py ARTICLE.txt")


if __name__ == "__main__":
    main()
