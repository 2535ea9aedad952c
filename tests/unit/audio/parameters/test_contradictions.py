"""What two parameters do to each other: refused from the first value that contradicts on."""

import pytest

from audio.config import TrainConfig
from audio.errors import ConfigError

REFUSED = [
    ({"n_fft": 1025, "win_length": 400}, "Use 1026"),
    ({"win_length": 1026, "n_fft": 1024}, "win_length (1026) is longer than n_fft (1024)"),
    ({"f_min": 50.0, "f_max": 50.0}, "f_max (50 Hz) is not above f_min (50 Hz)"),
    ({"select": "best"}, "select=best would choose weights on the test fold"),
    ({"early_stop": 1}, "early_stop would choose the epoch on the test fold"),
    ({"early_stop": 1, "validation": "none"}, "early_stop would choose"),
    ({"members": 2, "pretrained": True}, "members differ by their first weights"),
    ({"members": 2, "weights": "model.pt"}, "members differ by their first weights"),
    ({"members": 2, "freeze": "backbone"}, "members differ by their first weights"),
    ({"frontend": "logmel+pcen"}, "use members=2"),
    ({"frontend": "logmel+pcen+mfcc", "members": 2}, "use members=3"),
    ({"batch_size": 3, "processes": 4}, "batch_size (3) gives each of 4 processes no clip"),
    ({"snr_low_db": 10.0, "snr_high_db": 9.9}, "snr_high_db (9.9) is below snr_low_db (10)"),
    *(
        ({"feature_cache": "on", **changes}, "feature_cache=on computes features once")
        for changes in ({"noise": 0.1}, {"background": "noises"}, {"stretch": 0.1}, {"pitch": 1.0})
    ),
    ({"speeds": []}, "speeds is empty; use [1.0]"),
    ({"prune": 0.5}, "name its file (weights=model.pt)"),
    ({"prune": 0.5, "weights": "model.pt", "freeze": "backbone"}, "use freeze=none"),
]
ALLOWED = [
    {"win_length": 1024, "n_fft": 1024},
    {"f_min": 50.0, "f_max": 50.1},
    {"select": "best", "early_stop": 3, "validation": "development"},
    {"validation": "none"},
    {"members": 2},
    {"members": 1, "pretrained": True, "weights": "model.pt", "freeze": "backbone"},
    {"frontend": "logmel+pcen", "members": 2},
    {"frontend": "logmel+pcen", "members": 5},
    {"batch_size": 4, "processes": 4},
    {"snr_low_db": 10.0, "snr_high_db": 10.0},
    {"feature_cache": "on"},
    {"feature_cache": "on", "augment": False, "noise": 0.5},
    {"feature_cache": "auto", "noise": 0.5},
    {"speeds": [], "augment": False},
    {"prune": 0.5, "weights": "model.pt", "teacher": ["model.pt"]},
]


@pytest.mark.parametrize(("values", "said"), REFUSED, ids=str)
def test_a_contradiction_is_refused_with_what_to_do(values, said):
    with pytest.raises(ConfigError) as refused:
        TrainConfig(**values)
    assert said in str(refused.value)


@pytest.mark.parametrize("values", ALLOWED, ids=str)
def test_what_is_no_contradiction_is_allowed(values):
    made = TrainConfig(**values)
    assert {name: getattr(made, name) for name in values} == values
