import datetime

from drover.v1 import attempt_pb2 as _attempt_pb2
from drover.v1 import batch_counts_pb2 as _batch_counts_pb2
from drover.v1 import endpoint_pb2 as _endpoint_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class JobState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    JOB_STATE_UNSPECIFIED: _ClassVar[JobState]
    JOB_STATE_PENDING: _ClassVar[JobState]
    JOB_STATE_RUNNING: _ClassVar[JobState]
    JOB_STATE_WAITING: _ClassVar[JobState]
    JOB_STATE_SUCCEEDED: _ClassVar[JobState]
    JOB_STATE_FAILED: _ClassVar[JobState]
    JOB_STATE_CANCELLED: _ClassVar[JobState]

class JobStateReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    JOB_STATE_REASON_UNSPECIFIED: _ClassVar[JobStateReason]
    JOB_STATE_REASON_OK: _ClassVar[JobStateReason]
    JOB_STATE_REASON_ATTEMPTS_EXHAUSTED: _ClassVar[JobStateReason]
    JOB_STATE_REASON_PERMANENT: _ClassVar[JobStateReason]
    JOB_STATE_REASON_DEADLINE: _ClassVar[JobStateReason]
    JOB_STATE_REASON_INTERRUPTED_TOO_OFTEN: _ClassVar[JobStateReason]
    JOB_STATE_REASON_CANCELLED: _ClassVar[JobStateReason]
    JOB_STATE_REASON_PARENT_ENDED: _ClassVar[JobStateReason]
    JOB_STATE_REASON_CHILDREN_FAILED: _ClassVar[JobStateReason]
    JOB_STATE_REASON_ENDPOINT_NOT_ALLOWED: _ClassVar[JobStateReason]
    JOB_STATE_REASON_BUSY_TOO_OFTEN: _ClassVar[JobStateReason]
JOB_STATE_UNSPECIFIED: JobState
JOB_STATE_PENDING: JobState
JOB_STATE_RUNNING: JobState
JOB_STATE_WAITING: JobState
JOB_STATE_SUCCEEDED: JobState
JOB_STATE_FAILED: JobState
JOB_STATE_CANCELLED: JobState
JOB_STATE_REASON_UNSPECIFIED: JobStateReason
JOB_STATE_REASON_OK: JobStateReason
JOB_STATE_REASON_ATTEMPTS_EXHAUSTED: JobStateReason
JOB_STATE_REASON_PERMANENT: JobStateReason
JOB_STATE_REASON_DEADLINE: JobStateReason
JOB_STATE_REASON_INTERRUPTED_TOO_OFTEN: JobStateReason
JOB_STATE_REASON_CANCELLED: JobStateReason
JOB_STATE_REASON_PARENT_ENDED: JobStateReason
JOB_STATE_REASON_CHILDREN_FAILED: JobStateReason
JOB_STATE_REASON_ENDPOINT_NOT_ALLOWED: JobStateReason
JOB_STATE_REASON_BUSY_TOO_OFTEN: JobStateReason

class Job(_message.Message):
    __slots__ = ("id", "kind", "queue", "endpoint", "payload", "content_type", "priority", "labels", "schedule_time", "delay", "max_attempts", "backoff", "attempt_timeout", "deadline_time", "retention", "child_key", "state", "state_reason", "batch_id", "parent_job_id", "root_job_id", "depth", "attempt_count", "interrupted_count", "fence", "available_time", "lease", "progress", "result", "result_content_type", "failure", "attempts", "batch_ids", "retry_of", "retried_by", "create_time", "start_time", "finish_time", "update_time", "revision", "cancel_requested", "busy_count", "batch_counts")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    CONTENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    SCHEDULE_TIME_FIELD_NUMBER: _ClassVar[int]
    DELAY_FIELD_NUMBER: _ClassVar[int]
    MAX_ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    BACKOFF_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_TIME_FIELD_NUMBER: _ClassVar[int]
    RETENTION_FIELD_NUMBER: _ClassVar[int]
    CHILD_KEY_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STATE_REASON_FIELD_NUMBER: _ClassVar[int]
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_JOB_ID_FIELD_NUMBER: _ClassVar[int]
    ROOT_JOB_ID_FIELD_NUMBER: _ClassVar[int]
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_COUNT_FIELD_NUMBER: _ClassVar[int]
    INTERRUPTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    FENCE_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_TIME_FIELD_NUMBER: _ClassVar[int]
    LEASE_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    RESULT_CONTENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    BATCH_IDS_FIELD_NUMBER: _ClassVar[int]
    RETRY_OF_FIELD_NUMBER: _ClassVar[int]
    RETRIED_BY_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    FINISH_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    CANCEL_REQUESTED_FIELD_NUMBER: _ClassVar[int]
    BUSY_COUNT_FIELD_NUMBER: _ClassVar[int]
    BATCH_COUNTS_FIELD_NUMBER: _ClassVar[int]
    id: str
    kind: str
    queue: str
    endpoint: _endpoint_pb2.Endpoint
    payload: bytes
    content_type: str
    priority: int
    labels: _containers.ScalarMap[str, str]
    schedule_time: _timestamp_pb2.Timestamp
    delay: _duration_pb2.Duration
    max_attempts: int
    backoff: _endpoint_pb2.Backoff
    attempt_timeout: _duration_pb2.Duration
    deadline_time: _timestamp_pb2.Timestamp
    retention: _duration_pb2.Duration
    child_key: str
    state: JobState
    state_reason: JobStateReason
    batch_id: str
    parent_job_id: str
    root_job_id: str
    depth: int
    attempt_count: int
    interrupted_count: int
    fence: int
    available_time: _timestamp_pb2.Timestamp
    lease: _attempt_pb2.Lease
    progress: _attempt_pb2.Progress
    result: bytes
    result_content_type: str
    failure: _attempt_pb2.Failure
    attempts: _containers.RepeatedCompositeFieldContainer[_attempt_pb2.Attempt]
    batch_ids: _containers.RepeatedScalarFieldContainer[str]
    retry_of: str
    retried_by: str
    create_time: _timestamp_pb2.Timestamp
    start_time: _timestamp_pb2.Timestamp
    finish_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    revision: int
    cancel_requested: bool
    busy_count: int
    batch_counts: _batch_counts_pb2.BatchCounts
    def __init__(self, id: _Optional[str] = ..., kind: _Optional[str] = ..., queue: _Optional[str] = ..., endpoint: _Optional[_Union[_endpoint_pb2.Endpoint, _Mapping]] = ..., payload: _Optional[bytes] = ..., content_type: _Optional[str] = ..., priority: _Optional[int] = ..., labels: _Optional[_Mapping[str, str]] = ..., schedule_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., delay: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., max_attempts: _Optional[int] = ..., backoff: _Optional[_Union[_endpoint_pb2.Backoff, _Mapping]] = ..., attempt_timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., deadline_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., retention: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., child_key: _Optional[str] = ..., state: _Optional[_Union[JobState, str]] = ..., state_reason: _Optional[_Union[JobStateReason, str]] = ..., batch_id: _Optional[str] = ..., parent_job_id: _Optional[str] = ..., root_job_id: _Optional[str] = ..., depth: _Optional[int] = ..., attempt_count: _Optional[int] = ..., interrupted_count: _Optional[int] = ..., fence: _Optional[int] = ..., available_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., lease: _Optional[_Union[_attempt_pb2.Lease, _Mapping]] = ..., progress: _Optional[_Union[_attempt_pb2.Progress, _Mapping]] = ..., result: _Optional[bytes] = ..., result_content_type: _Optional[str] = ..., failure: _Optional[_Union[_attempt_pb2.Failure, _Mapping]] = ..., attempts: _Optional[_Iterable[_Union[_attempt_pb2.Attempt, _Mapping]]] = ..., batch_ids: _Optional[_Iterable[str]] = ..., retry_of: _Optional[str] = ..., retried_by: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., finish_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., revision: _Optional[int] = ..., cancel_requested: _Optional[bool] = ..., busy_count: _Optional[int] = ..., batch_counts: _Optional[_Union[_batch_counts_pb2.BatchCounts, _Mapping]] = ...) -> None: ...
