"""AWS managed policies, with their real documents, from the installed `moto` package.

Only its data file is loaded, by path: importing moto.iam would cost a third of a second and 60 MB.
They are the same in every account and are never stored.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

PREFIX = "arn:aws:iam::aws:policy"
OF_SERVICES = "/aws-service-role/"  # the path of the policies that only service-linked roles may have


@dataclass(frozen=True)
class AwsManagedPolicy:
    name: str
    path: str
    document: Mapping[str, Any]
    version_id: str
    created: dt.datetime
    updated: dt.datetime

    @property
    def arn(self) -> str:
        return f"{PREFIX}{self.path}{self.name}"

    @cached_property
    def text(self) -> str:
        """The document as the console shows it. AWS's own white space is not in the package."""
        return json.dumps(self.document, indent=4)

    @property
    def unique_id(self) -> str:
        # AWS's real ANPA… is not in the package; one made from the ARN is stable and well-formed.
        return "ANPA" + base64.b32encode(hashlib.sha256(self.arn.encode()).digest()).decode()[:17]

    @property
    def is_job_function(self) -> bool:
        return self.path == "/job-function/" or self.name == "AdministratorAccess"


@cache
def by_arn() -> dict[str, AwsManagedPolicy]:
    """Every AWS managed policy by ARN, in order of name without regard to case."""
    package = importlib.util.find_spec("moto")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("The moto package is not installed; it holds the AWS managed policies.")
    spec = importlib.util.spec_from_file_location(
        "aws_managed_policies", f"{package.submodule_search_locations[0]}/iam/aws_managed_policies.py"
    )
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError("moto/iam/aws_managed_policies.py is not there.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    raw: dict[str, dict[str, Any]] = json.loads(module.aws_managed_policies_data)
    found = [
        AwsManagedPolicy(
            name=name,
            path=data["Path"],
            document=data["Document"],
            version_id=data["DefaultVersionId"],
            created=dt.datetime.fromisoformat(data["CreateDate"]),
            updated=dt.datetime.fromisoformat(data["UpdateDate"]),
        )
        for name, data in sorted(raw.items(), key=lambda item: item[0].lower())
    ]
    return {policy.arn: policy for policy in found}
