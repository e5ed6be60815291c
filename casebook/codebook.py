"""The codebook's rules: which labels a column may have, and what must hold between columns."""

from collections.abc import Hashable, Iterator
from typing import Any

import pandas as pd

from casebook.data import schema

REPORTERS = "S00"

Row = dict[Hashable, Any]  # one claim, by column name


def labels(column: str) -> list[str]:
    """The labels that the codebook allows in a column of the claims table; LookupError if free."""
    for field in schema("schemas/claims.json")["fields"]:
        if field["name"] == column and "enum" in field.get("constraints", {}):
            return [str(label) for label in field["constraints"]["enum"]]
    raise LookupError(f'The column "{column}" has no list of labels.')


def alternatives(alt: str) -> dict[str, list[str]]:
    """Column -> the other labels a careful coder could give: "a=X|Y;b=Z" -> {a: [X, Y], b: [Z]}."""
    pairs = (part.split("=", 1) for part in alt.split(";") if part)
    return {column: values.split("|") for column, values in pairs}


def problems(claims: pd.DataFrame, sources: pd.DataFrame) -> list[str]:
    """One sentence per broken rule: the row, the column, the value and the rule; [] if none."""
    rules = (_reporters, _attributed, _cues, _certainty, _disclaimer, _alternatives)
    found = []
    for row in claims.to_dict("records"):
        for rule in rules:
            found += [f"{row['claim_id']}, {text}" for text in rule(row)]
    return found + list(_group_codes(claims, sources))


def _reporters(row: Row) -> Iterator[str]:
    fixed = {
        "source_type": "AUTHOR",
        "naming": "NA",
        "proximity": "NONE",
        "chain_len": 0,
        "incentive": "NA",
        "reason_for": "",
        "reason_against": "",
    }
    if row["source_id"] != REPORTERS:
        return
    for column, wanted in fixed.items():
        if row[column] != wanted:
            yield f'{column} "{row[column]}": a row of the reporters has "{wanted}" there.'


def _attributed(row: Row) -> Iterator[str]:
    if row["source_id"] == REPORTERS:
        return
    for column in ("reason_for", "reason_against"):
        if not row[column]:
            yield f"{column} is empty: every attributed row has a sentence for each direction."
    if row["author_stance"] == "OWN":
        yield 'author_stance "OWN": an attributed row is not the reporters\' own.'
    if row["incentive"] == "NA" or row["source_type"] == "AUTHOR":
        yield "incentive or source_type is that of the reporters, but source_id is not S00."


def _cues(row: Row) -> Iterator[str]:
    if bool(row["cue_min"]) == (row["hedge_type"] == "NONE"):
        yield f'cue_min "{row["cue_min"]}": hedge_type says {row["hedge_type"]}; both or neither.'
    if row["certainty"] == 4 and "BOOSTER" not in row["hedge_type"]:
        yield "certainty 4: only a row with a BOOSTER is more than a plain assertion."
    if row["certainty"] in (1, 2) and row["hedge_type"] in ("NONE", "QUANT", "ATTRIB"):
        yield f"certainty {row['certainty']}: {row['hedge_type']} alone does not lower it below 3."


def _certainty(row: Row) -> Iterator[str]:
    if (row["kind"] == "OPEN") != (row["certainty"] == 0):
        yield f"certainty {row['certainty']}: kind {row['kind']}; OPEN and 0 go together."
    if row["kind"] == "EVIDENCE_STATE" and row["event_value"] != "Uu":
        yield f'event_value "{row["event_value"]}": for an EVIDENCE_STATE it is Uu.'


def _disclaimer(row: Row) -> Iterator[str]:
    if row["verif_status"] == "NV_SCOPE" and not row["nv_reach"] and row["nv_by_source"] == "N":
        yield "verif_status NV_SCOPE: no reading of the disclaimer covers this row."


def _alternatives(row: Row) -> Iterator[str]:
    for column, values in alternatives(row["alt"]).items():
        if column not in row:
            yield f'alt "{column}": there is no such column.'
            continue
        if _parts(str(row[column])) in map(_parts, values):
            yield f'alt "{column}={row[column]}": that is the code the row has.'
        try:
            unknown = set(values) - set(labels(column))
        except LookupError:
            continue
        for value in sorted(unknown):
            yield f'alt "{column}={value}": the codebook has no such label.'


def _parts(code: str) -> set[str]:
    """A code without the order of its parts: actors are joined by ; in a cell and by , in alt."""
    return set(code.replace(";", ",").split(","))


def _group_codes(claims: pd.DataFrame, sources: pd.DataFrame) -> Iterator[str]:
    """What belongs to a source group is the same in every row of the group."""
    groups = sources.set_index("source_id")
    for row in claims.to_dict("records"):
        if row["source_id"] not in groups.index:
            yield f"{row['claim_id']}, source_id {row['source_id']}: no such row in sources."
            continue
        group = groups.loc[row["source_id"]]
        for column in ("source_type", "naming", "n_min", "n_max"):
            here, there = row[column], group[column]
            if pd.isna(here) != pd.isna(there) or (pd.notna(here) and here != there):
                yield f"{row['claim_id']}, {column} {here}: the group has {there} in sources."
