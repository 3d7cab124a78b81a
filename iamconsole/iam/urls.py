from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import PathConverter
from django.views.generic import RedirectView

from iamconsole.iam.views import (
    account_alias,
    account_settings,
    boundaries,
    credential_report,
    dashboard,
    generated_policies,
    groups,
    inline_policies,
    mfa,
    organizations,
    permissions,
    policies,
    policy_detail,
    policy_editor,
    policy_entities,
    policy_versions,
    providers,
    role_create,
    role_detail,
    role_edit,
    roles,
    security_credentials,
    tags,
    user_access_keys,
    user_create,
    user_detail,
    user_passwords,
    user_permissions,
    users,
)
from iamconsole.iam.views.owner import own_page


class PolicyArnConverter(PathConverter):
    """An ARN before a further word, which is not the ARN's own last one: a policy may be called `attach`."""

    regex = "(?!arn:[^/]*/[^/]+$).+?"


register_converter(PolicyArnConverter, "policy_arn")

app_name = "iam"

dashboard_paths = [
    path("iam/home", dashboard.dashboard, name="dashboard"),
    path("iam/account-alias", account_alias.account_alias_edit, name="account-alias-edit"),
    path("iam/account-alias/preview", account_alias.account_alias_preview, name="account-alias-preview"),
    path("iam/account-alias/delete", account_alias.account_alias_delete, name="account-alias-delete"),
]

account_paths = [
    path("iam/account_settings", account_settings.account_settings, name="account-settings"),
    path(
        "iam/account_settings/edit-password-policy", account_settings.password_policy_edit, name="password-policy-edit"
    ),
    # AWS's own address of that form is beside the page, not below it.
    path("iam/edit-password-policy", RedirectView.as_view(pattern_name="iam:password-policy-edit")),
    path("iam/credential_report", credential_report.credential_report, name="credential-report"),
    path("iam/organizations/scp", organizations.service_control_policies, name="service-control-policies"),
]

_provider = "<path:provider_arn>"

provider_paths = [
    path("iam/identity_providers", providers.provider_list, name="provider-list"),
    path("iam/identity_providers/create", providers.provider_create, name="provider-create"),
    path("iam/identity_providers/delete", providers.provider_delete, name="provider-delete"),
    # The ARN comes last: what it ends with is the provider's to choose.
    *(
        path(f"iam/identity_providers/{page}/{_provider}", view, name=f"provider-{name}")
        for page, view, name in (
            ("details", providers.provider_detail, "detail"),
            ("tags", providers.provider_tags, "tags"),
            ("metadata", providers.provider_metadata, "metadata"),
            ("metadata-file", providers.provider_metadata_file, "metadata-file"),
            ("encryption", providers.provider_encryption, "encryption"),
            ("encryption-remove", providers.provider_key_remove, "key-remove"),
            ("audiences-add", providers.provider_audience_add, "audience-add"),
            ("audiences-remove", providers.provider_audience_remove, "audience-remove"),
            ("thumbprints", providers.provider_thumbprints, "thumbprints"),
        )
    ),
]

group_paths = [
    path("iam/groups", groups.group_list, name="group-list"),
    path("iam/groups/create", groups.group_create, name="group-create"),
    path("iam/groups/create-here", groups.group_create_here, name="group-create-here"),
    path("iam/groups/delete", groups.group_delete, name="group-delete"),
    path("iam/groups/details/<str:group_name>", groups.group_detail, name="group-detail"),
    path("iam/groups/details/<str:group_name>/edit", groups.group_rename, name="group-rename"),
    path("iam/groups/details/<str:group_name>/add-users", groups.group_add_users, name="group-add-users"),
    path("iam/groups/details/<str:group_name>/remove-users", groups.group_remove_users, name="group-remove-users"),
]

# Pages about the policies of a user, a user group or a role.
permission_paths = [
    path(
        f"iam/{kind}s/details/<str:name>/{page}",
        view,
        {"kind": kind},
        name=f"{kind}-{name}",
    )
    for name, page, view, kinds in (
        ("create-policy", "create-policy", inline_policies.inline_policy_create, ("user", "group", "role")),
        (
            "edit-policy",
            "edit-policy/<str:policy_name>",
            inline_policies.inline_policy_edit,
            ("user", "group", "role"),
        ),
        ("attach-policies", "add-permissions", permissions.attach_policies, ("group",)),
        ("attach-policies", "attach-policies", permissions.attach_policies, ("role",)),
        ("remove-policies", "remove-policies", permissions.remove_policies, ("user", "group", "role")),
    )
    for kind in kinds
]

_role = "iam/roles/details/<str:role_name>"

role_paths = [
    path("iam/roles", roles.role_list, name="role-list"),
    path("iam/roles/create", role_create.role_create, name="role-create"),
    path("iam/roles/delete", roles.role_delete, name="role-delete"),
    path(_role, role_detail.role_detail, name="role-detail"),
    path(f"{_role}/edit", role_edit.role_edit, name="role-edit"),
    path(f"{_role}/edit-trust-policy", role_edit.role_edit_trust, name="role-edit-trust"),
    path(f"{_role}/revoke-sessions", role_edit.role_revoke, name="role-revoke"),
]

# Before the details of policies: an ARN may have any number of slashes.
tags_paths = [
    path("iam/users/details/<str:name>/tags", tags.edit_tags, {"kind": "user"}, name="user-tags"),
    path("iam/roles/details/<str:name>/tags", tags.edit_tags, {"kind": "role"}, name="role-tags"),
    path("iam/policies/details/<policy_arn:name>/tags", tags.edit_tags, {"kind": "policy"}, name="policy-tags"),
]

generation_paths = [
    path(f"iam/{kind}s/details/<str:name>/{page}", view, {"kind": kind}, name=f"{kind}-{page.partition('/')[0]}")
    for kind in ("user", "role")
    for page, view in (
        ("generate-policy", generated_policies.generate_policy),
        ("generated-policy/<str:job_id>", generated_policies.generated_policy),
    )
]

boundary_paths = [
    path(
        f"iam/{kind}s/details/<str:name>/{page}-permissions-boundary",
        view,
        {"kind": kind},
        name=f"{kind}-{page}-boundary",
    )
    for kind in ("user", "role")
    for page, view in (("set", boundaries.set_boundary), ("remove", boundaries.remove_boundary))
]

_policy = "iam/policies/details/<policy_arn:policy_arn>"

policy_paths = [
    path("iam/policies", policies.policy_list, name="policy-list"),
    path("iam/policies/create", policy_editor.policy_create, name="policy-create"),
    path("iam/policies/delete", policies.policy_delete, name="policy-delete"),
    path("iam/policies/chosen/<str:act>", policies.policy_chosen, name="policy-chosen"),
    path(f"{_policy}/attach", policy_entities.policy_attach, name="policy-attach"),
    path(f"{_policy}/detach", policy_entities.policy_detach, name="policy-detach"),
    path(f"{_policy}/set-boundary", policy_entities.policy_set_boundary, name="policy-set-boundary"),
    path(f"{_policy}/change-boundary", policy_entities.policy_change_boundary, name="policy-change-boundary"),
    path(f"{_policy}/remove-boundary", policy_entities.policy_remove_boundary, name="policy-remove-boundary"),
    path(f"{_policy}/edit/<str:version_id>", policy_editor.policy_edit, name="policy-edit"),
    path(f"{_policy}/versions/default", policy_versions.policy_version_default, name="policy-version-default"),
    path(f"{_policy}/versions/delete", policy_versions.policy_version_delete, name="policy-version-delete"),
    path(f"{_policy}/versions/compare", policy_versions.policy_version_compare, name="policy-version-compare"),
    # Last: an ARN may have any number of slashes.
    path("iam/policies/details/<path:policy_arn>", policy_detail.policy_detail, name="policy-detail"),
]

_user = "iam/users/details/<str:user_name>"

user_paths = [
    path("iam/users", users.user_list, name="user-list"),
    path("iam/users/create", user_create.user_create, name="user-create"),
    path("iam/users/create/identity-center", user_create.user_identity_center, name="user-identity-center"),
    path("iam/users/delete", users.user_delete, name="user-delete"),
    path("iam/users/password-rules", user_passwords.user_password_rules, name="user-password-rules"),
    path(_user, user_detail.user_detail, name="user-detail"),
    path(f"{_user}/add-permissions", user_permissions.user_add_permissions, name="user-add-permissions"),
    path(f"{_user}/add-groups", user_permissions.user_add_groups, name="user-add-groups"),
    path(f"{_user}/remove-groups", user_permissions.user_remove_groups, name="user-remove-groups"),
    path(f"{_user}/enable-console", user_passwords.user_enable_console, name="user-enable-console"),
    path(f"{_user}/manage-console", user_passwords.user_manage_console, name="user-manage-console"),
    path(f"{_user}/disable-console", user_passwords.user_disable_console, name="user-disable-console"),
    path(f"{_user}/console-password", user_passwords.user_console_password, name="user-console-password"),
]

_key = "access-keys/<str:access_key_id>"

# Pages about the credentials of a user, and again about one's own.
_credential_pages = (
    ("create-access-key", user_access_keys.access_key_create, "access-key-create"),
    (f"{_key}/description", user_access_keys.access_key_describe, "access-key-describe"),
    (f"{_key}/activate", user_access_keys.access_key_activate, "access-key-activate"),
    (f"{_key}/deactivate", user_access_keys.access_key_deactivate, "access-key-deactivate"),
    (f"{_key}/delete", user_access_keys.access_key_delete, "access-key-delete"),
    ("mfa", mfa.mfa_assign, "mfa-assign"),
    ("mfa/remove", mfa.mfa_remove, "mfa-remove"),
    ("mfa/resync", mfa.mfa_resync, "mfa-resync"),
)

credential_paths = [
    path("iam/security_credentials", security_credentials.security_credentials, name="security-credentials"),
    path(
        "iam/security_credentials/update-password",
        own_page(security_credentials.update_password),
        name="update-password",
    ),
    *(path(f"{_user}/{page}", view, name=name) for page, view, name in _credential_pages),
    *(
        path(f"iam/security_credentials/{page}", own_page(view), name=f"own-{name}")
        for page, view, name in _credential_pages
    ),
    path("lab/authenticator", mfa.lab_authenticator, name="lab-authenticator"),
    path("lab/authenticator/forget", mfa.lab_authenticator_forget, name="lab-authenticator-forget"),
]

urlpatterns = [
    *dashboard_paths,
    *account_paths,
    *provider_paths,
    *user_paths,
    *credential_paths,
    *group_paths,
    *role_paths,
    *permission_paths,
    *boundary_paths,
    *generation_paths,
    *tags_paths,
    *policy_paths,
]
