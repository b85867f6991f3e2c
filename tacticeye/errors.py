"""Every error a user can meet: one base, children named after what the user can do about it.

Each carries its offending value as a field and prints as one sentence that says what to do. Nothing else may reach a
user; anything that is not a TacticEyeError is a fault of ours.
"""

from __future__ import annotations

from pathlib import Path


class TacticEyeError(Exception):
    """Base of all errors that are shown to users. `str(error)` is one clear sentence."""


class InvalidMatchIdError(TacticEyeError):
    """The match id can't name a folder safely."""

    def __init__(self, match_id: str) -> None:
        super().__init__(
            f"The match id {match_id!r} can't be used: take 1 to 64 letters, digits, hyphens or underscores, "
            "beginning with a letter or digit."
        )
        self.match_id = match_id


class MatchNotFoundError(TacticEyeError):
    """No match of that id in the data folder."""

    def __init__(self, match_id: str) -> None:
        super().__init__(f"There is no match {match_id!r}: look it up in the list of matches.")
        self.match_id = match_id


class MatchExistsError(TacticEyeError):
    """A new analysis was asked for under an id that is taken."""

    def __init__(self, match_id: str) -> None:
        super().__init__(f"The match {match_id!r} exists already: resume it, delete it, or choose another id.")
        self.match_id = match_id


class MatchBusyError(TacticEyeError):
    """Another worker holds the match, or the action needs it to stand still."""

    def __init__(self, match_id: str, reason: str) -> None:
        super().__init__(f"The match {match_id!r} is busy: {reason}")
        self.match_id = match_id


class UploadNotFoundError(TacticEyeError):
    """No upload of that id: never begun, or removed after a week."""

    def __init__(self, file_id: str) -> None:
        super().__init__(f"There is no upload {file_id!r}: upload the file again.")
        self.file_id = file_id


class UploadConflictError(TacticEyeError):
    """A part of an upload doesn't go on where the last one ended. size: bytes that are here already."""

    def __init__(self, file_id: str, size: int, reason: str) -> None:
        super().__init__(f"The upload {file_id!r} can't go on like this: {reason}")
        self.file_id = file_id
        self.size = size


class UploadTooLargeError(TacticEyeError):
    """More bytes than this server takes, or than there is room for."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The upload is too large: {reason}")


class ConfigurationError(TacticEyeError):
    """A setting has a value that can't work."""

    def __init__(self, field: str, value: object, expected: str) -> None:
        super().__init__(f"The setting {field} = {value!r} can't work: expected {expected}.")
        self.field = field
        self.value = value


class CorrectionError(TacticEyeError):
    """A correction has a value that can't be."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"This correction can't be made: {field}: {reason}.")
        self.field = field
        self.reason = reason


class QueryError(TacticEyeError):
    """A question in SQL that can't be answered; the sentence is the database's or ours."""


class ExportError(TacticEyeError):
    """A match can't be written in that format, and why."""


class SourceError(TacticEyeError):
    """The video can't be opened or read. `source` is what the user gave."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason


class SourceStoppedError(TacticEyeError):
    """The user stopped the match while its video was still being waited for."""

    def __init__(self) -> None:
        super().__init__("Stopped before the whole video was here; resume goes on with it.")


class TrackingDataError(SourceError):
    """The tracking data can't be read, or aren't positions of a match. `source` is the file."""


class RemoteWorkError(TacticEyeError):
    """The worker on another host, or the way to it, failed. reason: a sentence that says what to do."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class WeightsError(TacticEyeError):
    """The weights file is missing, damaged, or of a model that can't detect people."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"The weights {path} can't be used: {reason}")
        self.path = path
        self.reason = reason


class DataSetError(TacticEyeError):
    """A labelled data set is missing, broken, or mixes what must be kept apart. `path`: the file or folder at fault."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"The data set {path} can't be used: {reason}")
        self.path = path
        self.reason = reason


class StorageError(TacticEyeError):
    """The data folder or a match's database can't be read or written."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class StorageBusyError(StorageError):
    """The match's database stayed locked for longer than we wait; trying again is right."""


class DatabaseDamagedError(StorageError):
    """The match's database can't be read as one."""
