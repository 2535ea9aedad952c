"""What a comparison decides, and why, for each case."""

import numpy as np
import pytest

from audio.metrics.paired import paired
from tasks.compare import CompareParameters, decide


def both(new: int, old: int, of: int = 100):
    return paired(np.arange(of) < new, np.arange(of) < old, range(of))


@pytest.mark.parametrize(
    ("more", "accuracy", "compared", "old", "word", "reason"),
    [
        ({}, 0.9, both(90, 70), "old", "publish", "it is better: +20.00 points"),
        ({}, 0.71, both(71, 70), "old", "keep", "not surely better (level 0.05): +1.00 points"),
        ({"level": 1.0}, 0.71, both(71, 70), "old", "publish", "it is better: +1.00 points"),
        ({"level": 1.0}, 0.7, both(70, 70), "old", "keep", "not better: +0.00 points"),
        ({}, 0.7, both(70, 90), "old", "keep", "not better: -20.00 points"),
        ({}, 0.7, None, "", "publish", "nothing to compare it with; its accuracy is 70.00%"),
        ({"least_accuracy": 0.8}, 0.7, None, "", "keep", "70.00% is below the least, 80.00%"),
        ({"least_accuracy": 0.95}, 0.9, both(90, 70), "old", "keep", "below the least"),
        ({}, 0.7, None, "new", "keep", "it is the published model"),
        ({}, 0.7, None, "old", "keep", "no clip is left"),
    ],
)
def test_each_case_is_decided_with_its_reason(more, accuracy, compared, old, word, reason):
    found = decide(CompareParameters(**more), accuracy, compared, old, "new")
    assert (found.word, reason in found.reason) == (word, True), found
