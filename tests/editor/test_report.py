"""What the editor says of a text: by ValidatePolicy, through the door, as whoever writes the policy."""

from __future__ import annotations

import html

import pytest

from iamconsole.cloudtrail.models import Event
from iamconsole.editor.explanations import explanation_of
from iamconsole.editor.forms import START, PolicyDocumentForm
from iamconsole.editor.report import NOT_PERMITTED, Report
from iamconsole.policy.check import CATALOGUE
from tests.factories import allow, client_for, deny, policy

MISSPELT = policy(allow("ec2:StopInstance"))
HTMX = {"HTTP_HX_REQUEST": "true"}
FINDINGS = "/policy-editor/findings"


def body(answer) -> str:
    return html.unescape(answer.content.decode())


def groups(report: Report) -> dict[str, int]:
    return {group.label: group.count for group in report.groups}


def test_every_finding_has_its_explanation():
    for code in CATALOGUE:
        explanation = explanation_of(code)
        assert explanation.sentence.endswith(".")
        assert explanation.rule.endswith(".")


def test_the_findings_of_the_first_type_that_has_some_are_shown():
    assert Report(MISSPELT).first_shown == "ERROR"
    assert Report(policy(allow("iam:PassRole"))).first_shown == "SECURITY_WARNING"
    assert Report(START).first_shown == "SUGGESTION"
    assert Report(policy(allow("s3:GetObject"))).first_shown == "SECURITY_WARNING"


@pytest.mark.django_db
def test_the_door_says_what_the_checks_say_and_the_editor_adds_its_own_hints(admin):
    document = policy(allow("s3:ListAllMyBuckets", "arn:aws:s3:::company1-hr"), allow(["iam:PassRole", "s3:Nothing"]))
    asked, here = Report.asked(admin, document, "identity"), Report(document)

    assert asked.notes == here.notes
    assert groups(asked) == {"Security": 1, "Errors": 1, "Warnings": 0, "Suggestions": 1}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "document", "found"),
    [
        ("identity", policy(allow("s3:*") | {"Principal": "*"}), "Unsupported principal"),
        ("trust", policy(allow("sts:AssumeRole") | {"Principal": "*"}), "Role trust policy syntax error resource"),
        ("resource", policy(allow("s3:GetObject", "arn:aws:s3:::b/*")), "Missing principal"),
        ("scp", policy(allow("s3:*") | {"Principal": "*"}), "SCP syntax error principal"),
        ("rcp", policy(deny("s3:*") | {"Principal": {"AWS": "111122223333"}}), "RCP syntax error principal"),
    ],
)  # fmt: skip
def test_each_kind_of_policy_has_its_own_findings(admin, kind, document, found):
    assert found in {note.name for note in Report.asked(admin, document, kind).notes}


@pytest.mark.django_db
def test_without_the_permission_only_grammar_errors_remain(dev):
    refused = Report.asked(dev, MISSPELT, "identity")
    broken = Report.asked(dev, '{"Version": "2012-10-17"', "identity")

    assert (refused.notes, refused.refusal, refused.problem) == ((), NOT_PERMITTED, "")
    assert [note.name for note in broken.notes] == ["Json syntax error"]


@pytest.mark.django_db
def test_the_page_says_that_the_permission_is_missing_and_lets_go_on(as_user, dev, root):
    root.call(
        "iam:PutUserPolicy", user_name="dev", policy_name="writes", policy_document=policy(allow("iam:CreatePolicy"))
    )
    console = as_user("dev")
    page = body(console.post("/iam/policies/create", {"document": MISSPELT, "editor": "json"}))
    step = console.post("/iam/policies/create", {"document": MISSPELT})

    assert NOT_PERMITTED in page
    assert step.status_code == 302


@pytest.mark.django_db
def test_a_page_asks_about_its_text_once_and_leaves_the_event(as_user, sandbox):
    console = as_user("admin")
    asked = Event.objects.filter(account=sandbox, name="ValidatePolicy")
    console.post("/iam/policies/create", {"document": MISSPELT, "editor": "json"})
    after_looking = asked.count()
    console.post("/iam/policies/create", {"document": MISSPELT})

    assert (after_looking, asked.count()) == (1, 2)
    assert asked.first().service == "access-analyzer"


@pytest.mark.django_db
def test_the_findings_are_those_of_the_kind_that_the_page_edits(as_user):
    asked = {"document": policy(allow("sts:AssumeRole")), "kind": "trust", "limit": "2048"}
    answer = body(as_user("admin").post(FINDINGS, asked, **HTMX))

    assert "Role trust policy syntax error resource" in answer
    assert "of 2,048 characters remaining" in answer


@pytest.mark.django_db
@pytest.mark.parametrize("document", ["\0", "[" * 5000, "{" * 131_073, '{"a": 1, "a": 2}'])
def test_whatever_is_typed_has_an_answer(as_user, document):
    answer = as_user("admin").post(FINDINGS, {"document": document}, **HTMX)

    assert answer.status_code == 200
    assert 'data-problem="Resolve' in answer.content.decode()


def test_no_break_spaces_and_curly_quotes_are_explained_and_a_byte_order_mark_is_nothing():
    document = policy(allow("s3:GetObject"))

    assert Report("\ufeff" + document).errors == 0
    assert Report(document.replace(" ", "\u00a0")).hard_spaces
    assert Report(document.replace('"', "“")).curly_quotes
    assert PolicyDocumentForm({"document": "\ufeff" + document.replace("}", "}\r\n")}).is_valid()


def test_white_space_counts_where_the_service_counts_it():
    document = '{\n    "Version": "2012-10-17"\n}'

    assert Report(document).size == "6,120 of 6,144 characters remaining"
    assert Report(document, "scp").size == "10,209 of 10,240 characters remaining"
    assert Report(document, "resource").size == "20,449 of 20,480 characters remaining"


@pytest.mark.django_db
def test_somebody_else_is_asked_as_themselves(sandbox, root):
    root.call("iam:CreateUser", user_name="nobody")

    assert Report.asked(client_for(sandbox, "nobody"), MISSPELT, "identity").refusal == NOT_PERMITTED
