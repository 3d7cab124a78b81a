"""The visual view: by a browser without a script, by what a script asks for, and by hostile forms."""

from __future__ import annotations

import gzip
import json

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from iamconsole.cloudtrail.models import Event
from iamconsole.editor import offers
from iamconsole.editor.blocks import NotShown, to_blocks
from iamconsole.editor.forms import START, PolicyDocumentForm
from iamconsole.editor.step import Editor
from iamconsole.editor.visual import Visual
from iamconsole.iam.aws_managed import by_arn
from iamconsole.policy import reference
from tests.factories import allow, policy
from tests.plain import CONTROLS, Plain, sent_by
from tests.policy.test_properties import documents, examples

ACCOUNT = "111122223333"
CREATE = "/iam/policies/create?step=addPermissions&wizard=a-wizard-of-mine"
SALES = "arn:aws:s3:::company1-sales/*"
WILDCARD = (
    "The all wildcard '*' may be overly permissive for the selected actions. Allowing specific ARNs for these service "
    "resources can improve security."
)
RESTRUCTURING = "IAM might restructure your policy to optimize it for the visual editor"


@pytest.fixture
def console(as_user):
    return as_user("admin")


@pytest.fixture
def page(console) -> Plain:
    return Plain(console).goto(CREATE)


@pytest.fixture
def s3(page) -> Plain:
    return page.press("S3")


def show(console, *statements) -> Plain:
    """The visual view of a policy that was written as JSON."""
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    return Plain(console).goto(CREATE).press("JSON").fill("Policy document (JSON)", text).press("Visual")


def statements_of(page: Plain) -> list[dict]:
    """What the JSON view says; afterwards the page is the visual view again."""
    page.press("JSON")
    document = json.loads(page.control("Policy document (JSON)", "textarea").text)
    page.press("Visual")
    return document["Statement"]


def only(page: Plain) -> dict:
    (statement,) = statements_of(page)
    return statement


def tick_and_update(page: Plain, label: str, on: bool = True) -> Plain:
    return page.tick(label, on).press("Update")


# -- D13 without a script ------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_d13_without_a_script(page, console):
    page.shows("Select a service").shows("Specify what actions can be performed on specific resources in a service.")
    page.press("S3").press("Read actions")
    tick_and_update(page, "GetObject").shows("Read (Selected 1/")
    page.shows("Specify object resource ARN for the GetObject action.")
    assert "Specify bucket resource ARN" not in page.text
    page.press("Add ARNs to restrict access: object")
    page.fill("Resource bucket name", "company1-sales").fill("Resource object name", "*").press("Add ARNs")
    page.shows(SALES)
    page.press("S3").press("Add more permissions").press("EC2")
    tick_and_update(page, "All EC2 actions (ec2:*)")
    tick_and_update(page, "All").shows(WILDCARD)
    assert statements_of(page) == [
        {"Sid": "VisualEditor0", "Effect": "Allow", "Action": "s3:GetObject", "Resource": SALES},
        {"Sid": "VisualEditor1", "Effect": "Allow", "Action": "ec2:*", "Resource": "*"},
    ]
    page.press("Next").fill("Policy name", "Developers_Policy").press("Create policy")
    page.shows("Policy Developers_Policy created.")


@pytest.mark.django_db
def test_an_empty_policy_goes_nowhere(page):
    page.press("Next").shows("Resolve 1 error").shows("Select a service.")
    assert page.response.status_code == 422
    assert statements_of(page) == json.loads(START)["Statement"]


# -- services ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_every_service_can_be_chosen_and_the_common_ones_come_first(page):
    buttons = [one for one in page.document.iter("button") if "-service-" in one.get("value", "")]
    assert [one.text for one in buttons[:6]] == ["IAM", "S3", "EC2", "STS", "CloudTrail", "CloudShell"]
    assert {one.get("value").split("-", 3)[3] for one in buttons} == set(reference.services())


@pytest.mark.django_db
def test_services_are_searched_by_any_of_their_names(page):
    page.fill("Service", "access analyzer").press("Search")
    assert [one.text for one in page.document.iter("button") if "-service-" in one.get("value", "")] == [
        "IAM Access Analyzer"
    ]
    page.fill("Service", "<nothing>").press("Search").shows("No services match.")


@pytest.mark.django_db
def test_a_service_that_nobody_knows_is_shown_with_a_warning(console):
    page = show(console, {"Effect": "Allow", "Action": "nosuch:Do", "Resource": "*"})
    page.shows("Unrecognized service").shows("nosuch:Do")
    assert only(page)["Action"] == "nosuch:Do"


# -- actions -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_access_level_is_taken_whole_and_given_back(s3):
    total = len(offers.actions_by_level("s3")["Tagging"])
    tick_and_update(s3, f"Tagging (Selected 0/{total})").shows(f"Tagging (Selected {total}/{total})")
    assert len(only(s3)["Action"]) == total
    s3.press("Tagging actions")
    tick_and_update(s3, "TagResource", on=False).shows(f"Tagging (Selected {total - 1}/{total})")
    tick_and_update(s3, f"Tagging (Selected {total - 1}/{total})")
    tick_and_update(s3, f"Tagging (Selected {total}/{total})", on=False).shows(f"Tagging (Selected 0/{total})")


@pytest.mark.django_db
def test_actions_of_a_folded_level_stay_chosen(s3):
    s3.press("Read actions")
    tick_and_update(s3, "GetObject").press("Read actions").press("Write actions")
    tick_and_update(s3, "PutObject")
    tick_and_update(s3, "All")
    assert only(s3)["Action"] == ["s3:GetObject", "s3:PutObject"]


@pytest.mark.django_db
def test_the_filter_finds_actions_of_every_level_and_loses_none(s3):
    s3.press("Read actions")
    tick_and_update(s3, "GetObject")
    s3.fill("Filter Actions of S3", "bucketpolicy").press("Filter")
    rows = [one.get("value") for one in s3.document.iter("input") if one.get("name", "").endswith("-action")]
    assert set(rows) == {"DeleteBucketPolicy", "GetBucketPolicy", "GetBucketPolicyStatus", "PutBucketPolicy"}
    s3.tick("PutBucketPolicy").press("Clear filter")
    tick_and_update(s3, "All")
    assert only(s3)["Action"] == ["s3:GetObject", "s3:PutBucketPolicy"]
    s3.fill("Filter Actions of S3", "nothing at all").press("Filter").shows("No actions match.")


@pytest.mark.django_db
def test_all_actions_of_a_service_are_one_box(s3):
    tick_and_update(s3, "All S3 actions (s3:*)")
    tick_and_update(s3, "All")
    assert only(s3)["Action"] == "s3:*"
    assert all(
        one.get("disabled") is not None for one in s3.document.iter("input") if one.get("name", "").endswith("-level")
    )
    s3.press("S3").shows("Allow all actions")


@pytest.mark.django_db
def test_info_of_an_action_tells_what_it_does_and_on_which_resources(s3):
    s3.press("Read actions").press("Info about GetObject")
    s3.shows("Grants permission to retrieve objects from Amazon S3.").shows("Resources: accesspointobject, object.")


@pytest.mark.parametrize("typed", ["Get*", "s3:Get*", "  s3:Get* "])
@pytest.mark.django_db
def test_actions_can_be_typed_with_wildcards(s3, typed):
    s3.press("Add actions").fill("Add actions", typed).press("Add")
    number = len(offers.matching("s3", ["Get*"]))
    s3.shows(f"s3:Get* {number} actions")
    tick_and_update(s3, "All")
    assert only(s3)["Action"] == "s3:Get*"
    # An action that a pattern stands for is ticked, and cannot be taken out of it.
    s3.press("Read actions").shows("GetObject by Get*")
    s3.press("Remove Get*")
    assert "s3:Get*" not in s3.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("ec2:RunInstances", "ec2:RunInstances is no action of S3. A block is for one service"),
        ("<script>", "<script> is not valid."),
        ("", "Enter an action."),
    ],
)
@pytest.mark.django_db
def test_what_is_typed_and_is_no_action_is_refused_where_it_stands(s3, typed, said):
    s3.press("Add actions").fill("Add actions", typed).press("Add").shows(said)
    assert s3.control("Add actions", "input").get("value") == typed


@pytest.mark.django_db
def test_typed_names_are_ticked_and_unknown_ones_are_marked(s3):
    s3.press("Add actions").fill("Add actions", "getobject, GetNothing").press("Add").shows("Unrecognized action")
    tick_and_update(s3, "All")
    assert only(s3)["Action"] == ["s3:GetNothing", "s3:GetObject"]


@pytest.mark.django_db
def test_an_action_that_needs_another_says_so(page):
    page.press("EC2").press("Add actions").fill("Add actions", "RunInstances").press("Add")
    page.shows("ec2:RunInstances also needs iam:PassRole to launch an instance with a role.")


@pytest.mark.django_db
def test_the_effect_is_switched(s3):
    tick_and_update(s3, "All S3 actions (s3:*)")
    tick_and_update(s3, "All").press("Switch to deny permissions").shows("Actions denied")
    assert WILDCARD not in s3.text
    assert only(s3)["Effect"] == "Deny"
    s3.press("Switch to allow permissions").shows("Actions allowed")


# -- resources -----------------------------------------------------------------------------------------------------


def choose(page: Plain, service: str, *actions: str) -> Plain:
    return page.press(service).press("Add actions").fill("Add actions", " ".join(actions)).press("Add")


@pytest.mark.django_db
def test_actions_without_resources_have_nothing_to_choose(page):
    choose(page, "S3", "ListAllMyBuckets").shows("The actions you chose support all resources.")
    assert only(page)["Resource"] == "*"


@pytest.mark.django_db
def test_beside_specific_resources_they_get_a_statement_of_their_own(page):
    choose(page, "S3", "ListAllMyBuckets", "GetObject")
    tick_and_update(page, "Any: object").shows("ListAllMyBuckets: no specific resources are supported.")
    first, second = statements_of(page)
    assert (first["Action"], first["Resource"]) == ("s3:GetObject", "arn:aws:s3:::*/*")
    assert (second["Action"], second["Resource"]) == ("s3:ListAllMyBuckets", "*")


@pytest.mark.django_db
def test_what_stands_on_specific_resources_in_vain_is_told_and_stays(console):
    page = show(console, {"Effect": "Allow", "Action": ["s3:ListAllMyBuckets", "s3:GetObject"], "Resource": SALES})
    page.shows("These actions support no specific resources and have no effect here:")
    tick_and_update(page, "MFA required") if "MFA required" in page.text else page.press(
        "Request conditions - optional"
    )
    tick_and_update(page, "MFA required")
    assert only(page)["Action"] == ["s3:GetObject", "s3:ListAllMyBuckets"]
    assert only(page)["Resource"] == SALES


@pytest.mark.django_db
def test_any_resource_of_a_type_is_one_box_with_this_account_in_it(page, sandbox):
    choose(page, "EC2", "StopInstances")
    tick_and_update(page, "Any in this account: instance")
    assert only(page)["Resource"] == f"arn:aws:ec2:*:{sandbox.account_id}:instance/*"
    tick_and_update(page, "Any in this account: instance", on=False)
    page.shows("Specify instance resource ARN for the StopInstances action.")


@pytest.mark.django_db
def test_an_arn_is_put_together_of_its_parts(page, sandbox):
    choose(page, "EC2", "StopInstances").press("Add ARNs to restrict access: instance")
    page.shows("arn:aws:ec2:{Region}:" + sandbox.account_id + ":instance/{InstanceId}")
    page.press("Add ARNs").shows("Enter the Region, or choose any.").shows("Enter the instance ID, or choose any.")
    page.tick("Other account").fill("Account ID", "12").tick("Any Region").fill("Resource instance ID", "i-1")
    page.press("Add ARNs").shows("Enter an account ID of 12 digits.")
    page.fill("Account ID", "444455556666").press("Add ARNs").shows("arn:aws:ec2:*:444455556666:instance/i-1")
    page.press("Add ARNs to restrict access: instance").tick("Any account").tick("Any Region")
    page.fill("Resource instance ID", "i-2").press("Add ARNs")
    assert only(page)["Resource"] == ["arn:aws:ec2:*:444455556666:instance/i-1", "arn:aws:ec2:*:*:instance/i-2"]
    page.press("Remove arn:aws:ec2:*:444455556666:instance/i-1")
    assert only(page)["Resource"] == "arn:aws:ec2:*:*:instance/i-2"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("company1-sales", "The ARN is not valid. Add the required prefix (arn) to the resource ARN."),
        ("arn:aws:s3:::company1-sales", "The ARN is not valid for the resource type object. Use the format"),
        ("arn:aws:ec2:us-east-1:1:instance/i", "The ARN is not valid."),
        ("arn:aws:s3:::<img src=x onerror=alert(1)>", "The ARN is not valid."),
        ("", "Enter an ARN."),
    ],
)
@pytest.mark.django_db
def test_an_arn_that_is_none_is_refused_and_stays_to_be_mended(page, typed, said):
    choose(page, "S3", "GetObject").press("Add ARNs to restrict access: object").press("Text")
    page.fill("ARNs", typed).press("Add ARNs").shows(said)
    assert (page.control("ARNs", "textarea").text or "").strip() == typed
    assert "<img src=x" not in page.response.content.decode()
    page.fill("ARNs", f"{SALES}\narn:aws:s3:::other/k").press("Add ARNs")
    assert only(page)["Resource"] == [SALES, "arn:aws:s3:::other/k"]


@pytest.mark.django_db
def test_the_dialog_can_be_left_and_its_tabs_share_what_was_typed(page):
    choose(page, "S3", "GetObject").press("Add ARNs to restrict access: object")
    page.fill("Resource bucket name", "b").press("Text")
    assert (page.control("ARNs", "textarea").text or "").strip() == "arn:aws:s3:::b/{ObjectName}"
    page.press("Cancel").shows("Specify object resource ARN for the GetObject action.")
    assert "Specify ARNs" not in page.text


@pytest.mark.django_db
def test_switching_to_all_resources_and_back_loses_no_arn(console):
    page = show(console, {"Effect": "Allow", "Action": "s3:GetObject", "Resource": SALES})
    tick_and_update(page, "All").shows(WILDCARD)
    assert "company1-sales" not in page.text
    tick_and_update(page, "Specific").shows(SALES)


@pytest.mark.django_db
def test_the_resource_types_of_hundreds_of_actions_are_folded(page):
    page.press("EC2")
    tick_and_update(page, "All EC2 actions (ec2:*)").shows("Specify a resource ARN for these actions.")
    assert "Add ARNs to restrict access: instance" not in page.names("button")
    page.press(f"Other resource types of these actions ({len(offers.needs('ec2', [], offers.matching('ec2', ['*'])))})")
    tick_and_update(page, "Any in this account: instance")
    page.press("Add ARNs to restrict access: instance").press("Cancel")


@pytest.mark.django_db
def test_arns_of_no_type_that_is_needed_are_shown_apart(console):
    queue = "arn:aws:sqs:us-east-1:111122223333:q"
    page = show(console, {"Effect": "Allow", "Action": "s3:GetObject", "Resource": [SALES, queue]})
    page.shows("These ARNs are of no resource type that the chosen actions work on.").press(f"Remove {queue}")
    assert only(page)["Resource"] == SALES


# -- conditions ----------------------------------------------------------------------------------------------------


@pytest.fixture
def conditions(page) -> Plain:
    choose(page, "S3", "ListAllMyBuckets")
    return page.press("Request conditions - optional")


def condition(page: Plain, key: str, operator: str, *values: str, qualifier: str = "Default") -> Plain:
    page.press("Add another condition").choose("Condition key", key).choose("Operator", operator)
    page.choose("Qualifier", qualifier)
    for number, value in enumerate(values, 1):
        if number > 1:
            page.press("Add another value")
        page.fill(f"Value {number}", value)
    return page.press("Add condition")


@pytest.mark.django_db
def test_mfa_and_source_ip_have_boxes(conditions):
    tick_and_update(conditions, "MFA required")
    tick_and_update(conditions, "Source IP").fill("IP address ranges", "203.0.113.0/24, 2001:db8::/32").press("Update")
    assert only(conditions)["Condition"] == {
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
        "IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:db8::/32"]},
    }
    tick_and_update(conditions, "MFA required", on=False)
    tick_and_update(conditions, "Source IP", on=False)
    assert "Condition" not in only(conditions)


@pytest.mark.parametrize("typed", ["", "everywhere", "10.0.0.0/99"])
@pytest.mark.django_db
def test_a_source_ip_that_is_none_keeps_the_policy_and_grants_nothing(conditions, typed):
    tick_and_update(conditions, "Source IP").fill("IP address ranges", typed).press("Next")
    conditions.shows("Resolve 1 error").shows("in CIDR notation")
    assert conditions.response.status_code == 422
    text = conditions.press("JSON").control("Policy document (JSON)", "textarea").text
    assert '"aws:SourceIp"' in text


@pytest.mark.django_db
def test_other_conditions_are_put_together_changed_and_removed(conditions):
    condition(conditions, "s3:TlsVersion", "NumericLessThan", "1.2")
    condition(conditions, "aws:TagKeys", "StringEquals", "team", "cost", qualifier="For all values in request")
    conditions.shows("aws:TagKeys ForAllValues:StringEquals team or cost")
    assert only(conditions)["Condition"] == {
        "NumericLessThan": {"s3:TlsVersion": "1.2"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["team", "cost"]},
    }
    conditions.press("Edit condition s3:TlsVersion").tick("If exists").press("Save condition")
    conditions.press("Remove condition aws:TagKeys")
    assert only(conditions)["Condition"] == {"NumericLessThanIfExists": {"s3:TlsVersion": "1.2"}}


@pytest.mark.django_db
def test_a_key_with_a_tag_in_it_asks_for_the_tag(conditions):
    condition(conditions, "aws:PrincipalTag/${TagKey}", "StringEquals", "a").shows("Enter the tag key.")
    conditions.fill("Tag key", "team").press("Add condition")
    assert only(conditions)["Condition"] == {"StringEquals": {"aws:PrincipalTag/team": "a"}}
    conditions.press("Edit condition aws:PrincipalTag/team")
    assert conditions.control("Tag key", "input").get("value") == "team"


@pytest.mark.parametrize(
    ("key", "operator", "values", "said"),
    [
        ("Select a condition key", "StringEquals", ["x"], "Select a condition key."),
        ("aws:userid", "StringEquals", [""], "Enter a value."),
        ("aws:SecureTransport", "Bool", ["true", "false"], "does not support multiple Boolean values"),
    ],
)
@pytest.mark.django_db
def test_a_condition_that_cannot_be_is_refused_where_it_stands(conditions, key, operator, values, said):
    condition(conditions, key, operator, *values)
    conditions.shows("Add request condition")
    conditions.shows(said)
    assert "Condition" not in only(conditions.press("Cancel"))


@pytest.mark.django_db
def test_two_conditions_with_the_same_key_and_operator_would_be_one(conditions):
    condition(conditions, "aws:userid", "StringEquals", "a")
    condition(conditions, "aws:userid", "StringEquals", "b")
    conditions.shows("There is already a condition with this key and operator. Add the value to it.")


# -- blocks --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_block_is_duplicated_and_removed(console):
    page = show(console, {"Sid": "Own", "Effect": "Allow", "Action": "s3:GetObject", "Resource": SALES})
    page.press("Duplicate S3 permissions").shows(RESTRUCTURING)
    assert [statement["Sid"] for statement in statements_of(page)] == ["Own", "VisualEditor1"]
    page.press("Remove S3 permissions")
    assert only(page)["Sid"] == "VisualEditor0"
    page.press("Remove S3 permissions").shows("Select a service")
    assert statements_of(page) == json.loads(START)["Statement"]


@pytest.mark.django_db
def test_the_blocks_of_a_long_policy_are_folded_and_say_what_is_in_them(console):
    page = show(
        console,
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
        {"Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "Resource": "*"},
        {"Effect": "Deny", "Action": ["ec2:Stop*", "ec2:StartInstances"], "NotResource": "*"},
    )
    page.shows("Allow 1 action").shows("Deny all actions except 2").shows("Deny 2 actions")


@pytest.mark.django_db
def test_what_nobody_changes_stays_as_it_was_written(console):
    text = '{"Version":"2012-10-17",\n\n"Statement":{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["*"]}}'
    page = Plain(console).goto(CREATE).press("JSON").fill("Policy document (JSON)", text).press("Visual")
    page.press("Read actions").press("S3").press("JSON")
    assert page.control("Policy document (JSON)", "textarea").text.strip() == text
    assert RESTRUCTURING not in page.text


@pytest.mark.django_db
def test_a_text_with_errors_stays_in_the_json_view(console):
    page = Plain(console).goto(CREATE).press("JSON").fill("Policy document (JSON)", '{"Version":').press("Visual")
    page.shows("The policy has errors. Fix them in the JSON editor before switching.")
    assert page.control("Policy document (JSON)", "textarea").text.strip() == '{"Version":'


@pytest.mark.django_db
def test_an_imported_policy_is_more_blocks(page):
    page.press("Import policy").fill("Find policies", "S3ReadOnly")
    page.send(page.document.get_element_by_id("editor-import-search")).tick("AmazonS3ReadOnlyAccess")
    page.send(page.document.get_element_by_id("import-add")).shows("S3 Object Lambda")
    assert "Select a service" not in page.text
    assert {statement["Resource"] for statement in statements_of(page)} == {"*"}


# -- what is missing -----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_missing_resource_stops_next_and_is_counted(page):
    choose(page, "EC2", "RunInstances").press("Next")
    page.shows("Resolve 1 error").shows("Specify the resources of 5 resource types.")
    page.press("Add more permissions").press("Next").shows("Resolve 2 errors")
    assert page.response.status_code == 422
    page.press("Remove").tick("All").press("Next").shows("Review and create")


@pytest.mark.django_db
def test_a_browser_cannot_say_that_nothing_is_missing(page, console):
    choose(page, "S3", "GetObject")
    for control in page.document.xpath("//form[@id='wizard']"):
        control.append(html.fromstring('<input type="hidden" name="unresolved" value="0">'))
    page.press("Next").shows("Resolve 1 error")


@pytest.mark.django_db
def test_what_the_findings_call_an_error_is_told_in_the_visual_view_too(page):
    choose(page, "S3", "GetObjct")
    page.tick("All").press("Next").shows("Resolve 1 error").shows(
        "Invalid action: The action s3:GetObjct does not exist."
    )


@pytest.mark.django_db
def test_a_policy_that_names_a_principal_says_why_it_has_no_visual_view():
    editor = Editor(PolicyDocumentForm(kind="trust"), "json")
    assert not editor.has_visual
    drawn = render_to_string("editor/editor.html", {"editor": editor})
    assert "This policy names a principal" in drawn
    assert 'value="visual"' not in drawn


# -- what a script asks for ----------------------------------------------------------------------------------------


def posted_by(page: Plain, **more: str) -> dict[str, list[str]]:
    form = page.document.xpath("//form[@id='wizard']")[0]
    data: dict[str, list[str]] = {}
    for control in form.iter(*CONTROLS):
        for key, value in sent_by(control):
            data.setdefault(key, []).append(value)
    return data | {key: [value] for key, value in more.items()}


@pytest.mark.django_db
def test_a_script_gets_the_block_that_changed_and_what_is_said_of_the_policy(page, console):
    choose(page, "S3", "GetObject")
    before = Event.objects.count()
    answer = console.post("/policy-editor/visual", posted_by(page, editor="block-1-toggle-level1", kind="identity"))
    drawn = answer.content.decode()
    assert drawn.count('class="visual-block"') == 1
    assert "<html" not in drawn
    assert 'id="visual-status" role="status" hx-swap-oob="true"' in drawn
    assert "characters remaining" in drawn
    # Ticking boxes is no call of an operation.
    assert Event.objects.count() == before


@pytest.mark.parametrize("button", ["add-block", "block-1-duplicate", "block-1-remove"])
@pytest.mark.django_db
def test_a_script_gets_all_blocks_when_there_are_more_or_fewer(page, console, button):
    choose(page, "S3", "GetObject")
    drawn = console.post("/policy-editor/visual", posted_by(page, editor=button)).content.decode()
    assert 'id="visual-blocks"' in drawn


@pytest.mark.django_db
def test_the_visual_view_asks_for_a_sign_in(client):
    assert client.post("/policy-editor/visual", {"editor": "add-block"}).status_code in (302, 401, 403)


@pytest.mark.django_db
def test_all_of_ec2_drawn_at_once_is_below_sixty_kilobytes(page):
    page.press("EC2")
    for level in ("List", "Read", "Write", "Permissions management", "Tagging"):
        page.press(f"{level} actions")
    names = [one for one in page.document.iter("input") if one.get("name", "").endswith("-action")]
    assert len(names) > 750
    assert len(gzip.compress(page.response.content)) < 60_000
    for one in names:
        one.set("checked", "")
    page.press("Update").shows("Write (Selected 517/517)")
    page.press("Add more permissions").press("IAM")
    assert len(gzip.compress(page.response.content)) < 60_000


# -- the form says what the text says ------------------------------------------------------------------------------


def drawn(visual: Visual) -> QueryDict:
    """What a browser sends of the visual view when nothing has been changed on it."""
    editor = Editor(PolicyDocumentForm(initial={"document": visual.document}), "visual", visual)
    document = html.fromstring(
        f"<form>{render_to_string('editor/visual.html', {'visual': visual, 'editor': editor})}</form>"
    )
    query = QueryDict(mutable=True)
    for control in document.iter(*CONTROLS):
        for key, value in sent_by(control):
            query.appendlist(key, value)
    query["editor"] = "block-1-redraw"
    return query


def assert_the_form_says_it_again(text: str) -> None:
    folded = Visual(text, "identity", ACCOUNT).show_text()
    again = Visual(text, "identity", ACCOUNT).show_form(drawn(folded))
    assert again.is_unchanged
    assert again.text == text
    for draft in again.drafts:
        draft.shown = {"block", "resources", "conditions", "further", *(f"level{number}" for number in range(5))}
    opened = Visual(text, "identity", ACCOUNT).show_form(drawn(again))
    assert opened.is_unchanged
    # And written anew it is the same policy.
    assert [draft.block.service for draft in opened.drafts] == [block.service for block in to_blocks(text).blocks]


def test_the_form_says_again_what_aws_own_policies_say():
    texts = [each.text for each in by_arn().values() if len(each.text) < 5000]
    for text in texts[::60]:
        assert_the_form_says_it_again(text)


@examples
@given(documents("identity"))
def test_the_form_says_again_what_any_policy_says(attached):
    if isinstance(to_blocks(attached.policy.text), NotShown):
        return
    assert_the_form_says_it_again(attached.policy.text)


FIELDS = [
    "service",
    "effect",
    "sid",
    "shown",
    "kept",
    "action",
    "pattern",
    "all",
    "level",
    "was",
    "arn",
    "any",
    "scope",
]
MORE = ["condition", "mfa", "ip", "addresses", "dialog", "part0", "tab", "text", "key", "value", "limited", "notaction"]
VALUES = ["", "1", "*", "s3", "GetObject", "GetObject,,x", '["Bool","a:b",["x"]]', "[[", '{"a":1}', "[" * 2000]
VALUES += ["arns/object", "condition/0", "condition/99999999", "<b>", "9" * 50, "\x00", "text", "0", "\u00b2"]
VERBS = ["service", "toggle", "drop", "droparn", "putarns", "putcondition", "condition", "dropcondition", "arns", "tab"]
VERBS += ["put", "more", "duplicate", "remove", "cancel", "about", "nonsense", ""]
BUTTONS = st.builds(
    "block-{}-{}-{}".format,
    st.sampled_from(["1", "2", "x", "99999"]),
    st.sampled_from(VERBS),
    st.sampled_from(VALUES),
)


@examples
@given(
    st.lists(st.tuples(st.sampled_from(FIELDS + MORE), st.sampled_from(VALUES)), max_size=12),
    BUTTONS,
    st.sampled_from([START, "{", policy(allow("s3:GetObject", SALES)), "\x00"]),
)
def test_no_form_however_hostile_is_a_fault(pairs, button, document):
    query = QueryDict(mutable=True)
    query.setlist("block", ["1", "1", "2", "x", "-1", "99999"])
    query["block-1-service"] = "s3"
    query.setlist("block-1-shown", ["block", "resources", "conditions", "level0"])
    for name, value in pairs:
        query.appendlist(f"block-1-{name}", value)
    query["editor"] = button
    visual = Visual(document, "identity", ACCOUNT).show_form(query)
    assert json.loads(visual.text) if document != "{" and document != "\x00" else True
    page = drawn(visual)
    assert page.getlist("block") == [draft.id for draft in visual.drafts]
