"""What a form answers, word for word as the specification has it (console.md). What pages say: labels.toml."""

# ruff: noqa: E501 - tables read best with a case a line
from __future__ import annotations

import pytest

from tests.console.test_labels import browser_of, shown

WRONG = "Your authentication information is incorrect. Please try again."
# What a form answers (§2.2, §3, §4.1): what is sent, and what is then said.
#    who      page                                        sent                                              text
ANSWERS = [
    ("nobody", "/signin",                                  {"kind": "root"},                                 "Root user email address is required."),
    ("nobody", "/signin",                                  {"kind": "root", "email": "a@b.org"},             "An AWS account with that sign-in information does not exist. Try again or create a new account."),
    ("nobody", "/signin",                                  {"kind": "iam"},                                  "Account ID (12 digits) or account alias is required."),
    ("nobody", "/signin",                                  {"kind": "iam", "account": "12 34"},              "Account ID must be 12 digits or an alias"),
    ("nobody", "/signin/root",                             {"email": "HR@company1.com", "password": "x"},    f"There was an error {WRONG}"),
    ("nobody", "/console",                                 {"account": "{account}", "user_name": "admin", "password": "x"}, f"There was an error {WRONG}"),
    ("nobody", "/console",                                 {"account": "{account}", "user_name": "nobody", "password": "x"}, f"There was an error {WRONG}"),
    ("nobody", "/console",                                 {"account": "999999999999", "user_name": "admin", "password": "x"}, f"There was an error {WRONG}"),
    ("nobody", "/console",                                 {"account": "HR@company1.com", "user_name": "admin", "password": "x"}, f"There was an error {WRONG}"),
    ("root",  "/iam/account-alias",                        {"account_alias": "company1"},                    "Alias created for this account."),
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(("who", "path", "sent", "text"), ANSWERS)
def test_a_form_answers_what_aws_answers(sandbox, who, path, sent, text):
    filled = {name: value.format(account=sandbox.account_id) for name, value in sent.items()}
    assert text in shown(browser_of(who, sandbox).post(path, filled, follow=True).content.decode())
