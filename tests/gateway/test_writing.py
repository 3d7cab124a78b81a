"""Queries whose SQL is made once, and the queue of writers."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection

from iamconsole.accounts.prepared import Prepared
from iamconsole.cloudtrail.models import Event
from iamconsole.gateway import door, record
from iamconsole.gateway.writing import Together, WriteLock
from iamconsole.iam import queries
from iamconsole.iam.models import AccessKey, User

pytestmark = pytest.mark.django_db


def plain(row):
    return {name: value for name, value in vars(row).items() if not name.startswith("_")}


def test_a_prepared_query_gives_what_its_queryset_gives(sandbox, dev):
    key = AccessKey.objects.select_related("user", "account").get(account=sandbox, user__name="admin")
    for _ in range(2):  # made, then kept
        found = queries.access_key(key.access_key_id).row
        assert plain(found) == plain(key)
        assert (plain(found.user), plain(found.account)) == (plain(key.user), plain(key.account))
        user = queries.users_named(sandbox.pk, ["DEV"])["dev"]
        assert plain(user) == plain(User.objects.get(account=sandbox, name="dev"))
        assert not hasattr(user, "login_profile")
        both = queries.users_named(sandbox.pk, ["dev", "admin"])
        assert plain(both["dev"]) == plain(user)
        assert both["admin"].login_profile.user == both["admin"]
        with connection.cursor():
            assert [each.name for each in queries.policies_of(User, user.pk, 0, "1").identity] == [
                "AmazonS3ReadOnlyAccess"
            ]
    assert queries.access_key("AKIAIOSFODNN7EXAMPLE") is None
    assert queries.users_named(sandbox.pk, ["nobody"]) == {}


def test_a_prepared_query_keeps_apart_what_it_is_asked(sandbox, other_sandbox):
    asked = Prepared[tuple[str]](
        lambda account, name: User.objects.filter(account=account, name=name).values_list("unique_id"), int, str
    )
    first, second = asked(sandbox.pk, "admin"), asked(other_sandbox.pk, "admin")
    assert first != second
    assert asked(sandbox.pk, "admin") == first
    assert asked(sandbox.pk, "' OR 1=1 --") == []
    assert (asked.count(sandbox.pk, "admin"), asked.count(sandbox.pk, "nobody")) == (1, 0)


def test_the_lock_may_be_taken_again_by_who_has_it():
    lock = WriteLock()
    with lock, lock:
        assert lock._depth == 2
    assert lock._depth == 0


def test_a_failure_leaves_the_lock_free():
    lock = WriteLock()
    with pytest.raises(ZeroDivisionError), lock:
        raise ZeroDivisionError
    assert lock._depth == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("column", "value", "error"),
    [
        ("event_id", None, DatabaseError),  # there already
        ("account_id", 1 << 70, (OverflowError, DatabaseError)),
        ("source_ip", "\ud800", (ValueError, DatabaseError)),
        ("time", object(), TypeError),
    ],
)
def test_one_callers_event_that_cannot_be_written_is_its_own_affair(sandbox, root, column, value, error):
    """Those that were to be written with it are written."""
    root.call("iam:ListUsers")
    root.flush()
    made = []
    for _ in range(2):
        root.call("iam:ListUsers")
        made.append(root.recorder.pending.pop())
    bad = made[1]
    setattr(bad.event, column, value or Event.objects.first().event_id)
    known = Event.objects.count()
    writer = Together()
    writer._waiting.append(waiting := _waiting(bad))
    writer.write([made[0]])
    assert Event.objects.count() == known + 1
    assert isinstance(waiting.error, error)
    with pytest.raises(error):
        writer.write([bad])


@pytest.mark.django_db(transaction=True)
def test_who_was_not_written_by_another_writes_for_itself(sandbox, root):
    """A mistake of ours in one event is an error for whoever comes upon it, and loses nobody's event."""
    made = []
    for _ in range(2):
        root.call("iam:ListUsers")
        made.append(root.recorder.pending.pop())
    wrong, good = made
    wrong.event.time = object()
    writer = Together()
    with pytest.raises(TypeError):
        writer.write([wrong])
    assert writer._waiting == []
    known = Event.objects.count()
    writer.write([good])
    assert Event.objects.count() == known + 1


def _waiting(one: record.Record):
    from iamconsole.gateway.writing import _Waiting

    return _Waiting([one])


def test_a_reads_event_within_a_larger_act_is_part_of_it(root):
    known = Event.objects.count()

    def act():
        with door.write_transaction():
            door.call(root.caller, root.context, "iam:ListUsers")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        act()
    assert Event.objects.count() == known
