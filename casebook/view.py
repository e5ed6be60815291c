"""Claims as readers meet them: never a proposition without its voice and its certainty."""

import pandas as pd

from casebook.codebook import REPORTERS
from casebook.data import load

VOICES = {
    "reporters": "the reporters themselves",
    "named": "a named person",
    "institution": "an institution, nobody in particular",
    "reason given": "unnamed people, and the text says why",
    "unnamed": "unnamed people, no reason given",
    "recording": "a recording or document",
}
_VOICE_OF_NAMING = {
    "NAMED": "named",
    "INSTITUTION": "institution",
    "CONFIDENTIAL": "reason given",
    "UNIDENTIFIED": "unnamed",
    "NA": "recording",
}
_VIEW = ["claim_id", "paragraph", "kind", "voice", "source", "cue", "certainty", "proposition"]


def voice(claims: pd.DataFrame) -> pd.Series:
    """Who speaks in each row: one of the keys of VOICES, as an ordered category."""
    names = (
        claims["naming"].map(_VOICE_OF_NAMING).mask(claims["source_id"] == REPORTERS, "reporters")
    )
    return names.astype(pd.CategoricalDtype(list(VOICES), ordered=True)).rename("voice")


def readers_view(claims: pd.DataFrame, case: str = "article") -> pd.DataFrame:
    """Eight columns to read a claim by, in the order who, how sure, what.

    What a source denies is marked: "(denied) The council knew."
    """
    label = load("sources", case).set_index("source_id")["label"]
    table = claims.assign(
        voice=voice(claims),
        source=claims["source_id"].map(label),
        cue=claims["cue_min"],
        proposition=claims["proposition"].mask(
            claims["polarity"] == "-", "(denied) " + claims["proposition"]
        ),
    )
    return table[_VIEW].reset_index(drop=True)
