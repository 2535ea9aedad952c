"""`soundyard listen`: events of sound as it comes, from a pipe, an address, a file or a microphone.

    arecord -f S16_LE -r 16000 | soundyard listen - --model model.onnx
    ffmpeg -i … -f s16le -ac 1 -ar 16000 - | soundyard listen - --rate 16000 --model model.onnx
    soundyard listen rtsp://camera.local/stream --model model.onnx --json
    soundyard listen microphone --model model.onnx --hop 0.1

A line for each event that begins, and one once it is certain; the events are those of `soundyard events` on a recording
of the same sound. Ctrl-C ends the sound there: what goes on is told with its end.
"""

import argparse
import json
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from audio import interruption
from audio.errors import AudioError, ConfigError
from audio.events.config import EventConfig
from audio.events.hearing import Answer, Detector, Endless
from audio.events.tables import as_rows
from audio.events.tracking import Event
from audio.io.live.contract import Live, Opened
from audio.io.live.pipe import FORMATS, Pipe
from audio.io.reading import Undecodable, open_sound
from audio.named import printable
from soundyard.hearing import options as common
from tasks.errors import SoundyardError

STDIN, MICROPHONE = "-", "microphone"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; gives the exit status."""
    args, config = common.parse(parser(), sys.argv[1:] if arguments is None else arguments, EventConfig)
    try:
        with common.table(args.out) as table:
            detector = common.model_of(args).detector(config, args.threads)
            return _listen(detector, args, Told(args, detector.classes, table))
    except (AudioError, SoundyardError) as error:
        said = f"{args.source} {error}" if isinstance(error, Undecodable) else str(error)
        print(f"error: {printable(said)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return interruption.caught()


def parser() -> argparse.ArgumentParser:
    found = common.parser(
        "listen", str(__doc__).split("\n")[0].partition(": ")[2], "SOURCE --model MODEL [options]"
    )
    found.add_argument(
        "source",
        help="- for a pipe (WAV, or samples with --rate), an address (rtsp://, http://, …), a file, microphone, or "
        "microphone:NAME",
    )
    common.add_model(found)
    heading = found.add_argument_group("Sound")
    heading.add_argument("--rate", type=common.positive, help="Hz, of samples alone or of the microphone")
    heading.add_argument("--channels", type=common.positive, default=1, help="of samples alone (1)")
    heading.add_argument(
        "--sample", choices=sorted(FORMATS), default="s16", help="format of samples alone (s16)"
    )
    heading = found.add_argument_group("Output")
    heading.add_argument("--json", action="store_true", help="a line of JSON for each event, for scripts")
    heading.add_argument("--windows", action="store_true", help="a line for each window, too")
    heading.add_argument(
        "--out", type=common.place, help="CSV file that gets a row for each event that is over"
    )
    heading.add_argument(
        "--threads", type=common.count, default=1, help="of the CPU that compute; 0: as many as help (1)"
    )
    return found


def _listen(detector: Detector, args: argparse.Namespace, told: "Told") -> int:
    if Path(args.source).is_file():
        with open_sound(Path(args.source)) as sound:
            for answer in detector.answers(sound, Endless()):
                told.say(answer, time.time(), time.perf_counter())
        return 0
    with _opened(args) as source:
        print(
            f"listening to {printable(args.source)} at {source.sample_rate} Hz", file=sys.stderr, flush=True
        )
        live: Live | None = None

        def stop(*_: Any) -> None:
            if live is None or interrupted:
                raise KeyboardInterrupt
            interrupted.append(True)
            live.stop()

        interrupted: list[bool] = []
        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            live = Live(source)
            for answer in detector.answers(live, Endless()):
                told.say(answer, live.began, live.arrived)
        except Undecodable:
            if not interrupted:
                raise
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        told.sum_up()
        if interrupted:
            print("interrupted", file=sys.stderr)
            return interruption.caught()
    return 0


def _opened(args: argparse.Namespace) -> Opened:
    name, _, device = args.source.partition(":")
    if args.source == STDIN:
        return nullcontext(Pipe(sys.stdin.buffer, args.rate, args.channels, args.sample))
    if name == MICROPHONE:
        from audio.io.live import microphone

        return microphone.opened(device, args.rate)
    if "://" in args.source:
        from audio.io.live import address

        return address.opened(args.source)
    raise ConfigError(
        f"There is no file {args.source}; a source is a file, an address such as rtsp://…, {MICROPHONE}, or {STDIN} "
        "for a pipe."
    )


class Told:
    """What is printed, and how late."""

    def __init__(self, args: argparse.Namespace, classes: list[str], table: Any) -> None:
        self._json, self._windows, self._source = args.json, args.windows, args.source
        self._classes, self._table = classes, table
        self._late: list[float] = []  # s, of the last answers

    def say(self, answer: Answer, began: float, arrived: float) -> None:
        """`began`: the time of the first sample; `arrived`: when the last one came (`perf_counter`)."""
        if answer.probabilities is not None and self._windows:
            self._window(answer)
        for event in answer.begun:
            self._event("begins", event, began)
        for event in answer.done:
            self._event("event", event, began)
        if self._table and answer.done:
            self._table.write("".join(as_rows(Path(self._source), answer.done)))
            self._table.flush()
        sys.stdout.flush()
        if answer.probabilities is not None:
            self._late = [*self._late[-9999:], time.perf_counter() - arrived]

    def _window(self, answer: Answer) -> None:
        assert answer.probabilities is not None
        best = int(answer.probabilities.argmax())
        chance = float(answer.probabilities[best])
        if self._json:
            chances = zip(self._classes, answer.probabilities.tolist(), strict=True)
            told = {"is": "window", "start": round(answer.start, 4), "end": round(answer.end, 4)}
            _print({**told, "probabilities": {name: round(value, 4) for name, value in chances}})
        else:
            print(
                printable(f"{answer.start:10.3f} – {answer.end:10.3f}  {self._classes[best]}  {chance:.1%}")
            )

    def _event(self, kind: str, event: Event, began: float) -> None:
        if self._json:
            at = datetime.fromtimestamp(began + event.onset, timezone.utc).isoformat(timespec="milliseconds")
            told: dict[str, Any] = {"is": kind, "label": event.label, "onset": round(event.onset, 4)}
            if kind == "event":
                told |= {"offset": round(event.offset, 4)}
            _print({**told, "score": round(event.score, 4), "mean": round(event.mean, 4), "at": at})
        elif kind == "event":
            print(printable(f"{event.onset:10.3f} – {event.offset:10.3f}  {event.label}  {event.score:.1%}"))
        else:
            print(printable(f"{event.onset:10.3f} …             {event.label} begins"))

    def sum_up(self) -> None:
        """How late the answers were, on stderr."""
        if self._late:
            late = sorted(1000 * one for one in self._late)
            middle, most, worst = late[len(late) // 2], late[int(0.95 * len(late))], late[-1]
            print(
                f"answers came {middle:.0f} ms after the end of their window (95 %: {most:.0f} ms, latest: {worst:.0f} "
                "ms)",
                file=sys.stderr,
            )


def _print(told: dict[str, Any]) -> None:
    print(json.dumps(told, ensure_ascii=False))


if __name__ == "__main__":
    sys.exit(main())
