"""No file of the pack shares a run of seven words with the article."""

import csv
import html
import io
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from casebook.data import DATA
from casebook.text import read_text, words

RUN = 7
SKIPPED = {".git", ".venv", ".jupyter", "my_work", "__pycache__", ".ipynb_checkpoints"}
STRING_PREFIX = re.compile(r"\b[rbfu]{1,2}(?=[\"'])", re.I)
ESCAPED_SPACE = re.compile(r"\\[nrt]")
ESCAPED_CODE = re.compile(r"\\u([0-9a-fA-F]{4})")
TAG = re.compile(r"<[^<>]*>")


def runs_of(text):
    """The runs of RUN plain words in a text, in order."""
    plain = [word.plain for word in words(text)]
    return [" ".join(plain[i : i + RUN]) for i in range(len(plain) - RUN + 1)]


def files_of(root):
    """Every file that git tracks or would add; without git, every file outside SKIPPED folders."""
    listed = subprocess.run(
        ["git", "ls-files", "-coz", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0 and (root / ".git").exists():
        names = sorted(name for name in listed.stdout.split("\0") if name)
    else:
        names = sorted(
            str(path.relative_to(root))
            for path in root.rglob("*")
            if not SKIPPED & {*path.relative_to(root).parts}
        )
    private = DATA / "article" / "my_copy.txt"
    return [path for path in map(root.joinpath, names) if path.is_file() and path != private]


def strings_in(value):
    """Every string inside a JSON value; a list of strings, as in notebooks, is one string."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and all(isinstance(item, str) for item in value):
        yield "".join(value)
        yield " ".join(value)
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings_in(item)


def readings(path):
    """The texts that a file's content can be read as: raw, columns, strings of JSON."""
    raw = path.read_bytes()
    if b"\0" in raw:
        return
    text = raw.decode("utf-8", errors="replace")
    yield text
    if path.suffix == ".csv":
        csv.field_size_limit(10**9)
        for column in zip(*csv.reader(io.StringIO(text)), strict=False):
            yield "\n".join(column)
    if path.suffix in {".ipynb", ".json"}:
        yield "\n".join(strings_in(json.loads(text)))


def plain_text(text):
    """Source code or markup as the words in it: escapes resolved, string prefixes and tags gone."""
    text = ESCAPED_CODE.sub(lambda match: chr(int(match[1], 16)), text)
    return html.unescape(TAG.sub(" ", STRING_PREFIX.sub("", ESCAPED_SPACE.sub(" ", text))))


def shared_runs(root, article):
    """(file, first words of a run) for the files below `root` that share a run with the article."""
    secret = set(runs_of(article))
    found = {}
    for path in files_of(root):
        for reading in readings(path):
            for text in (reading, plain_text(reading)):
                for run in secret.intersection(runs_of(text)):
                    found.setdefault(path.relative_to(root).as_posix(), run)
    return {name: " ".join(run.split()[:3]) + " ..." for name, run in found.items()}


def test_no_file_shares_seven_words_in_a_row_with_the_article(root):
    place = Path(os.environ.get("WHO_SAYS_SO_ARTICLE") or DATA / "article" / "my_copy.txt")
    if not place.is_file():
        pytest.skip("no copy of the article: WHO_SAYS_SO_ARTICLE or data/article/my_copy.txt")
    assert shared_runs(root, read_text(place)) == {}


SECRET = "The keeper’s lamp “flickered twice — or so they say” before our naïve pilot noticed it."
SEVEN = "keeper’s lamp “flickered twice — or so they"
SPLIT = ["keeper's lamp flickered ", "twice, or so they"]


def notebook(output):
    return json.dumps({"cells": [{"cell_type": "code", "source": ["x"], "outputs": [output]}]})


PLANTED = {
    "plain.md": f"Before. {SEVEN} After.",
    "capitals.txt": SEVEN.upper(),
    "straight.txt": "keeper's lamp 'flickered twice -- or so they",
    "wrapped.md": SEVEN.replace(" ", "\n> "),
    "emphasis.md": "keeper’s **lamp** _flickered_ `twice` or [so] they",
    "output.ipynb": notebook({"output_type": "stream", "text": [f"{SEVEN}\n"]}),
    "output_lines.ipynb": notebook({"text": [SPLIT[0] + "\n", SPLIT[1]]}),
    "output_html.ipynb": notebook(
        {
            "data": {
                "text/html": [
                    "<td>keeper&rsquo;s <b>lamp</b> &ldquo;flickered&nbsp;twice",
                    " &mdash; or <i>so</i> they</td>",
                ]
            }
        }
    ),
    "escaped.json": json.dumps({"deep": [{"text": SEVEN}]}),
    "comment.py": "# keeper's lamp flickered\n    # twice or so they\n",
    "strings.py": f'x = (f"{SPLIT[0]}"\n     f"{SPLIT[1]}")\n',
    "breaks.py": r'x = "keeper\u2019s lamp flickered\ntwice\tor so they"',
    "page.html": "<p>keeper&#8217;s lamp <em>flickered</em> twice or so<br>they</p>",
    "one_word_a_row.csv": "id,token\n"
    + "".join(f"{i},{word.plain}\n" for i, word in enumerate(words(SEVEN))),
    "quoted_cell.csv": 'id,text\n1,"keeper’s lamp ""flickered""\ntwice or so they"\n',
    "settings.toml": f'a = """\n{SPLIT[0]}\\\n   {SPLIT[1]}"""',
}


@pytest.mark.parametrize("name", PLANTED)
def test_seven_words_are_seen_in_any_file(tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / name).write_text(PLANTED[name], "utf-8")
    assert shared_runs(tmp_path, SECRET) == {f"folder/{name}": "keepers lamp flickered ..."}


def test_six_words_pass(tmp_path):
    for name, content in PLANTED.items():
        (tmp_path / name).write_text(content.replace("they", "we").replace("THEY", "WE"), "utf-8")
    assert shared_runs(tmp_path, SECRET) == {}


def test_new_files_are_read_and_ignored_ones_are_not(tmp_path):
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / ".gitignore").write_text("my_copy.txt\n")
    for name in ("my_copy.txt", "not yet added é.md"):
        (tmp_path / name).write_text(SECRET, "utf-8")
    assert set(shared_runs(tmp_path, SECRET)) == {"not yet added é.md"}


def test_pictures_are_passed_over(tmp_path):
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff\xfe")
    (tmp_path / "broken.txt").write_bytes(b"\xff\xfe not text \x80")
    assert shared_runs(tmp_path, SECRET) == {}
