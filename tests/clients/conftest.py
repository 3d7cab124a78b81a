"""The three clients, each as the administrator of a fresh sandbox on the running server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import pytest

from tests.clients.drivers import ROOT, Boto3, JavaScript, Keys, Person, Refused


@pytest.fixture(scope="session")
def boto3_driver(server) -> Boto3:
    return Boto3(server.url)


@pytest.fixture(scope="session")
def javascript_driver(server, tmp_path_factory) -> Iterator[JavaScript]:
    node = shutil.which("node")
    installed = (ROOT / "tests" / "clients" / "javascript" / "node_modules" / "@aws-sdk").is_dir()
    lacking = (
        "Node.js is not installed"
        if not node
        else ""
        if installed
        else "`make test` installs the SDK where there is npm"
    )
    if lacking:
        if os.environ.get("IAMCONSOLE_REQUIRE_NODE") == "1":
            pytest.fail(f"The AWS SDK for JavaScript is required here: {lacking}.")
        pytest.skip(f"The AWS SDK for JavaScript: {lacking}.")
    driver = JavaScript(server.url, node, tmp_path_factory.mktemp("javascript"))
    yield driver
    driver.close()


CLIENTS = [
    pytest.param("boto3_driver", id="boto3"),
    pytest.param("aws_driver", id="aws", marks=pytest.mark.cli),
    pytest.param("javascript_driver", id="javascript", marks=pytest.mark.node),
]


@pytest.fixture
def keys(served) -> Keys:
    """The administrator's access key of a fresh sandbox."""
    return Keys(served["admin"]["access_key_id"], served["admin"]["secret_access_key"])


@pytest.fixture
def account(served) -> str:
    return str(served["account_id"])


@pytest.fixture(params=CLIENTS)
def admin(request, keys) -> Person:
    """The administrator, once at each client."""
    return Person(request.getfixturevalue(request.param), keys)


class Refuses(Protocol):
    def __call__(self, code: str, message: str | None = None) -> AbstractContextManager[Any]: ...


@pytest.fixture
def refused() -> Refuses:
    """What happens within is refused, with this code and exactly this message."""

    @contextmanager
    def check(code: str, message: str | None = None) -> Iterator[None]:
        with pytest.raises(Refused) as error:
            yield
        assert error.value.code == code, error.value
        if message is not None:
            assert error.value.message == message

    return check
