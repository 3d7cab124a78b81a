"""The create-role wizard, as a browser gets it."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest

from iamconsole.cloudtrail.models import Event
from iamconsole.iam import aws_managed, use_cases
from iamconsole.iam.models import InstanceProfile, Role
from tests.demos.course import trust
from tests.factories import allow, deny, policy

pytestmark = pytest.mark.django_db

CREATE = "/iam/roles/create"
S3_READ = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
FOR_EC2 = {"entity": "service", "service": "ec2", "use_case": "EC2"}
NASTY = "<script>alert(1)</script>"


@pytest.fixture
def console(as_user):
    return as_user("admin")


def body(response) -> str:
    return html.unescape(response.content.decode())


def writes_since(start: int) -> list[str]:
    return list(Event.objects.filter(pk__gt=start, read_only=False).order_by("pk").values_list("name", flat=True))


def newest_event() -> int:
    return Event.objects.latest("pk").pk


def walk(console, entity: dict[str, Any], permissions: dict[str, Any] | None = None):
    """As far as the review: its address."""
    second = console.post(CREATE, entity)
    assert second.status_code == 302, body(second)
    third = console.post(second["Location"], permissions or {})
    assert third.status_code == 302, body(third)
    return third["Location"]


def create(console, name: str, entity: dict[str, Any], permissions: dict[str, Any] | None = None, **details: Any):
    return console.post(walk(console, entity, permissions), {"role_name": name, **details}, follow=True)


def trust_of(admin, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(admin.call("iam:GetRole", role_name=name)["Role"]["AssumeRolePolicyDocument"])
    return found


def statement(**elements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **elements}]}


# -- AWS service ------------------------------------------------------------------------------------


def test_a_role_for_ec2_gets_an_instance_profile_of_its_name(console, admin):
    start = newest_event()
    page = body(create(console, "S3AccessRole", FOR_EC2, {"policies": [S3_READ]}))

    assert "Role S3AccessRole created." in page
    assert "View role" in page
    assert writes_since(start) == [
        "CreateRole",
        "AttachRolePolicy",
        "CreateInstanceProfile",
        "AddRoleToInstanceProfile",
    ]
    assert trust_of(admin, "S3AccessRole") == statement(
        Principal={"Service": "ec2.amazonaws.com"}, Action="sts:AssumeRole"
    )
    assert InstanceProfile.objects.get(name="S3AccessRole").role.name == "S3AccessRole"


def test_a_role_for_lambda_gets_none(console, admin):
    create(console, "Function", {"entity": "service", "service": "lambda", "use_case": "Lambda"})

    assert trust_of(admin, "Function") == statement(
        Principal={"Service": "lambda.amazonaws.com"}, Action="sts:AssumeRole"
    )
    assert not InstanceProfile.objects.exists()


def test_a_use_case_suggests_its_policies_and_its_description(console):
    chosen = FOR_EC2 | {"use_case": "EC2 Role for AWS Systems Manager"}
    second = console.post(CREATE, chosen)
    page = console.get(second["Location"]).content.decode()
    managed = re.findall(r'<input type="hidden" name="policies" value="([^"]+)"', page)
    assert managed == ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"]

    third = console.post(second["Location"], {"policies": managed})
    review = body(console.get(third["Location"]))

    assert "AmazonSSMManagedInstanceCore" in review
    assert "Allows EC2 instances to call AWS services like CloudWatch and Systems Manager on your behalf." in review


def test_another_use_case_takes_its_suggestions_along_and_leaves_one_s_own(console):
    systems = FOR_EC2 | {"use_case": "EC2 Role for AWS Systems Manager"}
    ssm = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
    second = console.post(CREATE, systems)["Location"]
    review = console.post(second, {"policies": [ssm, S3_READ]})["Location"]
    back = {"role_name": "Mine", "description": use_cases.of_service("ec2")[1].description, "_go": "selectEntities"}
    first = console.post(review, back)["Location"]

    console.post(first, FOR_EC2)
    page = body(console.get(review))

    assert "AmazonSSMManagedInstanceCore" not in page
    assert "AmazonS3ReadOnlyAccess" in page
    assert use_cases.of_service("ec2")[0].description in page
    assert 'value="Mine"' in page


def test_every_use_case_has_policies_that_exist_and_a_principal_that_a_role_may_trust(admin):
    for service in use_cases.services():
        for one in use_cases.of_service(service):
            assert set(one.policies) <= aws_managed.by_arn().keys()
    principals = [one.principal for service in use_cases.services() for one in use_cases.of_service(service)]
    document = policy(
        {
            "Effect": "Allow",
            "Principal": {"Service": [f"{one}.amazonaws.com" for one in sorted(set(principals))[:40]]},
            "Action": "sts:AssumeRole",
        }
    )
    assert len(use_cases.services()) > 80
    admin.call("iam:CreateRole", role_name="All", assume_role_policy_document=document)


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"entity": "service"}, "Choose a service or use case."),
        ({"entity": "service", "service": "ec2"}, "Choose a use case."),
        ({"entity": "service", "service": "ec2", "use_case": "Lambda"}, "Select a valid choice."),
        ({"entity": "service", "service": NASTY, "use_case": NASTY}, "Select a valid choice."),
        ({"entity": "account", "whose": "other", "account_id": "12345"}, "Account ID must be 12 digits"),
        (
            {"entity": "account", "whose": "other", "account_id": "\u0661" * 12},
            "Account ID must be 12 digits",
        ),
        ({"entity": "account", "asks_external_id": "on"}, "Enter an external ID."),
        ({"entity": "account", "asks_external_id": "on", "external_id": "x"}, "greater than or equal to 2"),
        ({"entity": "account", "asks_external_id": "on", "external_id": "a b"}, "regular expression pattern"),
        ({"entity": "web"}, "Select a provider."),
        ({"entity": "web", "web_provider": "accounts.google.com"}, "Enter the audience."),
        ({"entity": "saml"}, "Select a provider."),
        ({"entity": "custom", "document": ""}, "Enter a policy document."),
        ({"entity": "custom", "document": "{"}, "Resolve 1 error."),
    ],
)
def test_a_step_that_lacks_something_is_not_left(console, chosen, message):
    answer = console.post(CREATE, chosen)

    assert answer.status_code == 422
    assert message in body(answer)
    assert "<script>alert" not in answer.content.decode()


def test_what_another_tile_lacks_does_not_matter(console):
    answer = console.post(CREATE, FOR_EC2 | {"account_id": "x", "document": "{", "saml_key": "nonsense"})

    assert answer.status_code == 302


# -- AWS account ------------------------------------------------------------------------------------


def test_this_account_is_trusted_as_a_whole(console, admin, sandbox):
    create(console, "Anybody", {"entity": "account"})

    root = f"arn:aws:iam::{sandbox.account_id}:root"
    assert trust_of(admin, "Anybody") == statement(Principal={"AWS": root}, Action="sts:AssumeRole")


def test_external_id_and_mfa_are_conditions(console, admin, sandbox):
    asked = {"asks_external_id": "on", "external_id": "Example:1/2", "asks_mfa": "on"}
    create(console, "Auditor", {"entity": "account", "whose": "other", "account_id": sandbox.account_id, **asked})

    assert trust_of(admin, "Auditor")["Statement"][0]["Condition"] == {
        "StringEquals": {"sts:ExternalId": "Example:1/2"},
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
    }


def test_an_account_that_is_not_there_is_refused_at_the_end_and_the_draft_stays(console):
    answer = create(console, "Auditor", {"entity": "account", "whose": "other", "account_id": "000000000000"})

    assert answer.status_code == 422
    page = body(answer)
    assert "The role was not created." in page
    assert 'Invalid principal in policy: "AWS":"arn:aws:iam::000000000000:root"' in page
    assert 'value="Auditor"' in page
    assert not Role.objects.filter(name="Auditor").exists()


# -- identity providers -----------------------------------------------------------------------------


def test_an_openid_connect_provider_offers_its_audiences(console, admin):
    made = admin.call(
        "iam:CreateOpenIDConnectProvider", url="https://idp.example.com", client_id_list=["app-1", "app-2"]
    )
    arn = made["OpenIDConnectProviderArn"]
    shown = console.post(CREATE, {"entity": "web", "web_provider": arn, "_go": "?"}, follow=True).content.decode()
    assert re.search(r'<option value="app-2"', shown)

    create(console, "Web", {"entity": "web", "web_provider": arn, "audience": "app-2"})

    assert trust_of(admin, "Web") == statement(
        Principal={"Federated": arn},
        Action="sts:AssumeRoleWithWebIdentity",
        Condition={"StringEquals": {"idp.example.com:aud": "app-2"}},
    )


def test_a_built_in_provider_is_asked_for_its_application(console, admin):
    create(console, "Shop", {"entity": "web", "web_provider": "www.amazon.com", "audience": "amzn1.application"})

    assert trust_of(admin, "Shop")["Statement"][0]["Condition"] == {
        "StringEquals": {"www.amazon.com:app_id": "amzn1.application"}
    }


def test_who_may_not_list_providers_is_told_so_and_can_still_choose_a_built_in_one(as_user, admin):
    admin.call("iam:PutUserPolicy", user_name="amin", policy_name="no", policy_document=policy(deny("iam:List*")))

    page = body(as_user("amin").post(CREATE, {"entity": "web", "_go": "?"}, follow=True))

    assert "iam:ListOpenIDConnectProviders" in page
    assert "Login with Amazon" in page


# -- custom trust policy ----------------------------------------------------------------------------


def test_the_custom_tile_starts_with_the_console_s_text_and_says_what_is_wrong_with_it(console):
    page = body(console.post(CREATE, {"entity": "custom", "_go": "?"}, follow=True))

    assert '"Principal": {}' in page
    assert "Policy editor" in page
    answer = console.post(CREATE, {"entity": "custom", "document": trust("111122223333", "john").replace("}", "", 1)})
    assert answer.status_code == 422


def test_a_text_survives_a_look_at_another_tile(console, sandbox):
    document = trust(sandbox.account_id, "john")
    first = console.post(CREATE, {"entity": "custom", "document": document, "_go": "?"})
    other = console.post(first["Location"], {"entity": "account", "document": document, "_go": "?"}, follow=True)
    assert "Another AWS account" in body(other)

    again = console.post(first["Location"], {"entity": "custom", "document": document, "_go": "?"}, follow=True)

    assert '"sts:AssumeRole"' in body(again)


def test_d23_both_ways_lead_to_the_same_trust_policy(console, admin, sandbox):
    admin.call("iam:CreateUser", user_name="john")
    custom = {"entity": "custom", "document": trust(sandbox.account_id, "john")}
    create(console, "JohnUploadRole", custom)
    create(console, "Other", {"entity": "account"})
    shown = console.get("/iam/roles/details/Other/edit-trust-policy").content.decode()
    text = html.unescape(re.search(r"<textarea[^>]*>\s*(.*?)</textarea>", shown, re.S)[1])

    changed = text.replace(":root", ":user/john")
    done = body(console.post("/iam/roles/details/Other/edit-trust-policy", {"document": changed}, follow=True))

    assert "Trust policy updated." in done
    assert (
        trust_of(admin, "Other") == trust_of(admin, "JohnUploadRole") == json.loads(trust(sandbox.account_id, "john"))
    )


def test_a_principal_that_does_not_exist_is_named_at_the_end(console, sandbox):
    answer = create(console, "Nobody", {"entity": "custom", "document": trust(sandbox.account_id, "nobody")})

    assert answer.status_code == 422
    assert f'Invalid principal in policy: "AWS":"arn:aws:iam::{sandbox.account_id}:user/nobody"' in body(answer)


# -- permissions and review -------------------------------------------------------------------------


def test_ticks_survive_a_search(console):
    second = console.post(CREATE, FOR_EC2)["Location"]
    page = console.post(second, {"policies": [S3_READ], "_go": "?", "policies-q": "company1"}, follow=True)

    text = page.content.decode()
    assert f'<input type="hidden" name="policies" value="{S3_READ}"' in text
    assert "Company1-Logs-Policy" in text


def test_a_policy_made_in_another_tab_is_there_after_a_refresh_and_the_ticks_stay(console, admin):
    second = console.post(CREATE, FOR_EC2)["Location"]
    document = policy(allow("s3:GetObject"))
    arn = admin.call("iam:CreatePolicy", policy_name="AAA-New", policy_document=document)["Policy"]["Arn"]

    page = console.post(second, {"policies": [S3_READ], "_go": "?"}, follow=True).content.decode()

    assert f'value="{arn}"' in page
    assert f'<input type="hidden" name="policies" value="{S3_READ}"' in page


def test_an_eleventh_policy_is_the_quota_s_error(console):
    second = console.post(CREATE, FOR_EC2)["Location"]
    answer = console.post(second, {"policies": [f"arn:aws:iam::aws:policy/P{n}" for n in range(11)]})

    assert answer.status_code == 422
    assert "Cannot exceed quota for PoliciesPerRole: 10" in body(answer)


def test_a_boundary_is_a_parameter_of_the_creation(console, admin):
    second = console.post(CREATE, FOR_EC2)["Location"]
    answer = console.post(second, {"use_boundary": "yes"})
    assert answer.status_code == 422

    create(console, "Bound", FOR_EC2, {"use_boundary": "yes", "boundary": S3_READ})

    found = admin.call("iam:GetRole", role_name="Bound")["Role"]
    assert found["PermissionsBoundary"]["PermissionsBoundaryArn"] == S3_READ


def test_the_review_shows_everything_and_leads_back_without_losing_what_was_typed(console, admin):
    review = walk(console, FOR_EC2, {"policies": [S3_READ]})
    page = body(console.get(review))
    assert '"Service": "ec2.amazonaws.com"' in page
    assert "AmazonS3ReadOnlyAccess" in page
    assert "Allows EC2 instances to call AWS services on your behalf." in page

    typed = {"role_name": "Mine", "description": "For me", "tag_key": ["team"], "tag_value": ["HR"]}
    back = console.post(review, typed | {"_go": "addPermission"})
    assert "step=addPermission" in back["Location"]
    again = console.get(review).content.decode()
    assert 'value="Mine"' in again
    assert "For me" in again

    console.post(review, typed)
    role = admin.call("iam:GetRole", role_name="Mine")["Role"]
    assert (role["Description"], role["Tags"]) == ("For me", [{"Key": "team", "Value": "HR"}])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "Role name is required."),
        ("x" * 65, "Member must have length less than or equal to 64"),
        ("john doe", "roleName"),
        (NASTY, "roleName"),
        ("Taken", "Role with name Taken already exists."),
        ("taken", "Role with name taken already exists."),
    ],
)
def test_a_bad_name_is_refused_beside_the_field(console, name, message):
    create(console, "Taken", FOR_EC2)
    answer = create(console, name, FOR_EC2)

    assert answer.status_code == 422
    assert message in body(answer)
    assert "<script>alert" not in answer.content.decode()
    assert Role.objects.filter(path="/").count() == 1


def test_a_bad_description_is_refused_beside_the_field(console):
    answer = create(console, "Mine", FOR_EC2, description="\N{SNOWMAN}")

    assert answer.status_code == 422
    assert "at 'description' failed to satisfy constraint" in body(answer)


def test_a_second_press_of_the_last_button_makes_no_second_role(console):
    review = walk(console, FOR_EC2)
    first = console.post(review, {"role_name": "Once"})
    second = console.post(review, {"role_name": "Once"})

    assert first["Location"] == second["Location"]
    assert Role.objects.filter(name="Once").count() == 1


def test_who_may_not_pass_the_role_has_it_without_its_profile(as_user, admin):
    document = policy(allow(["iam:CreateRole", "iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile"]))
    admin.call("iam:PutUserPolicy", user_name="amin", policy_name="makes", policy_document=document)

    page = body(create(as_user("amin"), "Half", FOR_EC2))

    assert "Role Half was created, but PassRole failed." in page
    assert "is not authorized to perform: iam:PassRole" in page
    assert Role.objects.filter(name="Half").exists()


def test_who_may_not_create_keeps_the_draft(as_user):
    answer = create(as_user("amin"), "Mine", FOR_EC2)

    assert answer.status_code == 422
    assert "is not authorized to perform: iam:CreateRole" in body(answer)
    assert 'value="Mine"' in body(answer)
