"""Versions of a dataset with the SDK: parents, changed and removed files, metadata, squashing, publishing, deleting."""

import sys
from pathlib import Path

import pandas as pd
from clearml import Dataset

folder = Path(sys.argv[1])
NAME = {"dataset_project": "Versions", "dataset_name": "clips"}


def written(**files: str) -> str:
    for name, text in files.items():
        (folder / name).write_text(text)
    return str(folder)


def finished(made: Dataset) -> str:
    made.upload(show_progress=False)
    made.finalize()
    return made.id


def contents(id: str) -> dict[str, str]:
    copy = Path(Dataset.get(dataset_id=id).get_local_copy())
    return {str(one.relative_to(copy)): one.read_text() for one in copy.rglob("*") if one.is_file()}


made = Dataset.create(**NAME, dataset_version="1.0.0", dataset_tags=["raw"], description="barks")
made.add_files(written(a="bark", b="meow"), dataset_path="sounds")
made.set_metadata(pd.DataFrame({"clip": ["a", "b"]}), metadata_name="labels")
first = finished(made)
assert contents(first) == {"sounds/a": "bark", "sounds/b": "meow"}
assert list(Dataset.get(dataset_id=first).get_metadata("labels")["clip"]) == ["a", "b"]

child = Dataset.create(**NAME, parent_datasets=[first])
child.remove_files("sounds/b")
(folder / "b").unlink()
child.add_files(written(a="louder", c="moo"), dataset_path="sounds")
second = finished(child)
assert contents(second) == {"sounds/a": "louder", "sounds/c": "moo"}
kept = Dataset.get(dataset_id=second)
assert kept.version == "1.0.1" and sorted(kept.list_files()) == ["sounds/a", "sounds/c"]
assert kept.list_added_files() == ["sounds/c"] and kept.list_removed_files() == ["sounds/b"]
assert kept.list_modified_files() == ["sounds/a"] and kept.get_dependency_graph()[second] == [first]

assert Dataset.get(**NAME).id == second and Dataset.get(**NAME, dataset_version="1.0.0").id == first
assert Dataset.get(**NAME, dataset_tags=["raw"]).id == first
copy = folder.parent / "mutable"
Dataset.get(dataset_id=second).get_mutable_local_copy(str(copy))
assert (copy / "sounds" / "c").read_text() == "moo"

squashed = Dataset.squash(dataset_name="squashed", dataset_ids=[first, second])
assert set(contents(squashed.id)) >= {"sounds/a", "sounds/c"}, contents(squashed.id)
listed = Dataset.list_datasets(dataset_project="Versions", only_completed=True)
assert {first, second} <= {one["id"] for one in listed}
Dataset.get(dataset_id=first).publish()
Dataset.delete(dataset_id=second, force=True)
assert second not in {one["id"] for one in Dataset.list_datasets(dataset_project="Versions")}
assert contents(first) == {"sounds/a": "bark", "sounds/b": "meow"}
print("all is well")
