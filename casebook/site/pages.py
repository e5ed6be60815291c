"""Pages of the book that are made from the data: dictionary, references, exercises. All MyST."""

import csv
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

LINK = re.compile(r"\[([^\]]+)\]\((https?://[^)\s]+)\)")
# Tables whose rows each name a document that was read, with the columns that say which.
CITING = {
    "article/later_record.csv": ("date", "speaker_or_outlet", "event"),
    "article/tolls.csv": ("source",),
    "article/drift.csv": ("date", "outlet"),
    "scales/probability_words.csv": ("source",),
}


def dictionary(data: Path) -> str:
    """Every table of the data package with its licence and sources, then every column."""
    package = json.loads((data / "datapackage.json").read_text("utf-8"))
    lines = [
        "# Data dictionary",
        "",
        package["description"],
        "Made from `data/datapackage.json` and `data/schemas/`. "
        "What each code means, with examples, is in the [codebook](codebook.md).",
        "",
        "## The tables",
    ]
    schemas: dict[str, list[str]] = {}
    for resource in package["resources"]:
        schemas.setdefault(resource["schema"], []).append(resource["path"])
        lines += _table_entry(resource)
    lines += ["", "## The columns"]
    for path, tables in schemas.items():
        lines += _columns(path, tables, json.loads((data / path).read_text("utf-8")))
    return "\n".join(lines) + "\n"


def _table_entry(resource: dict[str, Any]) -> list[str]:
    """A heading and what is known of one table."""
    sources = [_reference(source) for source in resource.get("sources", [])]
    licences = [_reference(licence) for licence in resource.get("licenses", [])]
    return [
        "",
        f"### {resource['title']}",
        "",
        resource["description"],
        "",
        f"- File: [`{resource['path']}`]({resource['path']}), "
        f"[its columns](#{_anchor(resource['schema'])})",
        f"- Source: {'; '.join(sources) or 'not stated'}",
        f"- Licence: {', '.join(licences) or 'none stated: see the notes on licences'}",
    ]


def _columns(path: str, tables: Sequence[str], schema: dict[str, Any]) -> list[str]:
    """One schema: the tables that keep it, and a row for each column."""
    rows = [
        (f"`{field['name']}`", f"{field['description']}<br>Values: {_kind(field)}")
        for field in schema["fields"]
    ]
    return [
        "",
        f"({_anchor(path)})=",
        f"### Columns of `{Path(path).stem}`",
        "",
        f"In {', '.join(f'`{table}`' for table in tables)}.",
        "",
        schema.get("description", ""),
        "",
        *_table(("column", "meaning and values"), rows),
    ]


def _kind(field: dict[str, Any]) -> str:
    """What may stand in a column: its labels where they are listed, else its type and limits."""
    limits = field.get("constraints", {})
    labels = field.get("categories") or limits.get("enum")
    if labels:
        kind = ", ".join(f"`{label}`" for label in labels)
        kind += " (in this order)" if field.get("categoriesOrdered") else ""
    else:
        kind = {"string": "text", "integer": "whole number"}.get(field["type"], field["type"])
        low, high = limits.get("minimum"), limits.get("maximum")
        kind += f", from {low}" if low is not None else ""
        kind += f" to {high}" if high is not None else ""
    return kind if limits.get("required") else f"{kind}; may be empty"


def references(data: Path, lessons: Iterable[Path]) -> str:
    """What the report is, what lessons cite, and the documents that rows of the tables name."""
    package = json.loads((data / "datapackage.json").read_text("utf-8"))
    report = json.loads((data / "article" / "article.json").read_text("utf-8"))
    named = dict.fromkeys(
        _reference(source)
        for resource in package["resources"]
        for source in resource.get("sources", [])
        if source.get("path")
    )
    lines = [
        "# References",
        "",
        "## The report",
        "",
        f"“{report['title']['value']}”, {report['outlet']['value']}, {report['date']['value']}. "
        f"{report['how_to_find']['value']}",
        "",
        "## Cited in the lessons",
        "",
        *_cited(lessons),
        "",
        "## Behind the tables",
        "",
        *(f"- {source}" for source in named),
    ]
    for path, columns in CITING.items():
        lines += ["", f"## Documents named in the rows of {path}", "", *_rows(data / path, columns)]
    return "\n".join(lines) + "\n"


def _cited(lessons: Iterable[Path]) -> list[str]:
    """Every outside address in the lessons: a table's row by its first cell, else the link."""
    lines: dict[str, None] = {}
    for path in sorted(lessons):
        notebook = json.loads(path.read_text("utf-8"))
        for cell in notebook["cells"]:
            if cell["cell_type"] != "markdown":
                continue
            for line in "".join(cell["source"]).splitlines():
                for link in LINK.finditer(line):
                    row = line.startswith("|")
                    cited = line.strip("| ").partition(" | ")[0] if row else link[0]
                    lines[f"- Lesson {path.stem[:2]}: {cited}"] = None
    return list(lines) or ["- None."]


def _rows(path: Path, columns: Sequence[str]) -> list[str]:
    """One line for each document that a table's rows name, each once."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    lines: dict[str, None] = {}
    for row in rows:
        told = ", ".join(row[column] for column in columns if row[column])
        lines[f"- {_linked(told, row['url'])}"] = None
    return list(lines)


def exercises(folder: Path) -> str:
    """A page that lists every exercise of a folder, with its lesson."""
    entries = []
    for path in sorted(folder.glob("ex*.ipynb")):
        first = "".join(json.loads(path.read_text("utf-8"))["cells"][0]["source"])
        title = first.partition("\n")[0].lstrip("# ")
        case = " (invented report)" if path.stem.endswith("_practice") else ""
        entries.append(f"{title}{case} <exercises/{path.stem}>")
    return "\n".join(
        [
            "# Exercises",
            "",
            "Each exercise exists twice: for the report, and for the invented report, in which "
            "nobody is hurt. Do one of the two. Open it in JupyterLab: there a check below each "
            "answer says at once what is right, and what a wrong answer overlooks.",
            "",
            "```{toctree}",
            ":maxdepth: 1",
            "",
            *entries,
            "```",
            "",
        ]
    )


def _anchor(schema: str) -> str:
    """schemas/claims.json -> columns-claims."""
    return "columns-" + Path(schema).stem.replace("_", "-")


def _reference(entry: dict[str, str]) -> str:
    """A source or a licence: its title, with a link where it has one."""
    return _linked(entry["title"], entry.get("path", ""))


def _linked(text: str, address: str) -> str:
    plain = re.sub(r"([\[\]*_`<>])", r"\\\1", text)
    return f"[{plain}](<{address}>)" if address.startswith("http") else plain


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table."""
    lines = [" | ".join(heads), " | ".join("---" for _ in heads)]
    lines += [" | ".join(cell.replace("|", "\\|") for cell in row) for row in rows]
    return [f"| {line} |" for line in lines]
