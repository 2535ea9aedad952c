"""What was found out about agents, jobs and environments is a value: nobody changes it afterwards."""

from dataclasses import FrozenInstanceError

import pytest

from agents.environments.decision import Environment
from agents.environments.repository import Top
from agents.install import Service
from agents.left.leftovers import Part
from agents.left.processes import Agent
from agents.slurm.cluster import Job


@pytest.mark.parametrize(
    ("one", "name"),
    [
        (Environment("own", ""), "kind"),
        (Top(".", "", None, False), "folder"),
        (Service("a", False), "name"),
        (Part("a", "", 1, 1), "most"),
        (Agent("a", 1, 0.0, "", ""), "pid"),
        (Job(1, "RUNNING", "", "t"), "state"),
    ],
)
def test_a_record_is_not_changed(one, name) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(one, name, "other")
