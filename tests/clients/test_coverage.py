"""Every operation that the wire offers is lived by every client: the lives' own text says so."""

from __future__ import annotations

import re
from pathlib import Path

from iamconsole.gateway.table import OPERATIONS

CALL = re.compile(r'\.(iam|sts)\(\s*f?"(\w+|\w*\{kind\}\w*)"')
KINDS = {"User", "Group", "Role"}


def test_every_operation_of_iam_and_sts_is_part_of_a_life():
    told = set()
    for path in sorted(Path(__file__).parent.glob("test_lives_*.py")):
        for service, operation in CALL.findall(path.read_text(encoding="utf-8")):
            told |= {f"{service}:{operation.replace('{kind}', kind)}" for kind in KINDS}
    offered = {name for name, one in OPERATIONS.items() if one.public and one.service in ("iam", "sts")}
    assert offered - told == set()
