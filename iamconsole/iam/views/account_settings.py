"""Account settings: the password policy of the account's IAM users, and what STS does in each Region."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from iamconsole.core.errors import AwsError, NoSuchEntity
from iamconsole.core.operation import Response
from iamconsole.core.regions import REGIONS
from iamconsole.iam.forms.password_policy import KINDS, PasswordPolicyForm, initial_of
from iamconsole.iam.passwords import SHOWN_SYMBOLS
from iamconsole.iam.views.common import post_or_get
from iamconsole.ui import flash
from iamconsole.ui.forms import submit
from iamconsole.ui.pages import ConsoleRequest, Panel, panel, render_page

DEFAULT_RULES = (
    "Password minimum length: 8 characters",
    "Include a minimum of three of the following mix of character types: uppercase, lowercase, numbers, and "
    f"nonalphanumeric characters ({SHOWN_SYMBOLS})",
    "Must not be identical to your AWS account name or email address",
    "Never expire password",
)
_REQUIRED = (
    ("RequireUppercaseCharacters", "Require at least one uppercase letter from Latin alphabet (A-Z)"),
    ("RequireLowercaseCharacters", "Require at least one lowercase letter from Latin alphabet (a-z)"),
    ("RequireNumbers", "Require at least one number"),
    ("RequireSymbols", f"Require at least one nonalphanumeric character ({SHOWN_SYMBOLS})"),
)
TOKEN_VERSIONS = {
    1: "Valid only in AWS Regions enabled by default",
    2: "Valid in all AWS Regions",
}


def _days(number: int) -> str:
    return f"{number} day{'' if number == 1 else 's'}"


def _custom_rules(policy: Response) -> list[str]:
    """A custom policy in the console's list."""
    found = [f"Password minimum length: {policy['MinimumPasswordLength']} characters"]
    found += [text for setting, text in _REQUIRED if policy[setting]]
    age, remembered = policy.get("MaxPasswordAge"), policy.get("PasswordReusePrevention")
    found.append(f"Password expires in {_days(age)}" if age else "Never expire password")
    if age and policy.get("HardExpiry"):
        found.append("Password expiration requires administrator reset")
    if policy["AllowUsersToChangePassword"]:
        found.append("Allow users to change their own password")
    if remembered:
        found.append(f"Remember last {remembered} password{'' if remembered == 1 else 's'} and prevent reuse")
    return found


def _custom_policy(request: ConsoleRequest) -> Panel:
    """The answer of GetAccountPasswordPolicy; that there is no custom policy is an empty result and no failure."""
    return _or_default(panel(request, "iam:GetAccountPasswordPolicy"))


def _or_default(found: Panel) -> Panel:
    if isinstance(found.error, NoSuchEntity):
        return Panel(result={})
    return Panel(result=found.result["PasswordPolicy"]) if found.result else found


@require_safe
def account_settings(request: ConsoleRequest) -> HttpResponse:
    asked: list[tuple[str, dict[str, Any]]] = [("iam:GetAccountPasswordPolicy", {}), ("iam:GetAccountSummary", {})]
    found, summary = (Panel.of(answer) for answer in request.aws.call_many(asked))
    policy = _or_default(found)
    version = summary.result["SummaryMap"]["GlobalEndpointTokenVersion"] if summary.result else None
    context: dict[str, Any] = {
        "policy": policy,
        "kind": "custom" if policy.result else "default",
        "rules": _custom_rules(policy.result) if policy.result else DEFAULT_RULES,
        "summary": summary,
        "token_version": TOKEN_VERSIONS.get(version) if version else None,
        "regions": REGIONS.items(),
    }
    return render_page(request, "iam/account_settings.html", context)


@post_or_get
def password_policy_edit(request: ConsoleRequest) -> HttpResponse:
    """The form, and the question that `Save changes` leads to: nothing is called before it is answered.

    With a script the question is a dialog over the form; what is wrong with the form is then shown in the form.
    """
    home = reverse("iam:account-settings")
    if request.method != "POST":
        present = _custom_policy(request)
        form = PasswordPolicyForm(initial=initial_of(present.result or None))
        return _form_page(request, form, home, present.error)
    form = PasswordPolicyForm(request.POST)
    if not form.is_valid():
        response = _form_page(request, form, home)
        if request.htmx:
            response["HX-Retarget"], response["HX-Reselect"], response["HX-Reswap"] = _FORM, _FORM, "outerHTML"
        return response
    if "confirmed" in request.POST and _set(request, form):
        flash.success(request, "Password requirements for IAM users are updated.")
        return redirect(home)
    kept = [(name, value) for name in form.fields for value in request.POST.getlist(name)]
    context = {"form": form, "kept": kept, "custom": form.is_custom, "home": home}
    return render_page(request, "iam/password_policy_confirm.html", context, status=422 if form.errors else 200)


_FORM = "#password-policy-form"


def _form_page(
    request: ConsoleRequest, form: PasswordPolicyForm, home: str, hidden: AwsError | None = None
) -> HttpResponse:
    texts = {kind: text for kind, (_, text) in KINDS.items()}
    context = {"form": form, "home": home, "hidden": hidden, "kinds": texts, "default_rules": DEFAULT_RULES}
    return render_page(request, "iam/password_policy_edit.html", context, status=422 if form.errors else 200)


def _set(request: ConsoleRequest, form: PasswordPolicyForm) -> bool:
    if form.is_custom:
        return submit(form, request.aws, "iam:UpdateAccountPasswordPolicy") is not None
    try:
        request.aws.call("iam:DeleteAccountPasswordPolicy")
    except NoSuchEntity:
        # The default policy holds already: what was asked for is so.
        return True
    except AwsError as error:
        form.refuse(error)
        return False
    return True
