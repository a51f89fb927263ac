"""The types that messages share: identifiers, keys, times, numbers, states, limits."""

from __future__ import annotations

import enum
from typing import Annotated

from msgspec import Meta

NUMBER_FORMAT = "double-or-text"
INT64_MAX = 2**63 - 1
INT64_MIN = -(2**63)

MAX_KEY_LENGTH = 250
MAX_PARAM_VALUE_LENGTH = 6000
MAX_TAG_VALUE_LENGTH = 8000
MAX_EXPERIMENT_NAME_LENGTH = 500
MAX_EXPERIMENT_TAG_VALUE_LENGTH = 20000
MAX_ARTIFACT_LOCATION_LENGTH = 2048
MAX_METRICS_PER_BATCH = 1000
MAX_PARAMS_PER_BATCH = 100
MAX_TAGS_PER_BATCH = 100
MAX_ENTITIES_PER_BATCH = 1000
MAX_DATASETS_PER_BATCH = 1000
MAX_RESULTS = 50000
MAX_COLUMNS_PER_TABLE = 500
MAX_RUNS_PER_HISTORY = 100
MAX_POINTS_PER_HISTORY = 25000
MAX_POINTS_PER_INTERVAL = 2500
MAX_POINTS_PER_PAGE = 500_000

RunId = Annotated[str, Meta(min_length=1, max_length=256, description="Identifier of a run")]
ExperimentId = Annotated[
    str,
    Meta(min_length=1, max_length=20, description="Identifier of an experiment, decimal"),
]
Key = Annotated[str, Meta(min_length=1, max_length=MAX_KEY_LENGTH)]
Millis = Annotated[
    int,
    Meta(ge=0, le=INT64_MAX, description="Time in milliseconds since 1970-01-01 UTC"),
]
Step = Annotated[int, Meta(ge=INT64_MIN, le=INT64_MAX, description="Step of a metric point")]
PageToken = Annotated[str, Meta(max_length=8192, description="Opaque cursor of a previous page")]
Number = Annotated[
    float,
    Meta(
        description='A double; "NaN", "Infinity" and "-Infinity" are sent as text',
        extra_json_schema={"format": NUMBER_FORMAT},
    ),
]


class RunStatus(str, enum.Enum):
    """State of a run."""

    RUNNING = "RUNNING"
    SCHEDULED = "SCHEDULED"
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    KILLED = "KILLED"


class ViewType(str, enum.Enum):
    """Which lifecycle stages a search looks at."""

    ACTIVE_ONLY = "ACTIVE_ONLY"
    DELETED_ONLY = "DELETED_ONLY"
    ALL = "ALL"


ACTIVE = "active"
DELETED = "deleted"
