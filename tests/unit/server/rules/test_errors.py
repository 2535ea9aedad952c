"""Every error has the number by which ClearML's clients know its kind."""

from __future__ import annotations

import pytest

from server.api import errors
from server.api.errors import ApiError

KNOWN = {
    400: {
        1: "not supported", 2: "the path's version is invalid", 5: "invalid headers", 6: "impersonation",
        10: "invalid id", 11: "required fields are missing", 12: "validation", 13: "fields not allowed for the role",
        14: "fields unknown to the object", 15: "fields contradict each other", 16: "a field's value",
        17: "a batch without items", 18: "an item of a batch", 19: "lucene syntax", 20: "a field's type",
        21: "a regular expression", 22: "an e-mail address", 24: "not a public object", 75: "an access key",
        100: "a task, in general", 101: "task id", 102: "task validation", 110: "task status", 111: "not started",
        112: "in progress", 113: "published task", 114: "status unknown", 120: "execution progress",
        121: "changing the status failed", 122: "missing task fields", 123: "task can't be deleted",
        125: "jobs are running", 126: "task type", 127: "task input", 128: "task output",
        129: "being published", 130: "task not found", 131: "events not added", 150: "reports only",
        160: "all runs can't be removed",
        200: "a model, in general", 201: "model id", 202: "model not ready", 203: "model is ready",
        204: "model address", 205: "model in use", 206: "the model's task exists",
        300: "a user, in general", 301: "user id", 302: "user id exists", 305: "preferences",
        401: "project id", 402: "project has tasks", 403: "project not found", 405: "project has models",
        406: "project has datasets", 407: "project name", 408: "location can't be updated", 409: "path too long",
        410: "source is destination", 411: "moved under itself", 412: "merged into its child",
        413: "project has pipelines", 414: "a public project has it",
        701: "queue id", 702: "queue not empty", 703: "no such queue, or task not queued", 704: "lost on the way",
        705: "lost on the way", 706: "task already queued", 707: "no default queue", 708: "several default queues",
        800: "data validation", 801: "name taken",
        1001: "worker id", 1002: "registration failed", 1003: "worker registered", 1004: "worker not registered",
        1005: "no statistics of the worker", 1050: "container id", 1051: "container not registered",
        1052: "no container for the endpoint", 1104: "scroll id",
    },
    401: {
        1: "not authorized", 2: "entity not allowed", 10: "kind of authorization", 20: "no credentials",
        21: "malformed credentials", 22: "invalid credentials", 30: "invalid token", 31: "blocked token",
        40: "fixed user",
    },
    403: {10: "routing", 12: "internal endpoint", 20: "role not allowed", 21: "no write permission"},
    500: {0: "in general", 1: "internal", 2: "configuration", 4: "low disk space", 10: "transaction"},
}  # fmt: skip
"""HTTP code → number → what clients take it for; a number that isn't here means nothing to them."""

MEANT = {
    "InvalidVersion": "the path's version is invalid",
    "ImpersonationError": "impersonation",
    "InvalidId": "invalid id",
    "ValidationFailed": "validation",
    "TooSlow": "validation",
    "UnknownFields": "fields unknown to the object",
    "BadFileName": "validation",
    "BatchHasNoItems": "a batch without items",
    "BatchValidationError": "an item of a batch",
    "InvalidRegex": "a regular expression",
    "NotSupported": "not supported",
    "InvalidTaskId": "task id",
    "TaskValidationError": "task validation",
    "InvalidTaskStatus": "task status",
    "TaskNotStarted": "not started",
    "TaskIsPublished": "published task",
    "NoModelForTask": "missing task fields",
    "TaskCannotBeDeleted": "task can't be deleted",
    "InvalidTaskType": "task type",
    "EventsNotAdded": "events not added",
    "CannotRemoveAllRuns": "all runs can't be removed",
    "InvalidModelId": "model id",
    "ModelNotReady": "model not ready",
    "ModelIsReady": "model is ready",
    "ModelInUse": "model in use",
    "ModelCreatorPublished": "the model's task exists",
    "InvalidUserId": "user id",
    "UserIdExists": "user id exists",
    "InvalidPreferences": "preferences",
    "InvalidProjectId": "project id",
    "ProjectHasTasks": "project has tasks",
    "ProjectHasModels": "project has models",
    "ProjectHasDatasets": "project has datasets",
    "ProjectHasPipelines": "project has pipelines",
    "InvalidProjectName": "project name",
    "CannotUpdateProjectLocation": "location can't be updated",
    "ProjectPathTooLong": "path too long",
    "ProjectSourceAndDestinationAreTheSame": "source is destination",
    "ProjectCannotBeMovedUnderItself": "moved under itself",
    "ProjectCannotBeMergedIntoItsChild": "merged into its child",
    "InvalidQueueId": "queue id",
    "QueueNotEmpty": "queue not empty",
    "InvalidQueueOrTaskNotQueued": "no such queue, or task not queued",
    "TaskAlreadyQueued": "task already queued",
    "NoDefaultQueue": "no default queue",
    "SeveralDefaultQueues": "several default queues",
    "ProjectExists": "name taken",
    "QueueExists": "name taken",
    "UserExists": "name taken",
    "InvalidWorkerId": "worker id",
    "WorkerNotRegistered": "worker not registered",
    "WorkerStatsNotFound": "no statistics of the worker",
    "NoSuchServingContainer": "container not registered",
    "NoSuchEndpoint": "no container for the endpoint",
    "InvalidScrollId": "scroll id",
    "Unauthorized": "not authorized",
    "BadAuthType": "kind of authorization",
    "NoCredentials": "no credentials",
    "BadCredentials": "malformed credentials",
    "InvalidCredentials": "invalid credentials",
    "WrongPassword": "invalid credentials",
    "InvalidToken": "invalid token",
    "BlockedToken": "blocked token",
    "NotAllowedForRole": "role not allowed",
    "NoWritePermission": "no write permission",
    "ClosedProject": "no write permission",
    "ApiError": "in general",
    "StorageFull": "low disk space",
}
GENERAL = {"BadRequest", "UnknownEndpoint", "Forbidden", "ForeignOrigin", "NotFound"}
"""Number 0: the code alone says what it is."""
OWN = {"TooManyAttempts": (429, 3), "TooManyRequests": (429, 3)}
"""Not in ClearML: its clients wait and try again by the code alone."""


def classes() -> list[type[ApiError]]:
    return [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, ApiError)]


@pytest.mark.parametrize("error", classes(), ids=lambda one: one.__name__)
def test_an_errors_number_means_what_the_error_means(error: type[ApiError]) -> None:
    name = error.__name__
    if name in GENERAL:
        assert error.subcode == 0
    elif name in OWN:
        assert (error.code, error.subcode) == OWN[name]
    else:
        assert KNOWN[error.code][error.subcode] == MEANT[name]


def test_no_error_makes_clients_retry_for_ever() -> None:
    assert all(error.code <= 500 for error in classes())


def test_every_error_says_something_of_its_own() -> None:
    sentences = [error.__doc__ for error in classes()]
    assert all(sentences) and len(set(sentences)) == len(sentences)
