"""The genuine `aws` command in a warm process that forks: one JSON object a line in, one out.

A fresh `aws` spends half a second on imports and models before it does anything. Here they are loaded once; each
command is then a child with an environment, a folder and a standard input of its own, which runs what `aws` runs
and ends with its exit code. `test_aws.py` compares it with a fresh process.

Two ways to begin: `main` makes the session anew, as `aws` does, and so reads its configuration files (0.2 s);
`prepared` uses a session that was made without any, for people who have their key in the environment (0.05 s).
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import Any

import awscli.clidriver
from awscli.clidriver import CLIDriver

SERVICES = ("iam", "sts")


def prepared() -> CLIDriver:
    driver = awscli.clidriver.create_clidriver()
    commands = driver._get_command_table()
    for service in SERVICES:
        commands[service]._get_command_table()
        driver.session.create_client(
            service,
            region_name="us-east-1",
            endpoint_url="http://127.0.0.1:9",
            aws_access_key_id="nobody",
            aws_secret_access_key="nothing",
        )
    return driver


def run(driver: CLIDriver, asked: dict[str, Any]) -> None:
    """In the child: what `aws` does, as whom the request says."""
    where_its_data_is = os.environ["AWS_DATA_PATH"]  # set by awscli itself when it was imported
    os.environ.clear()
    os.environ.update(asked["environment"], AWS_DATA_PATH=where_its_data_is)
    os.chdir(asked["folder"])
    for descriptor, name, flags in (
        (0, asked["stdin"], os.O_RDONLY),
        (1, asked["stdout"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        (2, asked["stderr"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
    ):
        os.dup2(os.open(name, flags, 0o600), descriptor)
    sys.stdin = os.fdopen(0, encoding="utf-8")
    sys.argv = ["aws", *asked["arguments"]]
    sys.exit(driver.main() if asked["prepared"] else awscli.clidriver.main())


def main() -> None:
    driver = prepared()
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            code = 70  # something broke that is not the command's
            try:
                run(driver, asked)
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        _, status = os.waitpid(child, 0)
        print(json.dumps({"code": os.waitstatus_to_exitcode(status)}), flush=True)


if __name__ == "__main__":
    main()
