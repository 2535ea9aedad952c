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


class NotSupported(BadRequest):
    """Not offered by this server"""

    subcode = 1


class InvalidVersion(BadRequest):
    """The version in the request's path is none; expected something like /v2.23/tasks.get_all"""

    subcode = 2


class ImpersonationError(BadRequest):
    """Can't act for this user"""

    subcode = 6


class ValidationFailed(BadRequest):
    """Validation error"""

    subcode = 12


class TooSlow(ValidationFailed):
    """It takes too long to find: ask for less at once, or write a pattern without repeats inside repeats"""


class UnknownFields(ValidationFailed):
    """There is no such field"""

    subcode = 14


class BatchHasNoItems(BadRequest):
    """The batch is empty: one JSON object a line is expected"""

    subcode = 17


class BatchValidationError(ValidationFailed):
    """An item of the batch is invalid, and none was kept"""

    subcode = 18


class InvalidRegex(ValidationFailed):
    """Invalid regular expression"""

    subcode = 21


class InvalidId(BadRequest):
    """Invalid id"""

    subcode = 10


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

    subcode = 113


class InvalidTaskType(BadRequest):
    """Invalid task type"""

    subcode = 126


class CannotRemoveAllRuns(BadRequest):
    """Can't remove all runs of a pipeline: one at least must stay"""

    subcode = 160


class InvalidProjectId(BadRequest):
    """Invalid project id"""

    subcode = 401


class ProjectHasTasks(BadRequest):
    """Project has associated tasks"""

    subcode = 402


class ProjectHasModels(BadRequest):
    """Project has associated models"""

    subcode = 405


class ProjectHasDatasets(BadRequest):
    """Project has datasets"""

    subcode = 406


class ProjectHasPipelines(BadRequest):
    """Project has pipelines with runs"""

    subcode = 413


class ProjectPathTooLong(BadRequest):
    """Project path exceeds what is allowed"""

    subcode = 409


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

    subcode = 801


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

    subcode = 206


class NoModelForTask(BadRequest):
    """The task has no output model"""

    subcode = 122


class ModelInUse(BadRequest):
    """Model is used by tasks"""

    subcode = 205


class InvalidQueueId(BadRequest):
    """Invalid queue id"""

    subcode = 701


class QueueNotEmpty(BadRequest):
    """Queue is not empty"""

    subcode = 702


class NoDefaultQueue(BadRequest):
    """No queue is marked as the default one"""

    subcode = 707


class SeveralDefaultQueues(BadRequest):
    """Several queues are marked as the default one"""

    subcode = 708


class InvalidQueueOrTaskNotQueued(BadRequest):
    """Invalid queue id or task is not in the queue"""

    subcode = 703


class QueueExists(BadRequest):
    """Queue name already exists"""

    subcode = 801


class TaskAlreadyQueued(BadRequest):
    """Task is already queued"""

    subcode = 706


class InvalidUserId(BadRequest):
    """Invalid user id"""

    subcode = 301


class UserIdExists(BadRequest):
    """User id already exists"""

    subcode = 302


class InvalidPreferences(BadRequest):
    """Invalid update of preferences"""

    subcode = 305


class UserExists(BadRequest):
    """User name already exists"""

    subcode = 801


class InvalidWorkerId(BadRequest):
    """Invalid worker id"""

    subcode = 1001


class WorkerStatsNotFound(BadRequest):
    """The worker has reported nothing"""

    subcode = 1005


class WorkerNotRegistered(BadRequest):
    """Worker is not registered"""

    subcode = 1004


class InvalidScrollId(BadRequest):
    """Invalid scroll id: start again without one"""

    subcode = 1104


class NoSuchServingContainer(BadRequest):
    """No such serving container"""

    subcode = 1051


class NoSuchEndpoint(BadRequest):
    """Nothing serves this endpoint"""

    subcode = 1052


class EventsNotAdded(BadRequest):
    """Events were not added"""

    subcode = 131


class BadFileName(BadRequest):
    """The file's name can't be used"""

    subcode = 12


class Unauthorized(ApiError):
    """Unauthorized"""

    code = 401
    subcode = 1


class InvalidCredentials(Unauthorized):
    """Unauthorized (invalid credentials): check the access key and secret key in clearml.conf"""

    subcode = 22


class InvalidToken(Unauthorized):
    """Unauthorized (invalid or expired token)"""

    subcode = 30


class WrongPassword(Unauthorized):
    """Unauthorized (wrong user name or password)"""

    subcode = 22


class NoCredentials(Unauthorized):
    """Unauthorized (no credentials): sign in with a user name and password, or an access key and secret key"""

    subcode = 20


class BadCredentials(InvalidCredentials):
    """Unauthorized (malformed credentials)"""

    subcode = 21


class BlockedToken(InvalidToken):
    """Unauthorized (the token's key or session was revoked): sign in again"""

    subcode = 31


class BadAuthType(Unauthorized):
    """Unauthorized (unknown kind of authorization): Basic or Bearer is expected"""

    subcode = 10


class TooManyAttempts(ApiError):
    """Too many failed attempts to sign in"""

    code = 429
    subcode = 3


class TooManyRequests(ApiError):
    """Too many requests"""

    code = 429
    subcode = 3


class Forbidden(ApiError):
    """Forbidden"""

    code = 403


class ForeignOrigin(Forbidden):
    """Forbidden (cross-origin request)"""


class NotAllowedForRole(Forbidden):
    """Forbidden (not allowed for this role)"""

    subcode = 20


class NoWritePermission(Forbidden):
    """Forbidden: it is public, and can be changed only after make_private"""

    subcode = 21


class ClosedProject(NoWritePermission):
    """Forbidden: its project is closed to you, or open for reading only; an admin sets who may what there"""


class NotFound(ApiError):
    """Not found"""

    code = 404


class StorageFull(ApiError):
    """The server's disk is full: nothing was written. Free space in its data folder and try again"""

    code = 500
    subcode = 4
