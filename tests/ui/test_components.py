from __future__ import annotations

import datetime as dt
import re
from types import SimpleNamespace

import pytest
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.cookie import CookieStorage
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone

from iamconsole.core.errors import AwsError, NoSuchEntity
from iamconsole.ui import flash
from iamconsole.ui.pages import Panel, panel, public
from iamconsole.ui.templatetags.ui import account_number, denial_context, in_words, long_time


def draw(source, **values):
    return Template(source).render(Context(values))


ALLOWS = "policy allows the iam:ListUsers action"

#    reason of the engine, and the line in the box
CONTEXTS = [
    (f"because no identity-based {ALLOWS}", f"no identity-based {ALLOWS}"),
    (f"because no permissions boundary {ALLOWS}", f"no permissions boundary {ALLOWS}"),
    ("with an explicit deny in an identity-based policy", "an identity-based policy explicitly denies the action"),
    ("with an explicit deny in an identity-based policy: arn", "an identity-based policy explicitly denies the action"),
    ("with an explicit deny in a service control policy", "a service control policy explicitly denies the action"),
    ("with an explicit deny in the role trust policy", "the role trust policy explicitly denies the action"),
    ("", ""),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "line"), CONTEXTS)
def test_the_box_says_the_reason_as_aws_does(reason, line):
    assert denial_context(reason) == line


#    seconds ago    words
TIMES = [
    (5,             "Now"),
    (60,            "1 minute ago"),
    (7200,          "2 hours ago"),
    (86_400 * 3,    "3 days ago"),
    (86_400 * 400,  "1 year ago"),
    (-7200,         "in 2 hours"),
]  # fmt: skip


@pytest.mark.parametrize(("seconds", "words"), TIMES)
def test_times_in_words(seconds, words):
    assert in_words(dt.timedelta(seconds=seconds)) == words


def test_a_time_in_words_carries_the_exact_time():
    page = draw("{% ago when %}", when=timezone.now() - dt.timedelta(hours=2))
    assert "2 hours ago" in page
    assert "(UTC+00:00)" in page
    assert draw("{% ago when %}", when=None) == "-"


def test_times_and_numbers_are_written_as_iam_writes_them():
    assert long_time(dt.datetime(2023, 10, 8, 13, 50, tzinfo=dt.UTC)) == "October 08, 2023, 13:50 (UTC+00:00)"
    assert account_number("629470240221") == "6294-7024-0221"


def test_wrappers_escape_their_values_and_keep_their_content():
    page = draw("{% panel title=bad description=bad %}<b>kept</b>{{ bad }}{% endpanel %}", bad="<script>x</script>")
    assert "<b>kept</b>" in page
    assert "<script>" not in page


def test_a_plain_value_in_a_slot_is_escaped():
    assert "<script>" not in draw("{% panel title='t' actions=bad %}{% endpanel %}", bad="<script>x</script>")
    assert "<b>" in draw("{% slot as a %}<b>ok</b>{% endslot %}{% panel title='t' actions=a %}{% endpanel %}")


LEAVES = (
    "{% copy bad show=True %}",
    "{% secret bad %}",
    "{% status 'success' bad %}",
    "{% badge bad %}",
    "{% code bad label=bad %}",
    "{% button bad href=bad %}",
    "{% breadcrumbs bad bad bad %}",
    "{% alert title=bad %}{{ bad }}{% endalert %}",
    "{% menu label=bad %}{% menu_item bad href=bad %}{% endmenu %}",
)


@pytest.mark.parametrize("source", LEAVES)
def test_leaves_escape_their_values(source):
    page = draw(source, bad='"><script>x</script>')
    assert "<script>" not in page
    assert "&quot;&gt;&lt;script&gt;" in page


def test_code_marks_the_lines_of_a_statement():
    page = draw('{% code text mark="2-3" %}', text="a\nb\nc\nd")
    assert page.count("data-marked") == 2
    assert draw("{% code value %}", value={"a": 1}).count("code-line") == 3


def test_a_failed_call_that_is_no_refusal_is_a_plain_alert():
    page = draw("{% error_box error %}", error=NoSuchEntity("The user with name x cannot be found."))
    assert "The user with name x cannot be found." in page
    assert "Access denied" not in page
    assert draw("{% error_box error %}", error=None) == ""


def test_a_denied_panel_leaves_the_rest_of_the_page_alone():
    def call(action, **params):
        raise AwsError("no")

    request = RequestFactory().get("/")
    request.aws = SimpleNamespace(call=call)
    refused = panel(request, "iam:GetUser")
    assert not refused
    assert refused.result is None
    assert str(refused.error) == "no"
    assert Panel.of({"User": 1}).result == {"User": 1}


def test_public_marks_a_view():
    @public
    def view(request):
        return None

    assert view.public


def test_flash_messages_are_newest_first_and_plain_text():
    stored = [
        Message(constants.INFO, "first"),
        Message(constants.SUCCESS, "<b>", '{"text": "t", "link": ["View", "/x"]}'),
    ]
    second, first = flash.read(stored)
    assert first == flash.Flash("info", "first")
    assert second == flash.Flash("success", "<b>", "t", ("View", "/x"))
    assert "&lt;b&gt;" in draw("{% flashbar %}", messages=stored)


def test_more_than_three_messages_collapse_into_a_bar_with_counts():
    stored = [Message(constants.INFO, "1"), *(Message(constants.ERROR, str(n)) for n in range(2, 6))]
    page = draw("{% flashbar %}", messages=stored)
    bar = page.split("<summary>")[1].split("</summary>")[0]
    assert "Notifications" in bar
    counts = dict(re.findall(r'<span class="sr-only">([\w-]+): </span>(\d+)', bar))
    assert counts == {"error": "4", "warning": "0", "success": "0", "info": "1", "in-progress": "0"}
    assert "<details" not in draw("{% flashbar %}", messages=stored[:3])


def test_a_job_in_progress_is_replaced_by_its_result():
    request = RequestFactory().get("/")
    request._messages = CookieStorage(request)
    flash.progress(request, "Uploading 3 files", job="upload-1")
    assert [one.kind for one in flash.read(request._messages._queued_messages)] == ["in-progress"]
    flash.progress(request, "Uploading 9 files", job="upload-2")
    flash.success(request, "Upload succeeded", job="upload-1")
    found = flash.read(request._messages._queued_messages)
    assert [(one.kind, one.title) for one in found] == [
        ("success", "Upload succeeded"),
        ("in-progress", "Uploading 9 files"),
    ]
