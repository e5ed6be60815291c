"""A small exercise with a question of every kind, for the tests of building, checking, marking."""

from pathlib import Path

import nbformat

SETUP = """\
import pandas as pd
from casebook.check import check, hidden
from casebook.handin import handin

CASE = "article"
VERSION = "draft"
print("Exercise 00, case:", CASE, "version:", VERSION)
several = {"article": 4, "practice": 5}[CASE]
groups = pd.DataFrame({
    "source_id": ["S01", "S02", "S03", "S04", "S02"][:several],
    "naming": ["NAMED", "UNIDENTIFIED", "CONFIDENTIAL", "INSTITUTION", "UNIDENTIFIED"][:several],
    "n_max": pd.array([1, 3, None, None, 3][:several], dtype="Int64"),
})
GROUP = {"article": "S02", "practice": "S03"}[CASE]
"""

GIVEN = """\
import random
SEED = "draft"
_truth = random.Random(SEED).randrange(1, 4)
dispatch = "1. A clerk spoke.\\n2. " + "Someone told someone. " * _truth
drawn = groups.sample(frac=1, random_state=_truth).reset_index(drop=True)
"""

SHARE = """\
def share_unnamed(groups):
    unnamed = groups.naming.isin(["UNIDENTIFIED", "CONFIDENTIAL"])
    return float(unnamed.mean()) if len(groups) else 0.0
"""

UNNAMED = 'unnamed = groups.naming.isin(["UNIDENTIFIED", "CONFIDENTIAL"])\n'

HIDDEN = """\
several = groups.sample(frac=0.8, random_state=len(SEED))
hidden("ex00.q8", share_unnamed=[several, groups.iloc[1:2]])
"""

CELLS = [
    ("markdown", "", "", "# Exercise 00: who speaks?\n\n{{groups.source_id.nunique()}} groups do."),
    ("code", "setup", "", SETUP),
    ("code", "given", "given", GIVEN),
    ("markdown", "task", "q1", "How many rows name a person?"),
    ("code", "answer", "q1", 'answer_1 = int((groups.naming == "NAMED").sum())'),
    ("code", "check", "q1", 'check("ex00.q1")'),
    ("markdown", "task", "q2", "Which groups are left unnamed?"),
    ("code", "answer", "q2", UNNAMED + "answer_2 = set(groups[unnamed].source_id)"),
    ("code", "check", "q2", 'check("ex00.q2")'),
    ("markdown", "task", "q3", "How many people may speak as group {{GROUP}}: fewest and most?"),
    ("code", "answer", "q3", "answer_3 = (2, None)"),
    ("code", "check", "q3", 'check("ex00.q3")'),
    ("markdown", "task", "q4", "What share of the rows is unnamed?"),
    ("code", "answer", "q4", SHARE + "\nanswer_4 = share_unnamed(groups)"),
    ("code", "check", "q4", 'check("ex00.q4")'),
    ("markdown", "task", "q5", "What does the text say about this group's access?"),
    ("code", "answer", "q5", 'answer_5 = "INSIDER_UNSPEC"'),
    ("code", "check", "q5", 'check("ex00.q5")'),
    ("markdown", "task", "q6", "Code each claim."),
    ("code", "answer", "q6", 'answer_6 = {"C01": "EVENT", "C02": "MOTIVE"}'),
    ("code", "check", "q6", 'check("ex00.q6")'),
    ("markdown", "task", "q7", "Through how many people did the drawn claim pass?\n\n{{dispatch}}"),
    ("code", "answer", "q7", "answer_7 = _truth"),
    ("code", "check", "q7", 'check("ex00.q7")'),
    ("markdown", "task", "q8", "Complete `share_unnamed(groups)`."),
    ("code", "answer", "q8", SHARE),
    ("code", "check", "q8", 'check("ex00.q8", share_unnamed=[groups, drawn[:3], drawn[:0]])'),
    ("code", "hidden", "q8.hidden", HIDDEN),
    ("markdown", "task", "q9", "Answer your editor in one paragraph."),
    ("markdown", "prose", "q9", "At least four people, and nobody can say more."),
    ("code", "handin", "", "handin()"),
]  # fmt: skip

TOML = '''\
[q1]
points = 1
form = "one whole number"
hint = "Count only the rows with a certain code."
why = "Only one group is named."

[[q1.wrong]]
value = "len(groups)"
says = "{{len(groups)}} counts every row."

[q2]
points = 1
form = "a set of group ids"
hint = "Two codes mean unnamed."
why = "Institutions are no people left unnamed."

[[q2.wrong]]
value = 'right | {"S04"}'
says = "S04 is an institution."

[q3]
points = 1
form = "a pair of whole numbers, None where it is open"
hint = "What does the plural say?"
why = "A plural is at least two."
half = "[(2, 3)]"
half_says = "The text gives no upper bound."

[[q3.wrong]]
value = "(3, 3)"
says = "Nothing says exactly three."

[q4]
points = 1
form = "a number between 0 and 1"
hint = "Divide by the number of rows."
why = "Share of rows."
tolerance = 0.01

[[q4.wrong]]
value = "100 * right"
says = "{{this:g}} is in percent."

[q5]
kind = "judgement"
points = 1
form = "one code"
hint = "What the text says, not what the label suggests."
why = "The text leaves it open."
accepted = ["BRIEFED"]
half = ["RELAYED"]
half_says = "The text does not go so far."

[[q5.wrong]]
value = "'DIRECT'"
says = "Rank is not access."

[q6]
kind = "judgement"
points = 1
form = "a dict of claim and code"
hint = "Read the verbs."
why = "An act, and an aim."

[q6.items]
C02 = { full = ["CAUSAL"], half = ["EVALUATION"] }

[[q6.wrong]]
item = "C01"
value = "'PREDICTION'"
says = "It already happened."

[q7]
points = 1
form = "one whole number"
hint = "Count the tellers."
why = "The reporter does not count."

[[q7.wrong]]
value = "right + 1"
says = "You counted the reporter."

[q8]
kind = "function"
function = "share_unnamed"
points = 1
form = "a function that returns a number between 0 and 1"
hint = "What is the share of nothing?"
why = "Empty tables count as zero."
tolerance = 0.001
stub = """
def share_unnamed(groups):
    ...
"""
hidden = { points = 0.5, says = "Try a table with a single group." }

[[q8.wrong]]
value = "lambda groups: 100 * right(groups)"
says = "A share, not percent."

[q9]
kind = "prose"
points = 2
form = "30 to 60 words"
criteria = [{ name = "The bound", points = 1.5 }, { name = "The reason", points = 0.5 }]
'''


def solution() -> nbformat.NotebookNode:
    """The solution notebook, as its author saves it before running it."""
    notebook = nbformat.v4.new_notebook()
    for number, (kind, role, name, source) in enumerate(CELLS):
        new = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
        cell = new(source, id=f"c{number}")
        if role:
            cell.metadata["casebook"] = {"role": role}
            if name:
                cell.metadata["casebook"]["grade_id"] = f"ex00.{name}"
        notebook.cells.append(cell)
    return notebook


def write_sources(folder: Path) -> Path:
    """Write ex00.ipynb and ex00.toml into a folder; return the notebook's path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "ex00.ipynb"
    nbformat.write(solution(), path)
    path.with_suffix(".toml").write_text(TOML, "utf-8", newline="\n")
    return path
