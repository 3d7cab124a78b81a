"""The create-role wizard: whom it trusts, what it may do, and its name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

from django.http import HttpResponse, QueryDict
from django.urls import reverse

from iamconsole.core.errors import AwsError
from iamconsole.editor.step import editor_context, editor_step
from iamconsole.iam.forms.roles import (
    CUSTOM,
    ENTITY_TEXTS,
    SAML,
    SERVICE,
    TRUST_START,
    WEB,
    Known,
    RoleDetailsForm,
    RolePermissionsForm,
    TrustedEntityForm,
)
from iamconsole.iam.use_cases import UseCase
from iamconsole.iam.views.boundaries import PERMISSIONS_BOUNDARY, boundary_picker
from iamconsole.iam.views.calls import Step as Call
from iamconsole.iam.views.common import post_or_get
from iamconsole.iam.views.holder import Holder
from iamconsole.iam.views.permissions import attachments, policies_picker
from iamconsole.iam.views.policy_parts import policy_name, policy_type
from iamconsole.iam.views.role_rows import role_url
from iamconsole.iam.views.user_grants import Grant, Grants, attachment, first_failure
from iamconsole.ui import flash
from iamconsole.ui.forms import submit
from iamconsole.ui.pages import ConsoleRequest, panel
from iamconsole.ui.wizard import Step, Wizard

ENTITIES, PERMISSIONS, REVIEW = "selectEntities", "addPermission", "review"  # as AWS's console has them in `?step=`
DESCRIPTIONS = {
    ENTITIES: "",
    PERMISSIONS: "Choose the policies that say what the role may do. A role without policies may do nothing.",
    REVIEW: "",
}


@post_or_get
def role_create(request: ConsoleRequest) -> HttpResponse:
    home, offers = reverse("iam:role-list"), Offers(request)
    followed = Followed()
    steps = (
        _entity_step(offers, followed),
        Step(PERMISSIONS, "Add permissions", RolePermissionsForm, options=_suggested_policies),
        Step(REVIEW, "Name, review, and create", RoleDetailsForm, options=_suggested_description),
    )
    wizard = Wizard(request, "create-role", steps, finish="Create role", cancel=home)
    if request.method != "POST" and not wizard.draft["data"]:
        wizard.draft["data"] |= _asked(request)
    followed.before = _use_case(wizard)
    if answer := wizard.walk():
        return answer
    context: dict[str, Any] = {"description": DESCRIPTIONS[wizard.step.name]}
    if wizard.step.name == ENTITIES:
        form = cast(TrustedEntityForm, wizard.form)
        context |= {"texts": ENTITY_TEXTS, "entity": form.shown, "refused": offers.refused}
        context |= editor_context(wizard) if form.shown == CUSTOM else {}
        context["needs"] = "use-cases" if form.shown == SERVICE else ""
    elif wizard.step.name == PERMISSIONS:
        context |= _permissions(request, wizard)
    else:
        entity = _entity(wizard)
        grants = _grants(wizard)
        if wizard.finished and _create(request, wizard, entity, grants):
            return wizard.done(home)
        tags = cast(RoleDetailsForm, wizard.form).editor("tags" in request.GET)
        context |= {"trust": entity.trust, "grants": grants, "tags": tags}
    return wizard.page("iam/role_create.html", context)


def _asked(request: ConsoleRequest) -> dict[str, dict[str, list[str]]]:
    """What `Assign role` on the page of an identity provider brings along: the tile, and the provider in it."""
    arn = request.GET.get("provider", "")
    tile, field = (SAML, "saml_provider") if ":saml-provider/" in arn else (WEB, "web_provider")
    return {ENTITIES: {"entity": [tile], field: [arn]}} if arn else {}


# -- whom it trusts ---------------------------------------------------------------------------------


class Offers:
    """What the first step offers of the account's own, read once for a page, and only for the tile that is open."""

    def __init__(self, request: ConsoleRequest) -> None:
        self.request = request
        self.refused: list[AwsError] = []
        self.known: dict[tuple[str, str], Known] = {}

    def of(self, wizard: Wizard) -> dict[str, Any]:
        """For the form: its tile and provider as they were posted last."""
        draft = wizard.draft["data"].get(ENTITIES, {})
        entity, provider = ("".join(draft.get(name, [])[-1:]) for name in ("entity", "web_provider"))
        if wizard.step.name != ENTITIES:  # the review reads the choices, and offers none
            entity = provider = ""
        if (entity, provider) not in self.known:
            self.known[entity, provider] = self._read(entity, provider)
        return {"kind": "trust", "known": self.known[entity, provider]}

    def _read(self, entity: str, provider: str) -> Known:
        account_id = self.request.caller.account_id
        if entity == SAML:
            return Known(account_id, self._arns("iam:ListSAMLProviders", "SAMLProviderList"))
        if entity != WEB:
            return Known(account_id)
        arns = self._arns("iam:ListOpenIDConnectProviders", "OpenIDConnectProviderList")
        audiences: Sequence[str] = ()
        if provider in arns:
            # Who may not read it types the audience.
            found = panel(self.request, "iam:GetOpenIDConnectProvider", open_id_connect_provider_arn=provider)
            audiences = found.result["ClientIDList"] if found.result else ()
        return Known(account_id, arns, audiences)

    def _arns(self, action: str, member: str) -> list[str]:
        found = panel(self.request, action)
        if found.error:
            self.refused.append(found.error)
        return [one["Arn"] for one in found.result[member]] if found.result else []


class Followed:
    """What the later steps were given of the use case, which follows when another is chosen: the rest is one's own."""

    before: UseCase | None = None

    def follow(self, wizard: Wizard) -> None:
        before, after, data = self.before, _use_case(wizard), wizard.draft["data"]
        if before == after:
            return
        old, new = (one.policies if one else () for one in (before, after))
        if (given := data.get(PERMISSIONS)) is not None:
            given["policies"] = [*dict.fromkeys([*(p for p in given.get("policies", []) if p not in old), *new])]
        old_text, new_text = (one.description if one else "" for one in (before, after))
        if (given := data.get(REVIEW)) is not None and given.get("description", [""]) == [old_text]:
            given["description"] = [new_text]


def _entity_step(offers: Offers, followed: Followed) -> Step:
    """The step of the policy editor, with tiles above it."""
    written = editor_step("Select trusted entity", name=ENTITIES, kind="trust", document=TRUST_START)

    def posted(wizard: Wizard, data: QueryDict) -> None:
        if written.posted and "document" in data:
            written.posted(wizard, data)
        followed.follow(wizard)

    def options(wizard: Wizard) -> dict[str, Any]:
        return (written.options(wizard) if written.options else {}) | offers.of(wizard)

    return replace(written, form=TrustedEntityForm, options=options, posted=posted)


def _entity(wizard: Wizard) -> TrustedEntityForm:
    """The first step's form, checked."""
    form = cast(TrustedEntityForm, wizard.form_of(wizard.steps[0]))
    form.full_clean()
    return form


def _use_case(wizard: Wizard) -> UseCase | None:
    form = _entity(wizard)
    return form.chosen if form.is_valid() else None


def _suggested_policies(wizard: Wizard) -> dict[str, Any]:
    found = _use_case(wizard)
    return {"suggested": found.policies if found else ()}


def _suggested_description(wizard: Wizard) -> dict[str, Any]:
    found = _use_case(wizard)
    return {"suggested": found.description if found else ""}


# -- what it may do ---------------------------------------------------------------------------------


def _permissions(request: ConsoleRequest, wizard: Wizard) -> dict[str, Any]:
    table = policies_picker(
        request,
        wizard,
        title="Permissions policies",
        description="Choose one or more policies to attach to your new role.",
        prefix="policies",
    )
    found: dict[str, Any] = {"table": table}
    if cast(RolePermissionsForm, wizard.form).wants_boundary:
        found["boundary_table"] = boundary_picker(request, wizard, size=10)
    return found


def _grants(wizard: Wizard) -> Grants:
    values = wizard.values(PERMISSIONS)
    rows = [attachment(arn) for arn in values.get("policies", ())]
    if boundary := values.get("boundary"):
        rows.append(Grant(policy_name(boundary), policy_type(boundary), PERMISSIONS_BOUNDARY, boundary))
    return Grants(rows)


# -- create -----------------------------------------------------------------------------------------


def _create(request: ConsoleRequest, wizard: Wizard, entity: TrustedEntityForm, grants: Grants) -> bool:
    """Create the role, then give it what was chosen. What fails after the first call leaves the role."""
    boundary = next((one.key for one in grants.rows if one.used_as == PERMISSIONS_BOUNDARY), None)
    limit = {"permissions_boundary": boundary} if boundary else {}
    if not submit(wizard.form, request.aws, "iam:CreateRole", assume_role_policy_document=entity.trust, **limit):
        return False
    name = wizard.form.cleaned_data["role_name"]
    policies = [one.key for one in grants.rows if one.used_as != PERMISSIONS_BOUNDARY]
    if failure := first_failure(request.aws, _setting_up(name, policies, entity.chosen)):
        step = failure.action.partition(":")[2]
        flash.failure(request, f"Role {name} was created, but {step} failed.", failure.error)
    else:
        flash.success(request, f"Role {name} created.", link=("View role", role_url(name)))
    return True


def _setting_up(name: str, policies: Sequence[str], use_case: UseCase | None) -> Iterator[Call]:
    """Every call after CreateRole.

    IAM User Guide, "Use instance profiles": "If you use the AWS Management Console to create a role for Amazon EC2, the
    console automatically creates an instance profile and gives it the same name as the role." In which order the
    console makes these calls AWS does not say.
    """
    yield from attachments(Holder("role", name), policies)
    if use_case and use_case.instances:
        profile = {"instance_profile_name": name}
        yield "iam:CreateInstanceProfile", profile
        yield "iam:AddRoleToInstanceProfile", profile | {"role_name": name}
