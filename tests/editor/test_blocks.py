"""Policies as permission blocks: AWS's examples, all of AWS's managed policies, and what must hold for every policy."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from iamconsole.editor.blocks import EVERY, HAS_ERRORS, MOST_BLOCKS, Block, Blocks, NotShown, to_blocks, to_text
from iamconsole.editor.forms import START
from iamconsole.iam.aws_managed import by_arn
from iamconsole.policy import AttachedPolicy, Condition, PolicySet, Principal, Request, decide, parse, reference
from tests.demos import course
from tests.policy.test_properties import CONTEXT, documents, examples

ALICE = Principal.user("arn:aws:iam::111122223333:user/alice", unique_id="AIDAALICE0000000000AA")


def written(*statements, **document) -> str:
    return json.dumps({"Version": "2012-10-17", **document, "Statement": list(statements)})


def blocks_of(text: str, kind="identity") -> Blocks:
    found = to_blocks(text, kind)
    assert isinstance(found, Blocks), found
    return found


def outcomes(text: str, requests: Iterable[Request]) -> list[str]:
    applying = PolicySet(identity=(AttachedPolicy(parse(text, "identity"), "P", "direct"),))
    return [decide(request, applying).outcome for request in requests]


# -- AWS's examples ------------------------------------------------------------------------------------------------


def test_a_statement_about_several_services_becomes_a_block_for_each():
    # reference_policies_elements_action.html: an example of several actions in one statement; that the editor makes a
    # block of each service: troubleshoot_policies.html, "Specifying multiple services in the visual editor".
    actions = ["sqs:SendMessage", "sqs:ReceiveMessage", "ec2:StartInstances", "iam:ChangePassword", "s3:GetObject"]
    text = written({"Sid": "Mixed", "Effect": "Allow", "Action": actions, "Resource": "*"})
    found = blocks_of(text).blocks
    assert [(block.service, block.actions) for block in found] == [
        ("sqs", ("SendMessage", "ReceiveMessage")),
        ("ec2", ("StartInstances",)),
        ("iam", ("ChangePassword",)),
        ("s3", ("GetObject",)),
    ]
    statements = json.loads(to_text(blocks_of(text)))["Statement"]
    assert [statement["Sid"] for statement in statements] == [
        "Mixed",
        "VisualEditor1",
        "VisualEditor2",
        "VisualEditor3",
    ]
    assert {statement["Resource"] for statement in statements} == {"*"}


def test_wildcards_over_services_and_everything_but_some_actions_are_one_block_of_all_services():
    # troubleshoot_policies.html: "type Code* to provide permissions for all services beginning with Code".
    # reference_policies_elements_notaction.html: NotAction with Deny.
    text = written(
        {"Effect": "Allow", "Action": ["Code*:Get*", "*", "s3:Get*"], "Resource": "*"},
        {"Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "Resource": "*"},
    )
    first, second, third = blocks_of(text).blocks
    assert (first.service, first.actions) == (EVERY, ("Code*:Get*", "*"))
    assert (second.service, second.actions) == ("s3", ("Get*",))
    assert (third.service, third.actions, third.all_but_actions) == (EVERY, ("iam:*", "sts:*"), True)
    assert [s.get("NotAction") for s in json.loads(to_text(blocks_of(text)))["Statement"]] == [
        None,
        None,
        ["iam:*", "sts:*"],
    ]


def test_everything_but_some_resources_stays_that():
    # reference_policies_elements_notresource.html
    resources = ["arn:aws:s3:::HRBucket/Payroll", "arn:aws:s3:::HRBucket/Payroll/*"]
    text = written({"Effect": "Deny", "Action": "s3:*", "NotResource": resources})
    (block,) = blocks_of(text).blocks
    assert (block.all_but_resources, block.resources) == (True, tuple(resources))
    assert json.loads(to_text(blocks_of(text)))["Statement"][0]["NotResource"] == resources


def test_the_text_is_written_as_the_console_writes_it():
    # One value stands alone, several are a list; Sids count from 0 in the order of the blocks (W9).
    conditions = (
        Condition("StringLike", "s3:prefix", ("a", "b*")),
        Condition("Bool", "aws:MultiFactorAuthPresent", ("true",)),
        Condition("StringLike", "s3:delimiter", ("/",)),
    )
    blocks = (
        Block("s3", actions=("GetObject",), resources=("arn:aws:s3:::company1-sales/*",)),
        Block("ec2", "Deny", ("*", "Run*"), resources=("*",), conditions=conditions),
    )
    assert json.loads(to_text(Blocks(blocks))) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "VisualEditor0",
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::company1-sales/*",
            },
            {
                "Sid": "VisualEditor1",
                "Effect": "Deny",
                "Action": ["ec2:*", "ec2:Run*"],
                "Resource": "*",
                "Condition": {
                    "StringLike": {"s3:prefix": ["a", "b*"], "s3:delimiter": "/"},
                    "Bool": {"aws:MultiFactorAuthPresent": "true"},
                },
            },
        ],
    }


def test_actions_without_resources_get_a_statement_of_their_own_beside_specific_ones():
    # access_policies_create-console.html: they "must be in two separate JSON statements".
    block = Block("s3", actions=("GetObject",), resources=("arn:aws:s3:::b/*",), unlimited=("ListAllMyBuckets",))
    first, second = json.loads(to_text(Blocks((block,))))["Statement"]
    assert (first["Action"], first["Resource"]) == ("s3:GetObject", "arn:aws:s3:::b/*")
    assert (second["Action"], second["Resource"]) == ("s3:ListAllMyBuckets", "*")
    alone = Block("s3", resources=("*",), unlimited=("ListAllMyBuckets",), actions=("GetObject",))
    (only,) = json.loads(to_text(Blocks((alone,))))["Statement"]
    assert only["Action"] == ["s3:GetObject", "s3:ListAllMyBuckets"]


def test_an_action_that_the_text_has_on_specific_resources_in_vain_is_not_set_free():
    text = written(
        {"Effect": "Allow", "Action": ["s3:ListAllMyBuckets", "s3:GetObject"], "Resource": "arn:aws:s3:::b/*"}
    )
    request = Request(ALICE, "s3:ListAllMyBuckets", "*")
    again = to_text(blocks_of(text))
    assert outcomes(text, [request]) == outcomes(again, [request]) == ["implicit_deny"]


def test_own_sids_stay_and_the_editors_numbers_are_given_anew():
    text = written(
        {"Sid": "VisualEditor7", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
        {"Sid": "Own", "Effect": "Allow", "Action": ["s3:PutObject", "ec2:RunInstances"], "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"},
    )
    sids = [statement["Sid"] for statement in json.loads(to_text(blocks_of(text)))["Statement"]]
    assert sids == ["VisualEditor0", "Own", "VisualEditor2", "VisualEditor3"]


@pytest.mark.parametrize("version", ["2008-10-17", None])
def test_an_older_document_keeps_its_version_where_a_variable_would_come_to_life(version):
    # reference_policies_variables.html: variables exist in 2012-10-17 only.
    document = {
        "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:username}"}
    }
    text = json.dumps(document | ({"Version": version} if version else {}))
    assert blocks_of(text).version == "2008-10-17"
    plain = text.replace("${aws:username}", "x")
    assert blocks_of(plain).version == "2012-10-17"


def test_names_of_actions_are_written_as_aws_writes_them_and_unknown_ones_stay():
    text = written({"Effect": "Allow", "Action": ["S3:getobject", "s3:GetNothing", "nosuch:Do"], "Resource": "*"})
    first, second = blocks_of(text).blocks
    assert (first.service, first.actions) == ("s3", ("GetObject", "GetNothing"))
    assert (second.service, second.actions) == ("nosuch", ("Do",))


def test_the_text_that_a_new_policy_starts_with_is_one_empty_block():
    assert blocks_of(START).blocks == (Block(),)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{", 1),
        ('{"Version": "2012-10-17",\n "Statement": [{"Effect": "Perhaps", "Action": "s3:*", "Resource": "*"}]}', 2),
        (json.dumps({"Version": "2012-10-17", "Statement": []}), 1),
        (written({"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}), 1),
        (
            '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",\n'
            ' "Condition": {"Unheard": {"a:b": "c"}}}}',
            2,
        ),
    ],
)
def test_a_text_with_errors_is_not_shown_and_the_line_is_named(text, line):
    assert to_blocks(text) == NotShown(HAS_ERRORS, line)


@pytest.mark.parametrize("kind", ["trust", "resource", "rcp"])
def test_policies_that_name_a_principal_are_edited_as_json(kind):
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}
    assert isinstance(to_blocks(written(statement), kind), NotShown)


def test_service_control_policies_have_blocks():
    deny = {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}
    assert len(blocks_of(written(deny), "scp").blocks) == 1


def test_a_policy_of_too_many_blocks_is_not_shown():
    many = [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}] * (MOST_BLOCKS + 1)
    assert isinstance(to_blocks(written(*many)), NotShown)
    # One statement that would be written again for each of its services: no text of a hundred times its size.
    wide = {
        "Effect": "Allow",
        "Action": [f"{service}:*" for service in list(reference.services())[:150]],
        "Resource": [f"arn:aws:s3:::{'b' * 50}{number}" for number in range(100)],
    }
    assert isinstance(to_blocks(written(wide)), NotShown)


# -- what must hold for all ----------------------------------------------------------------------------------------

MIXED = st.lists(
    st.sampled_from(
        ["*", "s3:*", "s3:Get*", "S3:getobject", "sqs:SendMessage", "*:Get*", "s?:Put*", "nosuch:Do", "kms:Decrypt"]
    ),
    min_size=1,
    max_size=4,
    unique=True,
)
REQUESTS = st.builds(
    Request,
    st.just(ALICE),
    st.sampled_from(["s3:GetObject", "s3:PutObject", "sqs:SendMessage", "iam:GetUser", "kms:Decrypt", "s3:ListBucket"]),
    st.sampled_from(["arn:aws:s3:::b/k", "arn:aws:s3:::b/alice", "arn:aws:s3:::b", "arn:aws:sqs:us-east-1:1:b:c", "*"]),
    st.just(""),
    CONTEXT,
)


@examples
@given(documents("identity"), st.lists(MIXED, max_size=3), st.lists(REQUESTS, min_size=1, max_size=5))
def test_what_the_visual_view_makes_of_a_policy_decides_the_same(attached, mixed, requests):
    document = json.loads(attached.policy.text)
    for statement, actions in zip(document["Statement"], mixed, strict=False):
        if "Action" in statement:
            statement["Action"] = actions
    text = json.dumps(document)
    blocks = to_blocks(text)
    if isinstance(blocks, NotShown):
        assert parse(text, "identity").problems
        reject()
    again = to_text(blocks)
    assert outcomes(again, requests) == outcomes(text, requests)
    assert to_blocks(again) == blocks
    assert to_text(to_blocks(again)) == again


def asked_of(text: str) -> list[Request]:
    """Requests that every statement of a policy has something to say about, and one that none has."""
    found = [Request(ALICE, "nosuch:Thing", "arn:aws:nosuch:::x")]
    for statement in parse(text, "identity").statements:
        resource = (statement.resource or statement.not_resource or ("*",))[-1].replace("*", "x").replace("?", "x")
        context = {
            condition.key: values if len(values := [v.replace("*", "x") for v in condition.values]) > 1 else values[0]
            for condition in statement.conditions
            if condition.values
        }
        for action in (statement.action or statement.not_action or ())[:1]:
            name = action.replace("*", "Get") if ":" in action else "s3:GetObject"
            found.append(Request(ALICE, name, resource, "", context))
            found.append(Request(ALICE, name, "arn:aws:s3:::other/key"))
    return found


def test_all_managed_policies_of_aws_are_shown_without_loss_but_for_the_longest_ones():
    shown = decisions = 0
    refused = {}
    for policy in by_arn().values():
        blocks = to_blocks(policy.text)
        if isinstance(blocks, NotShown):
            refused[policy.name] = blocks.reason
            continue
        again = to_text(blocks)
        assert to_blocks(again) == blocks, policy.name
        requests = asked_of(policy.text)
        assert outcomes(again, requests) == outcomes(policy.text, requests), policy.name
        decisions += len(requests)
        shown += 1
    # Those speak of more services than a customer managed policy of 6,144 characters can.
    assert set(refused.values()) <= {"The policy has more permission blocks than the visual editor can show."}
    assert all(len("".join(by_arn()[f"arn:aws:iam::aws:policy/{name}"].text.split())) > 6144
               for name in refused if f"arn:aws:iam::aws:policy/{name}" in by_arn())  # fmt: skip
    assert "ReadOnlyAccess" in refused
    assert shown >= 0.99 * len(by_arn()) > 1500
    assert decisions > shown


@pytest.mark.parametrize(
    "text",
    [course.HR_POLICY, course.on_hr("s3:ListBucket", "s3:GetObject"), course.session_upload_policy()],
    ids=["HRPolicy", "company1-hr", "SessionPolicy-UploadFile"],
)
def test_the_policies_of_the_course_are_shown_without_loss(text):
    again = to_text(blocks_of(text))
    assert outcomes(again, asked_of(text)) == outcomes(text, asked_of(text))
