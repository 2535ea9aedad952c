"""Errors as ClearML's clients know them: an HTTP code, a subcode, a sentence.

The class's docstring is the message; what is particular to one case is appended in brackets. Codes above
500 are never used: the SDK retries those for ever.
"""

from __future__ import annotations


class ApiError(Exception):
    """General error"""

    code = 500
    subcode = 0

    def __init__(self, detail: str = "", **data: object) -> None:
        self.detail = detail
        self.data = data
        sentence = (type(self).__doc__ or "").strip()
        extra = ", ".join(filter(None, [detail, *(f"{key}={value}" for key, value in data.items())]))
        self.message = f"{sentence}: {extra}" if extra else sentence
        super().__init__(self.message)


class BadRequest(ApiError):
    """Bad request"""

    code = 400


class UnknownEndpoint(BadRequest):
    """Unknown endpoint"""

    subcode = 0


class ValidationFailed(BadRequest):
    """Validation error"""

    subcode = 12


class InvalidId(BadRequest):
    """Invalid id"""

    subcode = 100


class InvalidTaskId(BadRequest):
    """Invalid task id"""

    subcode = 101


class TaskValidationError(BadRequest):
    """Task validation error"""

    subcode = 102


class InvalidTaskStatus(BadRequest):
    """Invalid task status"""

    subcode = 110


class TaskNotStarted(BadRequest):
    """Task not started (invalid task status)"""

    subcode = 111


class TaskCannotBeDeleted(BadRequest):
    """Task can't be deleted"""

    subcode = 123


class TaskIsPublished(BadRequest):
    """Task is published: its events can't be changed without allow_locked"""

    subcode = 112


class InvalidTaskType(BadRequest):
    """Invalid task type"""

    subcode = 126


class CannotRemoveAllRuns(BadRequest):
    """Can't remove all runs of a pipeline: one at least must stay"""

    subcode = 1102


class InvalidProjectId(BadRequest):
    """Invalid project id"""

    subcode = 401


class ProjectHasTasks(BadRequest):
    """Project has associated tasks"""

    subcode = 402


class ProjectHasModels(BadRequest):
    """Project has associated models"""

    subcode = 405


class InvalidProjectName(BadRequest):
    """Invalid project name"""

    subcode = 407


class CannotUpdateProjectLocation(BadRequest):
    """Cannot update project location. Use projects.move instead"""

    subcode = 408


class ProjectSourceAndDestinationAreTheSame(BadRequest):
    """The project is there already"""

    subcode = 410


class ProjectCannotBeMovedUnderItself(BadRequest):
    """Project can not be moved under itself in the projects hierarchy"""

    subcode = 411


class ProjectCannotBeMergedIntoItsChild(BadRequest):
    """Project can not be merged into itself or its own child"""

    subcode = 412


class ProjectExists(BadRequest):
    """Project name already exists at this level"""

    subcode = 406


class InvalidModelId(BadRequest):
    """Invalid model id"""

    subcode = 201


class ModelNotReady(BadRequest):
    """Model is not ready"""

    subcode = 202


class ModelIsReady(BadRequest):
    """Model is published (ready)"""

    subcode = 203


class ModelCreatorPublished(BadRequest):
    """The task that made the model is published"""

    subcode = 204


class NoModelForTask(BadRequest):
    """The task has no output model"""

    subcode = 206


class ModelInUse(BadRequest):
    """Model is used by tasks"""

    subcode = 205


class InvalidQueueId(BadRequest):
    """Invalid queue id"""

    subcode = 701


class QueueNotEmpty(BadRequest):
    """Queue is not empty"""

    subcode = 704


class InvalidQueueOrTaskNotQueued(BadRequest):
    """Invalid queue id or task is not in the queue"""

    subcode = 706


class QueueExists(BadRequest):
    """Queue name already exists"""

    subcode = 708


class TaskAlreadyQueued(BadRequest):
    """Task is already queued"""

    subcode = 703


class InvalidUserId(BadRequest):
    """Invalid user id"""

    subcode = 1002


class UserExists(BadRequest):
    """User name already exists"""

    subcode = 1003


class WorkerNotRegistered(BadRequest):
    """Worker is not registered"""

    subcode = 1001


class InvalidScrollId(BadRequest):
    """Invalid scroll id: start again without one"""

    subcode = 801


class NoSuchServingContainer(BadRequest):
    """No such serving container"""

    subcode = 1100


class NoSuchEndpoint(BadRequest):
    """Nothing serves this endpoint"""

    subcode = 1101


class EventsNotAdded(BadRequest):
    """Events were not added"""

    subcode = 800


class BadFileName(BadRequest):
    """The file's name can't be used"""

    subcode = 12


class Unauthorized(ApiError):
    """Unauthorized"""

    code = 401


class InvalidCredentials(Unauthorized):
    """Unauthorized (invalid credentials): check the access key and secret key in clearml.conf"""

    subcode = 1


class InvalidToken(Unauthorized):
    """Unauthorized (invalid or expired token)"""

    subcode = 21


class WrongPassword(Unauthorized):
    """Unauthorized (wrong user name or password)"""

    subcode = 2


class TooManyAttempts(ApiError):
    """Too many failed attempts to sign in"""

    code = 429
    subcode = 3


class Forbidden(ApiError):
    """Forbidden"""

    code = 403


class ForeignOrigin(Forbidden):
    """Forbidden (cross-origin request)"""

    subcode = 10


class NotAllowedForRole(Forbidden):
    """Forbidden (not allowed for this role)"""

    subcode = 20


class NotFound(ApiError):
    """Not found"""

    code = 404


class StorageFull(ApiError):
    """The server's disk is full: nothing was written. Free space in its data folder and try again"""

    code = 500
    subcode = 50
