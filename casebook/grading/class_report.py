"""What a class found hard: the teaching material for the next session.

The tables here work on `answers`: one row for each student and question, columns student, question,
kind, status, points, possible, given, feedback, and items (a list of [part, given, credit]).
"""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

ENOUGH = 10  # students, below which discrimination says nothing
COMMONEST = 3


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
    vary, or with fewer than ten students.
    """
    read = answers[answers["status"] != "pending"]
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


def commonest_wrong(answers: pd.DataFrame, most: int = COMMONEST) -> pd.DataFrame:
    """Per question the commonest answers that lost points, how often, and what they were told."""
    lost = answers[
        (answers["points"] < answers["possible"])
        & ~answers["status"].isin(["pending", "unanswered"])
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


def _in_order(names: Iterable[str]) -> list[str]:
    """Question names by number: ex01.q2 before ex01.q10."""
    return sorted(names, key=lambda name: int(name.rpartition(".q")[2]))
