"""Regular expressions from outside."""

import re
from contextlib import suppress
from pathlib import Path

import pytest

from server.api.errors import TooSlow, ValidationFailed
from server.store.database import patterns
from server.store.database.db import Database
from server.store.database.patterns import checked, literal, matches


@pytest.mark.parametrize(
    "text", ["plain", "my ds", "a.b", "[x] (y)", "a+b*c?", "$^", "back\\slash", "", "tab\t", "ü"]
)
def test_an_escaped_text_between_anchors_is_found_as_it_is(text: str) -> None:
    assert literal(f"^{re.escape(text)}$") == text


@pytest.mark.parametrize(
    "pattern", ["abc", "^abc", "abc$", "^a.c$", "^(a|b)$", "^a\\d$", "^a\\\\d+$", "^", "^[ab]$"]
)
def test_a_real_pattern_is_no_text(pattern: str) -> None:
    assert literal(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("b.d", "abcde", True),
        ("^b", "abc", False),
        ("(?i)ABC", "xabcx", True),
        ("a{2,3}b+", "xaab", True),
        ("(ab)+c?$", "ababc", True),
        ("^(?!x).*y$", "ay", True),
        ("^(?!x).*y$", "xy", False),
        (r"\bword\b", "a word here", True),
    ],
)
def test_patterns_search_as_pythons_own_do(pattern: str, text: str, found: bool) -> None:
    assert matches(pattern, text) is found is (re.search(pattern, text) is not None)


def test_nothing_matches_no_value() -> None:
    assert matches(".*", None) is False


@pytest.mark.parametrize("pattern", ["(", "[", "a**", "(?P<x>a)(?P<x>b)", "x" * 2001, "(?z)"])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(ValidationFailed):
        checked(pattern)


@pytest.mark.parametrize(
    "pattern",
    ["a{99999999}", "a{0,99999999}", "((a{100}){100}){100}", "(?:ab{2}){50000}", "a{" + "9" * 500 + "}"],
)
def test_repeats_that_would_fill_the_memory_are_refused(pattern: str) -> None:
    with pytest.raises(ValidationFailed):
        checked(pattern)


@pytest.mark.parametrize(
    "pattern", [r"(\d{1,3}\.){3}\d{1,3}", "[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", "a{,5000}"]
)
def test_repeats_that_people_write_are_matched(pattern: str) -> None:
    assert matches(checked(pattern), "192.168.0.1 0123abcd-0123-0123-0123-0123456789ab")


@pytest.mark.parametrize("pattern", ["(a|aa)+$", "(a|a?)+b", "a?" * 60 + "a" * 60 + "c"])
def test_a_match_that_would_take_for_ever_is_given_up(pattern: str) -> None:
    with suppress(TimeoutError):
        assert matches(checked(pattern), "a" * 100 + "!") is False


def test_a_whole_statement_has_its_time_whatever_it_does_with_it(tmp_path: Path) -> None:
    db = Database(tmp_path / "x.db", statement_seconds=0.3)
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)"
    for sql in ("SELECT max(x) FROM n", "SELECT count(*) FROM n WHERE x REGEXP '9{3}$'"):
        with pytest.raises(TooSlow, match="takes too long"):
            db.rows(f"{endless} {sql}")
    assert db.value("SELECT 'after' REGEXP 'f'") == 1
    assert patterns.matches("f.*r", "after")
    db.close()
