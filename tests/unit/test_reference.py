"""A parameter is declared in one place, and docs/parameters.md says what stands there."""

from tests.reference import FILE, reference


def test_the_reference_is_that_of_the_declarations():
    assert FILE.read_text() == reference(), "docs/parameters.md is out of date: run `make tree`"
