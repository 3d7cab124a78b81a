from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import PathConverter

from iamconsole.iam.views import dashboard, group_policies, groups, inline_policies, policies, policy_editor


class PolicyArnConverter(PathConverter):
    """An ARN before a further word, which is not the ARN's own last one: a policy may be called `attach`."""

    regex = "(?!arn:[^/]*/[^/]+$).+?"


register_converter(PolicyArnConverter, "policy_arn")

app_name = "iam"

dashboard_paths = [
    path("iam/home", dashboard.dashboard, name="dashboard"),
]

group_paths = [
    path("iam/groups", groups.group_list, name="group-list"),
    path("iam/groups/create", groups.group_create, name="group-create"),
    path("iam/groups/delete", groups.group_delete, name="group-delete"),
    path("iam/groups/details/<str:group_name>", groups.group_detail, name="group-detail"),
    path("iam/groups/details/<str:group_name>/edit", groups.group_rename, name="group-rename"),
    path("iam/groups/details/<str:group_name>/add-users", groups.group_add_users, name="group-add-users"),
    path("iam/groups/details/<str:group_name>/remove-users", groups.group_remove_users, name="group-remove-users"),
    path(
        "iam/groups/details/<str:group_name>/add-permissions",
        group_policies.group_attach_policies,
        name="group-attach-policies",
    ),
    path(
        "iam/groups/details/<str:group_name>/remove-policies",
        group_policies.group_remove_policies,
        name="group-remove-policies",
    ),
]

inline_policy_paths = [
    path(
        f"iam/{kind}s/details/<str:name>/{page}",
        view,
        {"kind": kind},
        name=f"{kind}-{page.partition('/')[0]}",
    )
    for kind in ("user", "group")
    for page, view in (
        ("create-policy", inline_policies.inline_policy_create),
        ("edit-policy/<str:policy_name>", inline_policies.inline_policy_edit),
    )
]

policy_paths = [
    path("iam/policies", policies.policy_list, name="policy-list"),
    path("iam/policies/create", policy_editor.policy_create, name="policy-create"),
    path("iam/policies/validate", policy_editor.policy_validate, name="policy-validate"),
    path("iam/policies/delete", policies.policy_delete, name="policy-delete"),
    path("iam/policies/chosen/<str:act>", policies.policy_chosen, name="policy-chosen"),
    path("iam/policies/details/<policy_arn:policy_arn>/attach", policies.policy_attach, name="policy-attach"),
    path("iam/policies/details/<policy_arn:policy_arn>/detach", policies.policy_detach, name="policy-detach"),
    path(
        "iam/policies/details/<policy_arn:policy_arn>/edit/<str:version_id>",
        policy_editor.policy_edit,
        name="policy-edit",
    ),
    path(
        "iam/policies/details/<policy_arn:policy_arn>/versions/default",
        policies.policy_version_default,
        name="policy-version-default",
    ),
    path(
        "iam/policies/details/<policy_arn:policy_arn>/versions/delete",
        policies.policy_version_delete,
        name="policy-version-delete",
    ),
    # Last: an ARN may have any number of slashes.
    path("iam/policies/details/<path:policy_arn>", policies.policy_detail, name="policy-detail"),
]

urlpatterns = [*dashboard_paths, *group_paths, *inline_policy_paths, *policy_paths]
