"""What a class found hard: the teaching material for the next session.

The tables here work on `answers`: one row for each student and question, columns student, question,
kind, status, points, possible, given, feedback, and items (a list of [part, given, credit]).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
from nbformat import NotebookNode

from casebook.grading.exercise import grade_id, role

ENOUGH = 10  # students, below which discrimination says nothing
COMMONEST = 3
BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
SENTENCE_END = re.compile(r"(?<=[.?!])\s")
PART = re.compile(r"^- `(\w+)`: (.+)$", re.MULTILINE)
READ = "read"  # the status of free text that a reader has marked


def answers(results: Iterable[Mapping[str, Any]], kinds: Mapping[str, str]) -> pd.DataFrame:
    """The answers of some results; `kinds` says of each question what kind it is."""
    columns = ("status", "points", "possible", "given", "feedback")
    return pd.DataFrame(
        [
            {"student": result["student"], "question": name, "kind": kinds.get(name, "value")}
            | {column: told[column] for column in columns}
            | {"items": told.get("items", [])}
            for result in results
            for name, told in result["questions"].items()
        ]
    )


def questions(answers: pd.DataFrame) -> pd.DataFrame:
    """Per question: students, share of points (difficulty), discrimination, how it went.

    Difficulty is the mean share of the points. Discrimination is the correlation of a question's
    share with the share of all other points (item-rest correlation); empty where either does not
    vary, or with fewer than ten students. A question with answers still to be read is left out.
    """
    read = answers[~answers["question"].isin(list(still_to_read(answers)))]
    if read.empty:
        return pd.DataFrame()
    shares = read.assign(share=read["points"] / read["possible"])
    table = shares.pivot(index="student", columns="question", values="share")
    points = read.pivot(index="student", columns="question", values="points").fillna(0)
    rows = []
    for name in _in_order(table.columns):
        rest = points.drop(columns=name).sum(axis=1)
        status = read.loc[read["question"] == name, "status"].value_counts()
        varies = len(table) >= ENOUGH and table[name].nunique() > 1 and rest.nunique() > 1
        rows.append(
            {
                "question": name,
                "students": int(table[name].notna().sum()),
                "share of points": round(float(table[name].mean()), 2),
                "discrimination": round(float(table[name].corr(rest)), 2) if varies else None,
                "all points": int((table[name] == 1).sum()),
                "some": int(table[name].between(0, 1, inclusive="neither").sum()),
                "not answered": int(status.get("unanswered", 0)),
            }
        )
    return pd.DataFrame(rows)


def still_to_read(answers: pd.DataFrame) -> dict[str, int]:
    """Question -> answers that wait for a reader, of the questions that have some."""
    waiting = answers.loc[answers["status"] == "pending", "question"]
    return {str(name): int(count) for name, count in waiting.value_counts().sort_index().items()}


def commonest_wrong(answers: pd.DataFrame, most: int = COMMONEST) -> pd.DataFrame:
    """Per question the commonest answers that lost points, how often, and what they were told."""
    lost = answers[
        (answers["points"] < answers["possible"])
        & ~answers["status"].isin(["pending", READ, "unanswered"])
        & (answers["items"].map(len) == 0)
        & (answers["given"] != "")
    ]
    grouped = lost.groupby(["question", "given"], as_index=False).agg(
        students=("student", "size"), told=("feedback", "first")
    )
    grouped = grouped.sort_values(["students", "given"], ascending=[False, True])
    top = grouped.groupby("question").head(most)
    order = {name: place for place, name in enumerate(_in_order(top["question"].unique()))}
    return top.sort_values("question", key=lambda c: c.map(order), kind="stable").reset_index(
        drop=True
    )[["question", "given", "students", "told"]]


def judgement_items(
    answers: pd.DataFrame, reference: Mapping[str, Mapping[str, str]]
) -> pd.DataFrame:
    """Per part of a judgement question: where the class splits, and from the reference.

    Columns: question, part, reference, answers (each with how many gave it), full credit (share).
    `reference` has the key's own answer by question and part, as a reader would type it.
    """
    judged = answers[answers["kind"] == "judgement"]
    rows = [
        {"question": row.question, "part": part, "given": given, "credit": credit}
        for row in judged.itertuples()
        for part, given, credit in row.items
    ]
    if not rows:
        return pd.DataFrame(columns=["question", "part", "reference", "answers", "full credit"])
    table = pd.DataFrame(rows)
    found = []
    for (question, part), group in table.groupby(["question", "part"]):
        counts = group["given"].value_counts()
        listed = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        found.append(
            {
                "question": question,
                "part": part,
                "reference": reference.get(str(question), {}).get(str(part), ""),
                "answers": "; ".join(f"{given}: {times}" for given, times in listed),
                "full credit": round(float((group["credit"] == 1).mean()), 2),
            }
        )
    table = pd.DataFrame(found)
    return table.sort_values(["full credit", "question", "part"]).reset_index(drop=True)


def wording(notebook: NotebookNode) -> dict[tuple[str, str], str]:
    """What a student's notebook asks: by (question, ""), and by (question, part).

    A question is its bold words and the sentence before them; without bold words the first
    sentence. Only the parts that the task itself lists are there.
    """
    found = {}
    for cell in notebook.cells:
        if role(cell) == "task":
            task = cell.source.partition("\n\n")[2].partition("\n\n**Form of the answer:**")[0]
            found[grade_id(cell), ""] = _plain(_asked(task))
            found |= {(grade_id(cell), part): _plain(text) for part, text in PART.findall(task)}
    return found


def _asked(task: str) -> str:
    if not (bold := BOLD.findall(task)):
        return SENTENCE_END.split(task)[0]
    paragraph = task.partition("**")[0].rpartition("\n\n")[2]
    return f"{SENTENCE_END.split(paragraph.strip())[-1]} {' … '.join(bold)}"


def _plain(text: str) -> str:
    """A text without the signs of Markdown, in one line."""
    return " ".join(re.sub(r"[*`]", "", text).split())


def worded(table: pd.DataFrame, words: Mapping[tuple[str, str], str]) -> pd.DataFrame:
    """A table of this module with the words of each question and part beside its name."""
    if table.empty:
        return table
    new = {"question": [_named(name, words.get((name, ""))) for name in table["question"]]}
    if "part" in table:
        pairs = zip(table["question"], table["part"], strict=True)
        new["part"] = [_named(part, words.get((name, part))) for name, part in pairs]
    return table.assign(**new)


def _named(name: str, words: str | None) -> str:
    return f"{name}: {words}" if words else name


def _in_order(names: Iterable[str]) -> list[str]:
    """Question names by number: ex01.q2 before ex01.q10."""
    return sorted(names, key=lambda name: int(name.rpartition(".q")[2]))
