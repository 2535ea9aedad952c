"""Whatever a person calls things, the unmodified SDK fetches again what it has uploaded, and deletes it."""

import pytest

from tests.conftest import ROOT


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_any_name_works_for_models_artifacts_samples_and_datasets(new_server):
    server = new_server()
    done = server.run(str(ROOT / "tests" / "e2e" / "programs" / "awkward_names.py"))
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    files = server.folder / "server" / "files"
    left = [str(one.relative_to(files)) for one in files.rglob("*") if one.is_file()]
    assert left and all(one.startswith("awkward sets/") for one in left), left
