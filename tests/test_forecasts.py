"""A forecast stays as it was written, and the later record waits for it."""

import csv

import pandas as pd
import pytest

from casebook import forecasts
from casebook.data import CASES, load
from casebook.forecasts import (
    Closed,
    drawn_statements,
    first_forecast,
    open_record,
    write_forecast,
)

IDS = [f"F{number}" for number in range(1, 8)]
AFTER, ANYWAY = forecasts.OPENINGS


def guess(percent=60):
    return dict.fromkeys(IDS, percent)


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    """A reader at work: in her own my_work, which has no forecasts."""
    monkeypatch.delenv(forecasts.WITHOUT, raising=False)
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "my_work" / "forecasts.csv"
    monkeypatch.setattr(forecasts, "FILE", path)
    return path


def table(file):
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


# Writing


def test_a_forecast_is_a_row_per_question_in_a_plain_file(file):
    said = write_forecast(guess() | {"F3": 12.5}, "article")
    assert said == "Written to my_work/forecasts.csv. From now on this one counts."
    rows = table(file)
    assert [row["question"] for row in rows] == IDS
    assert [row["percent"] for row in rows][:3] == ["60.0", "60.0", "12.5"]
    assert {row["case"] for row in rows} == {"article"}
    assert {row["forecast"] for row in rows} == {"1"}


def test_a_second_forecast_stands_below_and_the_first_counts(file):
    write_forecast(guess(10), "article")
    before = file.read_bytes()
    said = write_forecast(guess(90), "article")
    assert said.startswith("Added below the 1 you have. The first counts")
    assert file.read_bytes().startswith(before) and len(table(file)) == 14
    assert first_forecast("article")[1] == guess(10)


def test_running_the_cell_again_adds_nothing(file):
    write_forecast(guess(), "article")
    before = file.read_bytes()
    assert write_forecast(guess(), "article").endswith("Nothing was added.")
    assert file.read_bytes() == before


def test_two_forecasts_within_one_second_stay_two(file, monkeypatch):
    for percent in (10, 20, 30):
        write_forecast(guess(percent), "article")
    for row in (rows := table(file)):
        row["written"] = "2026-11-22T10:00:00"
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    assert first_forecast("article")[1] == guess(10)
    assert write_forecast(guess(40), "article").startswith("Added below the 3")


def test_the_cases_are_kept_apart(file):
    write_forecast(guess(10), "article")
    assert first_forecast("practice") is None
    assert write_forecast(guess(20), "practice").startswith("Written")
    assert first_forecast("practice")[1] == guess(20)


def test_dots_write_nothing_and_are_named(file):
    assert "F2, F5" in write_forecast(guess() | {"F2": ..., "F5": ...}, "article")
    assert "F7" in write_forecast({name: 1 for name in IDS[:-1]}, "article")
    assert not file.exists()


@pytest.mark.parametrize("value", [101, -1, "60", None, True, float("nan"), [60]])
def test_what_is_no_percentage_is_refused_by_its_question(file, value):
    with pytest.raises(ValueError, match=r"F4 is .* from 0 to 100"):
        write_forecast(guess() | {"F4": value}, "article")
    assert not file.exists()


def test_an_unknown_question_is_refused(file):
    with pytest.raises(LookupError, match='no question "F9"'):
        write_forecast(guess() | {"F9": 5}, "article")
    assert not file.exists()


# A file that somebody else had in hand


def test_a_file_saved_by_a_spreadsheet_is_read_and_added_to(file):
    write_forecast(guess(10), "article")
    text = file.read_text("utf-8").replace("\n", "\r\n").rstrip()  # and no end of line
    file.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert first_forecast("article")[1] == guess(10)
    write_forecast(guess(20), "article")
    assert first_forecast("article")[1] == guess(10)
    assert write_forecast(guess(20), "article").endswith("Nothing was added.")


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (lambda text: text.replace(",", ";"), 1),
        (lambda text: text.replace("60.0", "sixty", 1), 2),
        (lambda text: text.replace("60.0", "600", 1), 2),
        (lambda text: text + "some note of mine\n", 9),
        (lambda text: text.replace("F3,60.0", "F3"), 4),
        (lambda text: text.encode("utf-16").decode("latin-1"), 1),
    ],
)
def test_a_spoilt_file_is_left_alone_and_its_line_named(file, spoil, line):
    write_forecast(guess(), "article")
    file.write_text(spoil(file.read_text("utf-8")), "utf-8")
    before = file.read_bytes()
    for attempt in (first_forecast, lambda case: write_forecast(guess(5), case)):
        with pytest.raises(ValueError, match=rf"forecasts\.csv, line {line}: .*another name"):
            attempt("article")
    assert file.read_bytes() == before


def test_a_first_forecast_with_a_row_taken_out_is_told(file):
    write_forecast(guess(), "article")
    file.write_text("".join(file.read_text("utf-8").splitlines(True)[:-2]), "utf-8")
    with pytest.raises(ValueError, match=r"forecasts\.csv: .* no row for F6, F7"):
        first_forecast("article")


def test_a_place_that_cannot_be_written_is_told(file):
    file.mkdir(parents=True)
    with pytest.raises(ValueError, match=r"forecasts\.csv cannot be"):
        write_forecast(guess(), "article")


# Opening


def test_the_record_waits_for_the_forecast(file, capsys):
    write_forecast({name: ... for name in IDS}, "article")
    with pytest.raises(Closed, match="show me anyway"):
        open_record("article", AFTER)
    assert capsys.readouterr().out == ""
    write_forecast(guess(), "article")
    assert len(open_record("article", AFTER)) == len(load("later_record"))
    assert "your first" in capsys.readouterr().out


def test_a_forecast_for_one_case_does_not_open_the_other(file):
    write_forecast(guess(), "practice")
    with pytest.raises(Closed):
        open_record("article", AFTER)


def test_it_opens_when_asked_and_writes_nothing(file, capsys):
    assert len(open_record("article", ANYWAY))
    assert "as you asked" in capsys.readouterr().out
    assert not file.exists()


def test_another_word_is_no_key(file):
    with pytest.raises(LookupError, match='OPEN is "please"'):
        open_record("article", "please")


def test_jupyter_shows_one_sentence_and_no_traceback():
    assert Closed("Not yet.")._render_traceback_() == ["Not yet."]


def test_the_lesson_as_it_came_is_open(file, monkeypatch, capsys):
    monkeypatch.chdir(forecasts.STORED)
    assert open_record("article", AFTER)["date"].is_monotonic_increasing
    assert "as it came" in capsys.readouterr().out


def test_no_readers_file_reaches_a_stored_output(file, monkeypatch):
    write_forecast(guess(), "article")
    monkeypatch.setenv(forecasts.WITHOUT, "1")
    assert first_forecast("article") is None
    with pytest.raises(Closed):
        open_record("article", AFTER)


# The questions, and drawn statements


@pytest.mark.parametrize("case", CASES)
def test_each_answer_is_settled_by_a_row_of_its_time(case):
    printed = {"article": "2023-10-13", "practice": "2019-05-09"}[case]
    questions, record = load("forecast_questions", case), load("later_record", case)
    assert list(questions["id"]) == IDS
    assert questions["closes"].is_monotonic_increasing
    days = questions["settled_by"].map(record.set_index("id")["date"])
    assert (days > pd.Timestamp(printed)).all() and (days <= questions["closes"]).all()
    assert set(questions["answer"]) == {"yes", "no"}


def test_drawn_statements_are_the_same_each_time_and_known_to_be_so_or_not():
    rows = drawn_statements(40)
    assert rows.equals(drawn_statements(40)) and rows[:15].equals(drawn_statements(15))
    assert set(rows["answer"]) == {"yes", "no"}
    assert rows["certainty"].between(1, 4).all()
    near = rows.loc[rows["proximity"] == "DIRECT", "answer"] == "yes"
    assert near.mean() > 0.6
