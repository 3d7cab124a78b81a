"""Users: the list, and deleting some of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from iamconsole.core.errors import AwsError, NoSuchEntity
from iamconsole.iam.views import deleting
from iamconsole.iam.views.calls import Step as Call
from iamconsole.iam.views.calls import every
from iamconsole.iam.views.common import chosen, post_or_get
from iamconsole.iam.views.mfa import removal
from iamconsole.iam.views.user_rows import age, user_rows, user_url
from iamconsole.ui.pages import Aws, ConsoleRequest, Panel, panel, render_page
from iamconsole.ui.table import Action, Column, Table

CELLS = "iam/user_cells.html"
NAME = Column("name", "User name", value="UserName", sortable=True, template=f"{CELLS}#name-cell")
GROUPS = Column("groups", "Groups", template=f"{CELLS}#groups-cell")
ACTIVITY = Column("activity", "Last activity", template=f"{CELLS}#activity-cell")
CREATED = Column("created", "Creation time", value="CreateDate", sortable=True, template=f"{CELLS}#time-cell")

COLUMNS = (
    NAME,
    Column("path", "Path", value="Path", sortable=True),
    GROUPS,
    ACTIVITY,
    Column("mfa", "MFA", template=f"{CELLS}#mfa-cell"),
    Column(
        "password_age",
        "Password age",
        value=lambda row: age(row["profile"].result["CreateDate"]) if row["profile"].result else "",
        template=f"{CELLS}#password-age-cell",
    ),
    Column(
        "console_last_sign_in",
        "Console last sign-in",
        value="PasswordLastUsed",
        sortable=True,
        template=f"{CELLS}#sign-in-cell",
    ),
    Column("keys", "Access key ID", template=f"{CELLS}#keys-cell"),
    Column(
        "key_age",
        "Active key age",
        value=lambda row: [age(key["CreateDate"]) for key in row["keys"].result["active"]] if row["keys"] else (),
        template=f"{CELLS}#key-age-cell",
    ),
    Column("key_used", "Access key last used", value="keys", template=f"{CELLS}#key-used-cell"),
    Column("arn", "ARN", value="Arn", template=f"{CELLS}#arn-cell", hidden=True),
    replace(CREATED, hidden=True),
    Column("console_access", "Console access", value="profile", template=f"{CELLS}#console-access-cell", hidden=True),
    Column("certificates", "Signing certs", template=f"{CELLS}#certificates-cell", hidden=True),
)


@require_safe
def user_list(request: ConsoleRequest) -> HttpResponse:
    table = Table(
        "users",
        "Users",
        COLUMNS,
        description="An IAM user is an identity with long-term credentials that is used to interact with AWS in an "
        "account.",
        selection="multi",
        key="UserName",
        level=1,
        info="users",
        actions=(
            Action("Delete", reverse("iam:user-delete"), needs="some", modal=True),
            Action("Create user", reverse("iam:user-create"), kind="primary"),
        ),
    )
    found = panel(request, "iam:ListUsers", listing=table.listing(request))
    if found.result is None:
        table.fail(found.error or AwsError(""))
    else:
        table.fill(user_rows(request, found.result["Users"]), found.result["Total"])
    return render_page(request, "iam/user_list.html", {"table": table}, partial="table")


# -- delete -----------------------------------------------------------------------------------------


@post_or_get
def user_delete(request: ConsoleRequest) -> HttpResponse:
    """Delete the users that were ticked."""
    names, home = chosen(request), reverse("iam:user-list")
    if not names:
        return redirect(home)
    form = deleting.confirmation(request, "user", names)
    if request.method == "POST" and form.is_valid():
        # Oneself last: with one's own policies the right to delete the others would be gone.
        in_turn = sorted(names, key=lambda name: name == request.caller.user_name)
        deleting.delete_each(request, "user", in_turn, _deletion)
        return redirect(home)
    context = {
        "names": names,
        "title": deleting.title("user", names),
        "rows": user_rows(request, _known(request, names)),
        "form": form,
        "own": request.caller.user_name in names,
        "home": user_url(names[0]) if len(names) == 1 and request.GET.get("from") == "details" else home,
    }
    return render_page(request, "iam/user_delete.html", context, status=422 if form.is_bound else 200)


def _known(request: ConsoleRequest, names: list[str]) -> list[dict[str, Any]]:
    """The users as far as the caller may read them, else their names."""
    answers = request.aws.call_many([("iam:GetUser", {"user_name": name}) for name in names])
    found = [Panel.of(answer) for answer in answers]
    return [one.result["User"] if one.result else {"UserName": name} for name, one in zip(names, found, strict=True)]


def _deletion(aws: Aws, name: str) -> Iterator[Call]:
    """AWS refuses to delete a user that owns anything; its console therefore takes everything away first."""
    user = {"user_name": name}
    for group in every(aws, "iam:ListGroupsForUser", "Groups", **user):
        yield "iam:RemoveUserFromGroup", user | {"group_name": group["GroupName"]}
    if has_password(aws, name):
        yield "iam:DeleteLoginProfile", user
    for key in every(aws, "iam:ListAccessKeys", "AccessKeyMetadata", **user):
        yield "iam:DeleteAccessKey", user | {"access_key_id": key["AccessKeyId"]}
    for device in every(aws, "iam:ListMFADevices", "MFADevices", **user):
        yield from removal(user, device["SerialNumber"])
    for ssh_key in every(aws, "iam:ListSSHPublicKeys", "SSHPublicKeys", **user):
        yield "iam:DeleteSSHPublicKey", user | {"ssh_public_key_id": ssh_key["SSHPublicKeyId"]}
    for one in every(aws, "iam:ListServiceSpecificCredentials", "ServiceSpecificCredentials", **user):
        given = {"service_specific_credential_id": one["ServiceSpecificCredentialId"]}
        yield "iam:DeleteServiceSpecificCredential", user | given
    for certificate in every(aws, "iam:ListSigningCertificates", "Certificates", **user):
        yield "iam:DeleteSigningCertificate", user | {"certificate_id": certificate["CertificateId"]}
    for policy_name in every(aws, "iam:ListUserPolicies", "PolicyNames", **user):
        yield "iam:DeleteUserPolicy", user | {"policy_name": policy_name}
    for policy in every(aws, "iam:ListAttachedUserPolicies", "AttachedPolicies", **user):
        yield "iam:DetachUserPolicy", user | {"policy_arn": policy["PolicyArn"]}
    yield "iam:DeleteUser", user


def has_password(aws: Aws, name: str) -> bool:
    try:
        aws.call("iam:GetLoginProfile", user_name=name)
    except NoSuchEntity:  # no password to delete; a refusal is another matter and ends the work
        return False
    return True
