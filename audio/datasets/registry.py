"""The data sets there are, by name."""

from audio.datasets import folder, huggingface, manifest, synthetic
from audio.datasets.contract import DataSet
from audio.datasets.public import esc, fsdd, gtzan, nsynth, speechcommands, urbansound8k, yesno
from audio.errors import DatasetError
from audio.named import by_name

EVERY = (
    esc.ESC10,
    esc.ESC50,
    folder.FOLDER,
    fsdd.FSDD,
    gtzan.GTZAN,
    gtzan.GTZAN_RANDOM,
    huggingface.HUGGINGFACE,
    manifest.MANIFEST,
    nsynth.NSYNTH,
    speechcommands.SPEECHCOMMANDS,
    synthetic.SYNTHETIC,
    urbansound8k.URBANSOUND8K,
    yesno.YESNO,
)
ALL = {dataset.name: dataset for dataset in EVERY}


def names() -> list[str]:
    """Names of all data sets, sorted."""
    return sorted(ALL)


def find(name: str) -> DataSet:
    """The data set of that name. Raises DatasetError, which lists those that exist."""
    return by_name(ALL, name, "data set", DatasetError)
