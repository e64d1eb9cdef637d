"""What Microsoft's posts say: lines, the next update, and what changed."""

from datetime import UTC, datetime

import pytest

from health.posts import changes_between, lines_of, next_update_of, with_changes

FIRST = "Title: Mail is late<br><br>Current status: We're looking into it.<br><br>Next update by: soon"
SECOND = (
    "Title: Mail is late<br><br>Current status: We're rolling back a change.<br><br>"
    "Root cause: a change of ours<br><br>Next update by: Tuesday, March 5, 2026, at 8:00 PM UTC"
)


def _said(kind, changes):
    return [piece.text for line in changes for piece in line if piece.kind == kind]


def test_lines_are_plain_text_whatever_the_markup():
    assert lines_of("<p>One &amp; <b>two</b></p><ul><li>three</li><li>four</li></ul>") == ("One & two", "three", "four")


def test_the_next_update_is_read_as_microsoft_writes_it():
    assert next_update_of(SECOND).at == datetime(2026, 3, 5, 20, 0, tzinfo=UTC)
    assert next_update_of("Next update by:<br>whenever") is None


@pytest.mark.parametrize("words", ["soon", "Tuesday, Smarch 45, 2026, at 8:00 PM UTC", "March 5"])
def test_words_that_are_no_moment_stay_words(words):
    found = next_update_of(f"Next update by: {words}")

    assert (found.words, found.at) == (words, None)


def test_only_what_changed_is_told_word_by_word():
    changes = changes_between(FIRST, SECOND)

    assert _said("added", changes)[0] == "rolling back a change."
    assert _said("removed", changes)[0] == "looking into it."
    assert "Root cause: a change of ours" in _said("added", changes)
    assert not any("Mail is late" in text for kind in ("added", "removed", "same") for text in _said(kind, changes))


def test_a_line_that_went_is_told_too():
    assert _said("removed", changes_between("One<br>Two", "One")) == ["Two"]


def test_many_words_that_stayed_are_skipped():
    same = " ".join(f"word{number}" for number in range(60))

    changes = changes_between(f"Status: {same} old", f"Status: {same} new")

    assert _said("skipped", changes) == ["…"]
    assert _said("added", changes) == ["new"]


def test_every_post_but_the_first_says_what_it_changed():
    assert with_changes([]) == []
    assert with_changes([FIRST]) == [()]
    assert [bool(changes) for changes in with_changes([SECOND, FIRST])] == [True, False]


def test_a_line_that_has_little_in_common_is_told_whole():
    changes = changes_between("Status: the cause is a queue that is full", "Status: we moved all traffic elsewhere")

    assert _said("removed", changes) == ["Status: the cause is a queue that is full"]
    assert _said("added", changes) == ["Status: we moved all traffic elsewhere"]


def test_the_cells_of_a_table_stay_apart():
    assert lines_of("<table><tr><td>Europe</td><td>Affected</td></tr></table>") == ("Europe · Affected",)
