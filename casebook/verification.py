"""What could be checked: the reach of a disclaimer, who holds the evidence, Admiralty grades."""

import re
from collections.abc import Iterable

import pandas as pd

from casebook.data import load

# The readings of the disclaimer, and the widest nv_reach that each of them covers.
_REACH = {"narrow": 1, "middle": 2, "wide": 3}
READINGS = (*_REACH, "same sources")

# Words in verify_by that tell who holds the evidence; the first holder that fits is taken.
# They are matched to our own wording of that column, in both cases, and to no other text.
_HOLDER_WORDS = {
    "nobody yet": r"^time,|^Nothing settles|two winters|end of the season",
    "anyone": (
        r"public|gazette|published|UN reports|UN, statistical|\bthe platform\b|reference works"
        r"|surveys|war reporting|researchers|television|statements (?:of|by)|coverage"
        r"|Hospital admissions|commission’s register|court list|Sales books|trial with beginners"
    ),
    "the newspaper": r"newspaper|reporters",
}
HOLDERS = {
    "anyone": "anyone who goes and looks",
    "the newspaper": "the newspaper alone",
    "the parties": "those in the story, or who watch them in secret",
    "nobody yet": "nobody yet: it lies ahead, or is a judgement",
}


def covered(claims: pd.DataFrame, reading: str) -> pd.Series:
    """True for each claim that the disclaimer covers on a reading, one of READINGS.

    "narrow", "middle" and "wide" go by place (nv_reach), each including the one before;
    "same sources" goes by who speaks (nv_by_source). Other readings: LookupError.
    """
    if reading not in READINGS:
        raise LookupError(f'There is no reading "{reading}". Known: {", ".join(READINGS)}.')
    if reading == "same sources":
        return (claims["nv_by_source"] == "Y").rename("covered")
    return claims["nv_reach"].between(1, _REACH[reading]).astype(bool).rename("covered")


def holder(claims: pd.DataFrame) -> pd.Series:
    """Who holds what could settle each claim: one of the keys of HOLDERS, as an ordered category.

    Sorted by words in verify_by; where several hold something, the one easiest to reach counts.
    """
    kind = pd.CategoricalDtype(list(HOLDERS), ordered=True)
    return claims["verify_by"].map(_holder).astype(kind).rename("holder")


def _holder(verify_by: str) -> str:
    for name, words in _HOLDER_WORDS.items():
        if re.search(words, verify_by):
            return name
    return "the parties"


def ranks(grades: Iterable[str]) -> pd.Series:
    """The rank, 1 best to 5 worst, of Admiralty grades such as "B" or "3"; F and 6 are missing.

    Source: data/scales/admiralty.csv. A grade that the code does not have: LookupError.
    """
    rank = load("admiralty").set_index("grade")["rank"]
    given = pd.Series(list(grades), dtype=object)
    unknown = [str(grade) for grade in given if grade not in rank.index]
    if unknown:
        raise LookupError(
            f'There is no Admiralty grade "{unknown[0]}". '
            "Sources have A to F, items 1 to 6, each as a text."
        )
    return given.map(rank).astype("Int64").rename("rank")
