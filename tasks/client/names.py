"""The names that tasks, pipelines, agents and the demo share."""

import os

QUEUE = "audio"  # work
SERVICES_QUEUE = "services"  # pipeline controllers
PREDICT_QUEUE = "predict"  # questions to models, of the page's "Try it"
TEMPLATE_TAG = "template"


def project() -> str:
    """The ClearML project of our tasks; `SOUNDYARD_PROJECT` changes it."""
    return os.environ.get("SOUNDYARD_PROJECT") or "Soundyard"
