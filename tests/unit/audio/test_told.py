"""What settings may be and where they belong is told from the checks and the headings themselves."""

from dataclasses import dataclass

from audio import told
from audio.config import EvaluateConfig, PreprocessConfig, TrainConfig, each_within, one_of, within
from tasks import parameters


@dataclass
class Record:
    # Sizes
    width: int = 1  # of it
    shares: tuple[float, ...] = (0.5,)  # of the whole

    # How it is done
    way: str = "a"  # or b
    free: str = ""  # anything

    def __post_init__(self) -> None:
        within("width", self.width, 1)
        each_within("shares", self.shares, 0, 1)
        one_of("way", self.way, ("a", "b"))


def test_the_checks_tell_what_they_allow():
    assert told.rules(Record(width=4)) == {
        "width": "at least 1",
        "shares": "each 0 to 1",
        "way": "one of a, b",
    }


def test_outside_of_being_asked_nothing_is_noted():
    with told.noted() as notes:
        pass
    Record()
    assert notes == {}


def test_a_heading_holds_until_the_next():
    assert told.sections(Record) == {
        "width": "Sizes",
        "shares": "Sizes",
        "way": "How it is done",
        "free": "How it is done",
    }


def test_every_setting_of_a_training_stands_under_a_heading():
    assert set(told.sections(TrainConfig)) == set(parameters.kinds(TrainConfig))
    assert len(set(told.sections(TrainConfig).values())) >= 6


def test_what_travels_with_a_task_says_what_a_form_needs():
    texts = parameters.to_texts(TrainConfig())
    assert texts["epochs"].description == "passes over the training clips [Training; at least 1]"
    assert texts["optimizer"].description.endswith("[Training; one of adamw, sgd]")
    assert texts["f_max"].description.endswith("[Features; or empty]")
    assert parameters.to_texts(EvaluateConfig())["fold"].description.endswith("[at least 1; or empty]")
    assert parameters.to_texts(PreprocessConfig())["fill"].description.endswith("one of loop, zero]")
