"""Reach of the disclaimer, holders of the evidence, and grades that are missing values."""

import pandas as pd
import pytest

from casebook import load
from casebook.data import CASES
from casebook.verification import HOLDERS, READINGS, covered, holder, ranks


@pytest.mark.parametrize("case, counts", [("article", [3, 15, 44, 5]), ("practice", [3, 5, 16, 6])])
def test_each_reading_covers_what_the_codes_say(case, counts):
    claims = load("claims", case)
    assert [int(covered(claims, reading).sum()) for reading in READINGS] == counts


@pytest.mark.parametrize("case", CASES)
def test_a_wider_reading_covers_all_that_a_narrower_one_does(case):
    claims = load("claims", case)
    narrow, middle, wide = (covered(claims, reading) for reading in READINGS[:3])
    assert not (narrow & ~middle).any() and not (middle & ~wide).any()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("reading", READINGS)
def test_no_reading_covers_what_reporters_say_themselves(case, reading):
    claims = load("claims", case)
    assert not covered(claims[claims["source_id"] == "S00"], reading).any()


def test_reach_by_hand():
    claims = pd.DataFrame({"nv_reach": [0, 1, 2, 3], "nv_by_source": ["Y", "N", "N", "Y"]})
    assert covered(claims, "middle").tolist() == [False, True, True, False]
    assert covered(claims, "same sources").tolist() == [True, False, False, True]


def test_the_answer_is_a_plain_mask_for_filtering():
    claims = load("claims")
    assert covered(claims, "wide").dtype == bool
    assert covered(claims.head(0), "wide").tolist() == []


@pytest.mark.parametrize("reading", ["Wide", "", "3"])
def test_an_unknown_reading_is_told_the_known_ones(reading):
    with pytest.raises(LookupError, match="narrow, middle, wide, same sources"):
        covered(load("claims"), reading)


@pytest.mark.parametrize(
    "verify_by, wanted",
    [
        ("archived post; the platform, web archives", "anyone"),
        ("UN reports, statements of the groups", "anyone"),
        ("The public gauge record.", "anyone"),
        ("the audio; the newspaper; orders behind it; Iran", "the newspaper"),
        ("The reporters’ notes.", "the newspaper"),
        ("death register and forensic records; Israel", "the parties"),
        ("incident logs; Israel, UN observers, Hezbollah", "the parties"),
        ("intelligence files on the attack; United States", "the parties"),
        ("list of those informed; Hamas", "the parties"),
        ("time, inquiries, archives", "nobody yet"),
        ("Nothing settles it: a judgement.", "nobody yet"),
        ("time stamp of the post; the platform", "anyone"),
    ],
)
def test_holders_by_hand(verify_by, wanted):
    assert holder(pd.DataFrame({"verify_by": [verify_by]})).tolist() == [wanted]


@pytest.mark.parametrize("case", CASES)
def test_every_claim_has_a_holder_and_every_holder_a_description(case):
    found = holder(load("claims", case))
    assert found.notna().all() and set(found) <= set(HOLDERS)


def test_what_is_on_public_record_can_be_looked_up_by_anyone():
    for case in CASES:
        claims = load("claims", case)
        public = claims[claims["verif_status"] == "PUBLIC_RECORD"]
        assert set(holder(public)) == {"anyone"}


def test_grades_that_cannot_be_judged_are_missing_and_stay_out_of_a_mean():
    found = ranks(["A", "F", "C", "6"])
    assert found.isna().tolist() == [False, True, False, True]
    assert found.mean() == 2.0


def test_a_list_of_nothing_but_f_has_no_mean():
    assert pd.isna(ranks(["F", "F"]).mean())
    assert ranks([]).empty


@pytest.mark.parametrize("grade", ["G", "a", "", "0", 6, None])
def test_a_grade_that_does_not_exist_is_refused(grade):
    with pytest.raises(LookupError, match="no Admiralty grade"):
        ranks(["A", grade])
