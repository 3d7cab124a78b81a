"""The documentation says what is so."""

from __future__ import annotations

import re
from pathlib import Path

from iamconsole.gateway.table import OPERATIONS
from iamconsole.wire.models import operation_model
from tests import operations

ROOT = Path(__file__).resolve().parent.parent.parent


def test_every_room_stands_in_the_picture():
    picture = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = {path.parent.name for path in (ROOT / "iamconsole").glob("*/__init__.py")}
    assert {room for room in rooms if not re.search(rf"\b{room}\b", picture)} == set()


def test_the_tables_of_operations_are_those_of_the_gateway():
    page = operations.PAGE.read_text(encoding="utf-8")
    assert page.partition(operations.BEGIN)[2].partition(operations.END)[0].strip() == operations.tables().strip()


def test_a_reason_is_given_for_what_is_left_out_and_for_nothing_else():
    for name in operations.LEFT_OUT:
        service, _, short_name = name.partition(":")
        assert name not in OPERATIONS
        assert operation_model(service, short_name)


def test_every_environment_variable_is_documented():
    settings = (ROOT / "iamconsole" / "settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r'env(?:_\w+)?\("(\w+)"', settings))
    documented = set(re.findall(r"`([A-Z_]+)`", (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")))
    assert read <= documented


def test_the_commands_of_the_readme_are_those_of_the_makefile():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("run", "test", "check", "bench"):
        assert f"make {target}" in readme
        assert f"\n{target}:" in makefile
