from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor

class ErrorReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ERROR_REASON_UNSPECIFIED: _ClassVar[ErrorReason]
    ERROR_REASON_LEASE_LOST: _ClassVar[ErrorReason]
    ERROR_REASON_SEALED: _ClassVar[ErrorReason]
    ERROR_REASON_CANCELLED: _ClassVar[ErrorReason]
    ERROR_REASON_TERMINAL: _ClassVar[ErrorReason]
    ERROR_REASON_COUNT_MISMATCH: _ClassVar[ErrorReason]
    ERROR_REASON_ENDPOINT_NOT_ALLOWED: _ClassVar[ErrorReason]
    ERROR_REASON_NOT_RETRYABLE: _ClassVar[ErrorReason]
    ERROR_REASON_TOKEN_INVALID: _ClassVar[ErrorReason]
ERROR_REASON_UNSPECIFIED: ErrorReason
ERROR_REASON_LEASE_LOST: ErrorReason
ERROR_REASON_SEALED: ErrorReason
ERROR_REASON_CANCELLED: ErrorReason
ERROR_REASON_TERMINAL: ErrorReason
ERROR_REASON_COUNT_MISMATCH: ErrorReason
ERROR_REASON_ENDPOINT_NOT_ALLOWED: ErrorReason
ERROR_REASON_NOT_RETRYABLE: ErrorReason
ERROR_REASON_TOKEN_INVALID: ErrorReason
