"""A parameter and an option are declared in one place; docs/parameters.md and docs/options.md say what stands there."""

from tests.reference import FILE, OPTIONS, options, reference


def test_the_reference_is_that_of_the_declarations():
    assert FILE.read_text() == reference(), "docs/parameters.md is out of date: run `make tree`"


def test_the_options_are_those_of_the_parsers():
    assert OPTIONS.read_text() == options(), "docs/options.md is out of date: run `make tree`"
