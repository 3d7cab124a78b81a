"""The policy simulator's operations: the engine's decisions in the simulator's words."""

from __future__ import annotations

import json

import pytest

from iamconsole.core.errors import AccessDenied, AwsError
from iamconsole.policy import AttachedPolicy, PolicySet, Principal, Request, decide, parse
from tests.factories import allow, client_for, deny, policy

pytestmark = pytest.mark.django_db

OBJECT = "arn:aws:s3:::company1-hr/Test.txt"
READ = policy(allow("s3:GetObject", "arn:aws:s3:::company1-hr/*"))
POWER = "arn:aws:iam::aws:policy/PowerUserAccess"


def custom(client, *documents, actions=("s3:GetObject",), **more):
    more = {"policy_input_list": list(documents), "action_names": list(actions)} | more
    return client.call("iam:SimulateCustomPolicy", **more)["EvaluationResults"]


def principal(client, arn, actions=("s3:GetObject",), **more):
    more = {"policy_source_arn": arn, "action_names": list(actions)} | more
    return client.call("iam:SimulatePrincipalPolicy", **more)["EvaluationResults"]


def refused(client, code, message, action, **params):
    with pytest.raises(AwsError) as error:
        client.call(action, **params)
    assert error.value.code == code
    assert message in error.value.message


def decisions(results):
    return [(one["EvalActionName"], one["EvalDecision"]) for one in results]


@pytest.fixture
def john(root, sandbox):
    root.call("iam:CreateUser", user_name="john", tags=[{"Key": "team", "Value": "hr"}])
    return f"arn:aws:iam::{sandbox.account_id}:user/john"


# -- texts ------------------------------------------------------------------------------------------------


def test_each_action_has_a_result_and_each_resource_one_of_its_own(admin):
    other = "arn:aws:s3:::other/x"
    found = custom(admin, READ, actions=("s3:GetObject", "s3:PutObject"), resource_arns=[OBJECT, other])
    assert decisions(found) == [("s3:GetObject", "implicitDeny"), ("s3:PutObject", "implicitDeny")]
    first = found[0]
    assert first["EvalResourceName"] == "arn:${Partition}:s3:::${BucketName}/${ObjectName}"
    assert [(one["EvalResourceName"], one["EvalResourceDecision"]) for one in first["ResourceSpecificResults"]] == [
        (OBJECT, "allowed"),
        (other, "implicitDeny"),
    ]
    assert first["EvalDecisionDetails"] == {}


def test_without_a_resource_everything_is_meant(admin):
    (found,) = custom(admin, policy(allow("s3:GetObject")))
    assert (found["EvalResourceName"], found["EvalDecision"]) == ("*", "allowed")
    assert "ResourceSpecificResults" not in found
    assert "EvalDecisionDetails" not in found


def test_a_matched_statement_is_told_with_its_place(admin):
    statement = '{"Effect": "Allow", "Action": "*", "Resource": "*"}'
    text = '{\n  "Version": "2012-10-17",\n  "Statement": [\n    ' + statement + "\n  ]\n}"
    (found,) = custom(admin, text)
    (statement,) = found["MatchedStatements"]
    assert (statement["SourcePolicyId"], statement["SourcePolicyType"]) == ("PolicyInputList.1", "IAM Policy")
    assert statement["StartPosition"] == {"Line": 3, "Column": 17}
    assert statement["EndPosition"] == {"Line": 4, "Column": 56}


def test_places_are_told_as_in_the_examples_of_the_aws_command(admin):
    """AWS CLI Command Reference: `simulate-custom-policy`, and `simulate-principal-policy` with a like policy."""
    lone = (
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":'
        '{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}'
    )
    statement = {"Sid": "List"} | allow("codecommit:ListRepositories")
    listed = json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=4)
    time = [entry("aws:CurrentTime", "2019-04-25T11:00:00Z", type_="date")]
    for text, action, start, end in (
        (lone, "dynamodb:CreateBackup", (1, 38), (1, 167)),
        (listed, "codecommit:ListRepositories", (3, 19), (9, 10)),
    ):
        (found,) = custom(admin, text, actions=(action,), context_entries=time)
        (statement,) = found["MatchedStatements"]
        assert statement["StartPosition"] == dict(zip(("Line", "Column"), start, strict=True))
        assert statement["EndPosition"] == dict(zip(("Line", "Column"), end, strict=True))


def test_an_explicit_deny_is_told_alone(admin):
    (found,) = custom(admin, READ, policy(deny("s3:*")), resource_arns=[OBJECT])
    assert found["EvalDecision"] == "explicitDeny"
    assert [one["SourcePolicyId"] for one in found["MatchedStatements"]] == ["PolicyInputList.2"]


def test_missing_context_values_are_those_of_statements_about_the_action(admin):
    conditions = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "StringEquals": {"s3:prefix": "${aws:username}"}}
    about = allow("s3:ListBucket", "arn:aws:s3:::${aws:PrincipalTag/team}") | {"Condition": conditions}
    elsewhere = allow("ec2:*") | {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
    document = policy(about, elsewhere)
    asked = {"actions": ("s3:ListBucket",), "resource_arns": ["arn:aws:s3:::hr"]}
    (found,) = custom(admin, document, **asked)
    wanted = ["aws:SourceIp", "s3:prefix", "aws:username", "aws:principaltag/team"]
    assert [key.lower() for key in found["MissingContextValues"]] == [key.lower() for key in wanted]
    entries = [entry("aws:SourceIp", "10.1.1.1", "ip"), entry("s3:prefix", "john"), entry("aws:username", "john")]
    entries.append(entry("aws:PrincipalTag/team", "hr"))
    (found,) = custom(admin, document, **asked, context_entries=entries)
    assert (found["EvalDecision"], found["MissingContextValues"]) == ("allowed", [])


def entry(name, *values, type_="string", **more):
    if len(values) == 2 and values[1] in ("ip", "numeric", "date", "boolean", "binary"):
        values, type_ = values[:1], values[1]
    return {"ContextKeyName": name, "ContextKeyValues": list(values), "ContextKeyType": type_}


@pytest.mark.parametrize(
    ("type_", "good", "bad"),
    [
        ("numeric", "12.5", "twelve"),
        ("numeric", "-1", "NaN"),
        ("boolean", "TRUE", "yes"),
        ("ip", "10.0.0.1", "10.0.0.256"),
        ("ip", "2001:db8::/32", "x"),
        ("date", "2026-01-02T03:04:05Z", "tomorrow"),
        ("date", "1700000000", "01.02.2026"),
        ("binary", "QUJD", "***"),
    ],
)
def test_a_context_value_is_of_the_type_that_it_says(admin, type_, good, bad):
    given = {"policy_input_list": [READ], "action_names": ["s3:GetObject"]}
    for name in (type_, f"{type_}List"):
        admin.call("iam:SimulateCustomPolicy", **given, context_entries=[entry("aws:key", good, type_=name)])
        refused(
            admin,
            "InvalidInput",
            f"is not a value of type {name}",
            "iam:SimulateCustomPolicy",
            **given,
            context_entries=[entry("aws:key", bad, type_=name)],
        )


def test_a_single_value_is_one(admin):
    refused(
        admin,
        "InvalidInput",
        "has one value",
        "iam:SimulateCustomPolicy",
        policy_input_list=[READ],
        action_names=["s3:GetObject"],
        context_entries=[entry("aws:key", "a", "b")],
    )


def test_a_boundary_caps_and_says_so(admin):
    full = policy(allow("*"))
    (found,) = custom(admin, full, permissions_boundary_policy_input_list=[policy(allow("ec2:*"))])
    assert found["EvalDecision"] == "implicitDeny"
    assert found["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    (found,) = custom(admin, full, permissions_boundary_policy_input_list=[policy(allow("s3:*"))])
    assert found["EvalDecision"] == "allowed"
    assert found["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": True}
    two = {"permissions_boundary_policy_input_list": [full, full]}
    given = {"policy_input_list": [full], "action_names": ["s3:GetObject"]}
    refused(admin, "InvalidInput", "only one permissions boundary", "iam:SimulateCustomPolicy", **given, **two)


def test_an_organization_s_policies_must_allow_at_every_level(admin):
    everything, only_ec2 = policy(allow("*")), policy(allow("ec2:*"))
    levels = [{"ServiceControlPolicyInputList": [everything]}, {"ServiceControlPolicyInputList": [only_ec2]}]
    (found,) = custom(admin, everything, ordered_organization_policy_input_list=levels)
    assert (found["EvalDecision"], found["OrganizationsDecisionDetail"]) == (
        "implicitDeny",
        {"AllowedByOrganizations": False},
    )
    (found,) = custom(admin, everything, actions=("ec2:RunInstances",), ordered_organization_policy_input_list=levels)
    assert (found["EvalDecision"], found["OrganizationsDecisionDetail"]) == (
        "allowed",
        {"AllowedByOrganizations": True},
    )
    assert "OrganizationsDecisionDetail" not in custom(admin, everything)[0]


def test_a_resource_policy_needs_a_caller(admin, sandbox):
    user = f"arn:aws:iam::{sandbox.account_id}:user/Sarah"
    grant = policy({"Effect": "Allow", "Principal": {"AWS": user}, "Action": "s3:GetObject", "Resource": OBJECT})
    nothing = policy(allow("ec2:*"))
    given = {"policy_input_list": [nothing], "action_names": ["s3:GetObject"], "resource_policy": grant}
    refused(admin, "InvalidInput", "CallerArn is required", "iam:SimulateCustomPolicy", **given)
    for wrong in ("arn:aws:sts::111122223333:assumed-role/R/s", f"arn:aws:iam::{sandbox.account_id}:root", "x" * 20):
        refused(admin, "InvalidInput", "Invalid Entity Arn", "iam:SimulateCustomPolicy", **given, caller_arn=wrong)
    (found,) = custom(admin, nothing, resource_policy=grant, caller_arn=user, resource_arns=[OBJECT])
    assert found["EvalDecision"] == "allowed"
    assert found["MatchedStatements"][0]["SourcePolicyType"] == "Resource Policy"


def test_another_account_must_allow_too_and_each_side_says_what_it_does(admin, sandbox):
    user = f"arn:aws:iam::{sandbox.account_id}:user/Sarah"
    grant = policy({"Effect": "Allow", "Principal": {"AWS": user}, "Action": "s3:*", "Resource": OBJECT})
    asked = {"resource_policy": grant, "caller_arn": user, "resource_owner": "999988887777", "resource_arns": [OBJECT]}
    (found,) = custom(admin, policy(allow("ec2:*")), **asked)
    assert found["EvalDecision"] == "implicitDeny"
    assert found["EvalDecisionDetails"] == {"IAM Policy": "implicitDeny", "Resource Policy": "allowed"}
    (found,) = custom(admin, READ, **asked)
    assert found["EvalDecision"] == "allowed"
    assert found["ResourceSpecificResults"][0]["EvalDecisionDetails"] == {
        "IAM Policy": "allowed",
        "Resource Policy": "allowed",
    }
    wrong = {"policy_input_list": [READ], "action_names": ["s3:GetObject"], "resource_owner": "me"}
    refused(admin, "InvalidInput", "Invalid Resource Owner", "iam:SimulateCustomPolicy", **wrong)


def test_a_scenario_of_ec2_asks_for_its_resources(admin):
    def arn(kind):
        return f"arn:aws:ec2:us-east-1:111122223333:{kind}/x"

    needed = ["instance", "image", "security-group", "network-interface", "volume"]
    run = {"actions": ("ec2:RunInstances",), "resource_handling_option": "EC2-VPC-EBS"}
    assert custom(admin, policy(allow("ec2:*")), **run, resource_arns=[arn(kind) for kind in needed])
    given = {
        "policy_input_list": [READ],
        "action_names": ["ec2:RunInstances"],
        "resource_handling_option": "EC2-VPC-EBS",
    }
    refused(
        admin,
        "InvalidInput",
        "needs resources of the type volume",
        "iam:SimulateCustomPolicy",
        **given,
        resource_arns=[arn(kind) for kind in needed[:-1]],
    )
    given["resource_handling_option"] = "EC2-Classic-EBS"
    refused(admin, "InvalidInput", "Invalid ResourceHandlingOption", "iam:SimulateCustomPolicy", **given)


@pytest.mark.parametrize("name", ["s3:*", "GetObject", "s3:Get?", "*:*"])
def test_what_is_no_action_is_refused(admin, name):
    refused(
        admin,
        "InvalidInput",
        "Invalid Action",
        "iam:SimulateCustomPolicy",
        policy_input_list=[READ],
        action_names=[name],
    )


@pytest.mark.parametrize("document", ["{", "[]", policy({"Effect": "Allow", "Action": "s3:GetObject"})])
def test_a_malformed_policy_is_refused(admin, document):
    given = {"policy_input_list": [document], "action_names": ["s3:GetObject"]}
    refused(admin, "InvalidInput", "", "iam:SimulateCustomPolicy", **given)


def test_results_come_in_pages(admin):
    actions = [f"s3:GetObject{letter}" for letter in "abcdefg"]
    seen, marker = [], {}
    for size in (3, 3, 1):
        answer = admin.call(
            "iam:SimulateCustomPolicy", policy_input_list=[READ], action_names=actions, max_items=3, **marker
        )
        assert len(answer["EvaluationResults"]) == size
        seen += [one["EvalActionName"] for one in answer["EvaluationResults"]]
        marker = {"marker": answer["Marker"]} if answer["IsTruncated"] else {}
    assert (seen, marker) == (actions, {})
    for wrong in ("x", "LTE=", "MTIzNDU2Nzg5MDEyMzQ1"):
        given = {"policy_input_list": [READ], "action_names": actions, "marker": wrong}
        refused(admin, "ValidationError", "Invalid Marker", "iam:SimulateCustomPolicy", **given)


def test_one_answer_has_a_most_of_work(admin):
    resources = [f"arn:aws:s3:::b/{number}" for number in range(1001)]
    given = {"policy_input_list": [READ], "action_names": ["s3:GetObject"], "resource_arns": resources}
    refused(admin, "InvalidInput", "At most 1000", "iam:SimulateCustomPolicy", **given)


# -- users, groups and roles ------------------------------------------------------------------------------


def test_a_user_has_the_policies_of_its_groups(root, admin, john, sandbox):
    root.call("iam:CreateGroup", group_name="Readers")
    root.call("iam:PutGroupPolicy", group_name="Readers", policy_name="Read", policy_document=READ)
    root.call("iam:AddUserToGroup", user_name="john", group_name="Readers")
    (found,) = principal(admin, john, resource_arns=[OBJECT])
    assert found["EvalDecision"] == "allowed"
    assert [one["SourcePolicyId"] for one in found["MatchedStatements"]] == ["group_Readers_Read"]
    group = f"arn:aws:iam::{sandbox.account_id}:group/Readers"
    (found,) = principal(admin, group, resource_arns=[OBJECT])
    assert found["EvalDecision"] == "allowed"


def test_a_role_is_simulated_with_its_policies_and_its_boundary(root, admin, sandbox):
    trust = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    root.call("iam:CreateRole", role_name="App", path="/x/", assume_role_policy_document=trust)
    root.call("iam:AttachRolePolicy", role_name="App", policy_arn="arn:aws:iam::aws:policy/AdministratorAccess")
    root.call("iam:PutRolePolicy", role_name="App", policy_name="NoLogs", policy_document=policy(deny("logs:*")))
    root.call("iam:PutRolePermissionsBoundary", role_name="App", permissions_boundary=POWER)
    arn = f"arn:aws:iam::{sandbox.account_id}:role/x/App"
    found = principal(admin, arn, actions=("s3:GetObject", "iam:CreateUser", "logs:PutLogEvents"))
    assert [one["EvalDecision"] for one in found] == ["allowed", "implicitDeny", "explicitDeny"]
    assert [one["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"] for one in found] == [
        True,
        False,
        True,
    ]
    assert [one["SourcePolicyId"] for one in found[2]["MatchedStatements"]] == ["role_App_NoLogs"]
    without = [{"PolicyType": "permission-boundary"}]
    (found,) = principal(admin, arn, actions=("iam:CreateUser",), policy_exclusion_list=without)
    assert found["EvalDecision"] == "allowed"
    replaced = [policy(allow("iam:*"))]
    (found,) = principal(admin, arn, actions=("s3:GetObject",), permissions_boundary_policy_input_list=replaced)
    assert found["EvalDecision"] == "implicitDeny"
    refused(
        admin,
        "InvalidInput",
        "isn't supported for IAM roles",
        "iam:SimulatePrincipalPolicy",
        policy_source_arn=arn,
        action_names=["s3:GetObject"],
        resource_policy=policy({"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": OBJECT}),
    )


def test_policies_can_be_left_out_of_a_simulation(root, admin, john, sandbox):
    own = f"arn:aws:iam::{sandbox.account_id}:policy/Company1-Logs-Policy"
    root.call("iam:AttachUserPolicy", user_name="john", policy_arn="arn:aws:iam::aws:policy/AmazonS3FullAccess")
    root.call("iam:AttachUserPolicy", user_name="john", policy_arn=own)
    root.call("iam:PutUserPolicy", user_name="john", policy_name="Read", policy_document=READ)
    asked = {"resource_arns": [OBJECT]}

    def left(*exclusions):
        (found,) = principal(admin, john, policy_exclusion_list=list(exclusions), **asked)
        return {one["SourcePolicyId"] for one in found["MatchedStatements"]}

    assert left() == {"AmazonS3FullAccess", "user_john_Read"}
    assert left({"PolicyType": "aws-managed"}) == {"user_john_Read"}
    assert left({"PolicyType": "inline"}) == {"AmazonS3FullAccess"}
    assert left({"PolicyArn": "arn:aws:iam::aws:policy/AmazonS3*"}) == {"user_john_Read"}
    assert left({"PolicyArn": "arn:aws:iam::aws:policy/Nothing"}) == {"AmazonS3FullAccess", "user_john_Read"}
    inline = {"PolicyName": "Read", "AttachmentType": "user", "AttachmentName": "john"}
    assert left({"InlinePolicyIdentifier": inline}) == {"AmazonS3FullAccess"}
    for code, wrong in (
        ("ValidationError", {}),  # the shape of a union: exactly one member
        ("ValidationError", {"PolicyType": "inline", "PolicyArn": own}),
        ("InvalidInput", {"PolicyArn": "x" * 20}),
        ("InvalidInput", {"PolicyArn": "arn:aws:iam::*:policy/a"}),
        ("InvalidInput", {"PolicyArn": "arn:aws:iam::aws:policy/*a*"}),
    ):
        asked = {"policy_source_arn": john, "action_names": ["s3:GetObject"], "policy_exclusion_list": [wrong]}
        refused(admin, code, "", "iam:SimulatePrincipalPolicy", **asked)


def test_somebody_else_may_call_with_the_policies_of_a_user(root, admin, john, sandbox):
    bob = f"arn:aws:iam::{sandbox.account_id}:user/Bob"
    only_bob = allow("s3:GetObject") | {"Condition": {"StringEquals": {"aws:username": "Bob"}}}
    root.call("iam:PutUserPolicy", user_name="john", policy_name="Read", policy_document=policy(only_bob))
    assert principal(admin, john)[0]["EvalDecision"] == "implicitDeny"
    assert principal(admin, john, caller_arn=bob)[0]["EvalDecision"] == "allowed"


@pytest.mark.parametrize(
    ("arn", "code"),
    [
        ("arn:aws:iam::{account}:user/ghost", "NoSuchEntity"),
        ("arn:aws:iam::{account}:role/ghost", "NoSuchEntity"),
        ("arn:aws:iam::{account}:user/wrong/path/john", "NoSuchEntity"),
        ("arn:aws:iam::999988887777:user/john", "InvalidInput"),
        ("arn:aws:iam::{account}:root", "InvalidInput"),
        ("arn:aws:iam::{account}:user/", "InvalidInput"),
        ("arn:aws:s3:::company1-hr-bucket", "InvalidInput"),
        ("not an arn, but long enough", "InvalidInput"),
    ],
)
def test_a_source_that_is_not_there_is_refused(admin, john, sandbox, arn, code):
    arn = arn.format(account=sandbox.account_id)
    for action, more in (("Simulate{}Policy", {"action_names": ["s3:GetObject"]}), ("GetContextKeysFor{}Policy", {})):
        refused(admin, code, "", f"iam:{action.format('Principal')}", policy_source_arn=arn, **more)


def test_who_may_simulate_john_is_decided_on_john(root, john, sandbox):
    root.call("iam:CreateUser", user_name="clerk")
    document = policy(allow("iam:SimulatePrincipalPolicy", john))
    root.call("iam:PutUserPolicy", user_name="clerk", policy_name="p", policy_document=document)
    clerk = client_for(sandbox, "clerk")
    assert principal(clerk, john)
    with pytest.raises(AccessDenied):
        principal(clerk, f"arn:aws:iam::{sandbox.account_id}:user/Sarah")


# -- it agrees with the engine ----------------------------------------------------------------------------

POLICIES = [
    policy(allow("s3:*", "arn:aws:s3:::company1-hr/*"), deny("s3:DeleteObject")),
    policy(allow(["s3:GetObject", "ec2:*"]), deny("*", "arn:aws:s3:::company1-hr/secret*")),
    policy(allow("*") | {"Condition": {"StringEquals": {"aws:PrincipalTag/team": "hr"}}}),
    policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}),
    policy({"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}, allow("*")),
]


@pytest.mark.parametrize("document", POLICIES)
@pytest.mark.parametrize("boundary", ["", *POLICIES[:2]])
def test_the_simulator_says_what_the_engine_decides(root, admin, john, sandbox, document, boundary):
    root.call("iam:PutUserPolicy", user_name="john", policy_name="p", policy_document=document)
    actions = ("s3:GetObject", "s3:DeleteObject", "ec2:StopInstances", "iam:CreateUser")
    resources = [OBJECT, "arn:aws:s3:::company1-hr/secret.txt", "*"]
    given = {"permissions_boundary_policy_input_list": [boundary]} if boundary else {}
    found = principal(admin, john, actions=actions, resource_arns=resources, **given)
    policies = PolicySet(
        identity=(AttachedPolicy(parse(document, "identity"), "p", "inline"),),
        boundary=AttachedPolicy(parse(boundary, "boundary"), "b", "boundary") if boundary else None,
    )
    who = Principal.user(john)
    context = who.context() | {"aws:PrincipalTag/team": "hr"}
    words = {"allowed": "allowed", "explicit_deny": "explicitDeny", "implicit_deny": "implicitDeny"}
    for result in found:
        for one in result["ResourceSpecificResults"]:
            request = Request(who, result["EvalActionName"], one["EvalResourceName"], sandbox.account_id, context)
            assert one["EvalResourceDecision"] == words[decide(request, policies).outcome]


def test_the_simulator_says_what_real_calls_meet(root, admin, john, sandbox):
    root.call("iam:PutUserPolicy", user_name="john", policy_name="p", policy_document=policy(allow("iam:ListUsers")))
    actual = client_for(sandbox, "john")
    assert actual.call("iam:ListUsers")
    with pytest.raises(AccessDenied):
        actual.call("iam:ListGroups")
    assert decisions(principal(admin, john, actions=("iam:ListUsers", "iam:ListGroups"))) == [
        ("iam:ListUsers", "allowed"),
        ("iam:ListGroups", "implicitDeny"),
    ]


# -- context keys -----------------------------------------------------------------------------------------


def test_context_keys_are_those_of_conditions_and_variables(admin):
    first = policy(
        allow("s3:*", "arn:aws:s3:::hr/${aws:username}/*")
        | {"Condition": {"StringLike": {"s3:prefix": "${aws:PrincipalTag/team, 'x'}/${*}"}}}
    )
    second = policy(
        allow("*") | {"Condition": {"Bool": {"AWS:username": "true"}, "Null": {"aws:TokenIssueTime": "true"}}}
    )
    found = admin.call("iam:GetContextKeysForCustomPolicy", policy_input_list=[first, second])
    assert found == {"ContextKeyNames": ["aws:PrincipalTag/team", "aws:TokenIssueTime", "aws:username", "s3:prefix"]}


def test_an_old_version_has_no_variables(admin):
    document = json.dumps({"Version": "2008-10-17", "Statement": [allow("s3:*", "arn:aws:s3:::hr/${aws:username}/*")]})
    assert admin.call("iam:GetContextKeysForCustomPolicy", policy_input_list=[document]) == {"ContextKeyNames": []}
    refused(admin, "InvalidInput", "", "iam:GetContextKeysForCustomPolicy", policy_input_list=["{"])


def test_context_keys_of_a_user_are_those_of_its_groups_too(root, admin, john):
    root.call("iam:CreateGroup", group_name="Readers")
    root.call("iam:AddUserToGroup", user_name="john", group_name="Readers")
    with_ip = policy(allow("*") | {"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}})
    with_mfa = policy(allow("*") | {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}})
    with_tag = policy(allow("*") | {"Condition": {"StringEquals": {"aws:PrincipalTag/a": "b"}}})
    root.call("iam:PutGroupPolicy", group_name="Readers", policy_name="p", policy_document=with_ip)
    root.call("iam:PutUserPolicy", user_name="john", policy_name="p", policy_document=with_mfa)
    found = admin.call("iam:GetContextKeysForPrincipalPolicy", policy_source_arn=john, policy_input_list=[with_tag])
    assert found["ContextKeyNames"] == ["aws:MultiFactorAuthPresent", "aws:PrincipalTag/a", "aws:SourceIp"]
