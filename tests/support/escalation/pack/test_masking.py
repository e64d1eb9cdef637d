"""No planted secret is left, what Microsoft needs stays, and no text keeps the rules for long."""

import html
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.escalation.pack.masking import TITLES, Masker, mask, plain
from support.escalation.pack.rules import RULES
from tests.support.escalation.pack.corpus import PERSONAL, SECRETS, STAYS, Planted, everything


def squeezed(text: str) -> str:
    """However it is written: without what is between the signs."""
    return "".join(unicodedata.normalize("NFKC", html.unescape(text)).split()).casefold()


def test_the_corpus_is_large_enough() -> None:
    assert len(SECRETS) + len(PERSONAL) >= 100 and len(STAYS) >= 40
    assert len({one.text for one in everything()}) == len(SECRETS) + len(PERSONAL)
    for one in everything():
        assert squeezed(one.gone) in squeezed(plain(one.text)), one


@pytest.mark.parametrize("planted", everything(), ids=lambda one: one.text[:40].encode("ascii", "replace").decode())
def test_what_was_planted_is_gone(planted: Planted) -> None:
    for text in (planted.text, f"We saw this:\n> {planted.text}\nCan you help?"):
        masked = mask(text)
        assert squeezed(planted.gone) not in squeezed(masked.text)
        assert planted.stays in masked.text
        assert masked.counts


@pytest.mark.parametrize("text", STAYS, ids=range(len(STAYS)))
def test_what_microsoft_needs_stays(text: str) -> None:
    for whole in (text, f"It says {text} since today."):
        assert mask(whole).text == plain(whole)


def test_people_of_the_customer_are_told_apart_and_phrases_are_hidden() -> None:
    names = ["Kim Lee", "Anna Berg", "陳小明"]
    masked = mask(
        "KIM  LEE asked Anna Berg; Kim Lee waits. 陳小明 too. Project Falcon.", names=names, also=["project falcon"]
    )
    assert masked.text == "⟦Person 1⟧ asked ⟦Person 2⟧; ⟦Person 1⟧ waits. ⟦Person 3⟧ too. ⟦hidden⟧."
    assert masked.counts["NAME"] == 4 and masked.counts["BY_HAND"] == 1


@settings(max_examples=300, deadline=None)
@given(planted=st.sampled_from(list(everything())), cut=st.tuples(st.integers(0, 80), st.integers(1, 12)))
def test_what_a_person_hides_by_hand_uncovers_nothing(planted: Planted, cut: tuple[int, int]) -> None:
    text = plain(planted.text)
    phrase = text[cut[0] % len(text) :][: cut[1]]
    assert squeezed(planted.gone) not in squeezed(mask(planted.text, also=[phrase]).text)


def test_a_phrase_within_a_secret_or_an_address_hides_the_more() -> None:
    also = ["contoso"]
    assert mask("password: ContosoWinter2026!", also=also).text == "password: ⟦secret⟧"
    assert mask("to wang@contoso.com", also=also).text == "to ⟦w…⟧@⟦hidden⟧.com"
    assert mask("Bearer abcdefContoso1234", also=also).text == "Bearer ⟦token⟧"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Wang Xiaoming", "Wang, Xiaoming"),
        ("Wang Xiaoming", "XIAOMING WANG"),
        ("Wang Xiaoming", "wang.xiaoming"),
        ("王小明", "王 小明"),
        ("歐陽 小明", "歐陽小明"),
        ("Peter O'Neil", "O’Neil, Peter"),
        ("Anna Maria Berg", "Berg, Anna Maria"),
    ],
)
def test_a_name_is_known_however_its_parts_stand(name: str, said: str) -> None:
    assert mask(f"請問 {said} 在嗎", names=[name]).text == "請問 ⟦Person 1⟧ 在嗎"


def test_a_thousand_names_are_looked_for_in_one_walk() -> None:
    names = [f"Kim Person{number}" for number in range(1000)]
    masker = Masker(names=names)
    began = time.process_time()
    told, counts = masker.mask_leaves([f"Kim Person{number} of Office {'a b ' * 500}" for number in range(60)])
    assert counts["NAME"] == 60 and "⟦Person 60⟧" in told[59]
    assert time.process_time() - began < 5


def test_names_stand_in_chinese_without_a_space() -> None:
    masked = mask("請聯絡陳小明先生或Kim Lee小姐; Kim Leeds is another.", names=["陳小明", "Kim Lee"])
    assert masked.text == "請聯絡⟦Person 1⟧先生或⟦Person 2⟧小姐; Kim Leeds is another."


def test_a_name_of_one_word_has_to_be_written_like_the_name() -> None:
    assert (
        mask("Office asked; the office is closed.", names=["Office"]).text == "⟦Person 1⟧ asked; the office is closed."
    )


def test_marks_that_somebody_wrote_hide_nothing() -> None:
    assert "hunter2" not in mask("password: ⟦hunter2⟧").text
    assert "hunter2" not in mask("⟦password: hunter2⟧").text


@pytest.mark.parametrize(
    "seed",
    [
        "a",
        "A1",
        "a.",
        "@a.",
        "0 ",
        "+1 ",
        "password",
        "password:",
        "eyJ" + "a" * 30 + " ",
        "-----BEGIN PRIVATE KEY-----",
        "x@",
        "(at)",
        "密碼",
        "https://a:",
        "'",
        "A1b/",
        "password ",
        "secret-",
        "mysql -",
        "mysql ",
        "-password ",
        "://:",
        "?code=a",
        "0.",
        "set-cookie: ",
        "Private-Lines: 1 ",
        "123456-",
        "| password |",
        "password is ",
    ],
)
def test_no_text_keeps_the_rules_for_long(seed: str) -> None:
    hostile = (seed * (200_000 // len(seed) + 1))[:200_000]
    began = time.process_time()
    mask(hostile)
    assert time.process_time() - began < 2


def test_every_rule_has_a_name_for_people() -> None:
    assert {rule.name for rule in RULES} < set(TITLES)
