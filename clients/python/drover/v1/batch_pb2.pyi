import datetime

from drover.v1 import batch_counts_pb2 as _batch_counts_pb2
from drover.v1 import job_pb2 as _job_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BatchState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BATCH_STATE_UNSPECIFIED: _ClassVar[BatchState]
    BATCH_STATE_OPEN: _ClassVar[BatchState]
    BATCH_STATE_RUNNING: _ClassVar[BatchState]
    BATCH_STATE_COMPLETING: _ClassVar[BatchState]
    BATCH_STATE_SUCCEEDED: _ClassVar[BatchState]
    BATCH_STATE_FAILED: _ClassVar[BatchState]
    BATCH_STATE_CANCELLED: _ClassVar[BatchState]

class BatchStateReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BATCH_STATE_REASON_UNSPECIFIED: _ClassVar[BatchStateReason]
    BATCH_STATE_REASON_OK: _ClassVar[BatchStateReason]
    BATCH_STATE_REASON_MEMBERS_FAILED: _ClassVar[BatchStateReason]
    BATCH_STATE_REASON_ON_COMPLETE_FAILED: _ClassVar[BatchStateReason]
    BATCH_STATE_REASON_CANCELLED: _ClassVar[BatchStateReason]
    BATCH_STATE_REASON_SEAL_TIMEOUT: _ClassVar[BatchStateReason]
    BATCH_STATE_REASON_PARENT_ENDED: _ClassVar[BatchStateReason]

class ParentClosePolicy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PARENT_CLOSE_POLICY_UNSPECIFIED: _ClassVar[ParentClosePolicy]
    PARENT_CLOSE_POLICY_CANCEL: _ClassVar[ParentClosePolicy]
    PARENT_CLOSE_POLICY_ABANDON: _ClassVar[ParentClosePolicy]
BATCH_STATE_UNSPECIFIED: BatchState
BATCH_STATE_OPEN: BatchState
BATCH_STATE_RUNNING: BatchState
BATCH_STATE_COMPLETING: BatchState
BATCH_STATE_SUCCEEDED: BatchState
BATCH_STATE_FAILED: BatchState
BATCH_STATE_CANCELLED: BatchState
BATCH_STATE_REASON_UNSPECIFIED: BatchStateReason
BATCH_STATE_REASON_OK: BatchStateReason
BATCH_STATE_REASON_MEMBERS_FAILED: BatchStateReason
BATCH_STATE_REASON_ON_COMPLETE_FAILED: BatchStateReason
BATCH_STATE_REASON_CANCELLED: BatchStateReason
BATCH_STATE_REASON_SEAL_TIMEOUT: BatchStateReason
BATCH_STATE_REASON_PARENT_ENDED: BatchStateReason
PARENT_CLOSE_POLICY_UNSPECIFIED: ParentClosePolicy
PARENT_CLOSE_POLICY_CANCEL: ParentClosePolicy
PARENT_CLOSE_POLICY_ABANDON: ParentClosePolicy

class FailurePolicy(_message.Message):
    __slots__ = ("mode", "tolerated_failure_count", "tolerated_failure_ratio")
    class Mode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        MODE_UNSPECIFIED: _ClassVar[FailurePolicy.Mode]
        MODE_CONTINUE: _ClassVar[FailurePolicy.Mode]
        MODE_CANCEL_REST: _ClassVar[FailurePolicy.Mode]
    MODE_UNSPECIFIED: FailurePolicy.Mode
    MODE_CONTINUE: FailurePolicy.Mode
    MODE_CANCEL_REST: FailurePolicy.Mode
    MODE_FIELD_NUMBER: _ClassVar[int]
    TOLERATED_FAILURE_COUNT_FIELD_NUMBER: _ClassVar[int]
    TOLERATED_FAILURE_RATIO_FIELD_NUMBER: _ClassVar[int]
    mode: FailurePolicy.Mode
    tolerated_failure_count: int
    tolerated_failure_ratio: float
    def __init__(self, mode: _Optional[_Union[FailurePolicy.Mode, str]] = ..., tolerated_failure_count: _Optional[int] = ..., tolerated_failure_ratio: _Optional[float] = ...) -> None: ...

class Batch(_message.Message):
    __slots__ = ("key", "on_complete", "failure_policy", "parent_close_policy", "seal_timeout", "labels", "id", "parent_job_id", "state", "state_reason", "counts", "on_complete_job_id", "retry_of", "retried_by", "create_time", "seal_time", "finish_time", "update_time", "revision")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    KEY_FIELD_NUMBER: _ClassVar[int]
    ON_COMPLETE_FIELD_NUMBER: _ClassVar[int]
    FAILURE_POLICY_FIELD_NUMBER: _ClassVar[int]
    PARENT_CLOSE_POLICY_FIELD_NUMBER: _ClassVar[int]
    SEAL_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_JOB_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STATE_REASON_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    ON_COMPLETE_JOB_ID_FIELD_NUMBER: _ClassVar[int]
    RETRY_OF_FIELD_NUMBER: _ClassVar[int]
    RETRIED_BY_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    SEAL_TIME_FIELD_NUMBER: _ClassVar[int]
    FINISH_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    key: str
    on_complete: _job_pb2.Job
    failure_policy: FailurePolicy
    parent_close_policy: ParentClosePolicy
    seal_timeout: _duration_pb2.Duration
    labels: _containers.ScalarMap[str, str]
    id: str
    parent_job_id: str
    state: BatchState
    state_reason: BatchStateReason
    counts: _batch_counts_pb2.BatchCounts
    on_complete_job_id: str
    retry_of: str
    retried_by: str
    create_time: _timestamp_pb2.Timestamp
    seal_time: _timestamp_pb2.Timestamp
    finish_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    revision: int
    def __init__(self, key: _Optional[str] = ..., on_complete: _Optional[_Union[_job_pb2.Job, _Mapping]] = ..., failure_policy: _Optional[_Union[FailurePolicy, _Mapping]] = ..., parent_close_policy: _Optional[_Union[ParentClosePolicy, str]] = ..., seal_timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., labels: _Optional[_Mapping[str, str]] = ..., id: _Optional[str] = ..., parent_job_id: _Optional[str] = ..., state: _Optional[_Union[BatchState, str]] = ..., state_reason: _Optional[_Union[BatchStateReason, str]] = ..., counts: _Optional[_Union[_batch_counts_pb2.BatchCounts, _Mapping]] = ..., on_complete_job_id: _Optional[str] = ..., retry_of: _Optional[str] = ..., retried_by: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., seal_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., finish_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., revision: _Optional[int] = ...) -> None: ...
