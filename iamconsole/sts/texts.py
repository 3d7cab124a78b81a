"""Policies that nobody wrote: what AWS does without one, in the words of one, so that the engine can be asked about it
and an event can show what it was decided with."""

from __future__ import annotations

import hashlib

# What a federated user of the root user inherits, to set session policies against: "the root user … has full access"
# (IAM User Guide, "AWS account root user").
ROOT_HAS_ALL = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'

# A role that is not there trusts nobody: the refusal then tells no more than that of one that is.
NOBODY_IS_TRUSTED = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", '
    '"Principal": {"Service": "nobody.amazonaws.com"}, "Action": "sts:AssumeRole"}]}'
)

BY_SHA256 = {hashlib.sha256(text.encode()).hexdigest(): text for text in (ROOT_HAS_ALL, NOBODY_IS_TRUSTED)}
