"""Find the pack's tables and load them with proper types."""

import difflib
import functools
import json
from pathlib import Path
from typing import Any

import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
CASES = ("article", "practice")


@functools.cache
def _package() -> dict[str, Any]:
    """The Frictionless data package that describes every table (datapackage.org)."""
    package: dict[str, Any] = json.loads((DATA / "datapackage.json").read_text("utf-8"))
    return package


def _resources(case: str) -> dict[str, dict[str, Any]]:
    """Table name -> its description, for the tables of a case and those that all cases share."""
    if case not in CASES:
        raise LookupError(f'There is no case "{case}". Known: {", ".join(CASES)}.')
    found = {}
    for resource in _package()["resources"]:
        folder, file = resource["path"].split("/")
        if folder == case or folder not in CASES:
            found[file.removesuffix(".csv")] = resource
    return found


def tables(case: str = "article") -> list[str]:
    """The names that `load` knows for a case, in alphabetical order."""
    return sorted(_resources(case))


def load(name: str, case: str = "article") -> pd.DataFrame:
    """The table `name` of a case ("article" or "practice"), typed as its schema says.

    Ordered codes come as ordered categories, whole numbers as nullable integers, dates as
    timestamps, everything else as text ("" for an empty cell). Unknown names: LookupError.
    """
    resources = _resources(case)
    if name not in resources:
        near = difflib.get_close_matches(name, resources, n=1, cutoff=0.4)
        hint = f'Did you mean "{near[0]}"? ' if near else ""
        raise LookupError(f'There is no table "{name}". {hint}Known: {", ".join(tables(case))}.')
    resource = resources[name]
    return read_table(DATA / resource["path"], schema(resource["schema"]))


def schema(path: str) -> dict[str, Any]:
    """The Table Schema at `path` below data/, as a dict."""
    content: dict[str, Any] = json.loads((DATA / path).read_text("utf-8"))
    return content


def read_table(path: Path, table_schema: dict[str, Any]) -> pd.DataFrame:
    """A CSV file, each column converted to the type that its field of the schema names."""
    text = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    fields = {field["name"]: field for field in table_schema["fields"]}
    return pd.DataFrame({name: _typed(text[name], fields[name]) for name in text.columns})


def _typed(text: pd.Series, field: dict[str, Any]) -> pd.Series:
    """One column of text, converted; an empty cell is missing unless the column is text."""
    filled = text.where(text != "")
    match field["type"]:
        case "integer":
            numbers = pd.to_numeric(filled).astype("Int64")
            if not field.get("categoriesOrdered"):
                return numbers
            return numbers.astype(pd.CategoricalDtype(field["categories"], ordered=True))
        case "number":
            return pd.to_numeric(filled).astype("float64")
        case "date":
            return pd.to_datetime(filled, format="%Y-%m-%d")
        case _:
            return text
