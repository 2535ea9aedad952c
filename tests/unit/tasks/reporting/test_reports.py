"""What the SDK's logger is given of sounds, counts and tables."""

import numpy as np
import pandas as pd
import pytest
import soundfile

from tasks.reporting import reports


class Logger:
    """Keeps what it is told."""

    def __init__(self):
        self.told = []

    def __getattr__(self, name):
        return lambda *values, **options: self.told.append((name, values, options))


@pytest.fixture
def logger():
    return Logger()


@pytest.mark.parametrize(
    ("peak", "subtype"), [(1.0, "PCM_16"), (2.0**-6, "PCM_16"), (2.0**-7, "PCM_24"), (0.0, "PCM_24")]
)
def test_a_sound_is_lossless_and_a_quiet_one_has_finer_steps(logger, peak, subtype):
    wave = (peak * np.sin(np.arange(800))).astype(np.float32)
    wave[:2] = peak, -peak
    reports.report_audio(logger, "clips", "a", wave, 8000, iteration=3)
    ((name, values, options),) = logger.told
    assert (name, values, options["iteration"], options["file_extension"]) == (
        "report_media",
        ("clips", "a"),
        3,
        ".flac",
    )
    about = soundfile.info(options["stream"])
    options["stream"].seek(0)
    heard, rate = soundfile.read(options["stream"], dtype="float32")
    assert (about.format, about.subtype, rate) == ("FLAC", subtype, 8000)
    step = 2.0**-15 if subtype == "PCM_16" else 2.0**-23
    assert np.abs(heard - wave).max() <= step * (0.51 if subtype == "PCM_16" and peak < 1 else 1)


def test_a_sound_without_samples_or_beyond_full_scale_is_taken(logger):
    reports.report_audio(logger, "t", "s", np.zeros(0, np.float32), 8000)
    reports.report_audio(logger, "t", "s", np.array([2.0, -2.0], np.float32), 8000)
    heard, _ = soundfile.read(logger.told[1][2]["stream"], dtype="int16")
    assert heard.tolist() == [32767, -32768]


def test_counts_are_bars_in_their_order(logger):
    reports.report_counts(logger, "labels", "all", {"b": 2, 1: 5}, "label")
    ((name, values, options),) = logger.told
    assert (name, values) == ("report_histogram", ("labels", "all"))
    assert options == {
        "values": [2, 5], "iteration": 0, "labels": ["all"], "xlabels": ["b", "1"], "xaxis": "label", "yaxis": "clips",
    }  # fmt: skip


def test_a_distribution_has_equal_bins_and_of_one_value_a_single_one(logger):
    reports.report_distribution(logger, "durations", "all", np.array([0.0, 1.0, 1.0, 4.0]), "s", bins=4)
    reports.report_distribution(logger, "durations", "all", np.array([2.0, 2.0]), "s")
    first, second = (options for _, _, options in logger.told)
    assert (first["values"], first["xlabels"], first["xaxis"]) == (
        [1, 2, 0, 1],
        ["0.5", "1.5", "2.5", "3.5"],
        "s",
    )
    assert (second["values"], second["xlabels"]) == ([2], ["2"])


def test_a_table_without_rows_says_so(logger):
    rows = pd.DataFrame({"a": [1]})
    reports.report_rows(logger, "t", "all", rows)
    reports.report_rows(logger, "t", "all", rows.iloc[:0])
    assert logger.told[0][2]["table_plot"] is rows and logger.told[0][2]["iteration"] == 0
    assert logger.told[1][2]["table_plot"].to_dict("list") == {"all": ["none"]}
