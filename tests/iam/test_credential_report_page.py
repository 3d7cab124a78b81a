"""The page of the credential report, and the file that it gives out."""

from __future__ import annotations

import datetime as dt
import html
import re

import pytest
from django.utils import timezone

from iamconsole.cloudtrail.models import Event
from iamconsole.iam.models import CredentialReport
from tests.factories import allow, policy

pytestmark = pytest.mark.django_db

PAGE = "/iam/credential_report"


def body(response) -> str:
    return html.unescape(response.content.decode())


def test_before_the_first_there_is_none(as_user):
    page = body(as_user("admin").get(PAGE))
    assert "No report has been created yet." in page
    assert "Download credentials report" in page


def test_the_file_opens_in_a_spreadsheet(as_user):
    """X7 of the console's details: no byte order mark, CRLF, and every line has the 22 columns."""
    browser = as_user("admin")
    answer = browser.post(PAGE)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    name = re.fullmatch(r'attachment; filename="(status_reports_[0-9T_Z-]+\.csv)"', answer["Content-Disposition"])
    assert name
    assert not answer.content.startswith(b"\xef\xbb\xbf")
    lines = answer.content.decode().split("\r\n")
    assert lines.pop() == ""
    assert not any("\n" in line for line in lines)
    assert {line.count(",") for line in lines} == {21}
    assert lines[0].startswith("user,arn,user_creation_time,password_enabled,")
    assert lines[1].startswith("<root_account>,")
    assert [event.name for event in Event.objects.order_by("-id")[:2]] == [
        "GetCredentialReport",
        "GenerateCredentialReport",
    ]
    assert "The most recent report was created" in body(browser.get(PAGE))


def test_within_four_hours_it_is_the_same_report_and_afterwards_another(as_user, root):
    browser = as_user("admin")
    first = browser.post(PAGE)
    root.call("iam:CreateUser", user_name="newcomer")
    again = browser.post(PAGE)
    assert (again.content, again["Content-Disposition"]) == (first.content, first["Content-Disposition"])
    CredentialReport.objects.update(generated=timezone.now() - dt.timedelta(hours=4))
    assert "more than four hours ago" in body(browser.get(PAGE))
    assert b"newcomer" in browser.post(PAGE).content


def test_who_may_not_read_it_is_told_and_gets_no_file(as_user, root):
    CredentialReport.objects.all().delete()
    browser = as_user("amin")
    assert "You don't have permission to <code>iam:GetCredentialReport</code>" in body(browser.get(PAGE))
    answer = browser.post(PAGE, follow=True)
    assert "The credential report was not downloaded." in body(answer)
    assert "iam:GenerateCredentialReport" in body(answer)
    root.call(
        "iam:PutUserPolicy",
        user_name="amin",
        policy_name="p",
        policy_document=policy(allow("iam:GenerateCredentialReport")),
    )
    assert "iam:GetCredentialReport" in body(browser.post(PAGE, follow=True))
    assert CredentialReport.objects.count() == 1
