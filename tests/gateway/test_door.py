"""The one door: what every call leaves behind, and what a failed one does not."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from iamconsole.accounts.models import Account
from iamconsole.cloudtrail.models import Event
from iamconsole.core.errors import AccessDenied, AwsError, EntityAlreadyExists, InvalidAction, NoSuchEntity
from iamconsole.core.ids import Ids
from iamconsole.core.listing import Listing
from iamconsole.iam.models import User
from tests.factories import allow, client_for, deny, policy

pytestmark = pytest.mark.django_db


def last_event() -> Event:
    return Event.objects.latest("id")


def test_a_call_leaves_its_event_with_parameters_and_answer(admin, sandbox):
    admin.call("iam:CreateUser", user_name="john", tags=[{"Key": "team", "Value": "hr"}])

    event = last_event()
    assert (event.service, event.name, event.error_code) == ("iam", "CreateUser", "")
    assert event.request == {"userName": "john", "tags": [{"key": "team", "value": "hr"}]}
    assert event.response["user"]["userName"] == "john"
    assert event.user_name == "admin"
    assert (event.outcome, event.decided_by) == ("allowed", "identity")
    assert event.action == "iam:CreateUser"
    assert event.resource == f"arn:aws:iam::{sandbox.account_id}:user/john"


def test_a_refused_call_leaves_its_event_and_no_change(dev, sandbox):
    with pytest.raises(AccessDenied) as refusal:
        dev.call("iam:CreateUser", user_name="eve")

    me = f"arn:aws:iam::{sandbox.account_id}:user"
    assert str(refusal.value) == (
        f"User: {me}/dev is not authorized to perform: iam:CreateUser on resource: {me}/eve "
        "because no identity-based policy allows the iam:CreateUser action"
    )
    assert not User.objects.filter(name="eve").exists()
    event = last_event()
    assert str(event.event_id) == refusal.value.event_id
    assert (event.error_code, event.error_message) == ("AccessDenied", str(refusal.value))
    assert event.outcome == "implicit_deny"
    assert event.request == {"userName": "eve"}
    assert event.response is None


def test_a_call_that_fails_in_its_work_is_rolled_back_and_recorded(admin, sandbox):
    with pytest.raises(EntityAlreadyExists):
        admin.call("iam:CreateUser", user_name="SARAH")

    assert last_event().error_code == "EntityAlreadyExists"
    sandbox.refresh_from_db()
    assert User.objects.filter(account=sandbox).count() == 3


@dataclass(frozen=True, slots=True)
class SameUuid(Ids):
    """Gives every event the same id, which the database refuses: a fault inside the outer transaction."""

    def uuid(self) -> str:
        return "00000000-0000-4000-8000-000000000000"


def test_a_fault_of_ours_leaves_neither_change_nor_event(sandbox):
    admin = client_for(sandbox, "admin", ids=SameUuid())
    admin.call("iam:CreateUser", user_name="first")
    with pytest.raises(IntegrityError), transaction.atomic():
        admin.call("iam:CreateUser", user_name="second")
    assert Event.objects.filter(name="CreateUser").count() == 1
    assert not User.objects.filter(name="second").exists()


def test_permission_comes_before_meaning(dev):
    """A stranger learns nothing from an error about what exists."""
    for name in ("Sarah", "nobody"):
        with pytest.raises(AccessDenied):
            dev.call("iam:GetUser", user_name=name)


def test_shape_comes_before_permission(dev):
    with pytest.raises(AwsError) as error:
        dev.call("iam:GetUser", user_name="x" * 129)
    assert error.value.code == "ValidationError"
    assert last_event_after_flush(dev).error_code == "ValidationError"


def last_event_after_flush(client) -> Event:
    client.flush()
    return last_event()


def test_an_unknown_operation_is_refused(admin):
    with pytest.raises(InvalidAction, match="The operation MakeCoffee of iam is not simulated here"):
        admin.call("iam:MakeCoffee")


def test_an_unknown_parameter_is_refused(admin):
    with pytest.raises(AwsError, match="Unknown parameter 'nickname'"):
        admin.call("iam:GetUser", nickname="x")


def test_secrets_never_reach_the_event(admin):
    admin.call("iam:CreateUser", user_name="john")
    admin.call("iam:CreateLoginProfile", user_name="john", password="Very-Secret-1")
    made = admin.call("iam:CreateAccessKey", user_name="john")
    secret = made["AccessKey"]["SecretAccessKey"]

    for row in Event.objects.values_list("request", "response", "context", "error_message"):
        assert "Very-Secret-1" not in str(row)
        assert secret not in str(row)
    login = Event.objects.get(name="CreateLoginProfile")
    assert login.request["password"] == "HIDDEN_DUE_TO_SECURITY_REASONS"
    key = Event.objects.get(name="CreateAccessKey")
    assert key.response["accessKey"]["accessKeyId"] == made["AccessKey"]["AccessKeyId"]


def test_reads_of_a_page_are_written_together_when_it_ends(admin):
    before = Event.objects.count()
    admin.call("iam:ListUsers")
    admin.call("iam:ListGroups")
    assert Event.objects.count() == before
    admin.flush()
    assert Event.objects.count() == before + 2


def test_a_write_takes_the_reads_before_it_along(admin):
    admin.call("iam:ListUsers")
    admin.call("iam:CreateGroup", group_name="HR")
    assert list(Event.objects.order_by("-id").values_list("name", flat=True)[:2]) == ["CreateGroup", "ListUsers"]


def test_a_batch_decides_and_records_each_call_on_its_own(root, sandbox):
    root.call("iam:CreateUser", user_name="helper")
    mine = f"arn:aws:iam::{sandbox.account_id}:user"
    root.call(
        "iam:PutUserPolicy",
        user_name="helper",
        policy_name="some",
        policy_document=policy(
            allow("iam:ListGroupsForUser", f"{mine}/amin"), deny("iam:ListGroupsForUser", f"{mine}/admin")
        ),
    )
    helper = client_for(sandbox, "helper")
    answers = helper.call_many(
        [
            ("iam:ListGroupsForUser", {"user_name": "amin"}),
            ("iam:ListGroupsForUser", {"user_name": "admin"}),
            ("iam:ListAccessKeys", {"user_name": "amin"}),
            ("iam:ListGroupsForUser", {"user_name": "bad name"}),
        ]
    )
    helper.flush()

    assert answers[0] == {"Groups": [], "IsTruncated": False}
    assert [getattr(a, "code", "") for a in answers[1:]] == ["AccessDenied", "AccessDenied", "ValidationError"]
    assert "explicit deny in an identity-based policy" in str(answers[1])
    events = list(Event.objects.order_by("id"))[-4:]
    assert [e.error_code for e in events] == ["", "AccessDenied", "AccessDenied", "ValidationError"]


def test_a_batch_is_for_reads(admin):
    with pytest.raises(ValueError, match="the batch form is for reads"):
        admin.call_many([("iam:CreateUser", {"user_name": "x"})])


def test_a_batch_of_many_costs_no_more_queries_than_one_of_few(admin):
    for number in range(30):
        admin.call("iam:CreateUser", user_name=f"user{number}")

    def cost(count):
        asked = [("iam:ListGroupsForUser", {"user_name": f"user{n}"}) for n in range(count)]
        asked += [("iam:ListAccessKeys", {"user_name": f"user{n}"}) for n in range(count)]
        with CaptureQueriesContext(connection) as queries:
            answers = admin.call_many(asked)
        assert all(isinstance(answer, dict) for answer in answers)
        return len(queries)

    admin.call("iam:ListUsers")  # gathers the caller's policies, which are then kept
    assert cost(30) == cost(2) <= 4


def test_a_change_acts_at_the_very_next_call(root, dev, sandbox):
    with pytest.raises(AccessDenied):
        dev.call("iam:ListUsers")
    root.call("iam:AttachUserPolicy", user_name="dev", policy_arn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    again = client_for(sandbox, "dev")
    assert again.call("iam:ListUsers")["Users"]
    root.call("iam:DetachUserPolicy", user_name="dev", policy_arn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    with pytest.raises(AccessDenied):
        client_for(sandbox, "dev").call("iam:ListUsers")


def test_a_client_that_gives_up_its_rights_has_lost_them_at_its_next_call(admin):
    admin.call("iam:DetachUserPolicy", user_name="admin", policy_arn="arn:aws:iam::aws:policy/AdministratorAccess")
    with pytest.raises(AccessDenied):
        admin.call("iam:ListUsers")


def test_a_write_sees_policies_that_changed_after_its_caller_was_looked_up(root, dev):
    """The decision of a write is made under the lock, not with what the request began with."""
    root.call("iam:AttachUserPolicy", user_name="dev", policy_arn="arn:aws:iam::aws:policy/IAMFullAccess")
    dev.call("iam:CreateUser", user_name="made-by-dev")
    assert User.objects.filter(name="made-by-dev").exists()


def test_every_iam_write_makes_a_new_revision_and_a_refused_one_does_not(admin, dev, sandbox):
    def revision():
        return Account.objects.get(pk=sandbox.pk).revision

    before = revision()
    admin.call("iam:CreateGroup", group_name="HR")
    assert revision() == before + 1
    with pytest.raises(AccessDenied):
        dev.call("iam:CreateGroup", group_name="IT")
    with pytest.raises(NoSuchEntity):
        admin.call("iam:DeleteGroup", group_name="IT")
    assert revision() == before + 1


def test_what_a_decision_was_made_with_is_kept_once(admin):
    for _ in range(3):
        admin.call("iam:GetUser", user_name="Sarah")
    admin.flush()
    events = Event.objects.filter(name="GetUser", user_name="admin")
    assert events.count() == 3
    assert len(set(events.values_list("basis_id", flat=True))) == 1
    basis = events[0].basis
    assert basis.attachments[0]["name"] == "AdministratorAccess"


def test_the_listing_of_a_page_never_comes_from_the_wire(admin):
    with pytest.raises(AwsError, match="Unknown parameter 'search'"):
        admin.call("iam:ListUsers", search="x")
    found = admin.call("iam:ListUsers", listing=Listing(search="AR", size=1))
    assert [user["UserName"] for user in found["Users"]] == ["Sarah"]
    assert found["Total"] == 1


def test_writes_as_one_are_decided_by_what_the_caller_may_at_their_beginning(admin, root):
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    calls = [
        ("iam:DetachUserPolicy", {"user_name": "admin", "policy_arn": arn}),
        ("iam:CreateGroup", {"group_name": "HR"}),
    ]
    assert admin.call_as_one(calls) is None
    assert last_event().basis.attachments[0]["name"] == "AdministratorAccess"
    # And only those: the next call knows what has changed.
    with pytest.raises(AccessDenied):
        admin.call("iam:CreateGroup", group_name="IT")
    # A change of somebody else's before the beginning counts at once.
    root.call("iam:AttachUserPolicy", user_name="admin", policy_arn=arn)
    root.call("iam:PutUserPolicy", user_name="admin", policy_name="no", policy_document=policy(deny("iam:*Group")))
    assert isinstance(admin.call_as_one([("iam:DeleteGroup", {"group_name": "HR"})]), AccessDenied)


def test_writes_as_one_end_at_the_first_refusal_and_what_was_done_stays(admin, dev):
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    grants = [
        ("iam:AttachUserPolicy", {"user_name": "dev", "policy_arn": arn}),
        ("iam:CreateGroup", {"group_name": "HR"}),
    ]
    assert isinstance(dev.call_as_one(grants), AccessDenied)
    assert not Event.objects.filter(name="CreateGroup").exists()
    twice = [("iam:CreateUser", {"user_name": "john"})] * 2 + [("iam:CreateGroup", {"group_name": "HR"})]
    assert isinstance(admin.call_as_one(twice), EntityAlreadyExists)
    assert User.objects.filter(name="john").count() == 1
    assert last_event().error_code == "EntityAlreadyExists"


@pytest.mark.parametrize("action", ["iam:ListUsers", "iam:CreateLoginProfile"])
def test_writes_as_one_are_plain_writes(admin, action):
    with pytest.raises(ValueError, match="plain writes"):
        admin.call_as_one([(action, {})])
