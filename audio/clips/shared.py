"""Clips of another data set for a model: those of classes that both know, under the model's classes."""

from dataclasses import replace

from audio.clips.store import ClipStore
from audio.errors import StoreError


def of_classes(store: ClipStore, classes: list[str]) -> tuple[ClipStore, str]:
    """The store with the `classes` of a model and the clips of those alone, and a sentence on what is left out.

    Of several labels those are dropped that the model does not know; a clip all of whose labels are unknown is left
    out. Raises StoreError where no class is shared.
    """
    if store.classes == classes:
        return store, ""
    known, shared = set(classes), set(classes) & set(store.classes)
    if not shared:
        raise StoreError(
            f"The model and the data set share no class: one knows {_some(classes)}, the other {_some(store.classes)}."
        )
    labels = store.index["label"]
    if store.multi_label:
        kept = labels.map(lambda label: "|".join(one for one in label.split("|") if one in known))
        index = store.index.assign(label=kept)[(kept != "") | (labels == "")]
    else:
        index = store.index[labels.isin(known)]
    told = (
        f"{len(shared)} of the model's {len(classes)} classes are in the data set"
        f"; {len(store.index) - len(index)} of its {len(store.index)} clips have other labels and are left out"
    )
    return replace(store, index=index, classes=list(classes)), told


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
