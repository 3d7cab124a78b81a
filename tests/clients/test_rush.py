"""Several clients at the same objects at once, in short; `python -m tests.rush` does it for a minute."""

from __future__ import annotations

from tests import rush


def test_clients_at_the_same_objects_leave_nothing_half_made(server, served):
    account = served["account_id"]
    before = rush.audited(server.environment, account)
    report = rush.rush(served, seconds=2, clients=3, seed=1)
    assert report.wrong == []
    assert report.calls > 50
    assert rush.compare(report, rush.audited(server.environment, account), before) == []


def test_what_was_told_and_is_not_there_is_noticed():
    """The comparison itself: a lost write, a lost event and a leftover are each found."""
    report = rush.Report()
    report.outcomes[("CreateUser", "")] = 2
    report.outcomes[("CreateUser", "EntityAlreadyExists")] = 1
    kinds = ("User", "Group", "Role", "ManagedPolicy", "InstanceProfile")
    before = {"problems": [], "names": {kind: [] for kind in kinds}, "keys": [], "successes": {}, "failures": 0}
    right = before | {"names": before["names"] | {"User": ["a", "b"]}, "successes": {"CreateUser": 2}, "failures": 1}
    assert rush.compare(report, right, before) == []
    assert rush.compare(report, right | {"names": before["names"]}, before)
    assert rush.compare(report, right | {"successes": {"CreateUser": 1}}, before)
    assert rush.compare(report, right | {"failures": 0}, before)
    assert rush.compare(report, right | {"keys": ["AKIA"]}, before)
