"""Whose file is it, and is it one? Names as platforms make them, and what is no notebook."""

import io
import os
import re
import zipfile
from pathlib import Path

import pytest

from casebook.grading import collect as module
from casebook.grading.collect import (
    Unreadable,
    collect,
    read_bytes,
    read_notebook,
)
from casebook.grading.gradebook import Policy, due_dates
from casebook.grading.roster import RosterError, read_roster, safe

NOTEBOOK = b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}'


def put(folder: Path, *names: str, content: bytes = NOTEBOOK) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def zipped(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/") + ".ipynb", content)
    return packed.getvalue()


def who(folder: Path, roster: Path | None = None) -> list[tuple[str, str]]:
    return [(found.student, found.attempt) for found in collect(folder, roster)]


@pytest.mark.parametrize(
    ("name", "student", "attempt"),
    [
        ("doejane_12345_678_ex02-1.ipynb", "doejane", "678_ex02-1"),
        ("doejane_LATE_12345_678_ex02.ipynb", "doejane", "678_ex02"),
        ("Jané Doe_4711_assignsubmission_file_/ex02.ipynb", "Jané_Doe", "ex02"),
        ("Jané Doe_4711_assignsubmission_file_ex02.ipynb", "Jané_Doe", "ex02"),
        ("submitted/jane/ex02/ex02.ipynb", "jane", "ex02_ex02"),
        ("jane/ex02.ipynb", "jane", "ex02"),
        ("jane_ex02.ipynb", "jane", "jane_ex02"),
        ("ex02-jane.ipynb", "jane", "ex02-jane"),
        ("ex02 (1).ipynb", "ex02_1-", "ex02_1-"),
        ("JANE.IPYNB", "JANE", "JANE"),
    ],
)
def test_names_of_platforms(tmp_path: Path, name: str, student: str, attempt: str) -> None:
    ((found, tried),) = who(put(tmp_path, name))
    assert found.startswith(student) and tried.startswith(attempt)


def test_online_text_of_moodle_is_no_student_and_no_file(tmp_path: Path) -> None:
    put(tmp_path, "Zofia Nowak_50_assignsubmission_onlinetext/onlinetext.html", content=b"<p>")
    put(tmp_path, "Jo Roe_51_assignsubmission_onlinetext_onlinetext.html", content=b"<p>")
    put(tmp_path, "Zofia Nowak_50_assignsubmission_file/ex02.ipynb")
    found = [(f.student, f.status) for f in collect(tmp_path)]
    assert sorted(found) == [
        ("Jo_Roe", "ignored"), ("Zofia_Nowak", ""), ("Zofia_Nowak", "ignored"),
    ]  # fmt: skip


def test_a_zip_is_read_like_the_folder_in_it(tmp_path: Path) -> None:
    download = tmp_path / "download.zip"
    download.write_bytes(zipped(doe_1_2_ex02=NOTEBOOK, roe_3_4_ex02=NOTEBOOK))
    assert who(download) == [("doe", "2_ex02"), ("roe", "4_ex02")]
    work = put(tmp_path / "in", "doe_1_2_work.zip", content=zipped(deep__ex02=NOTEBOOK))
    (found,) = collect(work)
    assert found.student == "doe" and read_bytes(found) == NOTEBOOK


def test_several_attempts_of_one_student_are_kept_apart(tmp_path: Path) -> None:
    put(
        tmp_path,
        "doe_1_2_ex02.ipynb",
        "doe_1_9_ex02-1.ipynb",
        "roe/a/ex02.ipynb",
        "roe/a_ex02.ipynb",
    )
    found = who(tmp_path)
    assert len({(s.casefold(), a.casefold()) for s, a in found}) == 4
    assert not [f for f in collect(tmp_path) if f.status]


def test_two_students_of_one_name_are_told_until_a_roster_knows_them(tmp_path: Path) -> None:
    put(tmp_path / "in", "doe_1_2_ex02.ipynb", "doe_7_9_ex02.ipynb", "roe_3_4_ex02.ipynb")
    found = collect(tmp_path / "in")
    assert [f.status for f in found] == ["two students under one name"] * 2 + [""]
    roster = tmp_path / "roster.csv"
    roster.write_text("\ufeffstudent,number\ndoe-a,1\ndoe-b,7\n", "utf-8")
    found = collect(tmp_path / "in", roster)
    assert [f.student for f in found] == ["doe-a", "doe-b", "roe"]
    assert [f.message for f in found] == ["", "", "Not in the roster."]


@pytest.mark.parametrize("pair", [("Doe/a.ipynb", "doe/a.ipynb"), ("A B/a.ipynb", "A_B/a.ipynb")])
def test_names_that_would_share_a_folder_are_a_conflict(
    tmp_path: Path, pair: tuple[str, str]
) -> None:
    found = collect(put(tmp_path, *pair))
    assert {f.status for f in found} == {"two students under one name"}
    assert len({(f.student.casefold(), f.attempt) for f in found}) == 2


def test_a_roster_that_is_none_is_told(tmp_path: Path) -> None:
    put(tmp_path, "a/x.ipynb")
    for content in (b"", b"name,number\nx,1\n", b"\xff\xfe\x00"):
        (tmp_path / "roster.csv").write_bytes(content)
        with pytest.raises(RosterError, match="roster"):
            collect(tmp_path / "a", tmp_path / "roster.csv")


def test_links_and_special_files_are_told_and_not_followed(tmp_path: Path) -> None:
    put(tmp_path / "outside", "secret.ipynb")
    folder = put(tmp_path / "in", "a/ex.ipynb")
    (folder / "b.ipynb").symlink_to(tmp_path / "outside" / "secret.ipynb")
    (folder / "c").symlink_to(tmp_path / "outside")
    os.mkfifo(folder / "d.ipynb")
    found = {f.file: f.status for f in collect(folder)}
    assert found == {"a/ex.ipynb": "", "b.ipynb": "link", "c": "link", "d.ipynb": "not a file"}


def test_a_file_that_becomes_a_link_after_it_was_found_is_not_followed(tmp_path: Path) -> None:
    (found,) = collect(put(tmp_path / "in", "a.ipynb"))
    found.path.unlink()
    found.path.symlink_to(put(tmp_path / "out", "b.ipynb") / "b.ipynb")
    with pytest.raises(Unreadable):
        read_bytes(found)


def test_other_files_and_litter_each_have_a_row(tmp_path: Path) -> None:
    put(tmp_path, "a/essay.docx", "a/.DS_Store", "a/.ipynb_checkpoints/x-checkpoint.ipynb")
    put(tmp_path, "__MACOSX/a/._x.ipynb", "a/timestamp.txt", "b.py")
    assert sorted(f.status for f in collect(tmp_path)) == ["ignored"] * 4 + ["not a notebook"] * 2


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"PK\x03\x04 cut off", "broken zip"),
        (zipped(), "empty"),
        (zipped(**{f"n{i}": b"" for i in range(10_001)}), "zip bomb"),
        (zipped(a=bytes(150_000_000)), "zip bomb"),
        (zipped(a=bytes(30_000_000)), "too big"),
    ],
)
def test_bad_zips(tmp_path: Path, content: bytes, status: str) -> None:
    put(tmp_path, "doe.zip", content=content)
    assert {f.status for f in collect(tmp_path)} == {status}


def test_zips_in_zips_end_somewhere(tmp_path: Path) -> None:
    packed = NOTEBOOK
    for _ in range(4):
        outer = io.BytesIO()
        with zipfile.ZipFile(outer, "w") as archive:
            archive.writestr("inner.zip", packed)
        packed = outer.getvalue()
    put(tmp_path, "doe.zip", content=packed)
    assert [f.status for f in collect(tmp_path)] == ["not a notebook"]


def test_a_locked_zip_is_told(tmp_path: Path) -> None:
    data = bytearray(zipped(a=NOTEBOOK))
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(magic) + offset] |= 1
    put(tmp_path, "doe.zip", content=bytes(data))
    assert [f.status for f in collect(tmp_path)] == ["locked zip"]


def test_a_file_larger_than_allowed_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """300 MB would do; a file that is all hole takes no time to make."""
    with (tmp_path / "big.ipynb").open("wb") as file:
        file.truncate(300_000_000)
    (found,) = collect(tmp_path)
    assert found.status == "too big" and "300 MB" in found.message
    monkeypatch.setattr(module, "MAX_BYTES", 400_000_000)
    (small,) = collect(put(tmp_path / "x", "a.ipynb"))
    monkeypatch.setattr(module, "MAX_BYTES", 10)
    with pytest.raises(Unreadable, match="larger"):
        read_bytes(small)


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "a/b\\c",
        "CON",
        "nul.txt",
        "",
        "..",
        "x" * 300,
        "a\x00b",
        "\udcff",
        "a:b",
    ],
)
def test_safe_names_stay_in_their_folder_on_every_system(name: str) -> None:
    made = safe(name)
    assert made and len(made.encode()) < 200 and not set(made) & set('/\\:*?"<>|\0')
    assert made not in (".", "..") and Path("x", made).parent == Path("x")
    assert made.split(".")[0].casefold() not in ("con", "nul")


def test_different_names_stay_different() -> None:
    names = ["a/b", "a\\b", "a:b", "a_b", "a b"]
    assert len({safe(name) for name in names}) >= len(names) - 1  # a space is an underscore


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b'{"nbformat": 4, "cells": [], "x": NaN', "not JSON"),
        (b"\xff\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"nbformat": true, "cells": []}', "not a notebook"),
        (b'{"nbformat": "4", "cells": []}', "not a notebook"),
        (b'{"nbformat": 9, "cells": []}', "newer nbformat"),
        (b'{"nbformat": 3, "worksheets": [1]}', "not a notebook"),
        (b'{"nbformat": 1' + b"0" * 5000 + b', "cells": []}', "not JSON"),
        (b'"text"', "not a notebook"),
    ],
)
def test_what_is_no_notebook_is_told(content: bytes, status: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_notebook(content)
    assert caught.value.status == status and caught.value.message.endswith((".", "?"))


CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,Exercise ex00 (81),Final Score
    Points Possible,,,,,10,
"Doe, Jane",4711,u1,jane.doe,A,,
"Roe, Max",4712,u2,,A,,
"Student, Test",99,,,A,,
"""
MOODLE = "Identifier,Full name,Email address,Status,Grade\nParticipant 31,Jane Doe,j@x.org,,\n"
GRADES = (
    "First name,Last name,ID number,Email address\nJane,Doe,7,jane.d@x.org\nJo,Roe,8,jo@x.org\n"
)


@pytest.mark.parametrize(
    ("export", "file", "student"),
    [
        (CANVAS, "doejane_LATE_4711_88_ex00.ipynb", "jane.doe"),
        (CANVAS, "roemax_1_88_ex00.ipynb", "Max_Roe"),
        (MOODLE, "Jane Doe_31_assignsubmission_file_/ex00.ipynb", "Jane_Doe"),
        (GRADES, "Jane Doe_31_assignsubmission_file_/ex00.ipynb", "jane.d"),
        ("student\njane\n", "jane_ex00.ipynb", "jane"),
    ],
)
def test_an_export_of_the_platform_is_a_roster(
    tmp_path: Path, export: str, file: str, student: str
) -> None:
    put(tmp_path / "in", file)
    (tmp_path / "roster.csv").write_text(export, "utf-8")
    (found,) = collect(tmp_path / "in", tmp_path / "roster.csv")
    assert (found.student, found.message) == (student, "")


def test_headings_and_testers_of_an_export_are_no_students(tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text(CANVAS, "utf-8")
    roster = read_roster(tmp_path / "roster.csv")
    assert roster.students == ("jane.doe", "Max_Roe")
    assert list(roster.identity) == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_roster_after_a_spreadsheet_program_is_read(tmp_path: Path, separator: str) -> None:
    lines = ["Student,ID,SIS Login ID", '"Doe, Jané",4711,jane', '"Roe; Max",4712,max']
    text = "\r\n".join(re.sub(r",(?! )", separator, line) for line in lines)
    (tmp_path / "roster.csv").write_bytes(text.encode("utf-8-sig"))
    roster = read_roster(tmp_path / "roster.csv")
    assert roster.students == ("jane", "max")
    assert roster.table["Student"].tolist() == ["Doe, Jané", "Roe; Max"]


@pytest.mark.parametrize(
    "content",
    [CANVAS.replace("Jane", "Jané").encode("latin-1"), CANVAS.encode("utf-16"), b"PK\3\4\x14\0"],
)
def test_a_roster_that_is_no_csv_in_utf_8_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "roster.csv").write_bytes(content)
    with pytest.raises(RosterError, match="save it as CSV UTF-8"):
        read_roster(tmp_path / "roster.csv")


def test_a_file_keeps_its_time(tmp_path: Path) -> None:
    put(tmp_path / "in", "a_ex00.ipynb")
    os.utime(tmp_path / "in" / "a_ex00.ipynb", (1_800_000_000, 1_800_000_000))
    with zipfile.ZipFile(tmp_path / "in" / "b.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("b_ex00.ipynb", (2026, 11, 22, 18, 30, 4)), NOTEBOOK)
    plain, packed = collect(tmp_path / "in")
    assert plain.handed_in.startswith("2027-01-15T")
    assert packed.handed_in == "2026-11-22T18:30:04"


def test_a_damaged_zip_in_a_zip_leaves_its_neighbours(tmp_path: Path) -> None:
    """Its bytes differ from their checksum; what stands before and after it is whole."""
    inner = zipped(x=NOTEBOOK)
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as archive:
        for name in ("a_ex00.ipynb", "b.zip", "c_ex00.ipynb"):
            archive.writestr(name, inner if name == "b.zip" else NOTEBOOK)
    put(tmp_path, "all.zip", content=outer.getvalue().replace(inner, b"-" + inner[1:]))
    found = [(f.file, f.status) for f in collect(tmp_path / "all.zip")]
    assert found == [("a_ex00.ipynb", ""), ("b.zip", "broken zip"), ("c_ex00.ipynb", "")]


def test_a_member_of_no_date_has_no_time_and_is_not_late(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("a_ex00.ipynb", (1980, 0, 0, 0, 0, 0)), NOTEBOOK)
    (found,) = collect(tmp_path)
    assert (found.status, found.handed_in) == ("", "")
    told = {"exercise": "ex00", "file": found.file, "handed_in": found.handed_in}
    assert Policy("last", due_dates(["ex00=2026-11-30"])).days_late(told) == 0
