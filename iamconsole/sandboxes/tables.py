"""What a sandbox consists of: every table that holds something of it, and what each column means.

Taking, putting, purging and comparing worlds (`image`, `purge`) know nothing but this. Whoever adds a model or a
column adds its line here; tests/sandboxes/test_sandbox_tables.py fails until it is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from typing import Any

from django.db.models import Field, Model

from iamconsole.accounts.models import Account, Mail, PolicyText, Sandbox, Visit
from iamconsole.analysis.models import LastAccessedJob, PolicyGeneration
from iamconsole.cloudtrail.models import DecisionBasis, Event
from iamconsole.iam import models as iam
from iamconsole.s3.models import (
    AccountPublicAccessBlock,
    Bucket,
    BucketPublicAccessBlock,
    KeptBytes,
    MultipartUpload,
    Part,
    StoredObject,
)
from iamconsole.sandboxes.models import Template
from iamconsole.sts.models import TemporaryCredential


class Kind(StrEnum):
    """What a column means, and so what becomes of it in another world."""

    PLAIN = "plain"  # a number, a truth value, a moment, a word of ours: the same everywhere
    TEXT = "text"  # written by people or made of names: account IDs, unique IDs and keys in it are replaced
    JSON = "json"  # the same in the values and keys of a JSON column
    TIME = "time"  # when the row came to be: the moment of the start in a start state, itself in a copy
    OWNER = "owner"  # the row above, with which this one goes; several where exactly one of them is set
    REF = "ref"  # another row of this world
    POLICY = "policy"  # a policy text, kept by content
    BASIS = "basis"  # what an event was decided on, kept by content
    ACCOUNT = "account"  # an account ID
    UNIQUE = "unique"  # an ID that AWS never gives twice: made anew; `prefix` are its first letters
    KEY = "key"  # an access key ID: made anew, with the SECRET of its row
    SECRET = "secret"  # the encrypted secret of a KEY
    SEALED = "sealed"  # encrypted with the deployment's key, the same in a copy: an MFA seed, a private key
    SEALED_JSON = "sealed JSON"  # a JSON column that holds something encrypted with the deployment's key
    HASH = "hash"  # a password's hash: the same, unless the new world's people have passwords of their own
    BYTES = "bytes"  # the storage's name for the bytes of an object, which copies share
    UUID = "uuid"  # made anew
    GIVEN = "given"  # told by whoever makes the world


@dataclass(frozen=True, slots=True)
class Column:
    kind: Kind
    prefix: str = ""


PLAIN, TEXT, JSON, TIME = Column(Kind.PLAIN), Column(Kind.TEXT), Column(Kind.JSON), Column(Kind.TIME)
OWNER, REF, POLICY, BASIS = Column(Kind.OWNER), Column(Kind.REF), Column(Kind.POLICY), Column(Kind.BASIS)
ACCOUNT, KEY, SECRET = Column(Kind.ACCOUNT), Column(Kind.KEY, "AKIA"), Column(Kind.SECRET)
SEALED, SEALED_JSON, HASH = Column(Kind.SEALED), Column(Kind.SEALED_JSON), Column(Kind.HASH)
BYTES, UUID, GIVEN = Column(Kind.BYTES), Column(Kind.UUID), Column(Kind.GIVEN)


def unique(prefix: str) -> Column:
    return Column(Kind.UNIQUE, prefix)


class Table:
    """A model and the meaning of its columns. `taken` is false where its rows belong to no image."""

    def __init__(self, model: type[Model], *, taken: bool = True, **columns: Column) -> None:
        self.model = model
        self.taken = taken
        self.columns = columns
        self.name = model._meta.label_lower

    def __repr__(self) -> str:
        return self.name

    @cached_property
    def fields(self) -> list[Field[Any, Any]]:
        """The declared columns as Django knows them."""
        return [self.model._meta.get_field(name) for name in self.columns]  # type: ignore[misc]  # none is a relation from afar

    @property
    def owners(self) -> list[str]:
        return [name for name, column in self.columns.items() if column.kind is Kind.OWNER]


# Rows come after those that they refer to.
TABLES = (
    Table(
        Sandbox,
        slug=GIVEN, public_name=GIVEN, fixture=GIVEN, start=GIVEN, created=GIVEN, state=GIVEN, since=GIVEN,
        generation=GIVEN, visitor=GIVEN, used=GIVEN,
    ),
    Table(
        Account,
        sandbox=OWNER, account_id=ACCOUNT, name=TEXT, root_email=TEXT, root_password=HASH, alias=TEXT,
        signed_up=PLAIN, revision=PLAIN, created=TIME,
    ),
    Table(
        Mail,
        sandbox=OWNER, account=REF, kind=PLAIN, inbox=PLAIN, to=TEXT, subject=TEXT, text=TEXT, code=PLAIN,
        tries=PLAIN, used=PLAIN, sent=PLAIN, read=PLAIN,
    ),
    Table(
        iam.PasswordPolicy,
        account=OWNER, minimum_length=PLAIN, require_symbols=PLAIN, require_numbers=PLAIN, require_uppercase=PLAIN,
        require_lowercase=PLAIN, allow_users_to_change=PLAIN, max_age=PLAIN, reuse_prevention=PLAIN,
        hard_expiry=PLAIN,
    ),
    Table(iam.SecurityTokenPreferences, account=OWNER, global_endpoint_token_version=PLAIN),
    Table(iam.CredentialReport, account=OWNER, content=TEXT, generated=TIME),
    Table(
        iam.ManagedPolicy,
        account=OWNER, name=TEXT, path=TEXT, unique_id=unique("ANPA"), created=TIME, updated=TIME, description=TEXT,
        tags=JSON, next_version=PLAIN, default_version=PLAIN,
    ),
    Table(iam.PolicyVersion, policy=OWNER, number=PLAIN, text=POLICY, created=TIME),
    Table(
        iam.User,
        account=OWNER, name=TEXT, path=TEXT, unique_id=unique("AIDA"), created=TIME, boundary=REF,
        boundary_aws_arn=PLAIN, tags=JSON, password_last_used=PLAIN,
    ),
    Table(iam.Group, account=OWNER, name=TEXT, path=TEXT, unique_id=unique("AGPA"), created=TIME),
    Table(
        iam.Role,
        account=OWNER, name=TEXT, path=TEXT, unique_id=unique("AROA"), created=TIME, boundary=REF,
        boundary_aws_arn=PLAIN, description=TEXT, trust=POLICY, max_session_duration=PLAIN, tags=JSON,
    ),
    Table(
        iam.InstanceProfile,
        account=OWNER, name=TEXT, path=TEXT, unique_id=unique("AIPA"), created=TIME, role=REF, tags=JSON,
    ),
    Table(iam.Membership, user=OWNER, group=REF),
    Table(iam.LoginProfile, user=OWNER, password=HASH, reset_required=PLAIN, created=TIME, changed=TIME, former=PLAIN),
    Table(iam.AccessKey, account=OWNER, user=REF, access_key_id=KEY, secret=SECRET, active=PLAIN, created=TIME),
    Table(
        iam.MfaDevice,
        account=OWNER, user=REF, name=TEXT, path=TEXT, seed=SEALED, tags=JSON, created=TIME, enabled=TIME,
        last_step=PLAIN, drift=PLAIN,
    ),
    Table(
        iam.SshPublicKey,
        user=OWNER, key_id=unique("APKA"), body=PLAIN, fingerprint=PLAIN, active=PLAIN, uploaded=TIME,
    ),
    Table(
        iam.ServiceSpecificCredential,
        user=OWNER, credential_id=unique("ACCA"), service=PLAIN, service_user_name=TEXT, secret=HASH, active=PLAIN,
        created=TIME, expires=PLAIN,
    ),
    Table(
        iam.SigningCertificate,
        account=OWNER, user=REF, certificate_id=unique(""), fingerprint=PLAIN, body=PLAIN, active=PLAIN, uploaded=TIME,
    ),
    Table(
        iam.ServerCertificate,
        account=OWNER, name=TEXT, path=TEXT, unique_id=unique("ASCA"), created=TIME, body=PLAIN, chain=PLAIN,
        private_key=SEALED, expires=PLAIN, tags=JSON,
    ),
    Table(
        iam.SamlProvider,
        account=OWNER, name=TEXT, unique_id=UUID, metadata=TEXT, encryption_mode=PLAIN, private_keys=SEALED_JSON,
        tags=JSON, created=TIME, valid_until=PLAIN,
    ),
    Table(iam.OidcProvider, account=OWNER, url=TEXT, client_ids=JSON, thumbprints=JSON, tags=JSON, created=TIME),
    Table(iam.Attachment, user=OWNER, group=OWNER, role=OWNER, policy=REF, aws_arn=PLAIN),
    Table(iam.InlinePolicy, user=OWNER, group=OWNER, role=OWNER, name=TEXT, text=POLICY),
    Table(
        AccountPublicAccessBlock,
        account=OWNER, block_public_acls=PLAIN, ignore_public_acls=PLAIN, block_public_policy=PLAIN,
        restrict_public_buckets=PLAIN,
    ),
    Table(
        Bucket,
        account=OWNER, sandbox=REF, name=TEXT, region=PLAIN, created=TIME, policy=POLICY, versioning=PLAIN, tags=JSON,
        settings=JSON, object_count=PLAIN, byte_count=PLAIN,
    ),
    Table(
        BucketPublicAccessBlock,
        bucket=OWNER, block_public_acls=PLAIN, ignore_public_acls=PLAIN, block_public_policy=PLAIN,
        restrict_public_buckets=PLAIN,
    ),
    Table(
        StoredObject,
        bucket=OWNER, key=TEXT, version_id=PLAIN, latest=PLAIN, delete_marker=PLAIN, size=PLAIN, etag=PLAIN,
        checksums=JSON, content_type=PLAIN, headers=JSON, metadata=JSON, tags=JSON, storage_class=PLAIN,
        modified=TIME, stored_as=BYTES,
    ),
    Table(
        MultipartUpload,
        bucket=OWNER, key=TEXT, upload_id=PLAIN, initiated=TIME, initiator=TEXT, checksum_algorithm=PLAIN,
        checksum_type=PLAIN, content_type=PLAIN, headers=JSON, metadata=JSON, tags=JSON, storage_class=PLAIN,
    ),
    Table(
        Part,
        upload=OWNER, object=OWNER, number=PLAIN, size=PLAIN, etag=PLAIN, checksums=JSON, modified=TIME,
        stored_as=BYTES,
    ),
    Table(
        Event,
        account=OWNER, event_id=UUID, request_id=UUID, time=PLAIN, region=PLAIN, service=PLAIN, name=PLAIN,
        event_type=PLAIN, read_only=PLAIN, management=PLAIN, face=PLAIN, source_ip=PLAIN, user_agent=TEXT,
        principal_type=PLAIN, principal_id=TEXT, principal_arn=TEXT, user_name=TEXT, access_key_id=TEXT,
        session=JSON, issuer_id=TEXT, shared_event_id=PLAIN, request=JSON, response=JSON, additional=JSON,
        resources=JSON, error_code=PLAIN,
        error_message=TEXT, outcome=PLAIN, decided_by=PLAIN, action=PLAIN, resource=TEXT, resource_policy=JSON,
        context=JSON, basis=BASIS, engine=PLAIN,
    ),
    # A report is for whoever has just asked for it.
    Table(LastAccessedJob, taken=False, account=OWNER),
    Table(PolicyGeneration, taken=False, account=OWNER),
    # Sign-ins and role sessions stay where they are: a copy's people sign in to the copy.
    Table(TemporaryCredential, taken=False, account=OWNER),
)  # fmt: skip

# Of no world: what is kept by content and shared by all, what images are kept for, and who came lately.
SHARED = (PolicyText, DecisionBasis, KeptBytes, Template, Visit)
BY_NAME = {table.name: table for table in TABLES}


def table_of(model: type[Model]) -> Table:
    return BY_NAME[model._meta.label_lower]


@cache
def paths(table: Table) -> tuple[str, ...]:
    """How a row of `table` leads to its account, or to its sandbox where it has no account: one path an owner."""
    found = []
    for name in table.owners:
        owner = table_of(table.model._meta.get_field(name).related_model)  # type: ignore[arg-type]  # owners are rows
        if owner.model in (Sandbox, Account):
            found.append(name)
        else:
            found += [f"{name}__{path}" for path in paths(owner)]
    return tuple(found)
