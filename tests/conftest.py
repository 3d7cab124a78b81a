"""The cast: `root` and `admin` of a course sandbox, `dev` (some policies), `stranger` (another account)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client, override_settings
from hypothesis import settings as hypothesis_settings

from iamconsole.accounts.models import Account
from iamconsole.gateway import record
from iamconsole.gateway.client import AwsClient
from iamconsole.sandboxes import lifecycle, templates
from tests.clients.drivers import Aws
from tests.factories import Server, client_for, sign_in

ROOT = Path(__file__).resolve().parent.parent

# No test asserts a time: on a busy machine a property would fail for it.
hypothesis_settings.register_profile("without-deadline", deadline=None)
hypothesis_settings.load_profile("without-deadline")


@pytest.fixture(scope="session")
def template_objects(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("template-objects")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker, template_objects) -> None:
    """The course's template is built once, as on a server, and not by every test."""
    with django_db_blocker.unblock(), override_settings(STORAGES=_stored_in(template_objects)):
        templates.start_state("course")


@pytest.fixture(autouse=True)
def objects_go_to_a_folder_of_the_test(request, settings, tmp_path):
    settings.STORAGES = _stored_in(tmp_path / "objects")
    if request.node.get_closest_marker("django_db") or {"db", "transactional_db"} & set(request.fixturenames):
        kept = request.getfixturevalue("template_objects")
        shutil.copytree(kept, tmp_path / "objects", copy_function=os.link)


def _stored_in(folder: Path) -> dict[str, Any]:
    folders = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": folder}}
    return django_settings.STORAGES | {"default": folders}


@pytest.fixture(autouse=True)
def nothing_is_known_to_be_written():
    """A test's transaction is rolled back, and with it what the process thinks it has written."""
    record.forget()


@pytest.fixture
def sandbox(db) -> Account:
    """An account in the course's start state."""
    return lifecycle.create("course")


@pytest.fixture
def other_sandbox(db) -> Account:
    return lifecycle.create("course")


@pytest.fixture
def root(sandbox) -> AwsClient:
    return client_for(sandbox)


@pytest.fixture
def admin(sandbox) -> AwsClient:
    return client_for(sandbox, "admin")


@pytest.fixture
def dev(sandbox, root) -> AwsClient:
    """An IAM user that may read S3 and nothing else."""
    root.call("iam:CreateUser", user_name="dev")
    root.call("iam:AttachUserPolicy", user_name="dev", policy_arn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    return client_for(sandbox, "dev")


@pytest.fixture
def stranger(other_sandbox) -> AwsClient:
    """The administrator of another sandbox."""
    return client_for(other_sandbox, "admin")


@pytest.fixture
def as_user(sandbox) -> Callable[..., Client]:
    """A browser in which a user of the sandbox is signed in: `as_user("admin")`; no name is the root user."""

    def signed_in(name: str = "", account: Account = sandbox) -> Client:
        return sign_in(Client(), account, name)

    return signed_in


# -- a server of its own, for what must be true from outside ----------------------------------------


@contextmanager
def running(data: Path, *arguments: str) -> Iterator[Server]:
    """`manage.py serve` as a learner starts it, on a free port, with a data folder of its own."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "IAMCONSOLE_", "DJANGO_", "DATABASE_"))}
    environment = clean | {"IAMCONSOLE_DATA": str(data), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, str(ROOT / "manage.py"), "serve", "--port", "0", *arguments]
    log = (data / "server.log").open("w", encoding="utf-8")
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT)
    assert process.stdout is not None
    url, said = "", []
    for line in process.stdout:
        said.append(line)
        if "iamconsole is at" in line:
            url = line.split()[-1]
        if "Stop with" in line:
            break
    assert url, "".join(said) + (data / "server.log").read_text(encoding="utf-8")
    try:
        yield Server(url, environment | {"IAMCONSOLE_URL": url}, data, process)
    finally:
        # Not SIGINT: whoever runs the tests in the background may have it ignored, and with it everything below.
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()
        log.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server")) as made:
        yield made


@pytest.fixture(scope="session")
def class_server(tmp_path_factory) -> Iterator[Server]:
    """The same with two worker processes."""
    with running(tmp_path_factory.mktemp("class-server"), "--workers", "2") as made:
        yield made


@pytest.fixture(scope="session")
def new_sandbox(server) -> Iterator[Callable[[], dict[str, Any]]]:
    """Makes course sandboxes on the running server; in one process that stays, because a start costs a second."""
    command = [sys.executable, "-m", "tests.commands"]
    process = subprocess.Popen(
        command, env=dict(server.environment), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None

    def make() -> dict[str, Any]:
        process.stdin.write(json.dumps(["sandbox", "create"]) + "\n")
        process.stdin.flush()
        made: dict[str, Any] = json.loads(json.loads(process.stdout.readline()))
        return made

    yield make
    process.stdin.close()
    process.wait(timeout=20)
    process.stdout.close()


@pytest.fixture
def served(new_sandbox) -> dict[str, Any]:
    """A fresh course sandbox on the running server: what `sandbox create` prints."""
    made: dict[str, Any] = new_sandbox()
    return made


@pytest.fixture(scope="session")
def aws_driver(server, tmp_path_factory) -> Iterator[Aws]:
    """The genuine `aws` command, in a warm process."""
    driver = Aws(server.url, tmp_path_factory.mktemp("aws"))
    yield driver
    driver.close()
