"""What an endpoint answers, as the models that its OpenAPI document is made of."""

from pydantic import BaseModel, Field

from audio.events.hearing import Found
from audio.events.tracking import Event
from audio.inference.prediction import Prediction
from audio.serving.models import Loaded

DIGITS = 6


class ModelAnswer(BaseModel):
    """The model that answers."""

    file: str
    digest: str = Field(description="hash of the file (BLAKE2b, 128 bits)")
    since: str = Field(description="when it was loaded (UTC)")
    classes: list[str]
    multi_label: bool
    sample_rate: int = Field(description="Hz that it hears at; sound of any rate is converted")
    window: float = Field(description="s of a window")
    hop: float = Field(description="s between the windows of events")


class Chance(BaseModel):
    """A class and its probability."""

    label: str
    probability: float


class Window(BaseModel):
    """The answer for a part of the sound."""

    start: float = Field(description="s")
    end: float = Field(description="s")
    probabilities: dict[str, float]


class PredictAnswer(BaseModel):
    """What the model says of a sound."""

    label: str = Field(description="the most probable class")
    top: list[Chance] = Field(description="the most probable classes, best first")
    duration: float = Field(description="s of the sound")
    windows: list[Window] | None = Field(None, description="where they were asked for")
    notes: list[str] = Field(description="what a person should know of the recording")
    model: str = Field(description="the model's digest")


class EventAnswer(BaseModel):
    """Something that is heard, from when to when."""

    label: str
    onset: float = Field(description="s")
    offset: float = Field(description="s")
    score: float = Field(description="the largest probability")
    mean: float = Field(description="the mean probability")


class EventsAnswer(BaseModel):
    """The events of a sound."""

    events: list[EventAnswer]
    duration: float = Field(description="s of the sound")
    notes: list[str]
    model: str = Field(description="the model's digest")


class Fault(BaseModel):
    """Why there is no answer."""

    code: str = Field(description="for programs")
    message: str = Field(description="for people")


class ErrorAnswer(BaseModel):
    """A refusal."""

    error: Fault


def of_prediction(found: Prediction, top: int, windows: bool, model: Loaded) -> PredictAnswer:
    """`top` classes, and every window where `windows`."""
    parts = [
        Window(
            start=start,
            end=end,
            probabilities={
                name: round(value, DIGITS) for name, value in zip(found.classes, row.tolist(), strict=True)
            },
        )
        for (start, end), row in (zip(found.times(), found.by_window, strict=True) if windows else ())
    ]
    return PredictAnswer(
        label=found.label,
        top=[Chance(label=name, probability=round(chance, DIGITS)) for name, chance in found.top(top)],
        duration=round(found.duration, DIGITS),
        windows=parts if windows else None,
        notes=found.notes,
        model=model.digest,
    )


def of_events(found: Found, model: Loaded) -> EventsAnswer:
    return EventsAnswer(
        events=[of_event(one) for one in found.events],
        duration=round(found.duration, DIGITS),
        notes=found.notes,
        model=model.digest,
    )


def of_event(event: Event) -> EventAnswer:
    return EventAnswer(
        label=event.label,
        onset=round(event.onset, DIGITS),
        offset=round(event.offset, DIGITS),
        score=round(event.score, DIGITS),
        mean=round(event.mean, DIGITS),
    )
