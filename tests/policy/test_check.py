"""Findings: names and texts of AWS's policy check reference.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

# ruff: noqa: E501 - tables read best with a case a line
from __future__ import annotations

import json

import pytest

from iamconsole.policy import check, parse
from iamconsole.policy.check import _PROBLEMS

OK = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
TRUST = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}


def names(*statements, kind="identity", **more):
    document = {"Version": "2012-10-17", "Statement": list(statements)} | more
    return [(finding.type, finding.name) for finding in check(parse(document, kind))]


def one(statement, kind="identity"):
    (finding,) = check(parse({"Version": "2012-10-17", "Statement": [statement]}, kind))
    return finding


#    statement                                       kind        type                name and text
TABLE = [
    ({"Action": "s3:GetObjct"},                      "identity", "ERROR",            "Invalid action: The action s3:GetObjct does not exist. Did you mean s3:GetObject?"),
    ({"Action": "s3:Qqqq*"},                         "identity", "ERROR",            "Invalid action: The action s3:Qqqq* does not exist."),
    ({"Action": "s33:GetObject"},                    "identity", "ERROR",            "Invalid service in action: The service s33 specified in the action does not exist. Did you mean s3?"),
    ({"Action": "@@@@:GetObject"},                   "identity", "ERROR",            "Invalid action: The action @@@@:GetObject does not exist."),
    ({"Action": "qqqqqqqq:GetObject"},               "identity", "ERROR",            "Invalid service in action: The service qqqqqqqq specified in the action does not exist."),
    ({"Action": "s3*:GetObject"},                    "identity", "SUGGESTION",       "Wildcard in service name: Avoid using wildcards (*, ?) in the service name because it might grant unintended access to other AWS services with similar names."),
    ({"Effect": "allow"},                            "identity", "ERROR",            "Invalid effect: The effect allow is not valid. Use Allow or Deny."),
    ({"NotAction": "s3:*"},                          "identity", "ERROR",            "Unsupported element combination: The policy elements Action and NotAction can not be used in the same statement. Remove one of these elements."),
    ({"Action": []},                                 "identity", "SUGGESTION",       "Empty array action: This statement includes no actions and does not affect the policy. Specify actions."),
    ({"Resource": []},                               "identity", "SUGGESTION",       "Empty array resource: This statement includes no resources and does not affect the policy. Specify resources."),
    ({"Resource": "bucket"},                         "identity", "ERROR",            "Invalid ARN prefix: Add the required prefix (arn) to the resource ARN."),
    ({"Resource": "arn:aws:s3"},                     "identity", "ERROR",            "Missing ARN field: Resource ARNs must include at least 6 fields in the following structure: arn:partition:service:region:account:resource"),
    ({"Resource": "arn:az:s3:::b"},                  "identity", "ERROR",            "Invalid partition: The resource ARN for the service s3 does not support the partition az. Use the supported values: aws, aws-cn, aws-us-gov"),
    ({"Resource": "arn:az"},                         "identity", "ERROR",            "Invalid partition: The resource ARN for the service  does not support the partition az. Use the supported values: aws, aws-cn, aws-us-gov"),
    ({"Principal": "*"},                             "identity", "ERROR",            "Unsupported principal: The policy type IDENTITY_POLICY does not support the Principal element. Remove the Principal element."),
    ({"Sid": "a b"},                                 "identity", "ERROR",            "Unsupported Sid: Update the characters in the Sid element to use one of the following character types: [a-z, A-Z, 0-9]"),
    ({"Extra": 1},                                   "identity", "ERROR",            "Invalid policy element: The policy element Extra is not valid."),
    ({"Condition": {"Like": {"aws:x": "y"}}},        "identity", "ERROR",            "Invalid condition operator: The condition operator Like is not valid. Use a valid condition operator."),
    ({"Action": 5},                                  "identity", "ERROR",            "Data type mismatch: The text does not match the expected JSON data type String."),
    ({"Principal": {"AWS": "bob"}},                  "resource", "ERROR",            "Invalid principal format: The Principal element contents are not valid. Specify a key-value pair in the Principal element."),
]  # fmt: skip


@pytest.mark.parametrize(("change", "kind", "type_", "text"), TABLE)
def test_a_finding_has_the_type_and_text_of_aws(change, kind, type_, text):
    finding = one(OK | change, kind)
    assert finding.type == type_
    assert f"{finding.name}: {finding.text}" == text


STAR = "SECURITY_WARNING"
#    statement                                                                               name
PASS_ROLE = [
    ({"Action": "iam:PassRole", "Resource": "*"},                                            "Pass role with star in resource"),
    ({"Action": "iam:PassRole", "Resource": "arn:aws:iam::123456789012:role/*"},             "Pass role with star in resource"),
    ({"Action": "*", "Resource": "*"},                                                       "Pass role with star in action and resource"),
    ({"Action": "iam:Pass*", "Resource": "*"},                                               "Pass role with star in action and resource"),
    ({"NotAction": "s3:*", "Resource": "*"},                                                 "Pass role with star in resource and NotAction"),
    ({"Action": "iam:PassRole", "NotResource": "arn:aws:iam::123456789012:role/x"},          "Pass role with NotResource"),
    ({"Action": "iam:*", "NotResource": "arn:aws:iam::123456789012:role/x"},                 "Pass role with star in action and NotResource"),
    ({"NotAction": "s3:*", "NotResource": "arn:aws:iam::123456789012:role/x"},               "Pass role with NotAction and NotResource"),
    ({"Action": "iam:PassRole", "Resource": "arn:aws:iam::123456789012:role/x"},             None),
    ({"Action": "iam:GetRole", "Resource": "*"},                                             None),
    ({"NotAction": "iam:*", "Resource": "*"},                                                None),
    ({"Action": "iam:*", "Resource": "*", "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}}, None),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "name"), PASS_ROLE)
def test_a_statement_that_passes_any_role_is_a_security_warning(statement, name):
    assert names({"Effect": "Allow"} | statement) == ([(STAR, name)] if name else [])
    assert names({"Effect": "Deny"} | statement) == []


def test_other_findings():
    assert names(OK) == []
    assert names(OK | {"Action": ["*", "*:*"]}) == [(STAR, "Pass role with star in action and resource")]
    (version,) = check(parse({"Statement": [OK]}, "identity"))
    assert (version.type, version.name, version.path) == ("WARNING", "Missing version", "")
    allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "NotPrincipal": {"AWS": "123456789012"}}
    assert names(allow, kind="resource") == [(STAR, "Allow with NotPrincipal")]
    assert names(TRUST | {"Resource": "*"}, kind="trust") == [("ERROR", "Role trust policy syntax error resource")]
    assert check(parse({"Version": "2012-10-17", "Statement": OK | {"Action": "s3:Gett"}}, "identity"))[0].path == (
        "Statement.Action"
    )


def test_json_errors_tell_index_line_and_column():
    (finding,) = check(parse('{\n "Version" 1}', "identity"))
    assert finding.text == "Fix the JSON syntax error at index 13 line 2 column 12."


def test_findings_stand_in_the_order_of_the_text():
    text = json.dumps({"Version": "2012-10-17", "Statement": [OK | {"Action": ["s3:Gett", "s3:Putt"]}]}, indent=1)
    findings = check(parse(text, "identity"))
    assert [finding.path for finding in findings] == ["Statement[0].Action[0]", "Statement[0].Action[1]"]
    assert findings[0].line + 1 == findings[1].line


def test_every_problem_of_the_grammar_is_also_a_finding():
    from tests.policy.test_parse import TABLE as REFUSED

    codes = set()
    for kind, document, _, _ in REFUSED:
        policy = parse(json.dumps(document) if isinstance(document, list) else document, kind)
        codes |= {problem.code for problem in policy.problems}
        assert len(check(policy)) >= 1
    assert codes == set(_PROBLEMS)
