"""A reader's own copy: recognised in any shape, shown, and never saved."""

import html
import importlib.util
import itertools
import os
import random
import textwrap
import unicodedata

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from reconstruction import reach, rebuild, survivors

from casebook import own_copy
from casebook.data import DATA
from casebook.fingerprints import BITS, RUN, fingerprint, make_table, read_table, run_hash
from casebook.own_copy import my_copy
from casebook.text import paragraphs, read_text, sentences, words

DISPATCH = (DATA / "practice" / "dispatch.md").read_text("utf-8")
EDITS = {"’": "'", "‘": "'", "“": '"', "”": '"', "—": "--"}
FILLER = "Advertisement\nSKIP ADVERTISEMENT\nShare full article 214\n"
CAPTION = "The quay on Wednesday morning, seen from the old lighthouse.Credit…Someone/Agency\n"


def private_text():
    """The article where there is a copy of it; skips the test, saying why, where there is none."""
    place = os.environ.get("WHO_SAYS_SO_ARTICLE") or DATA / "article" / "my_copy.txt"
    if not os.path.isfile(place):
        pytest.skip("no copy of the article: WHO_SAYS_SO_ARTICLE or data/article/my_copy.txt")
    return read_text(own_copy.Path(place))


class Case:
    """A text, its fingerprints, and the true words of each sentence that the text holds."""

    def __init__(self, text, table):
        self.text = text
        self.lines = paragraphs(text)
        self.table = table
        self.prints = read_table(table)
        self.truth = {}
        for number, line in enumerate(self.lines, 1):
            for place, sentence in enumerate(sentences(line), 1):
                self.truth[number, place] = [word.plain for word in words(sentence)]
        self.truth = {
            key: self.truth[key]
            for key in dict.fromkeys(zip(table["paragraph"], table["sentence"], strict=True))
        }
        self.vocabulary = sorted({word.plain for word in words(text)})


@pytest.fixture(params=["dispatch", "article"])
def case(request, monkeypatch, tmp_path):
    """The practice dispatch, always; the article, where there is a complete copy of it."""
    if request.param == "dispatch":
        made = Case(DISPATCH, fresh_table(DISPATCH))
    else:
        text = private_text()
        table = pd.read_csv(DATA / "article" / "fingerprints.csv")
        if fresh_table(text).to_csv() != table.to_csv():
            pytest.skip("the copy of the article differs from the one that was coded")
        made = Case(text, table)
    monkeypatch.setattr(own_copy, "load", lambda name: made.table)
    monkeypatch.chdir(tmp_path)
    return made


@pytest.fixture
def dispatch(monkeypatch, tmp_path):
    """The practice dispatch as my_copy.txt in an empty folder, its fingerprints in place."""
    table = fresh_table(DISPATCH)
    monkeypatch.setattr(own_copy, "load", lambda name: table)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_copy.txt").write_text(DISPATCH, "utf-8")
    return Case(DISPATCH, table)


def fresh_table(text):
    """The fingerprints of a text, without its first paragraph, as the tool makes them."""
    table = make_table(text)
    return table[table["paragraph"] > 1].reset_index(drop=True)


def aligned(content):
    """The OwnCopy of a file with this content, str (UTF-8) or bytes."""
    raw = content.encode() if isinstance(content, str) else content
    own_copy.Path("my_copy.txt").write_bytes(raw)
    return my_copy("my_copy.txt")


def swap(text, changes):
    for old, new in changes.items():
        text = text.replace(old, new)
    return text


def inserted(case):
    """Headline, byline, captions and advertisements between the paragraphs."""
    head = "A headline of six or seven words\nA deck below it.\nBy Some Body\nOct. 13, 2023\n"
    return head + "".join(
        f"{line}\n{FILLER}{CAPTION if i % 3 == 0 else ''}" for i, line in enumerate(case.lines)
    )


def hyphenated(case):
    """Narrow lines, with long words broken by a hyphen at the line's end."""
    lines = []
    for line in case.lines:
        for piece in textwrap.wrap(line, 50):
            head, _, last = piece.rpartition(" ")
            broken = last.isalpha() and len(last) > 7
            lines.append(f"{head} {last[:4]}-\n{last[4:]}" if broken else piece)
    return "\n".join(lines)


def as_html(case):
    """Markup with attributes, links inside words, entities, scripts and a caption."""
    body = "".join(
        '<p class="css-x1">'
        + html.escape(line).replace("’s ", "</a>&rsquo;s&nbsp;", 1)
        + "</p><script>var a = '<p>not text</p>';</script><figcaption>A boat.</figcaption>"
        for line in case.lines
    )
    return f"<!DOCTYPE html><html><head><title>T</title></head><body>{body}</body></html>"


SHAPES = {
    "as it is": lambda c: c.text,
    "first line missing": lambda c: "\n".join(c.lines[1:]),
    "headline, captions and advertisements": inserted,
    "straight quotes and double hyphens": lambda c: swap(c.text, EDITS),
    "no-break spaces": lambda c: c.text.replace(" ", "\u00a0"),
    "ligatures": lambda c: swap(c.text, {"fi": "ﬁ", "fl": "ﬂ", "ff": "ﬀ"}),
    "soft hyphens, zero-width": lambda c: swap(c.text, {"er": "e\u00adr", "in": "i\u200bn"}),
    "accents apart": lambda c: unicodedata.normalize("NFD", c.text),
    "accents lost": lambda c: swap(c.text, {"ï": "i", "é": "e"}),
    "all capitals": lambda c: c.text.upper(),
    "Windows line ends, byte order mark": lambda c: (
        b"\xef\xbb\xbf" + c.text.replace("\n", "\r\n").encode()
    ),
    "UTF-16": lambda c: c.text.encode("utf-16"),
    "UTF-16 without a mark": lambda c: c.text.encode("utf-16-le"),
    "cp1252": lambda c: c.text.encode("cp1252"),
    "Mac Roman": lambda c: c.text.encode("mac_roman"),
    "hard-wrapped": lambda c: "\n".join(textwrap.fill(line, 60) for line in c.lines),
    "hyphens at line ends": hyphenated,
    "paragraphs joined": lambda c: " ".join(c.lines),
    "HTML": as_html,
    "HTML entities without tags": lambda c: swap(html.escape(c.text), {"’": "&rsquo;"}),
    "every paragraph twice": lambda c: "\n".join(line for line in c.lines for _ in (1, 2)),
    "whole text twice": lambda c: c.text + "\n" + c.text,
    "a teaser from further down": lambda c: c.lines[7] + "\n" + c.text,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_any_shape_of_the_text_is_found_sentence_by_sentence(case, shape):
    copy = aligned(SHAPES[shape](case))
    total = len(case.truth)
    assert copy.summary == f"Your copy matches {total} of {total} sentences."
    assert set(copy.found["status"]) == {"found"}
    cut = {key: [word.plain for word in words(text)] for key, text in copy._texts.items()}
    differing = [key for key in case.truth if cut[key] != case.truth[key]]
    assert not differing


@pytest.mark.parametrize("part", [0.13, 0.4, 0.55, 0.71, 0.9])
def test_a_truncated_copy_has_what_stands_before_the_cut_and_no_more(case, part):
    cut = int(len(case.text) * part)
    copy = aligned(case.text.encode()[: len(case.text[:cut].encode())])
    status = copy.found.set_index(["paragraph", "sentence"])["status"]
    left, whole = len(words(case.text[:cut])), {}
    for number, line in enumerate(case.lines, 1):
        for place, sentence in enumerate(sentences(line), 1):
            length = len(words(sentence))
            whole[number, place] = "all" if left > length else "some" if left > 0 else "none"
            left -= length
    assert {status[key] for key in status.index if whole[key] == "all"} == {"found"}
    assert {status[key] for key in status.index if whole[key] == "none"} == {"missing"}


def test_a_missing_sentence_is_named_and_its_neighbours_stay(case):
    for number, place in [*case.truth][3::7]:
        pieces = sentences(case.lines[number - 1])
        kept = " ".join(pieces[: place - 1] + pieces[place:])
        copy = aligned("\n".join([*case.lines[: number - 1], kept, *case.lines[number:]]))
        total = len(case.truth)
        assert copy.summary == (
            f"Your copy matches {total - 1} of {total} sentences "
            f"(not found: paragraph {number}, sentence {place})."
        )


def test_some_edited_words_cost_little(case):
    rng = random.Random(7)
    tokens = [
        token if rng.random() > 0.02 else rng.choice(["", "edited", f"{token} inserted"])
        for token in case.text.replace("\n", " \n ").split(" ")
    ]
    copy = aligned(" ".join(tokens))
    status = copy.found["status"].value_counts()
    assert status.get("missing", 0) <= 0.1 * len(case.truth)
    assert status["found"] >= 0.6 * len(case.truth)
    assert copy.found["share"].between(0, 1).all()


def test_another_text_is_not_taken_for_the_article(case):
    rng = random.Random(3)
    same_words = " ".join(rng.choice(case.vocabulary) for _ in range(5000))
    for text in (same_words, "It rained. " * 300, "a " * 19_000, "\x01\x02 !?"):
        copy = aligned(text)
        assert (copy.found["status"] == "missing").sum() >= len(case.truth) - 2
        assert "matches only" in copy.summary or "holds no words" in copy.summary


BAD_FILES = {
    "empty": (b"", "holds no words"),
    "blank": (b" \r\n\t\n", "holds no words"),
    "PDF": (b"%PDF-1.7\n" + bytes(2000), "is a PDF"),
    "Word": (b"PK\x03\x04" + bytes(2000), "is a Word document"),
    "RTF": (b"{\\rtf1\\ansi text}", "rich text"),
    "binary": (bytes(range(256)) * 50, "is not a text file"),
    "many bytes": (b"word " * 250_000, "more than 1,000,000 bytes"),
    "many words": (b"word " * 30_000, "holds 30,000 words"),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_file_that_is_no_article_gets_one_sentence(dispatch, kind, capsys):
    content, said = BAD_FILES[kind]
    assert_says(aligned(content), said, capsys)


def assert_says(copy, said, capsys):
    """One sentence with the file's name, no path, nothing found, nothing raised by show()."""
    assert said in copy.summary and copy.summary.startswith("my_copy.txt ")
    assert "\n" not in copy.summary and copy.summary.count(". ") == 0
    assert os.getcwd() not in copy.summary
    assert set(copy.found["status"]) == {"missing"}
    copy.show(2)
    assert capsys.readouterr().out.count("\n") == 1


def test_a_folder_a_huge_file_and_a_pipe_get_one_sentence(dispatch, tmp_path, capsys):
    place = tmp_path / "my_copy.txt"
    with place.open("wb") as file:
        file.truncate(50_000_000)
    assert_says(my_copy(place), "more than 1,000,000 bytes", capsys)
    place.unlink()
    if hasattr(os, "mkfifo"):
        os.mkfifo(place)  # opening it would wait for ever
        assert_says(my_copy(place), "is not a file", capsys)
        place.unlink()
    place.mkdir()
    assert_says(my_copy(place), "is a folder", capsys)


def test_a_file_without_permission_gets_one_sentence(dispatch, monkeypatch, capsys):
    def refuse(*arguments):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(own_copy.Path, "open", refuse)  # a test run by root may open anything
    assert_says(my_copy("my_copy.txt"), "cannot be opened (Permission denied)", capsys)


def test_without_a_copy_two_sentences_say_so(dispatch, tmp_path, capsys):
    copy = my_copy(tmp_path / "none.txt")
    assert copy.summary.startswith("There is no copy of the article in none.txt, and everything")
    assert copy.summary.endswith("and save it as none.txt.") and copy.summary.count(". ") == 1
    assert repr(copy) == copy.summary
    copy.show(dispatch.table)
    assert capsys.readouterr().out == own_copy._NOTHING_TO_SHOW + "\n"
    assert not (tmp_path / own_copy.PAGES).exists()


def test_the_tests_can_switch_a_copy_off(dispatch, tmp_path, monkeypatch):
    monkeypatch.setattr(own_copy, "DATA", tmp_path)
    monkeypatch.setattr(own_copy, "ROOT", tmp_path)
    (tmp_path / "article").mkdir()
    (tmp_path / "article" / "my_copy.txt").write_text(DISPATCH, "utf-8")
    monkeypatch.delenv(own_copy.WITHOUT, raising=False)
    assert my_copy().summary.startswith("Your copy matches")
    monkeypatch.setenv(own_copy.WITHOUT, "1")
    assert my_copy().summary.startswith("There is no copy of the article in article/my_copy.txt")


def test_show_puts_the_sentences_on_a_page_and_their_address_in_the_output(dispatch, capsys):
    claims = pd.DataFrame(
        {
            "claim_id": ["X1", "X2", "X3"],
            "paragraph": [11, 11, 9],
            "sentence": [2, 2, 1],
            "cue": ["<b>", None, "may"],
        }
    )
    my_copy("my_copy.txt").show(claims)
    said = capsys.readouterr().out
    page = own_copy.Path(said.split("address ")[1].split(". If")[0])
    content = html.unescape(page.read_text("utf-8"))
    assert content.count(sentences(dispatch.lines[10])[1]) == 1 and "(the same)" in content
    assert "&lt;b&gt;" in page.read_text("utf-8") and "nan" not in content.lower()
    assert (page.parent / ".gitignore").read_text() == "*\n"
    assert not runs(DISPATCH, 4) & runs(said, 4)


def test_show_has_one_name_for_the_same_claims_and_others_for_others(dispatch, capsys):
    copy, names = my_copy("my_copy.txt"), []
    for claims in (3, 3, 4):
        copy.show(claims)
        names.append(capsys.readouterr().out.split("address ")[1])
    copy.sentence(3, 2)
    assert names[0] == names[1] != names[2] and len(list(own_copy.Path("own_copy").iterdir())) == 4


@pytest.mark.parametrize(
    "wrong, said",
    [
        (77, "no such paragraph"),
        ("C001", "number of a paragraph"),
        (3.5, "number of a paragraph"),
        (pd.DataFrame({"claim_id": ["C1"]}), "columns paragraph and sentence"),
        (pd.DataFrame({"paragraph": [], "sentence": []}), "has no row"),
    ],
)
def test_show_refuses_what_names_no_sentence(dispatch, wrong, said):
    with pytest.raises(ValueError, match=said):
        my_copy("my_copy.txt").show(wrong)


def test_show_says_when_its_page_cannot_be_written(dispatch, tmp_path, capsys):
    (tmp_path / own_copy.PAGES).write_text("a file in the way")
    my_copy("my_copy.txt").show(3)
    assert capsys.readouterr().out.startswith("The sentences cannot be shown: own_copy/")


def test_a_saved_notebook_and_its_export_hold_no_words_of_the_copy(dispatch, tmp_path):
    dispatch.table.to_csv("table.csv", index=False)
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(code)
            for code in (
                "import pandas as pd\nfrom casebook import own_copy\n"
                "own_copy.load = lambda name: pd.read_csv('table.csv')\n"
                "copy = own_copy.my_copy('my_copy.txt')",
                "print(copy.summary)",
                "copy",
                "copy.found",
                "[copy, str(copy)]",
                "copy?",
                "copy.show(7)",
                "copy.sentence(4, 1)",
                "copy.show(copy.found)",
                "copy.show('C001')",
            )
        ]
    )
    NotebookClient(
        notebook,
        kernel_name="python3",
        allow_errors=True,
        resources={"metadata": {"path": str(tmp_path)}},
    ).execute()
    saved = nbformat.writes(notebook)
    assert "Your copy matches" in saved and "<iframe" in saved and "show() takes" in saved
    exported, _ = HTMLExporter().from_notebook_node(notebook)
    secret = runs("\n".join(dispatch.lines[1:]), 5)
    assert not secret & runs(saved, 5) and not secret & runs(html.unescape(exported), 5)
    pages = "".join(page.read_text("utf-8") for page in tmp_path.glob("own_copy/*.html"))
    assert len(secret & runs(pages, 5)) > 0.6 * len(secret)  # it was on the screen


def runs(text, length):
    """The set of all runs of so many plain words in a text."""
    plain = [word.plain for word in words(text)]
    return {" ".join(plain[i : i + length]) for i in range(len(plain) - length + 1)}


def opened(case):
    """Each sentence of more than five words, with what an attacker has of it."""
    checks = {(p.paragraph, p.sentence): dict(p.hashes) for p in case.prints}
    return [(truth, checks[key]) for key, truth in case.truth.items() if len(truth) > 5]


@pytest.mark.parametrize("positions", [True, False])
def test_first_words_and_a_word_list_rebuild_next_to_nothing(case, positions):
    chosen = opened(case) if positions else opened(case)[:4]
    reached = [
        reach(rebuild(truth[:5], len(truth), checks, case.vocabulary, positions), truth, 5)
        for truth, checks in chosen
    ]
    assert max(reached) <= 2 and sum(reached) <= 0.1 * len(reached) + 2


def test_the_sentence_before_it_helps_no_further(case):
    for (before, _), (truth, checks) in itertools.pairwise(opened(case)):
        shifted = {position + len(before): value for position, value in checks.items()}
        both = before + truth
        guesses = rebuild(both[: len(before) + 5], len(both), shifted, case.vocabulary)
        assert reach(guesses, both, len(before) + 5) <= 2


def test_all_but_two_words_of_a_run_leave_many_fillings(case):
    truth = max(case.truth.values(), key=len)
    start, _ = fingerprint(truth)[-1]
    run, size = truth[start : start + RUN], len(case.vocabulary)
    assert survivors(run, 1, case.vocabulary) <= 3  # one word is told: the attack is no strawman
    assert survivors(run, 2, case.vocabulary) > 0.5 * size * size / 2**BITS > 1


def test_the_attack_rebuilds_everything_from_a_full_set_of_hashes(case):
    for truth, _ in opened(case)[:8]:
        full = {i: run_hash(truth[i : i + RUN]) for i in range(len(truth) - RUN + 1)}
        guesses = rebuild(truth[:5], len(truth), full, case.vocabulary, width=50)
        assert reach(guesses, truth, 5) == len(truth) - 5


def test_the_stored_table_is_sparse():
    prints = read_table(pd.read_csv(DATA / "article" / "fingerprints.csv"))
    assert len(prints) == 57
    for sentence in prints:
        starts = [position for position, _ in sentence.hashes]
        assert len(starts) * BITS <= 1.5 * max(sentence.words, 8)
        assert all(b - a >= RUN for a, b in itertools.pairwise(starts))
        assert min(starts) >= min(5, sentence.words - RUN)
        assert all(0 <= value < 2**BITS for _, value in sentence.hashes)


def test_every_coded_claim_has_a_sentence_to_show():
    claims = pd.read_csv(DATA / "article" / "claims.csv")
    table = pd.read_csv(DATA / "article" / "fingerprints.csv")
    known = set(zip(table["paragraph"], table["sentence"], strict=True))
    assert set(zip(claims["paragraph"], claims["sentence"], strict=True)) <= known


def test_the_stored_table_is_what_the_tool_makes(root, tmp_path):
    article = tmp_path / "article.txt"
    article.write_text(private_text(), "utf-8")
    spec = importlib.util.spec_from_file_location("tool", root / "tools" / "make_fingerprints.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    if "WHO_SAYS_SO_ARTICLE" not in os.environ:
        pytest.skip("only the text that was coded makes the same table: WHO_SAYS_SO_ARTICLE")
    assert tool.make_csv(article) == tool.TARGET.read_text("utf-8")
