"""The numbered error codes of the protocol."""

from __future__ import annotations

import enum


class ErrorCode(enum.IntEnum):
    """Error codes by their numbers in the protocol; an error carries the name."""

    INTERNAL_ERROR = 1
    TEMPORARILY_UNAVAILABLE = 2
    IO_ERROR = 3
    BAD_REQUEST = 4
    SERVICE_UNDER_MAINTENANCE = 5
    WORKSPACE_TEMPORARILY_UNAVAILABLE = 6
    DEADLINE_EXCEEDED = 7
    CANCELLED = 8
    RESOURCE_EXHAUSTED = 9
    ABORTED = 10
    NOT_FOUND = 11
    ALREADY_EXISTS = 12
    UNAUTHENTICATED = 13
    INVALID_PARAMETER_VALUE = 1000
    ENDPOINT_NOT_FOUND = 1001
    MALFORMED_REQUEST = 1002
    INVALID_STATE = 1003
    PERMISSION_DENIED = 1004
    FEATURE_DISABLED = 1005
    CUSTOMER_UNAUTHORIZED = 1006
    REQUEST_LIMIT_EXCEEDED = 1007
    RESOURCE_CONFLICT = 1008
    UNPARSEABLE_HTTP_ERROR = 1009
    NOT_IMPLEMENTED = 1010
    DATA_LOSS = 1011
    INVALID_STATE_TRANSITION = 2001
    COULD_NOT_ACQUIRE_LOCK = 2002
    RESOURCE_ALREADY_EXISTS = 3001
    RESOURCE_DOES_NOT_EXIST = 3002
    QUOTA_EXCEEDED = 4001
    RESOURCE_LIMIT_EXCEEDED = 5002

    @classmethod
    def Name(cls, number: int) -> str:  # noqa: N802 - the protocol library's spelling
        """The name of a code.

        Raises:
            ValueError: no code has this number.
        """
        return cls(number).name

    @classmethod
    def Value(cls, name: str) -> ErrorCode:  # noqa: N802
        """The code of this name.

        Raises:
            ValueError: no code has this name.
        """
        if name not in cls.__members__:
            raise ValueError(f"{name!r} is no error code. Use one of {', '.join(cls.__members__)}.")
        return cls[name]

    @classmethod
    def keys(cls) -> list[str]:
        """Every name."""
        return list(cls.__members__)

    @classmethod
    def items(cls) -> list[tuple[str, int]]:
        """Every name with its number."""
        return [(code.name, int(code)) for code in cls]


INTERNAL_ERROR = ErrorCode.INTERNAL_ERROR
TEMPORARILY_UNAVAILABLE = ErrorCode.TEMPORARILY_UNAVAILABLE
IO_ERROR = ErrorCode.IO_ERROR
BAD_REQUEST = ErrorCode.BAD_REQUEST
SERVICE_UNDER_MAINTENANCE = ErrorCode.SERVICE_UNDER_MAINTENANCE
WORKSPACE_TEMPORARILY_UNAVAILABLE = ErrorCode.WORKSPACE_TEMPORARILY_UNAVAILABLE
DEADLINE_EXCEEDED = ErrorCode.DEADLINE_EXCEEDED
CANCELLED = ErrorCode.CANCELLED
RESOURCE_EXHAUSTED = ErrorCode.RESOURCE_EXHAUSTED
ABORTED = ErrorCode.ABORTED
NOT_FOUND = ErrorCode.NOT_FOUND
ALREADY_EXISTS = ErrorCode.ALREADY_EXISTS
UNAUTHENTICATED = ErrorCode.UNAUTHENTICATED
INVALID_PARAMETER_VALUE = ErrorCode.INVALID_PARAMETER_VALUE
ENDPOINT_NOT_FOUND = ErrorCode.ENDPOINT_NOT_FOUND
MALFORMED_REQUEST = ErrorCode.MALFORMED_REQUEST
INVALID_STATE = ErrorCode.INVALID_STATE
PERMISSION_DENIED = ErrorCode.PERMISSION_DENIED
FEATURE_DISABLED = ErrorCode.FEATURE_DISABLED
CUSTOMER_UNAUTHORIZED = ErrorCode.CUSTOMER_UNAUTHORIZED
REQUEST_LIMIT_EXCEEDED = ErrorCode.REQUEST_LIMIT_EXCEEDED
RESOURCE_CONFLICT = ErrorCode.RESOURCE_CONFLICT
UNPARSEABLE_HTTP_ERROR = ErrorCode.UNPARSEABLE_HTTP_ERROR
NOT_IMPLEMENTED = ErrorCode.NOT_IMPLEMENTED
DATA_LOSS = ErrorCode.DATA_LOSS
INVALID_STATE_TRANSITION = ErrorCode.INVALID_STATE_TRANSITION
COULD_NOT_ACQUIRE_LOCK = ErrorCode.COULD_NOT_ACQUIRE_LOCK
RESOURCE_ALREADY_EXISTS = ErrorCode.RESOURCE_ALREADY_EXISTS
RESOURCE_DOES_NOT_EXIST = ErrorCode.RESOURCE_DOES_NOT_EXIST
QUOTA_EXCEEDED = ErrorCode.QUOTA_EXCEEDED
RESOURCE_LIMIT_EXCEEDED = ErrorCode.RESOURCE_LIMIT_EXCEEDED
