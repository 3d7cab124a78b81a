"""Every page of the console: found by itself in the URL configuration, with an account in which each has something.

A new page is visited without a word here as long as its address takes what ARGUMENTS knows; a page that needs a query
to show itself has a line in QUERIES. What is no page is told in NO_PAGES, each with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from html import unescape
from typing import Any, Protocol
from urllib.parse import urlsplit

import boto3
from botocore import xform_name
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from iamconsole import wire
from tests.console.test_labels import Names, hr
from tests.factories import allow, policy

TRUST = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
ROWS = 20
# The rooms whose pages stand outside the console; sign-in and sign-up have tests of their own.
OUTSIDE = ("signin",)


class Door(Protocol):
    def call(self, action: str, **params: Any) -> Any: ...


class Boto:
    """The door from outside, by boto3: what fills an account here fills one on a running server."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self.client = client

    def call(self, action: str, **params: Any) -> Any:
        service, _, operation = action.replace("-", "").partition(":")  # boto3 knows it as `accessanalyzer`
        return getattr(self.client(service), xform_name(operation))(**wire.members(service, operation, params))

    @classmethod
    def of(cls, made: Mapping[str, Any]) -> Boto:
        """As the administrator of a sandbox on a running server, as `sandbox create` tells of it."""
        admin = made["admin"]
        session = boto3.Session(admin["access_key_id"], admin["secret_access_key"], region_name="us-west-2")
        return cls(cache(lambda service: session.client(service, endpoint_url=made["endpoint"])))


def fill(root: Door, account_id: str, own_key: str = "") -> Names:
    """The HR demo, one more of every kind, and twenty rows in every list; an access key of the administrator's own."""
    names = hr(root)
    for number in range(ROWS):
        root.call("iam:CreateUser", user_name=f"user-{number:02}")
        root.call("iam:CreateGroup", group_name=f"group-{number:02}")
        root.call("iam:CreateRole", role_name=f"role-{number:02}", assume_role_policy_document=TRUST)
        document = policy(allow("s3:GetObject", f"arn:aws:s3:::bucket-{number}/*"))
        root.call("iam:CreatePolicy", policy_name=f"policy-{number:02}", policy_document=document)
    boundary = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    root.call("iam:PutUserPermissionsBoundary", user_name="john", permissions_boundary=boundary)
    role = {"role_name": "role-00"}
    root.call("iam:PutRolePolicy", **role, policy_name="Own", policy_document=policy(allow("s3:*")))
    root.call("iam:PutRolePermissionsBoundary", **role, permissions_boundary=boundary)
    root.call("iam:AttachRolePolicy", **role, policy_arn=names["policy"])
    root.call("iam:TagRole", **role, tags=[{"Key": "team", "Value": "HR"}])
    provider = root.call(
        "iam:CreateOpenIDConnectProvider", url="https://idp.example.com/realms/main", client_id_list=["app", "web"]
    )["OpenIDConnectProviderArn"]
    details = {"principalArn": f"arn:aws:iam::{account_id}:user/john"}
    job = root.call("access-analyzer:StartPolicyGeneration", policy_generation_details=details)["jobId"]
    own_key = own_key or root.call("iam:CreateAccessKey", user_name="admin")["AccessKey"]["AccessKeyId"]
    return names | {"account": account_id, "provider": provider, "job": job, "own_key": own_key}


# By the name of the argument, or with the page's kind before it: `user name`.
ARGUMENTS: Mapping[str, str] = {
    "user_name": "john",
    "group_name": "HR",
    "role_name": "role-00",
    "user name": "john",
    "group name": "HR",
    "role name": "role-00",
    "policy name": "{policy}",
    "user policy_name": "Own",
    "group policy_name": "Inside",
    "role policy_name": "Own",
    "policy_arn": "{policy}",
    "version_id": "v1",
    "provider_arn": "{provider}",
    "job_id": "{job}",
    "access_key_id": "{key}",
    "own access_key_id": "{own_key}",
    "act": "attach",
    "bucket": "company1-hr",
    "event_id": "{event}",
    "topic": "users",
}

# Where the address alone shows nothing, what it must say besides; each is a page of its own.
QUERIES: Mapping[str, tuple[str, ...]] = {
    "console:search": ("q=user",),
    "console:not-in-lab": ("page=Billing&service=iam",),
    "iam:user-delete": ("selected=john", "selected=john&selected=Sarah"),
    "iam:user-remove-groups": ("selected=HR",),
    "iam:user-remove-policies": ("selected=inline/Own",),
    "iam:role-remove-policies": ("selected=inline/Own",),
    "iam:group-delete": ("selected=HR",),
    "iam:group-remove-users": ("selected=john",),
    "iam:group-remove-policies": ("selected={policy}",),
    "iam:role-delete": ("selected=role-00",),
    "iam:policy-delete": ("selected={policy}",),
    "iam:policy-detach": ("selected=group/HR",),
    "iam:policy-version-delete": ("selected=v1",),
    "iam:policy-version-compare": ("selected=v1",),
    "iam:policy-remove-boundary": ("selected=user/john",),
    "iam:group-create-here": ("back=/iam/users/create",),
    "iam:provider-delete": ("selected={provider}",),
    "iam:provider-audience-remove": ("selected=web",),
    "iam:mfa-remove": ("selected={mfa}",),
    "iam:mfa-resync": ("selected={mfa}",),
    "iam:own-mfa-remove": ("selected={mfa}",),
    "iam:own-mfa-resync": ("selected={mfa}",),
    "s3:bucket-arn": ("selected=company1-hr",),
    "s3:object-uri": ("selected=Test.txt",),
    "s3:object-delete": ("selected=Test.txt",),
    "s3:object-detail": ("prefix=Test.txt",),
    "simulator:simulator": ("", "users=john&service=s3&actions=GetObject"),
}

#     address            why a plain GET of it is no page
NO_PAGES: Mapping[str, str] = {
    "console:billing": "AWS's address of the Account page, which it leads to",
    "iam:account-alias-preview": "a part of the alias's dialog, while it is typed",
    "iam:own-access-key-activate": "a form alone, behind the pages of one's own credentials",
    "iam:policy-change-boundary": "leads to the page of the user or role that was ticked",
    "iam:policy-chosen": "leads to the page of the policy that was ticked",
    "iam:user-console-password": "shows a password once, after it was made",
    "iam:provider-metadata-file": "a file",
    "s3:home": "leads to the list of buckets",
    "s3:bucket-go": "leads to the bucket that was typed",
    "s3:bucket-picked-delete": "leads to the page of the bucket that was ticked",
    "s3:bucket-picked-empty": "leads to the page of the bucket that was ticked",
    "s3:object-download": "a file",
    "s3:status": "tells of an upload, after it was made",
    "iam:provider-metadata": "of SAML providers alone",
    "iam:provider-encryption": "of SAML providers alone",
    "iam:provider-key-remove": "of SAML providers alone",
}


@dataclass(frozen=True, slots=True)
class PageUrl:
    name: str
    address: str


def patterns(resolver: Any = None, namespaces: tuple[str, ...] = ()) -> Iterator[tuple[str, URLPattern]]:
    """Every address that has a name, as `iam:user-list`."""
    for one in (resolver or get_resolver()).url_patterns:
        if isinstance(one, URLResolver):
            yield from patterns(one, (*namespaces, one.namespace) if one.namespace else namespaces)
        elif one.name:
            yield ":".join((*namespaces, one.name)), one


def takes_get(pattern: URLPattern) -> bool:
    """Whether its view lets a GET through (django.views.decorators.http)."""
    closure = getattr(pattern.callback, "__closure__", None) or ()
    methods = [cell.cell_contents for cell in closure if isinstance(cell.cell_contents, list)]
    return not methods or "GET" in methods[0]


def pages(names: Names) -> list[PageUrl]:
    """The pages of the console, with every argument filled in."""
    found = []
    for name, pattern in patterns():
        room = name.partition(":")[0]
        if room in OUTSIDE or name in NO_PAGES or not takes_get(pattern):
            continue
        kind = "own" if name.partition(":")[2].startswith("own-") else pattern.default_args.get("kind", "")
        given = {}
        for argument in pattern.pattern.converters:
            value = ARGUMENTS.get(f"{kind} {argument}", ARGUMENTS.get(argument))
            assert value, f"{name}: tests/pages.py has no value for {argument!r}"
            given[argument] = filled(value, names)
        address = reverse(name, kwargs=given | pattern.default_args)
        for query in QUERIES.get(name, ("",)):
            found.append(PageUrl(name, address + (f"?{filled(query, names)}" if query else "")))
    return found


def filled(text: str, names: Names) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: names[found[1]], text)


def tabs(page: str, address: str) -> list[str]:
    """The addresses of a page's own tabs."""
    path = urlsplit(address).path
    links = (unescape(link) for link in re.findall(r'href="([^"]*)"', page))
    found = [link for link in links if re.match(rf"({re.escape(path)})?\?(section|tab)=\w+$", link)]
    return [path + link if link.startswith("?") else link for link in dict.fromkeys(found)]


def an_event(page: str) -> str:
    """Of any call of the page that has an explanation."""
    found = re.search(r"/iam/authorization-details/([0-9a-f-]+)", page)
    assert found
    return found[1]
