"""Odd requests in process; `python -m tests.fuzz` sends many more, and noise, to a running server."""

from __future__ import annotations

import io
import sys

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iamconsole.sandboxes import lifecycle
from tests import fuzz

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def application():
    return WSGIHandler()


def answered(application, wire: fuzz.Wire) -> tuple[int, bytes]:
    """The status and the body that the application answers to the bytes of a request."""
    head, _, body = wire.data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, _, rest = first.partition(" ")
    target = rest.rpartition(" ")[0]
    path, _, query = target.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": fuzz.unquoted(path),
        "REQUEST_URI": target,
        "QUERY_STRING": query,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.input": io.BytesIO(body),
    }
    for line in lines:
        name, _, value = line.partition(":")
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value.strip()
    status = []
    answer = application(environ, lambda said, headers, *_: status.append(int(said.split()[0])))
    content = b"".join(answer)
    answer.close()
    return status[0], content


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10**9), st.booleans())
def test_a_call_with_any_parameters_gets_an_answer_of_aws(sandbox, application, number, broken):
    admin = lifecycle.describe(sandbox)["admin"]
    key = fuzz.Key(admin["access_key_id"], admin["secret_access_key"])
    wire = fuzz.called(fuzz.Chance(number), key, broken)
    with transaction.atomic():
        status, content = answered(application, wire)
        assert status != 500, (wire, content)
        transaction.set_rollback(True)
