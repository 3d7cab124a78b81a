"""Constraints, in AWS's words."""

from __future__ import annotations

import time

import pytest
from botocore.validate import ParamValidator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iamconsole.wire import patterns, validate, violations_message
from iamconsole.wire.validate import MAX_LENGTH, PATTERN, REQUIRED, TYPE, UNKNOWN
from tests.wire.shapes import MODELS, OPERATIONS, SERVICES, arguments, full

ONE = "1 validation error detected: "
LONG = "x" * 65

#    service  operation          parameters                                        message
TEXTS = [
    (
        "iam", "CreateUser", {"UserName": LONG},
        f"{ONE}Value '{LONG}' at 'userName' failed to satisfy constraint: "
        "Member must have length less than or equal to 64",
    ),
    (
        "iam", "CreateUser", {"UserName": "a b"},
        "The specified value for userName is invalid. It must contain only alphanumeric characters and/or the "
        "following: +=,.@_-",
    ),
    (
        "iam", "CreateUser", {"UserName": "john", "Path": "staff"},
        "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric "
        "characters and/or / characters.",
    ),
    (
        "iam", "CreateUser", {},
        f"{ONE}Value null at 'userName' failed to satisfy constraint: Member must not be null",
    ),
    (
        "iam", "TagUser", {"UserName": "john", "Tags": [{"Key": "k" * 129, "Value": ""}]},
        f"{ONE}Value '{'k' * 129}' at 'tags.1.member.key' failed to satisfy constraint: "
        "Member must have length less than or equal to 128",
    ),
    (
        "iam", "TagUser", {"UserName": "john", "Tags": [{"Key": "ü \u00a0ñ1"}, {"Key": "a!", "Value": "b"}]},
        "2 validation errors detected: Value null at 'tags.1.member.value' failed to satisfy constraint: "
        "Member must not be null; Value 'a!' at 'tags.2.member.key' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+",
    ),
    (
        "iam", "UntagUser", {"UserName": "john", "TagKeys": ["good", "b!"]},
        f"{ONE}Value '[good, b!]' at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: "
        "[Member must have length less than or equal to 128, Member must have length greater than or equal to 1, "
        "Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+]",
    ),
    (
        "iam", "UpdateAccessKey", {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "Status": "On"},
        f"{ONE}Value 'On' at 'status' failed to satisfy constraint: "
        "Member must satisfy enum value set: [Active, Inactive, Expired]",
    ),
    (
        "iam", "ListUsers", {"MaxItems": 1001},
        f"{ONE}Value '1001' at 'maxItems' failed to satisfy constraint: "
        "Member must have value less than or equal to 1000",
    ),
    (
        "iam", "ListUsers", {"MaxItems": 0},
        f"{ONE}Value '0' at 'maxItems' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ),
    (
        "sts", "AssumeRole", {"RoleArn": "arn:aws:iam::1:role/reader", "RoleSessionName": "Session1:2"},
        f"{ONE}Value 'Session1:2' at 'roleSessionName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [\\w+=,.@-]*",
    ),
    (
        "iam", "ChangePassword", {"OldPassword": "secret-\u20ac", "NewPassword": "good"},
        f"{ONE}Value at 'oldPassword' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+",
    ),
    (
        "iam", "CreateUser", {"UserName": "jürgen"},  # \w is ASCII in Java
        "The specified value for userName is invalid. It must contain only alphanumeric characters and/or the "
        "following: +=,.@_-",
    ),
    (
        "iam", "CreateUser", {"UserName": "john\n"},  # $ and fullmatch: a line break at the end is no part of a name
        "The specified value for userName is invalid. It must contain only alphanumeric characters and/or the "
        "following: +=,.@_-",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("service", "operation", "params", "message"), TEXTS)
def test_a_broken_constraint_is_told_as_aws_tells_it(service, operation, params, message):
    assert violations_message(validate(service, operation, params)) == message


@pytest.mark.parametrize(
    ("params", "kind", "path"),
    [
        ({"UserName": 7}, TYPE, "userName"),
        ({"UserName": ["john"]}, TYPE, "userName"),
        ({"UserName": "john", "Tags": {"Key": "k"}}, TYPE, "tags"),
        ({"UserName": "john", "Tags": ["k"]}, TYPE, "tags.1.member"),
        ({"UserName": "john", "Colour": "red"}, UNKNOWN, "colour"),
        ({"UserName": None}, REQUIRED, "userName"),
        ({"UserName": "john", "Tags": [{"Key": "k" * 129, "Value": "v"}]}, MAX_LENGTH, "tags.1.member.key"),
        ({"UserName": "john", "Tags": [{"Key": "!", "Value": "v"}]}, PATTERN, "tags.1.member.key"),
    ],
)
def test_a_violation_says_what_and_where(params, kind, path):
    found = validate("iam", "CreateUser", params)
    assert [(each.kind, each.path) for each in found] == [(kind, path)]


def test_lengths_come_before_a_services_own_words():
    message = violations_message(validate("iam", "CreateUser", {"UserName": "!" * 65}))
    assert message.startswith("1 validation error detected: ")
    assert "less than or equal to 64" in message


def test_a_boolean_is_no_number_and_a_list_of_texts_holds_texts():
    assert validate("iam", "ListUsers", {"MaxItems": True})[0].kind == TYPE
    assert validate("iam", "UntagUser", {"UserName": "john", "TagKeys": ["a", 1]})[0].kind == TYPE


def test_a_very_long_value_is_shown_in_part():
    message = violations_message(validate("iam", "CreateUser", {"UserName": "x" * 1_000_000}))
    assert len(message) < 5000


def test_violations_are_counted_up_to_a_hundred():
    tags = [{"Key": "!", "Value": "v"}] * 1000
    assert len(validate("iam", "CreateUser", {"UserName": "john", "Tags": tags})) == 100


def test_an_operation_without_parameters_has_nothing_to_break():
    assert validate("iam", "GetAccountSummary", {}) == ()


def test_the_streamed_body_counts_as_given():
    assert validate("s3", "PutObject", {"Bucket": "b", "Key": "k"}) == ()


def test_every_pattern_of_the_models_can_be_checked():
    unknown = []
    for name in SERVICES:
        model = MODELS[name]
        for shape_name in model.shape_names:
            pattern = model.shape_for(shape_name).metadata.get("pattern")
            if pattern and patterns.compiled(pattern) is None:
                unknown.append((name, shape_name, pattern))
    assert unknown == []


@pytest.mark.parametrize("text", ["a" * 200_000, "/" * 200_000, "a-" * 100_000 + "!", "/a" * 100_000])
def test_no_pattern_takes_long_on_a_long_text(text):
    started = time.process_time()
    for service, operation in OPERATIONS:
        shape = MODELS[service].operation_model(operation).input_shape
        if shape is not None and service != "s3":
            validate(service, operation, {name: text for name, m in shape.members.items() if m.type_name == "string"})
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+", "aß漢 ١x\u3000", "a\tb"),
        (r"\p{L}\p{N}*", "é12", "1"),
        (r"[\p{Alnum}-]+", "aZ9-", "é"),
        (r"\d{12}", "123456789012", "١٢٣٤٥٦٧٨٩٠١٢"),
    ],
)
def test_java_patterns_mean_what_they_mean_in_java(pattern, good, bad):
    assert patterns.compiled(pattern).fullmatch(good)
    assert not patterns.compiled(pattern).fullmatch(bad)


def test_a_pattern_that_python_cannot_express_constrains_nothing():
    assert patterns.compiled(r"[a-z&&[^b]]+(") is None
    assert patterns.compiled(r"[a-z[A-Z]]") is None
    assert patterns.compiled(r"(") is None
    assert patterns.compiled(r"\p{Klingon}") is None


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_what_we_let_pass_botocore_lets_pass(data):
    service, operation = data.draw(st.sampled_from(OPERATIONS))
    shape = MODELS[service].operation_model(operation).input_shape
    if shape is None:
        return
    params = data.draw(arguments(shape))
    found = validate(service, operation, params)
    if not found:
        # A body that is streamed is not among the members yet, and counts as given.
        body = shape.serialization.get("payload")
        sent = {body: b""} if body and shape.members[body].type_name == "blob" else {}
        assert not ParamValidator().validate(sent | params, shape).has_errors()
    for each in found:
        assert each.message.startswith("Value ")


def test_no_secret_is_ever_shown():
    for service, operation in OPERATIONS:
        shape = MODELS[service].operation_model(operation).input_shape
        for name, member in (shape.members if shape is not None else {}).items():
            if member.metadata.get("sensitive"):
                wrong = {**full(shape), name: "hunter2\u20ac" * 20_000}
                assert "hunter2" not in violations_message(validate(service, operation, wrong))


def test_a_union_has_one_of_its_members():
    def violations(block):
        message = {"role": "user", "content": [block]}
        return validate("bedrock-runtime", "Converse", {"modelId": "amazon.nova-lite-v1:0", "messages": [message]})

    assert violations({"text": "a"}) == ()
    for block in ({}, {"text": "a", "guardContent": {"text": {"text": "b"}}}):
        assert [violation.kind for violation in violations(block)] == ["union"]


@pytest.mark.parametrize("document", [{"any": ["JSON", 1, None]}, [1], "text", 7])
def test_a_document_may_be_any_json(document):
    params = {"modelId": "amazon.nova-lite-v1:0", "additionalModelRequestFields": document}
    assert validate("bedrock-runtime", "Converse", params) == ()
