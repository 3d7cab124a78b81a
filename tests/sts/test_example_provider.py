"""The identity provider of docs/federation.md, run as a teacher runs it."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys

from iamconsole.sts import saml, web_identity
from tests.federation import SCRIPT

ROLE = "arn:aws:iam::123456789012:role/Staff"
PROVIDER = "arn:aws:iam::123456789012:saml-provider/Corporate"


def run(*arguments):
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_what_the_script_makes_is_what_the_simulator_takes(tmp_path):
    folder, now = tmp_path / "idp", dt.datetime.now(dt.UTC)
    run("new", folder)
    assertion = run("assertion", folder, "--role", ROLE, "--provider", PROVIDER, "--name", "alice", "--tag", "team=hr")
    provider = saml.Provider(PROVIDER, run("metadata", folder), now + dt.timedelta(days=1))
    found = saml.verify(assertion, provider, dt.datetime.now(dt.UTC))
    assert (found.session_name, found.tags) == ("alice", {"team": "hr"})

    url = "https://idp.example.com"
    asked = ("--issuer", url, "--audience", "app", "--subject", "alice", "--tag", "team=hr", "--claim", "repository=x")
    token = run("token", folder, *asked)
    issuer = web_identity.Provider("idp.example.com", ("app",), (run("thumbprint", folder),))
    identity = web_identity.verify(token, issuer, dt.datetime.now(dt.UTC))
    assert (identity.subject, identity.tags) == ("alice", {"team": "hr"})
    assert identity.keys["idp.example.com:repository"] == "x"
