"""Write data/article/agreement.csv from the two codings.

Usage: python tools/make_agreement.py
"""

import sys
from pathlib import Path

import pandas as pd

from casebook.agreement import by_column
from casebook.data import DATA, load, schema

ORDERED = {"chain_len": [0, 1, 2], "certainty": [0, 1, 2, 3, 4], "nv_reach": [0, 1, 2, 3]}


def agreement() -> pd.DataFrame:
    """The table, its numbers rounded to three places; only claims that both coders have."""
    first, second = (load(f"claims_coder_{name}").set_index("claim_id") for name in "ab")
    both = [claim for claim in first.index if claim in second.index]
    first, second = first.loc[both], second.loc[both]
    fields = schema("schemas/claims.json")["fields"]
    nominal = [f["name"] for f in fields if "enum" in f.get("constraints", {})]
    nominal = ["source_id", *(name for name in nominal if name not in ORDERED), "hedge_type"]
    nominal += ["nv_by_source", "planning", "foreknowledge"]
    table = by_column(first, second, ORDERED, list(dict.fromkeys(nominal)))
    return table.round(3)


def main() -> None:
    """Write the table."""
    target = Path(sys.argv[1]) if sys.argv[1:] else DATA / "article" / "agreement.csv"
    agreement().to_csv(target, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
