"""Find the pack's tables and load them with proper types."""

import csv
import difflib
import functools
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd

from casebook.text import UnreadableText, read_text


def _root() -> Path:
    """The pack's top folder: the clone; in JupyterLite the site's files; else the wheel's own."""
    package = Path(__file__).resolve().parent
    here = Path.cwd()
    places = (package.parent, here, *here.parents)
    return next((p for p in places if (p / "data/datapackage.json").is_file()), package / "pack")


ROOT = _root()
DATA = ROOT / "data"
CASES = ("article", "practice")
OWN_CASES = ROOT / "my_work" / "cases"
OWN_TABLES = {  # the tables of a reader's case, each with its schema
    "claims": "schemas/claims.json",
    "headline": "schemas/claims.json",
    "sources": "schemas/sources.json",
    "actors": "schemas/actors.json",
    "sentences": "schemas/sentences.json",
    "suggestions": "schemas/suggestions.json",
}

Case = str | Path  # "article", "practice", the name of a reader's case, or its folder


@functools.cache
def _package() -> dict[str, Any]:
    """The Frictionless data package that describes every table (datapackage.org)."""
    package: dict[str, Any] = json.loads((DATA / "datapackage.json").read_text("utf-8"))
    return package


def own_case(case: Case) -> Path | None:
    """The folder of a reader's case; None for a case of the pack; LookupError if there is none."""
    if case in CASES:
        return None
    folder = case.absolute() if isinstance(case, Path) else OWN_CASES / Path(case).name
    if not case or not folder.is_dir():
        own = sorted(path.name for path in OWN_CASES.glob("*") if path.is_dir())
        raise LookupError(f'There is no case "{case}". Known: {", ".join([*CASES, *own])}.')
    return folder


def _resources(case: Case) -> dict[str, dict[str, Any]]:
    """Table name -> its description, for the tables of a case and those that all cases share."""
    folder, found = own_case(case), {}
    for resource in _package()["resources"]:
        place, file = resource["path"].split("/")
        if place == case or place not in CASES:
            found[file.removesuffix(".csv")] = resource
    if folder:
        for name, described in OWN_TABLES.items():
            found[name] = {"path": folder / f"{name}.csv", "schema": described}
    return found


def tables(case: Case = "article") -> list[str]:
    """The names that `load` knows for a case, in alphabetical order."""
    return sorted(_resources(case))


def load(name: str, case: Case = "article") -> pd.DataFrame:
    """The table `name` of a case, typed as its schema says.

    A case is "article", "practice", or one that `casebook.cases.new_case` made, by its name or its
    folder; ValueError if a table of such a case cannot be read. Ordered codes come as ordered
    categories, whole numbers as nullable integers, dates as timestamps, everything else as text
    ("" for an empty cell). Unknown names: LookupError.
    """
    resources = _resources(case)
    if name not in resources:
        near = difflib.get_close_matches(name, resources, n=1, cutoff=0.4)
        hint = f'Did you mean "{near[0]}"? ' if near else ""
        raise LookupError(f'There is no table "{name}". {hint}Known: {", ".join(tables(case))}.')
    path, described = DATA / resources[name]["path"], schema(resources[name]["schema"])
    if not own_case(case) or path.is_relative_to(DATA):
        return read_table(path, described)
    cells = read_cells(path)
    try:
        return _typed_table(cells, described)
    except (KeyError, ValueError):
        raise ValueError(
            f"{path.name} does not keep the codebook; case_problems lists every place."
        ) from None


def schema(path: str) -> dict[str, Any]:
    """The Table Schema at `path` below data/, as a dict."""
    content: dict[str, Any] = json.loads((DATA / path).read_text("utf-8"))
    return content


def read_table(path: Path, table_schema: dict[str, Any]) -> pd.DataFrame:
    """A CSV file, each column converted to the type that its field of the schema names."""
    text = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    return _typed_table(text, table_schema)


def read_cells(path: Path) -> pd.DataFrame:
    """A reader's CSV file as text, "" for an empty cell, however a spreadsheet saved it.

    Commas, semicolons or tabs between cells, any usual encoding, empty lines left out. ValueError,
    in one sentence, if it is no such file.
    """
    try:
        text = read_text(path)
    except UnreadableText as why:
        raise ValueError(f"{path.name} {why}.") from None
    separator = max(",;\t", key=text.partition("\n")[0].count)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as why:
        raise ValueError(f"{path.name} is not a CSV file ({why}).") from None
    rows = [[cell.strip() for cell in line] for line in lines if any(map(str.strip, line))]
    if not rows:
        raise ValueError(f"{path.name} is empty: its first line has the names of the columns.")
    header, *rest = rows
    for row in rest:
        if any(row[len(header) :]):
            raise ValueError(
                f'{path.name}, row "{row[0]}", has more cells than there are columns: put '
                "quotation marks around a text with commas."
            )
    width = len(header)
    return pd.DataFrame([(row + [""] * width)[:width] for row in rest], columns=header).astype(str)


def _typed_table(text: pd.DataFrame, table_schema: dict[str, Any]) -> pd.DataFrame:
    """A table of text with each column converted to its type; KeyError for an unknown column."""
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
