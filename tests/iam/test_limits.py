"""limits.md as a table: names (§1), quotas (§2), sizes (§3), identifiers (§6) and error texts (§8) of IAM, at the door.

What is said about the policy grammar (E19 to E24) has its table in `tests/policy/test_parse.py`; sessions and their
durations (§4) in `tests/sts/`.
"""

# ruff: noqa: E501 - tables read best with a case a line
from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any

import pytest

from iamconsole.core.errors import AwsError
from iamconsole.iam import models
from tests.factories import allow, policy

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
DOCUMENT = policy(allow("s3:GetObject"))
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


def answer(client, action: str, params: dict[str, Any]) -> tuple[str, str]:
    """The code and the message of the refusal; two empty texts for a success."""
    try:
        client.call(action, **params)
    except AwsError as error:
        return error.code, error.message
    return "", ""


def detected(member: str, value: str, constraint: str) -> str:
    return f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must {constraint}"


def longest(member: str, value: str, length: int) -> str:
    """E1, the form for a text that is too long."""
    return detected(member, value, f"have length less than or equal to {length}")


def shortest(member: str, value: str, length: int) -> str:
    return detected(member, value, f"have length greater than or equal to {length}")


def pattern(member: str, value: str, expression: str) -> str:
    return detected(member, value, f"satisfy regular expression pattern: {expression}")


def characters(member: str) -> str:
    """E2."""
    return (
        f"The specified value for {member} is invalid. "
        "It must contain only alphanumeric characters and/or the following: +=,.@_-"
    )


# -- §1 Names and character sets -----------------------------------------------------------------------

#    operation                   the name's parameter     longest  the rest
NAMED = [
    ("iam:CreateUser",            "user_name",             64,  {}),
    ("iam:CreateGroup",           "group_name",            128, {}),
    ("iam:CreateRole",            "role_name",             64,  {"assume_role_policy_document": TRUST}),
    ("iam:CreateInstanceProfile", "instance_profile_name", 128, {}),
    ("iam:CreatePolicy",          "policy_name",           128, {"policy_document": DOCUMENT}),
]  # fmt: skip
EVERY_CHARACTER = "ABCXYZabcxyz019+=,.@_-"


def member(parameter: str) -> str:
    first, *rest = parameter.split("_")
    return first + "".join(part.title() for part in rest)


@pytest.mark.parametrize(("action", "parameter", "length", "rest"), NAMED)
def test_names_of_things(admin, action, parameter, length, rest):
    name = member(parameter)
    for good in ("a", "x" * length, EVERY_CHARACTER):
        assert answer(admin, action, rest | {parameter: good}) == ("", "")
    long = "x" * (length + 1)
    assert answer(admin, action, rest | {parameter: long}) == ("ValidationError", longest(name, long, length))
    assert answer(admin, action, rest | {parameter: ""})[0] == "ValidationError"
    for bad in ("a b", "a/b", "ü", "a*", "a\n", "a:b"):
        assert answer(admin, action, rest | {parameter: bad}) == ("ValidationError", characters(name))
    # "not distinguished by case": what is made stays as typed, and nothing else of that name can be.
    code, message = answer(admin, action, rest | {parameter: EVERY_CHARACTER.swapcase()})
    assert code == "EntityAlreadyExists"
    swapped = EVERY_CHARACTER.swapcase()
    said = {
        "user_name": f"User with name {swapped} already exists.",
        "group_name": f"Group with name {swapped} already exists.",
        "role_name": f"Role with name {swapped} already exists.",
        "instance_profile_name": f"Instance Profile {swapped} already exists.",
        "policy_name": f"A policy called {swapped} already exists. Duplicate names are not allowed.",
    }
    assert message == said[parameter]


PATHS = [
    ("/", ""),
    ("/hr/", ""),
    ("/a/b-c_d.e,f+g=h@i/", ""),
    ("/" + "x" * 510 + "/", ""),
    ("hr/", "E5"),
    ("/hr", "E5"),
    ("/h r/", "E5"),
    ("/ü/", "E5"),
    ("", "ValidationError"),
    ("/" + "x" * 511 + "/", "ValidationError"),
]


@pytest.mark.parametrize(("path", "wrong"), PATHS, ids=[repr(path)[:20] for path, _ in PATHS])
@pytest.mark.parametrize(("action", "parameter", "length", "rest"), NAMED)
def test_paths(admin, action, parameter, length, rest, path, wrong):
    code, message = answer(admin, action, rest | {parameter: "x", "path": path})
    assert code == ("ValidationError" if wrong else "")
    if wrong == "E5":
        assert message == (
            "The specified value for path is invalid. It must begin and end with / "
            "and contain only alphanumeric characters and/or / characters."
        )


TAG_CHARACTERS = r"[\p{L}\p{Z}\p{N}_.:/=+\-@]"


def a_tag(key: str, value: str = "") -> dict[str, Any]:
    return {"user_name": "amin", "tags": [{"Key": key, "Value": value}]}


#    operation               parameters                                                       code                message (None: soft)
TEXTS = [
    ("iam:TagUser",          a_tag("k" * 128, "v" * 256),                                     "",                 ""),
    ("iam:TagUser",          a_tag("Ünïcode 9_.:/=+-@", "Ünïcode 9_.:/=+-@"),                 "",                 ""),
    ("iam:TagUser",          a_tag("empty", ""),                                              "",                 ""),
    ("iam:TagUser",          a_tag("k" * 129),                                                "ValidationError",  longest("tags.1.member.key", "k" * 129, 128)),
    ("iam:TagUser",          a_tag("", "v"),                                                  "ValidationError",  None),
    ("iam:TagUser",          a_tag("k", "v" * 257),                                           "ValidationError",  longest("tags.1.member.value", "v" * 257, 256)),
    ("iam:TagUser",          a_tag("a*"),                                                     "ValidationError",  pattern("tags.1.member.key", "a*", TAG_CHARACTERS + "+")),
    ("iam:TagUser",          a_tag("k", "<b>"),                                               "ValidationError",  pattern("tags.1.member.value", "<b>", TAG_CHARACTERS + "*")),
    ("iam:TagUser",          a_tag("aws:x"),                                                  "InvalidInput",     None),
    ("iam:TagUser",          {"user_name": "amin", "tags": [{"Key": "a", "Value": ""}, {"Key": "A", "Value": ""}]}, "InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive."),
    ("iam:PutUserPolicy",    {"user_name": "amin", "policy_name": "x" * 128, "policy_document": DOCUMENT}, "", ""),
    ("iam:PutUserPolicy",    {"user_name": "amin", "policy_name": "x" * 129, "policy_document": DOCUMENT}, "ValidationError", longest("policyName", "x" * 129, 128)),
    ("iam:PutUserPolicy",    {"user_name": "amin", "policy_name": "a b", "policy_document": DOCUMENT}, "ValidationError", None),
    ("iam:PutUserPolicy",    {"user_name": "amin", "policy_name": "a*b", "policy_document": DOCUMENT}, "ValidationError", None),
    ("iam:CreatePolicy",     {"policy_name": "p", "policy_document": DOCUMENT, "description": "x" * 1000}, "", ""),
    ("iam:CreatePolicy",     {"policy_name": "p", "policy_document": DOCUMENT, "description": "x" * 1001}, "ValidationError", longest("description", "x" * 1001, 1000)),
    ("iam:CreateRole",       {"role_name": "r", "assume_role_policy_document": TRUST, "description": "Tab\tand line\n{}[]!#$%^*();:\"'`~"}, "", ""),
    ("iam:CreateRole",       {"role_name": "r", "assume_role_policy_document": TRUST, "description": "x" * 1001}, "ValidationError", longest("description", "x" * 1001, 1000)),
    ("iam:CreateRole",       {"role_name": "r", "assume_role_policy_document": TRUST, "description": "Ω"}, "ValidationError", None),
    ("iam:CreateAccountAlias", {"account_alias": "a" * 63},                                   "",                 ""),
    ("iam:CreateAccountAlias", {"account_alias": "co1-hr"},                                   "",                 ""),
    ("iam:CreateAccountAlias", {"account_alias": "a" * 64},                                   "ValidationError",  None),
    ("iam:CreateAccountAlias", {"account_alias": "ab"},                                       "ValidationError",  None),
    ("iam:CreateAccountAlias", {"account_alias": "Company1"},                                 "ValidationError",  None),
    ("iam:CreateAccountAlias", {"account_alias": "-company"},                                 "ValidationError",  None),
    ("iam:CreateAccountAlias", {"account_alias": "company-"},                                 "ValidationError",  None),
    ("iam:CreateAccountAlias", {"account_alias": "com--pany"},                                "ValidationError",  None),
    ("iam:CreateAccountAlias", {"account_alias": "1" * 12},                                   "InvalidInput",     None),
    ("iam:CreateLoginProfile", {"user_name": "amin", "password": "Aa1" + "x" * 125},          "",                 ""),
    ("iam:CreateLoginProfile", {"user_name": "amin", "password": "Aa1" + "x" * 126},          "ValidationError",  None),
    ("iam:CreateLoginProfile", {"user_name": "amin", "password": "Aa1ΩΩΩΩΩΩ"},                "ValidationError",  None),
    ("iam:CreateVirtualMFADevice", {"virtual_mfa_device_name": "a b"},                        "ValidationError",  None),
    ("iam:CreateVirtualMFADevice", {"virtual_mfa_device_name": "x" * 64},                     "",                 ""),
    ("iam:CreatePolicy",     {"policy_name": "p", "policy_document": policy(allow("s3:GetObject", "arn:aws:s3:::ÿ/*"))}, "", ""),
    ("iam:CreatePolicy",     {"policy_name": "p", "policy_document": json.dumps(json.loads(policy(allow("s3:GetObject", "arn:aws:s3:::Ω/*"))), ensure_ascii=False)}, "ValidationError", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("action", "params", "code", "message"), TEXTS, ids=[f"{n}-{row[0]}" for n, row in enumerate(TEXTS)]
)
def test_texts(admin, action, params, code, message):
    found = answer(admin, action, params)
    assert found[0] == code
    if message is not None:
        assert found[1] == message


# -- §2 Quotas -----------------------------------------------------------------------------------------


def many(model, account, prefix: str, number: int, **more: Any) -> None:
    """Rows beside those that are there, made in bulk: what is asked about is the next one."""
    model.objects.bulk_create(
        model(account=account, name=f"many-{n}", unique_id=f"{prefix}{n:017}", created=NOW, **more)
        for n in range(number)
    )


def quota(name: str, limit: int) -> tuple[str, str]:
    return "LimitExceeded", f"Cannot exceed quota for {name}: {limit}"


def test_users_per_account(admin, sandbox):
    many(models.User, sandbox, "AIDA", 5000 - models.User.objects.filter(account=sandbox).count() - 1)
    assert answer(admin, "iam:CreateUser", {"user_name": "last"}) == ("", "")
    assert answer(admin, "iam:CreateUser", {"user_name": "more"}) == quota("UsersPerAccount", 5000)
    assert answer(admin, "iam:CreateUser", {"user_name": "LAST"})[0] == "EntityAlreadyExists"


def test_groups_per_account(admin, sandbox):
    many(models.Group, sandbox, "AGPA", 299)
    assert answer(admin, "iam:CreateGroup", {"group_name": "last"}) == ("", "")
    assert answer(admin, "iam:CreateGroup", {"group_name": "more"}) == quota("GroupsPerAccount", 300)


def test_roles_per_account(admin, sandbox):
    trust = models.Role.objects.filter(account=sandbox).first().trust
    many(models.Role, sandbox, "AROA", 999 - models.Role.objects.filter(account=sandbox).count(), trust=trust)
    params = {"assume_role_policy_document": TRUST}
    assert answer(admin, "iam:CreateRole", params | {"role_name": "last"}) == ("", "")
    assert answer(admin, "iam:CreateRole", params | {"role_name": "more"}) == quota("RolesPerAccount", 1000)


def test_instance_profiles_per_account_and_roles_in_one(admin, sandbox):
    many(models.InstanceProfile, sandbox, "AIPA", 999)
    assert answer(admin, "iam:CreateInstanceProfile", {"instance_profile_name": "last"}) == ("", "")
    assert answer(admin, "iam:CreateInstanceProfile", {"instance_profile_name": "more"}) == quota(
        "InstanceProfilesPerAccount", 1000
    )
    for name in ("one", "two"):
        admin.call("iam:CreateRole", role_name=name, assume_role_policy_document=TRUST)
    add = {"instance_profile_name": "last"}
    assert answer(admin, "iam:AddRoleToInstanceProfile", add | {"role_name": "one"}) == ("", "")
    assert answer(admin, "iam:AddRoleToInstanceProfile", add | {"role_name": "two"}) == quota(
        "InstanceSessionsPerInstanceProfile", 1
    )


def test_policies_per_account(admin, sandbox):
    there = models.ManagedPolicy.objects.filter(account=sandbox).count()
    many(models.ManagedPolicy, sandbox, "ANPA", 1499 - there, updated=NOW)
    params = {"policy_document": DOCUMENT}
    assert answer(admin, "iam:CreatePolicy", params | {"policy_name": "last"}) == ("", "")
    assert answer(admin, "iam:CreatePolicy", params | {"policy_name": "more"}) == quota("PoliciesPerAccount", 1500)


def test_groups_per_user(admin):
    for number in range(11):
        admin.call("iam:CreateGroup", group_name=f"g{number}")
    for number in range(10):
        admin.call("iam:AddUserToGroup", group_name=f"g{number}", user_name="amin")
    assert answer(admin, "iam:AddUserToGroup", {"group_name": "g10", "user_name": "amin"}) == quota("GroupsPerUser", 10)
    assert answer(admin, "iam:AddUserToGroup", {"group_name": "g3", "user_name": "amin"}) == ("", "")


@pytest.mark.parametrize("kind", ["user", "group", "role"])
def test_managed_policies_per_identity(admin, kind):
    more = {"assume_role_policy_document": TRUST} if kind == "role" else {}
    admin.call(f"iam:Create{kind.title()}", **{f"{kind}_name": "x"}, **more)
    arns = [one["Arn"] for one in admin.call("iam:ListPolicies", scope="AWS", path_prefix="/job-function/")["Policies"]]
    arns += [one["Arn"] for one in admin.call("iam:ListPolicies", scope="Local")["Policies"]]
    attach = f"iam:Attach{kind.title()}Policy"
    for arn in arns[:10]:
        assert answer(admin, attach, {f"{kind}_name": "x", "policy_arn": arn}) == ("", "")
    eleventh = {f"{kind}_name": "x", "policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    assert answer(admin, attach, eleventh) == quota(f"PoliciesPer{kind.title()}", 10)
    assert answer(admin, attach, eleventh | {"policy_arn": arns[0]}) == ("", "")  # is attached already


def test_access_keys_per_user_and_root_inactive_ones_too(admin, root):
    for number in range(2):
        key = admin.call("iam:CreateAccessKey", user_name="amin")["AccessKey"]["AccessKeyId"]
        if number:
            admin.call("iam:UpdateAccessKey", user_name="amin", access_key_id=key, status="Inactive")
    assert answer(admin, "iam:CreateAccessKey", {"user_name": "amin"}) == quota("AccessKeysPerUser", 2)
    while answer(root, "iam:CreateAccessKey", {}) == ("", ""):
        pass
    assert len(root.call("iam:ListAccessKeys")["AccessKeyMetadata"]) == 2
    assert answer(root, "iam:CreateAccessKey", {})[0] == "LimitExceeded"


def test_mfa_devices_per_user(admin, sandbox):
    user = models.User.objects.get(account=sandbox, name="amin")
    models.MfaDevice.objects.bulk_create(
        models.MfaDevice(account=sandbox, user=user, name=f"d{n}", seed=b"", created=NOW, enabled=NOW) for n in range(8)
    )
    serial = admin.call("iam:CreateVirtualMFADevice", virtual_mfa_device_name="ninth")["VirtualMFADevice"][
        "SerialNumber"
    ]
    codes = {"authentication_code1": "123456", "authentication_code2": "654321"}
    asked = {"user_name": "amin", "serial_number": serial, **codes}
    assert answer(admin, "iam:EnableMFADevice", asked) == quota("MfaDevicesPerUser", 8)


def test_one_login_profile_per_user(admin):
    admin.call("iam:CreateLoginProfile", user_name="amin", password="Passw0rd!")
    assert answer(admin, "iam:CreateLoginProfile", {"user_name": "amin", "password": "Passw0rd!"}) == (
        "EntityAlreadyExists",
        "Login Profile for user amin already exists.",
    )


def test_one_boundary_that_is_replaced_and_none_for_groups(admin, sandbox):
    for name in ("ReadOnlyAccess", "PowerUserAccess"):
        arn = f"arn:aws:iam::aws:policy/{name}"
        assert answer(admin, "iam:PutUserPermissionsBoundary", {"user_name": "amin", "permissions_boundary": arn}) == (
            "",
            "",
        )
    found = admin.call("iam:GetUser", user_name="amin")["User"]["PermissionsBoundary"]
    assert found == {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}


@pytest.mark.parametrize("kind", ["User", "Role", "Policy", "InstanceProfile", "MFADevice"])
def test_fifty_tags_per_resource(admin, sandbox, kind):
    account = sandbox.account_id
    if kind == "Role":
        admin.call("iam:CreateRole", role_name="x", assume_role_policy_document=TRUST)
    elif kind == "InstanceProfile":
        admin.call("iam:CreateInstanceProfile", instance_profile_name="x")
    elif kind == "MFADevice":
        admin.call("iam:CreateVirtualMFADevice", virtual_mfa_device_name="x")
    owner = {
        "User": {"user_name": "amin"},
        "Role": {"role_name": "x"},
        "Policy": {"policy_arn": f"arn:aws:iam::{account}:policy/Company1-Logs-Policy"},
        "InstanceProfile": {"instance_profile_name": "x"},
        "MFADevice": {"serial_number": f"arn:aws:iam::{account}:mfa/x"},
    }[kind]
    admin.call(f"iam:Tag{kind}", **owner, tags=[{"Key": f"k{n}", "Value": ""} for n in range(50)])
    code, message = answer(admin, f"iam:Tag{kind}", owner | {"tags": [{"Key": "more", "Value": ""}]})
    assert code == "LimitExceeded"
    assert message  # soft: limits.md E12
    assert answer(admin, f"iam:Tag{kind}", owner | {"tags": [{"Key": "K0", "Value": "replaced"}]}) == ("", "")


# -- §3 Sizes ------------------------------------------------------------------------------------------


def sized(size: int, blanks: int = 0, kind: str = "identity") -> str:
    """A policy of so many characters, and white space beside them."""
    statement: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": ""}
    if kind == "trust":
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Sid": "",
        }
    whole = {"Version": "2012-10-17", "Statement": [statement]}
    filled = "Sid" if kind == "trust" else "Resource"
    statement[filled] = "" if kind == "trust" else "arn:aws:s3:::"
    statement[filled] += "x" * (size - len(json.dumps(whole, separators=(",", ":"))))
    text = json.dumps(whole, separators=(",", ":"))
    assert len(text) == size
    return text + " \n\t" * (blanks // 3)


def test_a_managed_policy_has_6144_characters_beside_white_space(admin):
    create = {"policy_name": "P", "policy_document": sized(6144, blanks=3000)}
    assert answer(admin, "iam:CreatePolicy", create) == ("", "")
    over = {"policy_name": "Q", "policy_document": sized(6145)}
    assert answer(admin, "iam:CreatePolicy", over) == quota("PolicySize", 6144)
    arn = admin.call("iam:ListPolicies", scope="Local")["Policies"]
    arn = next(one["Arn"] for one in arn if one["PolicyName"] == "P")
    version = {"policy_arn": arn, "policy_document": sized(6145)}
    assert answer(admin, "iam:CreatePolicyVersion", version) == quota("PolicySize", 6144)


@pytest.mark.parametrize(("kind", "most"), [("user", 2048), ("group", 5120), ("role", 10240)])
def test_inline_policies_are_counted_together(admin, kind, most):
    more = {"assume_role_policy_document": TRUST} if kind == "role" else {}
    admin.call(f"iam:Create{kind.title()}", **{f"{kind}_name": "X"}, **more)
    put, owner = f"iam:Put{kind.title()}Policy", {f"{kind}_name": "X"}
    half = most // 2
    over = "LimitExceeded", f"Maximum policy size of {most} bytes exceeded for {kind} X"
    assert answer(admin, put, owner | {"policy_name": "a", "policy_document": sized(half, blanks=900)}) == ("", "")
    assert answer(admin, put, owner | {"policy_name": "b", "policy_document": sized(half + 1)}) == over
    assert answer(admin, put, owner | {"policy_name": "b", "policy_document": sized(half)}) == ("", "")
    assert answer(admin, put, owner | {"policy_name": "a", "policy_document": sized(half + 1)}) == over
    assert answer(admin, put, owner | {"policy_name": "a", "policy_document": sized(half - 1)}) == ("", "")


def test_a_trust_policy_has_2048_characters_beside_white_space(admin):
    create = {"role_name": "r", "assume_role_policy_document": sized(2048, blanks=300, kind="trust")}
    assert answer(admin, "iam:CreateRole", create) == ("", "")
    over = sized(2049, kind="trust")
    assert answer(admin, "iam:CreateRole", {"role_name": "s", "assume_role_policy_document": over}) == quota(
        "ACLSizePerRole", 2048
    )
    update = {"role_name": "r", "policy_document": over}
    assert answer(admin, "iam:UpdateAssumeRolePolicy", update) == quota("ACLSizePerRole", 2048)


# -- §4 What IAM keeps of durations --------------------------------------------------------------------


def test_the_longest_session_of_a_role_is_one_to_twelve_hours(admin):
    create = {"role_name": "r", "assume_role_policy_document": TRUST}
    for seconds, constraint in ((3599, "greater than or equal to 3600"), (43201, "less than or equal to 43200")):
        assert answer(admin, "iam:CreateRole", create | {"max_session_duration": seconds}) == (
            "ValidationError",
            detected("maxSessionDuration", str(seconds), f"have value {constraint}"),
        )
    admin.call("iam:CreateRole", **create)
    assert admin.call("iam:GetRole", role_name="r")["Role"]["MaxSessionDuration"] == 3600
    admin.call("iam:UpdateRole", role_name="r", max_session_duration=43200)
    assert admin.call("iam:GetRole", role_name="r")["Role"]["MaxSessionDuration"] == 43200


# -- §6 Identifiers and ARNs ---------------------------------------------------------------------------


def test_identifiers_have_the_forms_of_aws(admin, sandbox):
    account = sandbox.account_id
    assert re.fullmatch(r"\d{12}", account)
    made = {
        "AIDA": (admin.call("iam:CreateUser", user_name="x", path="/p/")["User"], "UserId", "user/p/x"),
        "AGPA": (admin.call("iam:CreateGroup", group_name="x", path="/p/")["Group"], "GroupId", "group/p/x"),
        "AROA": (
            admin.call("iam:CreateRole", role_name="x", path="/p/", assume_role_policy_document=TRUST)["Role"],
            "RoleId",
            "role/p/x",
        ),
        "ANPA": (
            admin.call("iam:CreatePolicy", policy_name="x", path="/p/", policy_document=DOCUMENT)["Policy"],
            "PolicyId",
            "policy/p/x",
        ),
        "AIPA": (
            admin.call("iam:CreateInstanceProfile", instance_profile_name="x", path="/p/")["InstanceProfile"],
            "InstanceProfileId",
            "instance-profile/p/x",
        ),
    }
    for prefix, (shape, member_name, tail) in made.items():
        assert re.fullmatch(prefix + "[A-Z2-7]{17}", shape[member_name])
        assert shape["Arn"] == f"arn:aws:iam::{account}:{tail}"
    key = admin.call("iam:CreateAccessKey", user_name="x")["AccessKey"]
    assert re.fullmatch("AKIA[A-Z2-7]{16}", key["AccessKeyId"])
    assert re.fullmatch("[A-Za-z0-9/+]{40}", key["SecretAccessKey"])
    device = admin.call("iam:CreateVirtualMFADevice", virtual_mfa_device_name="x")["VirtualMFADevice"]
    assert device["SerialNumber"] == f"arn:aws:iam::{account}:mfa/x"
    service_role = admin.call("iam:GetRole", role_name="AWSServiceRoleForSupport")["Role"]["Arn"]
    assert service_role == (
        f"arn:aws:iam::{account}:role/aws-service-role/support.amazonaws.com/AWSServiceRoleForSupport"
    )


# -- §8 Errors -----------------------------------------------------------------------------------------

NOBODY = {"user_name": "nobody"}
NO_POLICY = "arn:aws:iam::aws:policy/Missing"
#    operation                         parameters                                                          code                 message (None: soft)
ERRORS = [
    ("iam:GetUser",                    NOBODY,                                                             "NoSuchEntity",      "The user with name nobody cannot be found."),
    ("iam:DeleteUser",                 NOBODY,                                                             "NoSuchEntity",      "The user with name nobody cannot be found."),
    ("iam:ListAccessKeys",             NOBODY,                                                             "NoSuchEntity",      "The user with name nobody cannot be found."),
    ("iam:GetGroup",                   {"group_name": "none"},                                             "NoSuchEntity",      "The group with name none cannot be found."),
    ("iam:GetRole",                    {"role_name": "none"},                                              "NoSuchEntity",      "The role with name none cannot be found."),
    ("iam:GetInstanceProfile",         {"instance_profile_name": "none"},                                  "NoSuchEntity",      "Instance Profile none cannot be found."),
    ("iam:GetLoginProfile",            {"user_name": "amin"},                                              "NoSuchEntity",      "Login Profile for User amin cannot be found."),
    ("iam:DeleteAccessKey",            {"user_name": "amin", "access_key_id": "AKIA" + "A" * 16},          "NoSuchEntity",      f"The Access Key with id AKIA{'A' * 16} cannot be found."),
    ("iam:GetUserPolicy",              {"user_name": "amin", "policy_name": "x"},                          "NoSuchEntity",      "The user policy with name x cannot be found."),
    ("iam:GetRolePolicy",              {"role_name": "AWSServiceRoleForSupport", "policy_name": "x"},      "NoSuchEntity",      "The role policy with name x cannot be found."),
    ("iam:GetPolicy",                  {"policy_arn": NO_POLICY},                                          "NoSuchEntity",      f"Policy {NO_POLICY} was not found."),
    ("iam:DetachUserPolicy",           {"user_name": "amin", "policy_arn": NO_POLICY},                     "NoSuchEntity",      f"Policy {NO_POLICY} was not found."),
    ("iam:AttachUserPolicy",           {"user_name": "amin", "policy_arn": NO_POLICY},                     "NoSuchEntity",      f"Policy {NO_POLICY} does not exist or is not attachable."),
    ("iam:GetPolicy",                  {"policy_arn": "this-is-not-an-arn-at-all"},                        "ValidationError",   "Invalid ARN:  Could not be parsed!"),
    ("iam:DeleteRole",                 {"role_name": "AWSServiceRoleForSupport"},                          "UnmodifiableEntity", "Cannot perform the operation on the protected role 'AWSServiceRoleForSupport' - this role is only modifiable by AWS"),
    ("iam:DeletePolicy",               {"policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},           "AccessDenied",      None),
    ("iam:CreatePolicy",               {"policy_name": "p", "policy_document": "{"},                       "MalformedPolicyDocument", "This policy contains invalid Json"),
    ("iam:CreatePolicy",               {"policy_name": "p", "policy_document": "{}"},                      "MalformedPolicyDocument", "Syntax errors in policy."),
    ("iam:CreatePolicy",               {"policy_name": "p", "policy_document": TRUST},                     "MalformedPolicyDocument", None),
    ("iam:CreateRole",                 {"role_name": "r", "assume_role_policy_document": DOCUMENT},        "MalformedPolicyDocument", None),
    ("iam:CreateRole",                 {"role_name": "r", "assume_role_policy_document": TRUST.replace('"Service": "ec2.amazonaws.com"', '"AWS": "arn:aws:iam::{account}:user/missing"')}, "MalformedPolicyDocument", 'Invalid principal in policy: "AWS":"arn:aws:iam::{account}:user/missing"'),
    ("iam:EnableMFADevice",            {"user_name": "amin", "serial_number": "arn:aws:iam::{account}:mfa/x", "authentication_code1": "123456", "authentication_code2": "654321"}, "NoSuchEntity", None),
]  # fmt: skip


def put_in(value: Any, account: str) -> Any:
    if isinstance(value, dict):
        return {key: put_in(item, account) for key, item in value.items()}
    return value.replace("{account}", account) if isinstance(value, str) else value


@pytest.mark.parametrize(
    ("action", "params", "code", "message"), ERRORS, ids=[f"{n}-{row[0]}" for n, row in enumerate(ERRORS)]
)
def test_errors(admin, sandbox, action, params, code, message):
    found = answer(admin, action, put_in(params, sandbox.account_id))
    assert found[0] == code
    if message is not None:
        assert found[1] == put_in(message, sandbox.account_id)


def test_what_is_in_use_is_not_deleted(admin, sandbox):
    def conflict(action: str, **params: str) -> str:
        code, message = answer(admin, action, params)
        assert code == "DeleteConflict"
        return message.removeprefix("Cannot delete entity, ")

    arn = f"arn:aws:iam::{sandbox.account_id}:policy/Company1-Logs-Policy"
    admin.call("iam:CreateGroup", group_name="g")
    admin.call("iam:AddUserToGroup", group_name="g", user_name="amin")
    assert conflict("iam:DeleteGroup", group_name="g") == "must remove users from group first."
    assert conflict("iam:DeleteUser", user_name="amin") == "must remove users from group first."
    admin.call("iam:RemoveUserFromGroup", group_name="g", user_name="amin")
    admin.call("iam:AttachUserPolicy", user_name="amin", policy_arn=arn)
    assert conflict("iam:DeleteUser", user_name="amin") == "must detach all policies first."
    assert conflict("iam:DeletePolicy", policy_arn=arn) == "Cannot delete a policy attached to entities."
    admin.call("iam:DetachUserPolicy", user_name="amin", policy_arn=arn)
    admin.call("iam:PutUserPolicy", user_name="amin", policy_name="p", policy_document=DOCUMENT)
    assert conflict("iam:DeleteUser", user_name="amin") == "must delete policies first."
    admin.call("iam:DeleteUserPolicy", user_name="amin", policy_name="p")
    admin.call("iam:CreateLoginProfile", user_name="amin", password="Passw0rd!")
    assert conflict("iam:DeleteUser", user_name="amin") == "must delete login profile first."
    admin.call("iam:DeleteLoginProfile", user_name="amin")
    admin.call("iam:CreateAccessKey", user_name="amin")
    assert conflict("iam:DeleteUser", user_name="amin") == "must delete access keys first."

    admin.call("iam:CreateRole", role_name="r", assume_role_policy_document=TRUST)
    admin.call("iam:CreateInstanceProfile", instance_profile_name="i")
    admin.call("iam:AddRoleToInstanceProfile", instance_profile_name="i", role_name="r")
    assert conflict("iam:DeleteRole", role_name="r") == "must remove roles from instance profile first."
    assert (
        conflict("iam:DeleteInstanceProfile", instance_profile_name="i")
        == "must remove roles from instance profile first."
    )
    admin.call("iam:RemoveRoleFromInstanceProfile", instance_profile_name="i", role_name="r")
    admin.call("iam:AttachRolePolicy", role_name="r", policy_arn=arn)
    assert conflict("iam:DeleteRole", role_name="r") == "must detach all policies first."
    admin.call("iam:DetachRolePolicy", role_name="r", policy_arn=arn)
    admin.call("iam:PutRolePolicy", role_name="r", policy_name="p", policy_document=DOCUMENT)
    assert conflict("iam:DeleteRole", role_name="r") == "must delete policies first."
