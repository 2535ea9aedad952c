"""Clips on the server: sounds among a task's debug samples, and the table `clips` that says where each of them is.

The audio workbench reads that table, of an evaluation as of a version of a data set.
"""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from audio.clips.store import ClipStore

TITLE = "clips"  # of the debug samples; a clip's id is their series
TABLE = "clips"  # the artifact
AT_ONCE = 64  # sounds that wait in memory to be uploaded
PAUSES = (0, 0.2, 0.5, 1, 2)  # s before the server is asked, and asked again, for what has arrived


def with_sounds(
    task_id: str,
    logger: Any,
    table: pd.DataFrame,
    store: "ClipStore",
    chosen: Sequence[str],
    *,
    progress: Callable[[int, int], None],
) -> pd.DataFrame:
    """Upload the sounds of the `chosen` clips; gives `table` with the column `url`, empty for the others.

    `logger` is that of the task `task_id`. `progress(done, total)` is called as the sounds go.
    """
    from audio.clips.store import LONGEST_HEARD
    from tasks.reporting import reports

    if long := int((store.index.loc[list(chosen), "duration"] > LONGEST_HEARD).sum()):
        print(f"note: {long} sounds are longer than {LONGEST_HEARD:.0f} s; their beginning is uploaded")
    for done, clip in enumerate(chosen, 1):
        reports.report_audio(logger, TITLE, clip, store.waveform(clip, LONGEST_HEARD), store.sample_rate)
        if done % AT_ONCE == 0:
            logger.flush(wait=True)
        progress(done, len(chosen))
    addresses = addresses_of(task_id, logger, chosen) if len(chosen) else {}
    placed = table.copy()
    placed.insert(1, "url", [addresses.get(clip, "") for clip in table["clip"]])
    return placed


def addresses_of(task_id: str, logger: Any, chosen: Sequence[str], title: str = TITLE) -> dict[str, str]:
    """Series → where its sound is, once all have arrived. What did not is said, and has no address."""
    found: dict[str, str] = {}
    for pause in PAUSES:
        time.sleep(pause)
        logger.flush(wait=True)  # returns early when the SDK's reporter was at an earlier portion
        found = _addresses(task_id, title)
        if found.keys() >= set(chosen):
            return found
    missing = len(set(chosen) - found.keys())
    print(f"note: {missing} of {len(chosen)} sounds did not reach the file server; those can't be heard")
    return found


def _addresses(task_id: str, title: str) -> dict[str, str]:
    """Series → where the server says its sound is."""
    from clearml.backend_api.session.client import APIClient

    asked = [{"task": task_id, "metric": title}]
    answer = APIClient().events.debug_images(metrics=asked, iters=1).response.to_dict()
    return {
        event["variant"]: event["url"]
        for metric in answer["metrics"]
        for iteration in metric["iterations"]
        for event in iteration["events"]
    }
