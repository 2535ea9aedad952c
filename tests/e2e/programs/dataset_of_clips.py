"""A dataset version that preprocess made, read and built upon with the SDK: its table of clips is in nobody's way."""

import sys
from pathlib import Path

from clearml import Dataset

from audio.clips.store import ClipStore

made, project, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])


def names(dataset: Dataset) -> list[str]:
    copy = Path(dataset.get_local_copy())
    return sorted(str(one.relative_to(copy)) for one in copy.rglob("*") if one.is_file())


version = Dataset.get(dataset_id=made)
assert version.is_final() and not version.verify_dataset_hash() and version.get_num_chunks() == 1
store = ["audio.i16", "index.parquet", "store.json"]
assert sorted(version.list_files()) == store == names(version)
table = version.get_metadata("clips")
assert list(table["clip"]) == list(ClipStore.open(version.get_local_copy()).index["clip"])

(folder / "NOTES").write_text("recorded at night")
child = Dataset.create(
    dataset_project=project, dataset_name=version.name, parent_datasets=[made], dataset_version="9.0.0"
)
child.add_files(str(folder / "NOTES"))
child.upload(show_progress=False)
child.finalize()
kept = Dataset.get(dataset_id=child.id)
assert names(kept) == ["NOTES", *store] and kept.get_dependency_graph()[child.id] == [made]
assert len(ClipStore.open(kept.get_local_copy())) == len(table)
Dataset.delete(dataset_id=child.id, force=True)
assert sorted(Dataset.get(dataset_id=made).list_files()) == store
print("all is well")
