"""An endpoint under load: one-second clips at a steady rate, and how long their answers take.

    python -m benchmarks.model_serving model.onnx
    python -m benchmarks.model_serving model.pt --per_second 100 --seconds 30

Each clip is sent when its time has come, whatever became of those before; what an answer takes is counted from then.
"""

import argparse
import io
import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter

import numpy as np
import psutil
import requests
import soundfile

RATE = 44100  # Hz of the clips
SENDERS = 16


def clip(seconds: float) -> bytes:
    """Noise as a WAV file."""
    stream = io.BytesIO()
    noise = 0.3 * np.random.default_rng(0).standard_normal(round(seconds * RATE))
    soundfile.write(stream, noise.clip(-1, 1), RATE, format="WAV")
    return stream.getvalue()


def load(url: str, per_second: float, seconds: float) -> tuple[list[float], Counter[int]]:
    """Seconds that each answer took, and their status."""
    content, number = clip(1.0), round(per_second * seconds)
    spent: list[float] = []
    codes: Counter[int] = Counter()
    began = time.monotonic() + 0.5

    def send(first: int) -> None:
        with requests.Session() as session:
            for at in range(first, number, SENDERS):
                due = began + at / per_second
                time.sleep(max(0.0, due - time.monotonic()))
                codes[session.post(f"{url}/v1/predict", data=content, timeout=60).status_code] += 1
                spent.append(time.monotonic() - due)

    threads = [threading.Thread(target=send, args=(first,)) for first in range(SENDERS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return spent, codes


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("--per_second", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=15)
    args = parser.parse_args()
    words = [sys.executable, "-m", "soundyard", "serve-model", "--model", args.model, "--port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            found = re.search(r"http://\S+", process.stdout.readline())
            if not found:
                raise SystemExit("it did not start")
            spent, codes = load(found[0], args.per_second, args.seconds)
            cpu = psutil.Process(process.pid).cpu_times()
            middle, most, worst = 1000 * np.quantile(spent, [0.5, 0.95, 1])
            print(f"{len(spent)} clips at {args.per_second:g} a second: {dict(codes)}")
            print(f"p50 {middle:.0f} ms, p95 {most:.0f} ms, worst {worst:.0f} ms")
            each = 1000 * (cpu.user + cpu.system) / len(spent)
            print(f"{each:.1f} ms of CPU time a clip, at a load of {os.getloadavg()[0]:.1f}")
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
