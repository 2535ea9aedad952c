"""What is documented is what is there.

After a change of endpoints or settings: `python -m tests.unit.server.rules.test_docs` writes the two lists anew.
"""

import dataclasses
import re
from pathlib import Path

import pytest

from server.api import limits, registry
from server.api.left_out import LEFT_OUT, NO_DIFFERENCE
from server.commands import endpoints
from server.settings import Settings

DOCS = Path(__file__).resolve().parents[4] / "docs"


def settings_table() -> str:
    rows = [
        f"| `--{one.name.replace('_', '-')}` | {one.default if one.default != '' else '–'} | {one.metadata['help']} |"
        for one in dataclasses.fields(Settings)
    ]
    return "\n".join(["| option | default | meaning |", "|---|---|---|", *rows])


def left_out_table() -> str:
    rows = [f"| `{name}` | {why} |" for name, why in LEFT_OUT.items()]
    return "\n".join(["| endpoint | why |", "|---|---|", *rows])


def no_difference_table() -> str:
    rows = [f"| `{name}` | {why} |" for name, why in NO_DIFFERENCE.items()]
    return "\n".join(["| field | why |", "|---|---|", *rows])


def limits_table() -> str:
    rows = [f"| {what} | {most:,} |" for what, most in limits.TABLE.items()]
    return "\n".join(["| what | at most |", "|---|---|", *rows])


LISTS = (
    ("server.md", "limits", limits_table),
    ("server.md", "left out", left_out_table),
    ("server.md", "no difference", no_difference_table),
    ("server.md", "settings", settings_table),
    ("server-endpoints.md", "endpoints", endpoints.markdown),
)


def with_list(text: str, name: str, content: str) -> str:
    marks = f"(<!-- {name}: begin -->\n).*?(<!-- {name}: end -->)"
    return re.sub(marks, lambda found: f"{found[1]}{content}\n{found[2]}", text, flags=re.DOTALL)


@pytest.mark.parametrize(("file", "name", "content"), LISTS, ids=[one[1] for one in LISTS])
def test_the_list_in_the_docs_is_the_list_in_the_code(file, name, content):
    text = (DOCS / file).read_text()
    assert f"<!-- {name}: begin -->" in text
    assert text == with_list(text, name, content()), __doc__


def test_every_published_endpoint_is_served():
    published = (Path(__file__).parent / "published_endpoints.txt").read_text().split()
    served = {one.name for one in registry.all_endpoints()}
    assert len(published) == 204
    assert [name for name in published if name not in served] == []


def test_what_the_docs_say_is_not_offered_is_not_offered():
    served = {one.name for one in registry.all_endpoints()}
    services = {name.partition(".")[0] for name in served}
    assert [name for name in LEFT_OUT if name in served - {"reports.share"}] == []
    assert [name for name in LEFT_OUT if name.endswith(".*") and name[:-2] in services] == []


def test_files_that_the_docs_point_at_exist():
    for page in DOCS.glob("server*.md"):
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            assert (DOCS / link).exists(), f"{page.name}: {link}"


def test_every_test_that_the_docs_tell_of_is_there():
    told = re.findall(
        r"`(tests/[a-z0-9/_]+\.py)`: ((?:`test_\w+`(?:, )?)+)", (DOCS / "server.md").read_text()
    )
    assert len(told) >= 30
    for file, names in told:
        text = (DOCS.parent / file).read_text()
        for name in re.findall(r"`(\w+)`", names):
            assert f"def {name}(" in text, f"{file}: {name}"


if __name__ == "__main__":
    for file, name, content in LISTS:
        page = DOCS / file
        page.write_text(with_list(page.read_text(), name, content()))
