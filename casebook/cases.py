"""A case of your own: from a text file to a folder with the tables of the course.

A case lies in my_work/cases/, which git ignores: the text is the reader's own and stays there.
Nothing here codes anything. The lists of words suggest cues, in a table of their own.
"""

import csv
import io
import os
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

from casebook import codebook, data
from casebook.cues import find_cues, number_sentences
from casebook.data import Case, load, read_cells, schema
from casebook.text import UnreadableText, paragraphs, read_article

Place = tuple[int, int]  # the number of a paragraph, and that of a sentence in it

OTHERS = "*"  # in `fill`: all rows, where the cell is still empty
TO_CODE = ("claims", "headline", "sources", "actors")
TEXT = "text.txt"

_HEADLINE, _DECK = (0, 1), (0, 2)
_EMPHASISED = re.compile(r"([*_]{1,2})(?P<words>[^*_].*?)\1")
_SENTENCE_END = re.compile(r"[.?!:…][”\"’')\]]*$")
_SHORTEST_WRAPPED_LINE = 40  # characters; a shorter line is a heading rather than a broken line
_OF_THE_GROUP = ["source_type", "naming", "n_min", "n_max"]
_OF_THE_REPORTERS = {"proximity": "NONE", "chain_len": "0", "incentive": "NA", "exposed": "N"}
_FORMS = {
    "claim_id": "C and a number of two or three digits, as in C001, or H01 in headlines",
    "prop_id": "P and three digits, as in P001",
    "source_id": "S and two digits, as in S01",
    "hedge_type": "NONE, or types joined by +, as in EPIST_LEX+QUANT",
    "planning": "a party and a sign, as in COUNCIL:+;FLEET:?",
    "foreknowledge": "a party and a sign, as in COUNCIL:+;FLEET:?",
    "alt": "columns and codes, as in kind=EVENT|MOTIVE;certainty=2",
    "paragraphs": "numbers joined by semicolons, as in 2;5",
    "may_overlap_with": "groups joined by semicolons, as in S02;S05",
    "side": "an actor_id, as in COUNCIL",
    "actor_id": "capital letters, as in COUNCIL",
}


class CaseError(ValueError):
    """A text or a table that makes no case; the message says what is wrong and what to do."""


def new_case(path: str | os.PathLike[str], into: Path | None = None) -> Path:
    """Make a case from a text file, in `into` or my_work/cases, and return its folder.

    A first line that begins with # is the headline, a line in *asterisks* below it the deck. Only
    what is missing is written, so a second call changes nothing. CaseError if the file has no
    text to work with, or if the folder holds another text.
    """
    texts = _numbered(_read(Path(path)))
    folder = (into or data.OWN_CASES) / _name(Path(path))
    text = "\n".join(f"{paragraph}.{n} {words}" for (paragraph, n), words in texts.items()) + "\n"
    kept = folder / TEXT
    if kept.exists() and kept.read_text("utf-8") != text:
        raise CaseError(
            f"There is a case {folder.name} with another text already. "
            "Give your file another name, or move that folder away."
        )
    folder.mkdir(parents=True, exist_ok=True)
    _write_new(kept, text)
    tables = {name: pd.DataFrame(columns=_columns(name)) for name in TO_CODE}
    tables["sentences"] = pd.DataFrame(
        [(*place, words) for place, words in texts.items()], columns=_columns("sentences")
    )
    tables["suggestions"] = suggest(texts)
    for name, table in tables.items():
        _write_new(folder / f"{name}.csv", _csv(table))
    return folder


def suggest(texts: dict[Place, str]) -> pd.DataFrame:
    """What the pack's lists find in sentences: a row a cue, to be judged by a reader, no codes.

    Columns: paragraph, sentence, words (as they stand there), list and type. It has the cues of
    data/lexicons and no others: lesson 03 measures how many it misses.
    """
    hedges, verbs = load("hedges"), load("reporting_verbs")
    types = dict(zip(hedges["cue"], hedges["hedge_type"], strict=True))
    stances = dict(zip(verbs["verb"], verbs["stance"], strict=True))
    rows = []
    for place, text in texts.items():
        for found in find_cues(text, types):
            name = "booster" if types[found.cue] == "BOOSTER" else "hedge"
            rows.append((*place, text[found.start : found.end], name, types[found.cue]))
        for found in find_cues(text, stances):
            here = text[found.start : found.end]
            rows.append((*place, here, "reporting", stances[found.cue]))
    return pd.DataFrame(rows, columns=_columns("suggestions"))


def _read(file: Path) -> str:
    """The text of a file; CaseError if there is none, or far too much."""
    if not file.exists():
        raise CaseError(f"There is no file {file.name} in {file.resolve().parent}.")
    try:
        return read_article(file)[0]
    except UnreadableText as why:
        raise CaseError(
            f"{file.name} {why}. Save one article's text, and only that, as plain text."
        ) from None


def _name(file: Path) -> str:
    """The name of a case: the file's, in small letters and _; never that of a case of the pack."""
    name = re.sub(r"[\W_]+", "_", file.stem.casefold()).strip("_")[:60] or "case"
    return f"my_{name}" if name in data.CASES else name


def _numbered(text: str) -> dict[Place, str]:
    """The sentences by paragraph and number; headline and deck are sentences 1 and 2 of 0."""
    lines = _unwrapped(text)
    top: dict[Place, str] = {}
    if lines[0].startswith("#"):
        top[_HEADLINE] = lines.pop(0).lstrip("# ")
        if lines and (deck := _EMPHASISED.fullmatch(lines[0])):
            top[_DECK] = deck["words"]
            del lines[0]
    body = "\n".join(line.lstrip("# ") for line in lines)
    return {place: words for place, words in (top | number_sentences(body)).items() if words}


def _unwrapped(text: str) -> list[str]:
    """The paragraphs of a text, each in one line.

    A block of lines is one paragraph if most of them break off in mid-sentence, as they do where
    a program wrapped them; else each line is one.
    """
    found = []
    for kind, group in groupby(text.splitlines(), key=_kind_of_line):
        lines = [line.strip() for line in group]
        broken = sum(_breaks_off(line) for line in lines[:-1])
        if kind == "text" and broken > (len(lines) - 1) / 2:
            found.append("".join(line if line.endswith("-") else f"{line} " for line in lines))
        elif kind:
            found += lines
    return paragraphs("\n".join(found))


def _kind_of_line(line: str) -> str:
    if not line.strip():
        return ""
    return "heading" if line.lstrip().startswith("#") else "text"


def _breaks_off(line: str) -> bool:
    return len(line) >= _SHORTEST_WRAPPED_LINE and not _SENTENCE_END.search(line)


def _write_new(path: Path, text: str) -> None:
    """Write a file that does not exist; leave one that does."""
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError:
        pass


def _csv(table: pd.DataFrame) -> str:
    return str(table.to_csv(index=False, lineterminator="\n"))


def _fields(table: str) -> list[dict[str, Any]]:
    fields: list[dict[str, Any]] = schema(data.OWN_TABLES[table])["fields"]
    return fields


def _columns(table: str) -> list[str]:
    return [field["name"] for field in _fields(table)]


def fill(case: Case, table: str, rows: pd.DataFrame | str) -> None:
    """Write cells into a table of a reader's case, by its first column; other cells stay.

    `rows` is a table, or a text that looks like one in a CSV file. A row with * in the first column
    goes into every cell of its columns that is still empty. CaseError for a column or a table
    that the codebook does not have.
    """
    path, kept = _path(case, table), _cells(case, table)
    key = _columns(table)[0]
    new = _as_cells(rows)
    for column in new.columns:
        if column not in _columns(table):
            raise CaseError(f'The table {table} has no column "{column}".')
    if key not in new:
        raise CaseError(f'Rows of {table} need the column "{key}", which says where they go.')
    for twice in kept.loc[kept[key].duplicated(), key]:
        raise CaseError(f'In {path.name} there are two rows "{twice}". Rename one of them first.')
    cells = {row[key]: row for row in kept.to_dict("records")}
    others = [row for row in new.to_dict("records") if row[key] == OTHERS]
    for row in new.to_dict("records"):
        if row[key] != OTHERS:
            cells.setdefault(row[key], {}).update(row)
    for row in cells.values():
        for other in others:
            row |= {name: value for name, value in other.items() if not row.get(name)}
    columns = list(dict.fromkeys([*_columns(table), *kept.columns]))
    _save(path, pd.DataFrame([*cells.values()], columns=columns, dtype=object).fillna(""))


def complete(case: Case) -> None:
    """Fill the empty cells that follow from others, and no more: no judgement is among them.

    A claim takes type, naming and numbers from its group in sources; rows of the reporters take
    what the codebook gives all of them; sources take the paragraphs in which they speak.
    """
    groups = _cells(case, "sources")
    by_id = {group["source_id"]: group for group in groups.to_dict("records")}
    for table in ("claims", "headline"):
        rows = _cells(case, table)
        for row in rows.to_dict("records"):
            group = by_id.get(row["source_id"], {})
            follows = {name: group.get(name, "") for name in _OF_THE_GROUP}
            if row["source_id"] == codebook.REPORTERS:
                follows |= _OF_THE_REPORTERS
            here = rows["claim_id"] == row["claim_id"]
            for name, value in follows.items():
                rows.loc[here & (rows[name] == ""), name] = value
        _save(_path(case, table), rows)
    claims = _cells(case, "claims")
    for number, source_id in groups["source_id"].items():
        spoken = claims.loc[claims["source_id"] == source_id, "paragraph"]
        numbers = sorted(map(int, filter(str.isdecimal, set(spoken))))
        if numbers and not groups.loc[number, "paragraphs"]:
            groups.loc[number, "paragraphs"] = ";".join(map(str, numbers))
        if numbers and not groups.loc[number, "first_paragraph"]:
            groups.loc[number, "first_paragraph"] = str(numbers[0])
    _save(_path(case, "sources"), groups)


def case_problems(case: Case) -> pd.DataFrame:
    """Everything in a reader's case that breaks the codebook: table, row, and what is wrong.

    No row means that nothing was found. Cells that are out of form are told first; the rules of
    `casebook.codebook` are then tried on the rest of the row as well.
    """
    tables, found = dict[str, pd.DataFrame](), []
    for name in TO_CODE:
        try:
            tables[name] = read_cells(_path(case, name))
        except ValueError as why:
            found.append((name, "", str(why)))
            continue
        found += [(name, "", told) for told in _wrong_columns(name, tables[name])]
    if not found:
        texts = load("sentences", case)
        found = [problem for name in TO_CODE for problem in _out_of_form(name, tables[name])]
        bad = {(table, row, text.split(" ")[0]) for table, row, text in found}
        for name in ("claims", "headline"):
            for row, text in _against_the_rules(tables[name], tables["sources"]):
                if (name, row, re.split(r"[ :]", text)[0]) not in bad:
                    found.append((name, row, text))
            found += [(name, *problem) for problem in _not_in_the_text(tables[name], texts)]
        found += [("sources", *problem) for problem in _loose_ends(tables)]
        if tables["claims"].empty:
            found.append(("claims", "", "There is no row yet."))
    return pd.DataFrame(found, columns=["table", "row", "problem"])


def _path(case: Case, table: str) -> Path:
    """Where a table of a reader's case is; CaseError if it is not one of those to be coded."""
    folder = data.own_case(case)
    if folder is None:
        raise CaseError(f'"{case}" is a case of the pack and is not changed.')
    if table not in TO_CODE:
        raise CaseError(f'There is no table "{table}" to fill. Known: {", ".join(TO_CODE)}.')
    return folder / f"{table}.csv"


def _cells(case: Case, table: str) -> pd.DataFrame:
    """A table of a reader's case as text; CaseError where a column of the codebook is gone."""
    path = _path(case, table)
    cells = read_cells(path)
    for column in _columns(table):
        if column not in cells:
            raise CaseError(f"{path.name}: the column {column} is missing. Put it back first.")
    return cells


def _as_cells(rows: pd.DataFrame | str) -> pd.DataFrame:
    """Rows as text; in a text, cells are parted by commas."""
    text = rows if isinstance(rows, str) else _csv(rows)
    lines = [line for line in csv.reader(io.StringIO(text.strip()), skipinitialspace=True) if line]
    header, *rest = [[cell.strip() for cell in line] for line in lines] or [[]]
    for row in rest:
        if len(row) != len(header):
            raise CaseError(
                f'The row "{row[0]}" has {len(row)} cells, the first line names {len(header)}: '
                "put quotation marks around a text with commas."
            )
    return pd.DataFrame(rest, columns=header, dtype=object)


def _save(path: Path, table: pd.DataFrame) -> None:
    """Replace a table; a stop half-way leaves the old one."""
    beside = path.with_suffix(".new")
    beside.write_text(_csv(table), "utf-8", newline="")
    beside.replace(path)


def _wrong_columns(name: str, cells: pd.DataFrame) -> Iterator[str]:
    wanted, given = _columns(name), list(cells.columns)
    for column in wanted:
        if column not in given:
            yield f"The column {column} is missing."
    for column in dict.fromkeys(given):
        if column not in wanted:
            yield f'The codebook has no column "{column}".'
        elif given.count(column) > 1:
            yield f"The column {column} is there twice."


def _out_of_form(name: str, cells: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    """Cells that the schema of a table does not allow, and keys that come twice."""
    key = cells.columns[0] if cells.empty else _columns(name)[0]
    for field in _fields(name):
        column = field["name"]
        for row, value in zip(cells[key], cells[column], strict=True):
            if rule := _broken(value, field):
                yield name, row, f'{column} "{value}": {rule}'
        if field.get("constraints", {}).get("unique"):
            for value in cells.loc[cells[column].duplicated() & (cells[column] != ""), column]:
                yield name, value, f'{column} "{value}": that name is taken by another row.'


def _broken(value: str, field: dict[str, Any]) -> str:
    """The rule of a schema field that a cell breaks; "" if none."""
    rules = field.get("constraints", {})
    if value == "":
        return "it may not be empty." if rules.get("required") else ""
    if "enum" in rules:
        allowed = [str(label) for label in rules["enum"]]
        return "" if value in allowed else f"the codes are {', '.join(allowed)}."
    if field["type"] == "integer":
        low, high = rules.get("minimum", 0), rules.get("maximum")
        if re.fullmatch(r"[0-9]+", value) and low <= int(value) <= (high or int(value)):
            return ""
        return f"wanted is a whole number from {low}{f' to {high}' if high else ''}."
    if "pattern" in rules and not re.fullmatch(rules["pattern"], value):
        return f"wanted is {_FORMS[field['name']]}."
    return ""


def _against_the_rules(cells: pd.DataFrame, sources: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """The problems that `casebook.codebook` finds, each parted into row and text.

    Cells that are out of form are emptied before: they are told elsewhere.
    """
    claims = _plain(cells, "claims")
    groups = _plain(sources.drop_duplicates("source_id"), "sources")
    for told in codebook.problems(claims, groups):
        row, _, text = told.partition(", ")
        yield row, text


def _plain(cells: pd.DataFrame, name: str) -> pd.DataFrame:
    """A table with whole numbers, or None, where the schema has them, and text elsewhere."""
    plain = {}
    for field in _fields(name):
        column = field["name"]
        kept: list[str | int | None] = ["" if _broken(v, field) else v for v in cells[column]]
        if field["type"] == "integer":
            kept = [int(value) if value else None for value in kept]
        plain[column] = kept
    return pd.DataFrame(plain, dtype=object)


def _not_in_the_text(cells: pd.DataFrame, texts: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Claims whose place or whose cue the text does not have."""
    there = {(str(p), str(n)): text for p, n, text in texts.itertuples(index=False)}
    for row in cells.to_dict("records"):
        place = row["paragraph"], row["sentence"]
        if place not in there:
            yield row["claim_id"], f"sentence {'.'.join(place)}: the text has no such sentence."
            continue
        for cue in filter(None, map(str.strip, row["cue_min"].split("|"))):
            if not find_cues(there[place], [cue]):
                yield row["claim_id"], f'cue_min "{cue}": these words are not in that sentence.'


def _loose_ends(tables: dict[str, pd.DataFrame]) -> Iterator[tuple[str, str]]:
    """Groups with an unknown side, or with an overlap that the other group does not have."""
    sources, actors = tables["sources"], set(tables["actors"]["actor_id"])
    overlaps = {
        row["source_id"]: row["may_overlap_with"].split(";") for row in sources.to_dict("records")
    }
    for row in sources.to_dict("records"):
        name = row["source_id"]
        if row["side"] and row["side"] not in actors:
            yield name, f'side "{row["side"]}": no such row in actors.'
        for other in filter(None, overlaps[name]):
            if name not in overlaps.get(other, []):
                yield name, f'may_overlap_with "{other}": {other} does not name {name} there.'
