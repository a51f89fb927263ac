"""Every error that Cairn raises: its class, its code on the wire, its HTTP status.

The codes and statuses are those of the compatible protocol, so a caller can compare
``error.error_code`` with the names that it knows. `ERRORS` lists them all; the reference page
is generated from it.
"""

from __future__ import annotations

import enum
from typing import ClassVar

_CLASS_BY_CODE = {
    "INVALID_PARAMETER_VALUE": "INVALID_PARAMETER_VALUE",
    "BAD_REQUEST": "INVALID_PARAMETER_VALUE",
    "NOT_FOUND": "RESOURCE_NOT_FOUND",
    "ENDPOINT_NOT_FOUND": "RESOURCE_NOT_FOUND",
    "RESOURCE_DOES_NOT_EXIST": "RESOURCE_NOT_FOUND",
    "RESOURCE_ALREADY_EXISTS": "RESOURCE_ALREADY_EXISTS",
    "PERMISSION_DENIED": "PERMISSION_DENIED",
    "CUSTOMER_UNAUTHORIZED": "PERMISSION_DENIED",
    "FEATURE_DISABLED": "FEATURE_DISABLED",
    "INTERNAL_ERROR": "CLIENT_INTERNAL_ERROR",
    "INVALID_STATE": "CLIENT_INTERNAL_ERROR",
    "TEMPORARILY_UNAVAILABLE": "CLIENT_INTERNAL_ERROR",
}
_SERVER_FAULTS = {"INTERNAL_ERROR", "INVALID_STATE", "TEMPORARILY_UNAVAILABLE"}


class CairnError(Exception):
    """Something went wrong; the message says what, with the value, and what to do.

    Attributes:
        message: the sentence that the user reads.
        error_code: name of the error on the wire, for example ``RESOURCE_DOES_NOT_EXIST``; given
            as text, or as a member of an enumeration that has this name.
        status: HTTP status that the server answers with.
    """

    code: ClassVar[str] = "INTERNAL_ERROR"
    http_status: ClassVar[int] = 500

    def __init__(
        self,
        message: str,
        error_code: str | enum.Enum | None = None,
        *,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        name = error_code.name if isinstance(error_code, enum.Enum) else error_code
        self.error_code = name or self.code
        self.status = status or _STATUS_BY_CODE.get(self.error_code, self.http_status)

    def body(self) -> dict[str, str]:
        """The JSON object that a server sends for this error, keys in protocol order."""
        body = {"error_code": self.error_code, "message": self.message}
        if self.error_code in _CLASS_BY_CODE:
            body["sqlstate"] = "XXM00" if self.error_code in _SERVER_FAULTS else "KAM00"
            body["error_class"] = _CLASS_BY_CODE[self.error_code]
        return body

    def get_http_status_code(self) -> int:
        """HTTP status of this error (name used by the compatible Python API)."""
        return self.status

    def serialize_as_json(self) -> str:
        """The JSON text of `body` (name used by the compatible Python API)."""
        import json

        return json.dumps(self.body())

    @classmethod
    def invalid_parameter_value(cls, message: str) -> CairnError:
        """An `InvalidValue` (name used by the compatible Python API)."""
        return InvalidValue(message)


class InternalError(CairnError):
    """A fault of the server itself; the request may have been right."""


class InvalidValue(CairnError):
    """A field of the request has a value, type, length or format that is not allowed."""

    code = "INVALID_PARAMETER_VALUE"
    http_status = 400


class BadRequest(CairnError):
    """The request contradicts itself or what is stored."""

    code = "BAD_REQUEST"
    http_status = 400


class DoesNotExist(CairnError):
    """The named thing does not exist, or it has been purged."""

    code = "RESOURCE_DOES_NOT_EXIST"
    http_status = 404


class AlreadyExists(CairnError):
    """The name is taken."""

    code = "RESOURCE_ALREADY_EXISTS"
    http_status = 400


class InvalidState(CairnError):
    """The thing is in a state that does not allow the operation."""

    code = "INVALID_STATE"
    http_status = 500


class EndpointNotFound(CairnError):
    """No operation is served at this path, or not with this method."""

    code = "ENDPOINT_NOT_FOUND"
    http_status = 404


class PermissionDenied(CairnError):
    """The caller is known but lacks the permission that the operation names."""

    code = "PERMISSION_DENIED"
    http_status = 403


class Unauthenticated(CairnError):
    """The caller did not prove who they are."""

    code = "UNAUTHENTICATED"
    http_status = 401


class LimitExceeded(CairnError):
    """A limit of size, count or rate was passed."""

    code = "REQUEST_LIMIT_EXCEEDED"
    http_status = 429


class NotImplementedHere(CairnError):
    """The configured store cannot do this; another one can."""

    code = "NOT_IMPLEMENTED"
    http_status = 501


class Unavailable(CairnError):
    """The server or its database cannot be reached now; trying again later may work."""

    code = "TEMPORARILY_UNAVAILABLE"
    http_status = 503


ERRORS: tuple[type[CairnError], ...] = (
    InternalError,
    InvalidValue,
    BadRequest,
    DoesNotExist,
    AlreadyExists,
    InvalidState,
    EndpointNotFound,
    PermissionDenied,
    Unauthenticated,
    LimitExceeded,
    NotImplementedHere,
    Unavailable,
)

_BY_CODE = {error.code: error for error in ERRORS}
_STATUS_BY_CODE = {
    **{error.code: error.http_status for error in ERRORS},
    # Codes that a server may answer with, or a plugin may raise, and that have no class here.
    "ABORTED": 409,
    "ALREADY_EXISTS": 409,
    "CANCELLED": 499,
    "CUSTOMER_UNAUTHORIZED": 401,
    "DEADLINE_EXCEEDED": 504,
    "NOT_FOUND": 404,
    "RESOURCE_CONFLICT": 409,
    "RESOURCE_EXHAUSTED": 429,
}
_BY_STATUS = {
    400: BadRequest,
    401: Unauthenticated,
    403: PermissionDenied,
    404: EndpointNotFound,
    429: LimitExceeded,
    501: NotImplementedHere,
    503: Unavailable,
}


def from_wire(status: int, error_code: str | None, message: str) -> CairnError:
    """Rebuild the error that a server answered with.

    Args:
        status: HTTP status of the reply.
        error_code: code in the body; None when the body was not an error of the protocol,
            then the code follows from the status.
        message: sentence in the body, or what is known instead.
    """
    if error_code is None:
        kind = _BY_STATUS.get(status, InternalError)
        return kind(message, status=status)
    kind = _BY_CODE.get(error_code, CairnError)
    return kind(message, error_code=error_code, status=status)
