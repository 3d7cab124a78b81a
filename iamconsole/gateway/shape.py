"""The first step of every call: do the parameters have the shape that the service model asks for?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamconsole import wire
from iamconsole.core.errors import ValidationError
from iamconsole.core.operation import Operation


def check_shape(operation: Operation, params: Mapping[str, Any]) -> None:
    """Refuse parameters that break the service model, with AWS's ValidationError."""
    if not operation.public:
        return  # not an operation of AWS's API: it has no model, and only our own pages call it
    try:
        members = wire.members(operation.model, operation.short_name, params)
    except KeyError as error:
        raise ValidationError(f"Unknown parameter {error.args[0]!r} for {operation.name}.") from error
    for name, value in params.items():
        if _has_null(value):
            # Neither XML nor PostgreSQL can hold it, and no name or text of AWS's may.
            raise ValidationError(f"The value of {name} contains a null character.", field=name)
    violations = wire.validate(operation.model, operation.short_name, members)
    if violations:
        field = wire.snake(violations[0].path.partition(".")[0])
        # S3 does not speak of validation errors: its own code for a parameter of the wrong shape.
        code = "InvalidArgument" if operation.service == "s3" else None
        raise ValidationError(wire.violations_message(violations), code=code, field=field)


def _has_null(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Mapping):
        return any(_has_null(one) for pair in value.items() for one in pair)
    return isinstance(value, list | tuple) and any(_has_null(one) for one in value)
