"""Errors under their compatible names: `MlflowException` is what every error of Cairn is."""

from __future__ import annotations

from collections.abc import Mapping

from cairn.errors import CairnError
from cairn.errors import CairnError as MlflowException
from mlflow.protos.databricks_pb2 import (
    ABORTED,
    ALREADY_EXISTS,
    BAD_REQUEST,
    CANCELLED,
    CUSTOMER_UNAUTHORIZED,
    DATA_LOSS,
    DEADLINE_EXCEEDED,
    ENDPOINT_NOT_FOUND,
    INTERNAL_ERROR,
    INVALID_PARAMETER_VALUE,
    INVALID_STATE,
    NOT_FOUND,
    NOT_IMPLEMENTED,
    PERMISSION_DENIED,
    REQUEST_LIMIT_EXCEEDED,
    RESOURCE_ALREADY_EXISTS,
    RESOURCE_CONFLICT,
    RESOURCE_DOES_NOT_EXIST,
    RESOURCE_EXHAUSTED,
    TEMPORARILY_UNAVAILABLE,
    UNAUTHENTICATED,
    ErrorCode,
)

ERROR_CODE_TO_HTTP_STATUS = {
    code.name: CairnError("", code).status
    for code in (
        ABORTED,
        ALREADY_EXISTS,
        BAD_REQUEST,
        CANCELLED,
        CUSTOMER_UNAUTHORIZED,
        DATA_LOSS,
        DEADLINE_EXCEEDED,
        ENDPOINT_NOT_FOUND,
        INTERNAL_ERROR,
        INVALID_PARAMETER_VALUE,
        INVALID_STATE,
        NOT_FOUND,
        NOT_IMPLEMENTED,
        PERMISSION_DENIED,
        REQUEST_LIMIT_EXCEEDED,
        RESOURCE_ALREADY_EXISTS,
        RESOURCE_CONFLICT,
        RESOURCE_DOES_NOT_EXIST,
        RESOURCE_EXHAUSTED,
        TEMPORARILY_UNAVAILABLE,
        UNAUTHENTICATED,
    )
}
HTTP_STATUS_TO_ERROR_CODE = {
    400: BAD_REQUEST.name,
    401: UNAUTHENTICATED.name,
    403: PERMISSION_DENIED.name,
    404: ENDPOINT_NOT_FOUND.name,
    409: ALREADY_EXISTS.name,
    429: RESOURCE_EXHAUSTED.name,
    499: CANCELLED.name,
    500: INTERNAL_ERROR.name,
    501: NOT_IMPLEMENTED.name,
    503: TEMPORARILY_UNAVAILABLE.name,
    504: DEADLINE_EXCEEDED.name,
}


def get_error_code(http_status: int) -> ErrorCode:
    """The code that a status stands for when an answer carries none."""
    return ErrorCode.Value(HTTP_STATUS_TO_ERROR_CODE.get(http_status, INTERNAL_ERROR.name))


class RestException(CairnError):
    """The error that a server answered with.

    Args:
        json: body of the answer.
    """

    def __init__(self, json: Mapping[str, object]) -> None:
        code = str(json.get("error_code") or INTERNAL_ERROR.name)
        message = str(json.get("message") or "the server gave no message")
        super().__init__(f"{code}: {message}", code)
        self.json = dict(json)
        self.args = (self.json,)

    def __str__(self) -> str:
        return self.message


class ExecutionException(CairnError):
    """A program that was started did not end well."""


class MissingConfigException(CairnError):
    """A file that holds settings is not there."""


class InvalidUrlException(CairnError):
    """An address cannot be used."""


class MlflowNotImplementedException(CairnError):
    """The store cannot do this."""

    code = "NOT_IMPLEMENTED"
    http_status = 501


__all__ = [
    "ABORTED",
    "ALREADY_EXISTS",
    "BAD_REQUEST",
    "CANCELLED",
    "CUSTOMER_UNAUTHORIZED",
    "DATA_LOSS",
    "DEADLINE_EXCEEDED",
    "ENDPOINT_NOT_FOUND",
    "ERROR_CODE_TO_HTTP_STATUS",
    "HTTP_STATUS_TO_ERROR_CODE",
    "INTERNAL_ERROR",
    "INVALID_PARAMETER_VALUE",
    "INVALID_STATE",
    "NOT_FOUND",
    "NOT_IMPLEMENTED",
    "PERMISSION_DENIED",
    "REQUEST_LIMIT_EXCEEDED",
    "RESOURCE_ALREADY_EXISTS",
    "RESOURCE_CONFLICT",
    "RESOURCE_DOES_NOT_EXIST",
    "RESOURCE_EXHAUSTED",
    "TEMPORARILY_UNAVAILABLE",
    "UNAUTHENTICATED",
    "ErrorCode",
    "ExecutionException",
    "InvalidUrlException",
    "MissingConfigException",
    "MlflowException",
    "MlflowNotImplementedException",
    "RestException",
    "get_error_code",
]
