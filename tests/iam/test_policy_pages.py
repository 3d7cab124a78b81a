"""The policies pages and the policy editor, as a browser gets them."""

from __future__ import annotations

import html
import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from iamconsole.cloudtrail.models import Event
from iamconsole.editor.forms import START, PolicyDocumentForm
from iamconsole.editor.report import Report
from iamconsole.iam.models import ManagedPolicy
from iamconsole.iam.views.policy_versions import compared
from tests.factories import allow, deny, policy

pytestmark = pytest.mark.django_db

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
NASTY = "<script>alert(1)</script>"
HTMX = {"HTTP_HX_REQUEST": "true"}
DOCUMENT = policy(allow("s3:*", ["arn:aws:s3:::company1-hr-bucket", "arn:aws:s3:::company1-hr-bucket/*"]))


@pytest.fixture
def console(as_user):
    return as_user("admin")


@pytest.fixture
def logs(sandbox) -> str:
    return f"arn:aws:iam::{sandbox.account_id}:policy/Company1-Logs-Policy"


def body(response) -> str:
    return html.unescape(response.content.decode())


def details(arn: str, more: str = "") -> str:
    return f"/iam/policies/details/{arn}{more}"


def write(console, url: str, document: str, **review):
    """Go through the editor and its review; the answer to the last button."""
    step = console.post(f"{url}?step=addPermissions", {"document": document})
    assert step.status_code == 302, body(step)
    wizard = parse_qs(urlsplit(step["Location"]).query)["wizard"][0]
    return console.post(step["Location"], {"wizard": wizard, **review}, follow=True)


def calls_since(start: int) -> list[str]:
    return list(Event.objects.filter(pk__gt=start, read_only=False).order_by("pk").values_list("name", flat=True))


def newest_event() -> int:
    return Event.objects.latest("pk").pk


# -- the catalogue ----------------------------------------------------------------------------------


def test_the_list_has_customer_and_aws_managed_policies(console, logs):
    page = body(console.get("/iam/policies?q=Logs-Policy"))
    job = body(console.get("/iam/policies?type=job-function"))

    assert "Company1-Logs-Policy" in page
    assert "Customer managed" in page
    assert "AdministratorAccess" in job
    assert "Permissions policy (1)" in job
    assert "Company1-Logs-Policy" not in job


def test_a_swap_gets_only_the_table(console):
    part = console.get("/iam/policies?q=Logs", **HTMX).content.decode()

    assert "<html" not in part
    assert "Company1-Logs-Policy" in part


def test_a_user_without_rights_gets_the_box_and_the_frame(as_user):
    page = body(as_user("amin").get("/iam/policies"))

    assert "no identity-based policy allows the iam:ListPolicies action" in page
    assert "Create policy" in page


def test_the_list_leads_to_attaching_and_detaching(console, logs):
    assert console.get(f"/iam/policies/chosen/attach?selected={logs}")["Location"] == details(logs, "/attach")
    assert "entities_attached" in console.get(f"/iam/policies/chosen/detach?selected={logs}")["Location"]
    assert console.get("/iam/policies/chosen/attach")["Location"] == "/iam/policies"


# -- details ----------------------------------------------------------------------------------------


def test_the_summary_says_what_a_policy_allows_and_denies(console, admin, sandbox):
    document = policy(allow("s3:GetObject", "arn:aws:s3:::company1-sales/*"), deny("ec2:*"))
    arn = admin.call("iam:CreatePolicy", policy_name="Mixed", policy_document=document)["Policy"]["Arn"]

    page = body(console.get(details(arn)))
    opened = body(console.get(details(arn, "?effect=allow&service=s3")))

    assert "Explicit deny" in page
    assert "Limited: Read" in page
    assert "BucketName | string like | company1-sales, ObjectPath | string like | All" in page
    assert "GetObject" in opened


@pytest.fixture
def elements(admin) -> str:
    """Something of everything that a summary tells."""
    document = policy(
        deny("s3:DeleteBucket", "arn:aws:s3:::company1-sales"),
        allow(["s3:GetObject", "s3:ListAllMyBuckets", "s3:GetObjct"], "arn:aws:s3:::company1-sales/*"),
        allow("sqs:SendMessage", ["arn:aws:sqs:us-east-2:123456789012:q", "arn:aws:sqs:*:*:r"]),
    )
    made = admin.call("iam:CreatePolicy", policy_name="Elements", policy_document=document)
    arn: str = made["Policy"]["Arn"]
    return arn


def test_a_service_of_the_summary_leads_to_its_actions(console, elements):
    services = body(console.get(details(elements)))
    page = body(console.get(details(elements, "?effect=allow&service=s3")))
    denied = body(console.get(details(elements, "?effect=deny&service=s3")))
    everything = body(console.get(details(elements, "?effect=allow&service=s3&all=1&q=DeleteBucket")))

    assert 'href="?effect=allow&service=s3"' in services
    assert "Read (1 of" in " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "ListAllMyBuckets" in page
    assert "(No access)" in page
    assert "This action does not support resource-level permissions." in page
    assert "Unrecognized actions" in page
    assert "GetObjct" in page
    assert "Show remaining" in page
    assert "DeleteBucketPolicy" not in page
    assert "Amazon S3 (Explicitly denied)" in denied
    assert "DeleteBucket" in denied
    assert "DeleteBucketPolicy" in everything
    assert "Hide remaining" in everything


def test_an_action_of_the_summary_leads_to_its_resources(console, elements):
    page = body(console.get(details(elements, "?effect=allow&service=sqs&action=SendMessage")))
    searched = body(console.get(details(elements, "?effect=allow&service=sqs&action=SendMessage&q=nothing")))

    assert "Amazon SQS: SendMessage (Write)" in page
    for text in ("QueueName | string like | q", "us-east-2", "123456789012", "All Regions", "All accounts"):
        assert text in page
    assert "Back to actions" in page
    assert "No matches" in searched


def test_an_own_account_in_a_resource_is_this_account(console, admin, sandbox):
    document = policy(allow("sqs:SendMessage", f"arn:aws:sqs:us-east-2:{sandbox.account_id}:q"))
    arn = admin.call("iam:CreatePolicy", policy_name="Queue", policy_document=document)["Policy"]["Arn"]

    assert "This account" in body(console.get(details(arn, "?effect=allow&service=sqs&action=SendMessage")))


def test_one_search_looks_through_the_whole_summary(console, elements):
    page = body(console.get(details(elements, "?q=sqs")))

    assert "1 match" in page
    assert "Amazon SQS" in page
    assert 'service=s3"' not in page


@pytest.mark.parametrize(
    "query",
    ["effect=allow&service=no-such", "effect=x&service=s3", "service=s3", "effect=deny&service=sqs", "q=%00"],
)
def test_a_level_that_is_not_there_is_the_list_of_services(console, elements, query):
    answer = console.get(details(elements, f"?{query}"))

    assert answer.status_code == 200
    assert "Explicit deny" in body(answer)


def test_json_shows_the_saved_text_and_its_findings(console):
    page = body(console.get(details(ADMINISTRATOR, "?view=json")))

    assert '"Action": "*"' in page
    assert "Pass role with star in action and resource:" in page


def test_a_policy_that_grants_nothing_is_warned_of(console, admin):
    document = policy(allow("s3:GetObject", "arn:aws:ec2:*:*:instance/*"))
    arn = admin.call("iam:CreatePolicy", policy_name="Nothing", policy_document=document)["Policy"]["Arn"]

    assert "This policy does not grant any permissions." in body(console.get(details(arn)))


def test_the_summary_warns_of_what_does_not_provide_permissions(console, admin):
    document = policy(
        allow(["s3:ListAllMyBuckets", "s3:GetObject", "s3:GetObjct"], "arn:aws:s3:::company1-sales/*"),
        allow("codecommit:*", "arn:aws:codebuild:us-east-1:123456789012:project/p"),
        allow("codedploy:*"),
    )
    arn = admin.call("iam:CreatePolicy", policy_name="InVain", policy_document=document)["Policy"]["Arn"]

    page = body(console.get(details(arn)))
    opened = body(console.get(details(arn, "?effect=allow&service=s3")))

    assert "This policy defines some actions, resources, or conditions that do not provide permissions." in page
    assert "Uncategorized services" in page
    assert "codedploy" in page
    assert "One or more actions do not have an applicable resource." in page
    assert "No actions are defined." in page
    assert "No resources are defined." in page
    assert "Show remaining" in page
    assert "This action does not support resource-level permissions." in opened
    assert "Unrecognized actions" in opened


def test_aws_managed_policies_can_be_looked_at_and_not_changed(console):
    page = body(console.get(details(ADMINISTRATOR)))
    versions = body(console.get(details(ADMINISTRATOR, "?section=versions")))
    asked = body(console.get(f"/iam/policies/delete?selected={ADMINISTRATOR}"))

    assert "/edit/" not in page
    assert "Set as default" not in versions
    assert "only AWS can change or delete it" in asked


def test_each_panel_is_refused_alone(as_user, admin, logs):
    document = policy(allow(["iam:GetPolicy"]))
    admin.call("iam:PutUserPolicy", user_name="amin", policy_name="looks", policy_document=document)

    page = body(as_user("amin").get(details(logs)))

    assert logs in page
    assert "iam:GetPolicyVersion action" in page
    assert "iam:GetPolicy action" not in page


@pytest.mark.parametrize(
    ("arn", "message"),
    [
        ("arn:aws:iam::111122223333:policy/x", "Policy arn:aws:iam::111122223333:policy/x was not found."),
        ("nonsense-nonsense-nonsense", "Invalid ARN:  Could not be parsed!"),
    ],
)
def test_an_unknown_policy_is_said_to_be_unknown(console, arn, message):
    assert message in body(console.get(details(arn)))
    for more in ("?section=entities_attached", "?section=versions", "/attach", "/edit/v1"):
        assert console.get(details(arn, more)).status_code == 200


def test_a_policy_called_attach_has_a_page(console, admin):
    arn = admin.call("iam:CreatePolicy", policy_name="attach", policy_document=DOCUMENT)["Policy"]["Arn"]

    assert "Policy details" in body(console.get(details(arn)))
    assert "Attach as a permissions policy" in body(console.get(details(arn, "/attach")))


# -- the editor -------------------------------------------------------------------------------------


def test_the_editor_starts_with_one_empty_statement(console):
    page = console.get("/iam/policies/create").content.decode()

    assert html.escape(START) in page
    assert json.loads(START)["Statement"] == [{"Sid": "Statement1", "Effect": "Allow", "Action": [], "Resource": []}]


def test_white_space_is_free():
    document = '{\n    "Version": "2012-10-17"\n}'

    assert Report(document).size == "6,120 of 6,144 characters remaining"


def test_errors_keep_the_wizard_from_going_on(console):
    answer = console.post("/iam/policies/create", {"document": policy(allow("s3:GetObjct"))})

    assert answer.status_code == 422
    assert "Resolve 1 error." in body(answer)
    assert "Did you mean s3:GetObject?" in body(answer)
    assert "Errors: 1" in body(answer)


def test_other_findings_never_do(console):
    document = policy(allow("iam:PassRole"))

    assert [(group.label, group.count) for group in Report(document).groups if group.count] == [("Security", 1)]
    assert console.post("/iam/policies/create", {"document": document}).status_code == 302


def test_curly_quotes_are_explained(console):
    page = body(console.post("/iam/policies/create", {"document": DOCUMENT.replace('"', "“")}))

    assert "Json syntax error" in page
    assert "Replace curly quotes by straight quotes." in page


def test_line_ends_of_the_browser_are_not_part_of_the_text():
    form = PolicyDocumentForm({"document": json.dumps(json.loads(DOCUMENT), indent=4).replace("\n", "\r\n")})

    assert form.is_valid()
    assert "\r" not in form.cleaned_data["document"]


def test_findings_come_while_one_types(console):
    answer = console.post(
        "/policy-editor/findings", {"document": policy(allow("s3:GetObjct")), "limit": "2048"}, **HTMX
    )
    junk = console.post("/policy-editor/findings", {"document": NASTY, "limit": "x", "kind": "y"}, **HTMX)

    assert "Invalid action" in body(answer)
    assert "of 2,048 characters remaining" in body(answer)
    assert "<script>" not in junk.content.decode()


def test_an_over_long_text_is_refused(console):
    assert console.post("/iam/policies/create", {"document": " " * 131_073 + DOCUMENT}).status_code == 422


# -- create -----------------------------------------------------------------------------------------


def test_a_policy_is_created_with_the_text_as_it_was_written(console, admin, sandbox):
    document = json.dumps(json.loads(DOCUMENT), indent=2)
    page = body(write(console, "/iam/policies/create", document, policy_name="HRPolicy", description="For HR"))

    arn = f"arn:aws:iam::{sandbox.account_id}:policy/HRPolicy"
    assert "Policy HRPolicy created." in page
    assert details(arn) in page
    version = admin.call("iam:GetPolicyVersion", policy_arn=arn, version_id="v1")["PolicyVersion"]
    assert version["Document"] == document


def test_a_policy_is_created_with_tags(console, admin, sandbox):
    tags = {"tag_key": ["team", ""], "tag_value": ["HR", ""]}
    page = body(write(console, "/iam/policies/create", DOCUMENT, policy_name="Tagged", **tags))
    twice = {"tag_key": ["team", "TEAM"], "tag_value": ["", ""]}
    refused = write(console, "/iam/policies/create", DOCUMENT, policy_name="Other", **twice)

    assert "Policy Tagged created." in page
    made = admin.call("iam:GetPolicy", policy_arn=f"arn:aws:iam::{sandbox.account_id}:policy/Tagged")["Policy"]
    assert made["Tags"] == [{"Key": "team", "Value": "HR"}]
    assert "Duplicate tag keys found." in body(refused)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "Policy name is required."),
        (
            "Company1-logs-policy",
            "A policy called Company1-logs-policy already exists.",
        ),
        (NASTY, "The specified value for policyName is invalid."),
    ],
)
def test_a_bad_name_is_refused_beside_the_field(console, name, message):
    answer = write(console, "/iam/policies/create", DOCUMENT, policy_name=name)

    assert answer.status_code == 422
    assert message in body(answer)
    assert "<script>alert" not in answer.content.decode()
    assert ManagedPolicy.objects.count() == 3


def test_what_only_the_api_refuses_is_said_in_its_words(console):
    answer = write(console, "/iam/policies/create", START, policy_name="Empty")

    assert answer.status_code == 422
    assert "The policy was not created." in body(answer)
    assert "Policy statement must contain actions." in body(answer)


def test_a_policy_over_the_quota_is_refused_and_its_count_is_below_zero(console):
    document = policy(allow("s3:GetObject", [f"arn:aws:s3:::bucket-{number:04}/*" for number in range(300)]))
    answer = write(console, "/iam/policies/create", document, policy_name="Long")

    assert "Cannot exceed quota for PolicySize: 6144" in body(answer)
    assert Report(document).left < 0


def test_a_refused_creation_names_the_action(as_user):
    answer = write(as_user("amin"), "/iam/policies/create", DOCUMENT, policy_name="HRPolicy")

    assert answer.status_code == 422
    assert "is not authorized to perform: iam:CreatePolicy" in body(answer)


# -- versions ---------------------------------------------------------------------------------------


def test_editing_makes_a_new_default_version(console, admin, logs):
    page = body(write(console, details(logs, "/edit/v1"), DOCUMENT, set_as_default="on"))

    assert "Policy Company1-Logs-Policy updated." in page
    assert admin.call("iam:GetPolicy", policy_arn=logs)["Policy"]["DefaultVersionId"] == "v2"


def test_with_five_versions_one_is_chosen_to_go(console, admin, logs):
    for _ in range(4):
        admin.call("iam:CreatePolicyVersion", policy_arn=logs, policy_document=DOCUMENT, set_as_default=True)
    asked = write(console, details(logs, "/edit/v5"), DOCUMENT, set_as_default="on")
    start = newest_event()
    done = write(console, details(logs, "/edit/v5"), DOCUMENT, set_as_default="on", version_to_delete="v2")

    assert asked.status_code == 422
    assert "Delete version and save" in body(asked)
    assert "Company1-Logs-Policy updated." in body(done)
    assert calls_since(start) == ["DeletePolicyVersion", "CreatePolicyVersion"]
    left = {version["VersionId"] for version in admin.call("iam:ListPolicyVersions", policy_arn=logs)["Versions"]}
    assert left == {"v1", "v3", "v4", "v5", "v6"}


def test_a_version_made_meanwhile_is_told_of(console, admin, logs):
    url = details(logs, "/edit/v1")
    step = console.post(f"{url}?step=addPermissions", {"document": DOCUMENT, "newest": "v1"})
    admin.call("iam:CreatePolicyVersion", policy_arn=logs, policy_document=DOCUMENT)

    page = body(console.get(step["Location"]))

    assert "A newer version (v2) was created while you were editing." in page


def test_versions_are_shown_made_the_default_and_deleted(console, admin, logs):
    admin.call("iam:CreatePolicyVersion", policy_arn=logs, policy_document=DOCUMENT)
    page = body(console.get(details(logs, "?section=versions&open=v2")))
    default = console.post(details(logs, "/versions/default"), {"selected": "v2"}, follow=True)
    kept = console.post(details(logs, "/versions/delete"), {"selected": "v2"}, follow=True)
    gone = console.post(details(logs, "/versions/delete"), {"selected": "v1"}, follow=True)

    assert "company1-hr-bucket" in page
    assert "Version v2 is now the default version of Company1-Logs-Policy." in body(default)
    assert "Cannot delete the default version of a policy." in body(kept)
    assert "Version v1 deleted." in body(gone)


def test_a_version_is_compared_with_the_default_one_line_by_line(console, admin, logs):
    first = admin.call("iam:GetPolicyVersion", policy_arn=logs, version_id="v1")["PolicyVersion"]["Document"]
    admin.call("iam:CreatePolicyVersion", policy_arn=logs, policy_document=first.replace("company1-logs", "b"))
    admin.call("iam:CreatePolicyVersion", policy_arn=logs, policy_document=json.dumps(json.loads(first)))

    page = body(console.get(details(logs, "/versions/compare?selected=v2")))
    same = body(console.get(details(logs, "/versions/compare?selected=v3")))
    itself = body(console.get(details(logs, "/versions/compare?selected=v1")))
    gone = body(console.get(details(logs, "/versions/compare?selected=v9")))

    text = re.sub(r"<[^>]+>", "", page)
    assert "− only in v2" in text  # a sign and words, not a colour alone
    assert "+ only in v1" in text
    assert 'arn:aws:s3:::b"' in page
    assert "they say the same" not in page
    assert "they say the same" in same
    assert "The two versions have the same text." in itself
    assert "version v9 does not exist" in gone
    assert console.get(details(logs, "/versions/compare"))["Location"] == details(logs, "?section=versions")


def test_the_lines_of_a_comparison_are_all_lines_of_both():
    lines = compared("a\nb\nc\nd", "a\nx\nc\nd\ne")

    assert [(line.text, line.here, line.there) for line in lines] == [
        ("a", 1, 1),
        ("b", 2, 0),
        ("x", 0, 2),
        ("c", 3, 3),
        ("d", 4, 4),
        ("e", 0, 5),
    ]
    assert [line.text for line in compared("a", "a\r\nb\x85c")] == ["a", "b\x85c"]


def test_a_text_of_very_many_lines_is_compared_without_its_white_space(console, admin, logs):
    for number in (1, 2):
        text = DOCUMENT.replace(":", ":" + "\n" * 40_000, number)
        admin.call("iam:CreatePolicyVersion", policy_arn=logs, policy_document=text, set_as_default=True)

    page = body(console.get(details(logs, "/versions/compare?selected=v2")))

    assert "They are shown with white space of our own." in page
    assert "The two versions have the same text." in page
    assert page.count("<tr") < 100


# -- who has it, and its end ------------------------------------------------------------------------


def test_a_policy_is_attached_to_users_and_groups_and_detached(console, admin, logs):
    admin.call("iam:CreateGroup", group_name="HR")
    page = body(console.get(details(logs, "/attach")))
    none = console.post(details(logs, "/attach"), {})
    done = console.post(details(logs, "/attach"), {"entities": ["user/amin", "group/HR"]}, follow=True)
    gone = console.post(details(logs, "/detach"), {"selected": ["group/HR"]}, follow=True)

    assert "Select HR" in page
    assert none.status_code == 422
    assert "The policy Company1-Logs-Policy has been attached to 2 entities." in body(done)
    assert "The policy Company1-Logs-Policy has been detached from 1 entity." in body(gone)


def test_the_entities_can_be_looked_through_by_type_and_page(console, admin, logs):
    for number in range(25):
        admin.call("iam:CreateUser", user_name=f"user-{number:02}")
    admin.call("iam:CreateGroup", group_name="HR")

    second = body(console.get(details(logs, "/attach?page=2")))
    groups = body(console.get(details(logs, "/attach?type=Group")))

    assert "Select HR" in second
    assert "Select user-24" in second
    assert "Select user-00" not in second
    assert "Select user-24" not in groups
    assert "(31)" in second  # 28 users, a group and the two roles of AWS's services


def test_a_policy_is_set_as_a_boundary_of_users_and_roles_changed_and_removed(console, admin, logs):
    page = body(console.get(details(logs, "/set-boundary")))
    start = newest_event()
    done = console.post(details(logs, "/set-boundary"), {"entities": ["user/amin", "user/Sarah"]}, follow=True)
    change = console.get(details(logs, "/change-boundary?selected=user/amin"))
    asked = body(console.get(details(logs, "/remove-boundary?selected=user/amin")))
    gone = console.post(details(logs, "/remove-boundary"), {"selected": "user/amin"}, follow=True)
    tab = body(console.get(details(logs, "?section=entities_attached")))
    refused = console.post("/iam/policies/delete", {"selected": logs, "confirm": "Company1-Logs-Policy"}, follow=True)

    assert "Select amin" in page
    assert "User groups" not in page.partition('id="entities"')[2].partition("</section>")[0]  # a group has no boundary
    assert "has been set as the permissions boundary of 2 entities." in body(done)
    assert calls_since(start)[:2] == ["PutUserPermissionsBoundary", "PutUserPermissionsBoundary"]
    assert change["Location"] == "/iam/users/details/amin/set-permissions-boundary"
    assert "Remove permissions boundary?" in asked
    assert "Permissions boundary removed for user amin." in body(gone)
    assert "PermissionsBoundary" not in admin.call("iam:GetUser", user_name="amin")["User"]
    assert "Set this policy as a permissions boundary" in tab
    assert "Select Sarah" in tab
    assert "Select amin" not in tab
    assert "It cannot be deleted before" in body(console.get(f"/iam/policies/delete?selected={logs}"))
    assert "Cannot delete a policy attached to entities." in body(refused)


@pytest.mark.parametrize("page", ["change-boundary", "remove-boundary"])
@pytest.mark.parametrize("selected", ["", "?selected=group/HR", "?selected=x", "?selected=user/"])
def test_junk_that_is_chosen_leads_nowhere(console, logs, page, selected):
    answer = console.get(details(logs, f"/{page}{selected}"))

    assert answer.status_code == 302 or "Remove permissions boundary?" in body(answer)


def test_the_list_says_which_rows_cannot_be_deleted(console):
    page = body(console.get("/iam/policies?q=Company1-Logs"))
    theirs = body(console.get("/iam/policies?q=ViewOnlyAccess"))

    assert "data-pick" in page
    assert "data-bars" not in page
    assert 'data-bars="Delete"' in theirs
    assert "AWS managed policies cannot be deleted" in page


def test_a_policy_s_tags_are_on_its_page_and_aws_s_have_none(console, admin, logs):
    admin.call("iam:TagPolicy", policy_arn=logs, tags=[{"Key": "team", "Value": "HR"}])
    page = body(console.get(details(logs, "?section=tags")))
    theirs = body(console.get(details(ADMINISTRATOR, "?section=tags")))

    assert "team" in page
    assert details(logs, "/tags") in page
    assert "Manage tags" not in theirs
    assert "Permissions defined in this policy" in theirs


def test_an_attached_policy_with_versions_is_deleted_in_order(console, admin, logs):
    admin.call("iam:AttachUserPolicy", user_name="amin", policy_arn=logs)
    admin.call("iam:CreatePolicyVersion", policy_arn=logs, policy_document=DOCUMENT)
    asked = body(console.get(f"/iam/policies/delete?selected={logs}"))
    wrong = console.post("/iam/policies/delete", {"selected": logs, "confirm": "company1-logs-policy"})
    start = newest_event()
    done = console.post("/iam/policies/delete", {"selected": logs, "confirm": "Company1-Logs-Policy"}, follow=True)

    assert "Delete Company1-Logs-Policy?" in asked
    assert "1 entity" in asked
    assert wrong.status_code == 422
    assert "Policy Company1-Logs-Policy deleted." in body(done)
    assert calls_since(start) == ["DetachUserPolicy", "DeletePolicyVersion", "DeletePolicy"]


# -- inline policies --------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "name"), [("group", "HR"), ("user", "amin")])
def test_an_inline_policy_is_written_and_edited(console, admin, kind, name):
    admin.call("iam:CreateGroup", group_name="HR")
    url = f"/iam/{kind}s/details/{name}"
    created = body(write(console, f"{url}/create-policy", DOCUMENT, policy_name="inl"))
    twice = write(console, f"{url}/create-policy", DOCUMENT, policy_name="inl")
    edited = body(write(console, f"{url}/edit-policy/inl", policy(allow("ec2:*"))))

    assert "Policy inl created." in created
    assert "A policy called inl already exists." in body(twice)
    assert "Policy inl updated." in edited
    which = {f"{kind}_name": name, "policy_name": "inl"}
    assert "ec2:*" in admin.call(f"iam:Get{kind.title()}Policy", **which)["PolicyDocument"]


def test_the_editor_counts_against_the_inline_quota(console, admin):
    admin.call("iam:CreateGroup", group_name="HR")

    assert "of 5,120 characters remaining" in body(console.get("/iam/groups/details/HR/create-policy"))
    assert "of 2,048 characters remaining" in body(console.get("/iam/users/details/amin/create-policy"))


# -- calls, refusals, and what is gone --------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "calls"),
    [
        ("", ["GetPolicy", "GetPolicyVersion"]),
        ("?section=entities_attached", ["GetPolicy", "ListEntitiesForPolicy", "ListEntitiesForPolicy"]),
        ("?section=tags", ["GetPolicy"]),
        ("?section=versions&open=v1", ["GetPolicy", "ListPolicyVersions", "GetPolicyVersion"]),
        (
            "?section=last_accessed",
            ["GetPolicy", "GenerateServiceLastAccessedDetails", "GetServiceLastAccessedDetails"],
        ),
        ("/edit/v1", ["ListPolicyVersions", "GetPolicyVersion", "ValidatePolicy"]),
        ("/versions/compare?selected=v1", ["GetPolicy", "GetPolicyVersion", "GetPolicyVersion"]),
    ],
)
def test_a_page_makes_the_calls_of_the_real_one_in_its_order(console, logs, page, calls):
    start = newest_event()
    console.get(details(logs, page))

    made = Event.objects.filter(pk__gt=start).order_by("pk").values_list("name", flat=True)
    assert list(made) == calls


def test_a_missing_permission_takes_its_panel_alone(as_user, root, logs):
    root.call("iam:CreateUser", user_name="auditor")

    def may(*actions: str) -> None:
        root.call("iam:PutUserPolicy", user_name="auditor", policy_name="p", policy_document=policy(allow(actions)))

    console = as_user("auditor")
    may("iam:GetPolicy")
    permissions = body(console.get(details(logs)))
    entities = body(console.get(details(logs, "?section=entities_attached")))
    versions = body(console.get(details(logs, "?section=versions")))
    may("iam:ListPolicyVersions", "iam:ListEntitiesForPolicy")
    nameless = body(console.get(details(logs, "?section=versions")))

    assert "Policy details" in permissions
    assert "allows the iam:GetPolicyVersion action" in permissions
    assert entities.count("allows the iam:ListEntitiesForPolicy action") >= 2  # each of the two tables
    assert "Set this policy as a permissions boundary" in entities  # no button is hidden for lack of permission
    assert "allows the iam:ListPolicyVersions action" in versions
    assert "allows the iam:GetPolicy action" in nameless
    assert "Select v1" in nameless
    assert "Company1-Logs-Policy" in nameless


def test_what_is_gone_in_another_tab_is_told_in_the_api_s_words(console, admin, logs):
    admin.call("iam:CreateGroup", group_name="HR")
    gone_version = console.post(details(logs, "/versions/delete"), {"selected": "v7"}, follow=True)
    no_default = console.post(details(logs, "/versions/default"), {"selected": "v7"}, follow=True)
    not_attached = console.post(details(logs, "/detach"), {"selected": "group/HR"}, follow=True)
    no_group = console.post(details(logs, "/attach"), {"entities": "group/Gone"}, follow=True)
    admin.call("iam:DeletePolicy", policy_arn=logs)
    page = body(console.get(details(logs)))
    deleted = console.post("/iam/policies/delete", {"selected": logs, "confirm": "Company1-Logs-Policy"}, follow=True)

    assert "version v7 does not exist or is not attachable." in body(gone_version)
    assert "The default version of Company1-Logs-Policy was not changed." in body(no_default)
    assert "was not found." in body(not_attached)
    assert "The group with name Gone cannot be found." in body(no_group)
    assert f"Policy {logs} was not found." in page
    assert f"Policy {logs} was not found." in body(deleted)
    assert deleted.redirect_chain[-1][0] == "/iam/policies"


def test_an_aws_managed_policy_is_read_only(console):
    edit = console.get(details(ADMINISTRATOR, "/edit/v1"), follow=True)
    page = body(console.get(details(ADMINISTRATOR)))
    versions = body(console.get(details(ADMINISTRATOR, "?section=versions")))
    dialog = body(console.get(f"/iam/policies/delete?selected={ADMINISTRATOR}"))

    assert "Only AWS can change it." in body(edit)
    assert "/edit/" not in page
    assert ">Delete<" not in page
    assert "Set as default" not in versions
    assert "only AWS can change or delete it" in dialog


# -- for every page ---------------------------------------------------------------------------------


@pytest.mark.parametrize("document", [NASTY, '{"Version": "</textarea><script>alert(1)</script>"}'])
def test_markup_in_a_document_is_shown_as_text(console, document):
    page = console.post("/iam/policies/create", {"document": document}).content.decode()

    assert "<script>alert" not in page


def test_the_pages_stay_within_the_budget(console, admin, logs):
    for number in range(20):
        admin.call("iam:CreateUser", user_name=f"user-{number:02}")
        admin.call("iam:AttachUserPolicy", user_name=f"user-{number:02}", policy_arn=logs)
    console.get("/iam/policies")
    more = ("", "?view=json", "?section=entities_attached", "?section=versions&open=v1", "/attach", "/edit/v1")
    for url in ("/iam/policies", "/iam/policies/create", *(details(logs, one) for one in more)):
        with CaptureQueriesContext(connection) as queries:
            assert console.get(url).status_code == 200
        assert len(queries) <= 15, url
