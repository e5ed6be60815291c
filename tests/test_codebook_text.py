"""data/codebook.md explains every column and every label that the schemas allow."""

import re
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
from markdown_it import MarkdownIt

from casebook.data import DATA, schema

HEADER = ["label", "means", "example", "counter-example"]
EMPTY = "empty"
SIGNS = "+-?"


class Section(NamedTuple):
    """One heading, and the tables between it and the next heading, as rows of cells."""

    level: int
    title: str
    tables: list[list[list[str]]]


def sections(markdown: str) -> list[Section]:
    """The headings of a Markdown text in order, each with its tables; cells keep their markup."""
    found: list[Section] = []
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    for before, token in pairwise(tokens):
        if before.type == "heading_open":
            found.append(Section(int(before.tag[1:]), token.content, []))
        elif token.type == "table_open":
            found[-1].tables.append([])
        elif token.type == "tr_open":
            found[-1].tables[-1].append([])
        elif before.type in ("th_open", "td_open"):
            found[-1].tables[-1][-1].append(token.content.strip())
    return found


def coded_labels(field: dict[str, Any]) -> set[str]:
    """The labels that a schema field allows; empty for a free column."""
    rules = field.get("constraints", {})
    if "enum" in rules:
        return {str(label) for label in rules["enum"]}
    if {"minimum", "maximum"} <= rules.keys():
        return {str(number) for number in range(rules["minimum"], rules["maximum"] + 1)}
    pattern = rules.get("pattern", "")
    words = {word for word in re.findall(r"\w+", pattern) if re.fullmatch(pattern, word)}
    signs = {sign for sign in SIGNS if re.fullmatch(pattern, f"ACTOR:{sign}")}
    return words | signs


def problems(markdown: str, fields: list[dict[str, Any]]) -> list[str]:
    """One sentence per gap between a codebook text and the fields that it must explain."""
    found = sections(markdown)
    levels = [section.level for section in found]
    columns = [(section.title.strip("`"), section) for section in found if section.level == 3]
    by_name = dict(columns)
    gaps = [
        f'"{section.title}": the heading skips a level.'
        for before, section in zip([0, *levels], found, strict=False)
        if section.level > before + 1
    ]
    if levels.count(1) != 1:
        gaps.append(f"There are {levels.count(1)} headings of level 1, not one.")
    if [name for name, _ in columns] != [field["name"] for field in fields]:
        gaps.append("The columns are not those of the schema, in its order.")
    examples: dict[str, str] = {}
    for field in fields:
        if field["name"] not in by_name:
            gaps.append(f"{field['name']}: no section.")
        elif labels := coded_labels(field):
            gaps += _label_gaps(field, labels, by_name[field["name"]].tables, examples)
    return gaps


def _label_gaps(
    field: dict[str, Any],
    labels: set[str],
    tables: list[list[list[str]]],
    examples: dict[str, str],
) -> list[str]:
    """Gaps in one column's table; adds its examples to those seen (example -> where)."""
    name = field["name"]
    if len(tables) != 1 or tables[0][0] != HEADER:
        return [f"{name}: it needs one table, with the columns {', '.join(HEADER)}."]
    rows = tables[0][1:]
    listed = [row[0].strip("`") for row in rows]
    gaps = [f"{name}, {label}: no row." for label in sorted(labels - set(listed))]
    gaps += [f"{name}, {label}: not in the schema." for label in sorted(set(listed) - labels)]
    if len(listed) > len(set(listed)):
        gaps.append(f"{name}: a label has two rows.")
    others = labels if field.get("constraints", {}).get("required") else labels | {EMPTY}
    for label, (_, means, example, counter) in zip(listed, rows, strict=True):
        where = f"{name}, {label}"
        if not (means and example and counter):
            gaps.append(f"{where}: a cell is empty.")
            continue
        if example.casefold() in examples:
            gaps.append(f"{where}: the same example as {examples[example.casefold()]}.")
        examples[example.casefold()] = where
        named = re.search(r"→ `([^`]+)`: \S", counter)
        if named is None or named[1] not in others - {label}:
            gaps.append(f"{where}: the counter-example names no other label with its reason.")
    return gaps


FIELDS: list[dict[str, Any]] = schema("schemas/claims.json")["fields"]
TEXT = (DATA / "codebook.md").read_text("utf-8")


def test_the_codebook_explains_every_column_and_label() -> None:
    assert problems(TEXT, FIELDS) == []


def test_labels_of_the_sources_table_are_explained_with_the_claims() -> None:
    explained = {field["name"]: coded_labels(field) for field in FIELDS}
    coded = {
        field["name"]: coded_labels(field) for field in schema("schemas/sources.json")["fields"]
    }
    assert {"source_type", "naming"} <= coded.keys()
    for name in coded.keys() & explained.keys():
        assert coded[name] <= explained[name], name


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("polarity", {"+", "-"}),
        ("certainty", {"0", "1", "2", "3", "4"}),
        ("chain_len", {"0", "1", "2"}),
        ("planning", {"+", "-", "?"}),
        ("n_min", set()),
        ("claim_id", set()),
        ("alt", set()),
    ],
)
def test_labels_are_read_from_every_form_of_rule(column: str, expected: set[str]) -> None:
    assert coded_labels(next(f for f in FIELDS if f["name"] == column)) == expected


def test_joined_labels_are_read_one_by_one() -> None:
    labels = coded_labels(next(f for f in FIELDS if f["name"] == "hedge_type"))
    assert {"NONE", "QUANT", "EPIST_MODAL", "BOOSTER"} < labels
    assert len(labels) == 11


SMALL_FIELDS: list[dict[str, Any]] = [
    {"name": "side", "constraints": {"required": True, "enum": ["L", "R"]}},
    {"name": "note"},
]
SMALL = """# Title

## Part

### `side`

| label | means | example | counter-example |
|---|---|---|---|
| `L` | Left. | “Go left.” | “Go right.” → `R`: the other hand. |
| `R` | Right. | “Turn right.” | “Turn left.” → `L`: the other hand. |

### `note`

Free.
"""


def test_a_complete_text_has_no_problem() -> None:
    assert problems(SMALL, SMALL_FIELDS) == []


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("### `note`\n\nFree.\n", "", "note: no section"),
        ("### `note`", "### `nota`", "note: no section"),
        ("### `side`", "### `note`", "side: no section"),
        ("| `R` | Right. | “Turn right.” |", "| `X` | Right. | “Turn right.” |", "side, R: no row"),
        ("| `R` | Right. |", "| `L` | Right. |", "a label has two rows"),
        ("### `note`", "### `side`\n\n### `note`", "not those of the schema"),
        ("“Turn right.”", "", "side, R: a cell is empty"),
        ("“Go right.” → `R`: the other hand.", " ", "side, L: a cell is empty"),
        ("“Turn right.”", "“go LEFT.”", "the same example as side, L"),
        ("→ `R`: the other hand.", "→ `L`: the other hand.", "names no other label"),
        ("→ `R`: the other hand.", "→ `Z`: the other hand.", "names no other label"),
        ("→ `R`: the other hand.", "→ `R`", "names no other label"),
        ("→ `R`: the other hand.", "→ `empty`: the other hand.", "names no other label"),
        ("## Part\n", "", "skips a level"),
        ("# Title\n", "", "headings of level 1"),
        ("| label | means |", "| means | label |", "needs one table"),
        ("|---|---|---|---|\n", "", "needs one table"),
    ],
)
def test_a_gap_is_reported(old: str, new: str, complaint: str) -> None:
    assert old in SMALL
    gaps = problems(SMALL.replace(old, new, 1), SMALL_FIELDS)
    assert any(complaint in gap for gap in gaps), gaps


def test_an_empty_code_may_be_the_contrast_where_the_schema_allows_it() -> None:
    optional: list[dict[str, Any]] = [
        {"name": "side", "constraints": {"enum": ["L", "R"]}},
        {"name": "note"},
    ]
    assert problems(SMALL.replace("→ `R`", "→ `empty`"), optional) == []


def test_columns_out_of_order_are_reported() -> None:
    assert problems(SMALL, SMALL_FIELDS[::-1]) != []
