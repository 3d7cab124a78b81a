"""Every paginator of botocore's models that belongs to an operation we have, at page sizes of one and two.

All items come, each once, in the order of the unpaged answer, and no page is larger than was asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import rsa

from iamconsole.gateway.table import OPERATIONS
from tests.clients.drivers import Boto3, Keys
from tests.factories import allow, policy
from tests.federation import identity_provider
from tests.iam.keys import CERTIFICATE, PRIVATE_KEY, certificate, elliptic_key, ssh_text

SESSION = botocore.session.get_session()
MODEL = SESSION.get_service_model("iam")
PAGINATORS: Mapping[str, Mapping[str, Any]] = SESSION.get_paginator_model("iam")._paginator_config
OFFERED = {name.partition(":")[2] for name, one in OPERATIONS.items() if one.service == "iam" and one.public}
DOCUMENT = policy(allow("s3:GetObject"))
TRUST = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
ACTIONS = ["s3:PutObject", "iam:ListUsers", "s3:GetObject", "ec2:RunInstances"]
TAGS = [{"Key": key, "Value": key} for key in ("b", "Cc", "a", "aa")]
AWS_POLICIES = [
    f"arn:aws:iam::aws:policy/{name}" for name in ("ReadOnlyAccess", "AmazonS3ReadOnlyAccess", "IAMReadOnlyAccess")
]


def own_policy(account: str) -> str:
    return f"arn:aws:iam::{account}:policy/hr/Paged-b"


#    operation                        parameters of an account                               at least so many
CASES: dict[str, tuple[Callable[[str], dict[str, Any]], int]] = {
    "GetAccountAuthorizationDetails": (
        lambda account: {"Filter": ["User", "Group", "Role", "LocalManagedPolicy"]},
        20,
    ),
    "GetGroup": (lambda account: {"GroupName": "Paged-b"}, 4),
    "ListAccessKeys": (lambda account: {"UserName": "Paged-b"}, 2),
    "ListAccountAliases": (lambda account: {}, 1),
    "ListAttachedGroupPolicies": (lambda account: {"GroupName": "Paged-b"}, 4),
    "ListAttachedRolePolicies": (lambda account: {"RoleName": "Paged-b"}, 4),
    "ListAttachedUserPolicies": (lambda account: {"UserName": "Paged-b"}, 4),
    "ListEntitiesForPolicy": (lambda account: {"PolicyArn": own_policy(account)}, 3),
    "ListGroupPolicies": (lambda account: {"GroupName": "Paged-b"}, 4),
    "ListGroups": (lambda account: {}, 4),
    "ListGroupsForUser": (lambda account: {"UserName": "Paged-b"}, 4),
    "ListInstanceProfileTags": (lambda account: {"InstanceProfileName": "Paged-b"}, 4),
    "ListInstanceProfiles": (lambda account: {}, 4),
    "ListInstanceProfilesForRole": (lambda account: {"RoleName": "Paged-b"}, 4),
    "ListMFADeviceTags": (lambda account: {"SerialNumber": f"arn:aws:iam::{account}:mfa/hr/Paged-b"}, 4),
    "ListMFADevices": (lambda account: {"UserName": "Paged-b"}, 0),
    "ListOpenIDConnectProviderTags": (
        lambda account: {"OpenIDConnectProviderArn": f"arn:aws:iam::{account}:oidc-provider/token.example.com"},
        4,
    ),
    "ListPolicies": (lambda account: {"Scope": "Local"}, 7),
    "ListPolicyTags": (lambda account: {"PolicyArn": own_policy(account)}, 4),
    "ListPolicyVersions": (lambda account: {"PolicyArn": own_policy(account)}, 4),
    "ListRolePolicies": (lambda account: {"RoleName": "Paged-b"}, 4),
    "ListRoleTags": (lambda account: {"RoleName": "Paged-b"}, 4),
    "ListRoles": (lambda account: {}, 6),
    "ListSAMLProviderTags": (lambda account: {"SAMLProviderArn": f"arn:aws:iam::{account}:saml-provider/Paged"}, 4),
    "ListSSHPublicKeys": (lambda account: {"UserName": "Paged-b"}, 3),
    "ListServerCertificateTags": (lambda account: {"ServerCertificateName": "Paged-b"}, 4),
    "ListServerCertificates": (lambda account: {}, 4),
    "ListSigningCertificates": (lambda account: {"UserName": "Paged-b"}, 2),
    "ListUserPolicies": (lambda account: {"UserName": "Paged-b"}, 4),
    "ListUserTags": (lambda account: {"UserName": "Paged-b"}, 4),
    "ListUsers": (lambda account: {}, 7),
    "ListVirtualMFADevices": (lambda account: {}, 4),
    "SimulateCustomPolicy": (lambda account: {"PolicyInputList": [DOCUMENT], "ActionNames": ACTIONS}, 4),
    "SimulatePrincipalPolicy": (
        lambda account: {
            "PolicySourceArn": f"arn:aws:iam::{account}:user/hr/Paged-b",
            "ActionNames": ACTIONS,
        },
        4,
    ),
}
# Of these AWS says how they are sorted: ListUserTags and its like "sorted by tag key" (IAM API Reference).
BY_KEY = [name for name in CASES if name.endswith("Tags")]


@pytest.fixture(scope="module")
def crowd(server, new_sandbox) -> tuple[Any, str]:
    """An account with four of each thing, under paths that differ in case, and boto3's client."""
    made = new_sandbox()
    account = made["account_id"]
    keys = Keys(made["admin"]["access_key_id"], made["admin"]["secret_access_key"])
    iam = Boto3(server.url).client(keys, "iam")
    for suffix, path in (("b", "/hr/"), ("C", "/hr/x/"), ("a", "/HR/"), ("A-a", "/")):
        name = f"Paged-{suffix}"
        iam.create_user(UserName=name, Path=path, Tags=TAGS)
        iam.create_group(GroupName=name, Path=path)
        iam.create_policy(PolicyName=name, Path=path, PolicyDocument=DOCUMENT, Tags=TAGS)
        iam.create_virtual_mfa_device(VirtualMFADeviceName=name, Path=path, Tags=TAGS)
        iam.upload_server_certificate(
            ServerCertificateName=name, Path=path, CertificateBody=CERTIFICATE, PrivateKey=PRIVATE_KEY, Tags=TAGS
        )
        iam.put_user_policy(UserName="Paged-b", PolicyName=name, PolicyDocument=DOCUMENT)
        iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=TRUST, Tags=TAGS)
        iam.put_role_policy(RoleName="Paged-b", PolicyName=name, PolicyDocument=DOCUMENT)
        iam.create_instance_profile(InstanceProfileName=name, Path=path, Tags=TAGS)
        iam.put_group_policy(GroupName="Paged-b", PolicyName=name, PolicyDocument=DOCUMENT)
    for name in ("Paged-b", "Paged-C", "Paged-a", "Paged-A-a"):
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName="Paged-b")
    for user in ("Paged-b", "Paged-C", "Paged-a", "Paged-A-a"):
        iam.add_user_to_group(GroupName="Paged-b", UserName=user)
        if user != "Paged-b":
            iam.add_user_to_group(GroupName=user, UserName="Paged-b")
    for arn in (own_policy(account), *AWS_POLICIES):
        iam.attach_user_policy(UserName="Paged-b", PolicyArn=arn)
        iam.attach_group_policy(GroupName="Paged-b", PolicyArn=arn)
        iam.attach_role_policy(RoleName="Paged-b", PolicyArn=arn)
    for _ in range(3):
        iam.create_policy_version(PolicyArn=own_policy(account), PolicyDocument=DOCUMENT)
    for _ in range(2):
        iam.create_access_key(UserName="Paged-b")
        iam.upload_signing_certificate(UserName="Paged-b", CertificateBody=certificate("john", elliptic_key()).strip())
    for _ in range(3):
        key = ssh_text(rsa.generate_private_key(65537, 2048))
        iam.upload_ssh_public_key(UserName="Paged-b", SSHPublicKeyBody=key)
    iam.create_saml_provider(
        Name="Paged", SAMLMetadataDocument=identity_provider.IdentityProvider.new().metadata(), Tags=TAGS
    )
    iam.create_open_id_connect_provider(Url="https://token.example.com", ThumbprintList=["a" * 40], Tags=TAGS)
    iam.create_account_alias(AccountAlias=f"paged-{account}")
    return iam, account


def lists_of(operation: str) -> list[str]:
    keys = PAGINATORS[operation]["result_key"]
    return [keys] if isinstance(keys, str) else list(keys)


def test_no_paginator_of_an_operation_that_is_here_is_forgotten():
    assert set(PAGINATORS) & OFFERED == set(CASES)


@pytest.mark.parametrize("operation", CASES)
def test_small_pages_give_everything_once_and_in_order(crowd, operation):
    iam, account = crowd
    params, fewest = CASES[operation][0](account), CASES[operation][1]
    whole = getattr(iam, xform_name(operation))(**params)
    assert whole["IsTruncated"] is False
    wanted = {key: whole[key] for key in lists_of(operation)}
    assert sum(map(len, wanted.values())) >= fewest
    for size in (1, 2):
        pages = list(iam.get_paginator(xform_name(operation)).paginate(**params, PaginationConfig={"PageSize": size}))
        found = {key: [item for page in pages for item in page[key]] for key in wanted}
        assert found == wanted
        assert all(sum(len(page[key]) for key in wanted) <= size for page in pages)
        assert [page["IsTruncated"] for page in pages] == [True] * (len(pages) - 1) + [False]


@pytest.mark.parametrize("operation", BY_KEY)
def test_tags_come_sorted_by_their_keys(crowd, operation):
    iam, account = crowd
    answer = getattr(iam, xform_name(operation))(**CASES[operation][0](account))
    assert [tag["Key"] for tag in answer["Tags"]] == ["a", "aa", "b", "Cc"]


WITH_PREFIX = [name for name in CASES if "PathPrefix" in MODEL.operation_model(name).input_shape.members]


@pytest.mark.parametrize("operation", WITH_PREFIX)
def test_a_path_prefix_keeps_its_case_and_is_paged_like_everything(crowd, operation):
    iam, account = crowd
    params = CASES[operation][0](account) | {"PathPrefix": "/hr/"}
    pages = list(iam.get_paginator(xform_name(operation)).paginate(**params, PaginationConfig={"PageSize": 1}))
    found = [item for page in pages for key in lists_of(operation) for item in page[key]]
    assert found, "nothing lies under the prefix"
    names = sorted(next(value for key, value in item.items() if key.endswith("Name")) for item in found)
    assert set(names) <= {"Paged-b", "Paged-C"}
    with pytest.raises(ClientError) as error:
        getattr(iam, xform_name(operation))(**params | {"PathPrefix": "hr/"})
    assert error.value.response["Error"]["Code"] == "ValidationError"


@pytest.mark.parametrize("operation", CASES)
def test_a_marker_of_somebodys_own_making_is_refused(crowd, operation):
    iam, account = crowd
    with pytest.raises(ClientError) as error:
        getattr(iam, xform_name(operation))(**CASES[operation][0](account), Marker="?!")
    assert (error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]) == (
        "ValidationError",
        "Invalid Marker.",
    )


def test_a_list_that_changes_between_pages_repeats_and_skips_nothing_that_was_there(crowd):
    iam, _ = crowd
    pages = iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 2})
    seen: list[str] = []
    for number, page in enumerate(pages):
        seen += [user["UserName"] for user in page["Users"]]
        if number == 1:
            iam.create_user(UserName="0-before")
            iam.create_user(UserName="zz-after")
            iam.delete_user(UserName="0-before")
    assert seen == ["admin", "amin", "Paged-a", "Paged-A-a", "Paged-b", "Paged-C", "Sarah", "zz-after"]
    iam.delete_user(UserName="zz-after")


def test_all_policies_of_aws_come_in_pages_of_a_thousand(crowd):
    iam, _ = crowd
    pages = list(iam.get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"PageSize": 1000}))
    assert [page["IsTruncated"] for page in pages] == [True, False]
    arns = [one["Arn"] for page in pages for one in page["Policies"]]
    assert len(arns) == len(set(arns)) > 1500
    assert all(re.fullmatch(r"arn:aws:iam::aws:policy/[\w+=,.@/-]+", arn) for arn in arns)


def test_max_items_of_none_or_too_many_is_refused(crowd):
    iam, _ = crowd
    with pytest.raises(ClientError) as error:
        iam.list_users(MaxItems=1001)
    assert error.value.response["Error"]["Message"] == (
        "1 validation error detected: Value '1001' at 'maxItems' failed to satisfy constraint: "
        "Member must have value less than or equal to 1000"
    )
