"""One way to ask three genuine clients: `person.iam("CreateUser", UserName="ann")`.

An answer is a plain dict in AWS's documented shape, a refusal is a `Refused`; anything else that a client says
(an answer that it cannot read, a crash) fails the test.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import unquote

import boto3
import botocore.session
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

ROOT = Path(__file__).resolve().parents[2]
REGION = "us-east-1"


class Refused(Exception):
    """What a client makes of an error of AWS's."""

    def __init__(self, code: str, message: str, operation: str) -> None:
        super().__init__(f"{operation}: {code}: {message}")
        self.code, self.message, self.operation = code, message, operation


def names(rows: Sequence[Mapping[str, Any]], key: str) -> list[Any]:
    """One member of each row of a list."""
    return [row[key] for row in rows]


@dataclass(frozen=True)
class Keys:
    """An access key, with its session token where it is temporary."""

    access_key_id: str
    secret: str
    token: str = ""

    @classmethod
    def of(cls, made: Mapping[str, Any]) -> Keys:
        """From CreateAccessKey's AccessKey or AssumeRole's Credentials."""
        return cls(made["AccessKeyId"], made["SecretAccessKey"], made.get("SessionToken", ""))


class Driver(Protocol):
    def call(self, keys: Keys, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Person:
    """Somebody with an access key, at one of the clients."""

    driver: Driver
    keys: Keys

    def iam(self, operation: str, **params: Any) -> dict[str, Any]:
        return self.driver.call(self.keys, "iam", operation, params)

    def sts(self, operation: str, **params: Any) -> dict[str, Any]:
        return self.driver.call(self.keys, "sts", operation, params)

    def analyzer(self, operation: str, **params: Any) -> dict[str, Any]:
        return self.driver.call(self.keys, "accessanalyzer", operation, params)

    def with_keys(self, made: Mapping[str, Any]) -> Person:
        return replace(self, keys=Keys.of(made))


# -- boto3 -------------------------------------------------------------------------------------------


class Boto3:
    def __init__(self, url: str) -> None:
        self.url = url
        self.clients: dict[tuple[Keys, str], Any] = {}
        self.shapes = botocore.session.get_session()

    def client(self, keys: Keys, service: str) -> Any:
        if (keys, service) not in self.clients:
            session = boto3.Session(keys.access_key_id, keys.secret, keys.token or None, region_name=REGION)
            # One attempt: an error is the answer here, never something to try again.
            config = Config(retries={"total_max_attempts": 1})
            self.clients[keys, service] = session.client(service, endpoint_url=self.url, config=config)
        return self.clients[keys, service]

    def call(self, keys: Keys, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        try:
            answer = getattr(self.client(keys, service), xform_name(operation))(**params)
        except ClientError as error:
            said = error.response
            if not said["ResponseMetadata"]["RequestId"]:
                raise
            raise Refused(said["Error"]["Code"], said["Error"]["Message"], error.operation_name) from error
        metadata = answer.pop("ResponseMetadata")
        assert metadata["HTTPStatusCode"] == 200
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", metadata["RequestId"])
        shape = self.shapes.get_service_model(service).operation_model(operation).output_shape
        if shape is not None:
            lacking = list(_lacking(shape, answer, operation))
            assert not lacking, f"the answer lacks what AWS always gives: {lacking}"
        return dict(answer)


def _lacking(shape: Any, value: Any, where: str) -> Any:
    """Members that the model says are always in an answer, and are not: botocore itself forgives that."""
    if shape.type_name == "structure":
        for name in shape.required_members:
            if name not in value:
                yield f"{where}.{name}"
        for name, member in shape.members.items():
            if name in value:
                yield from _lacking(member, value[name], f"{where}.{name}")
    elif shape.type_name == "list":
        for item in value:
            yield from _lacking(shape.member, item, f"{where}[]")


# -- the aws command ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    error: str


ERROR = re.compile(r"An error occurred \(([\w.]+)\) when calling the (\w+) operation: (.*)", re.DOTALL)


class Resident:
    """A process that stays: one line of JSON in, one out."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        self.process = subprocess.Popen(
            command,
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def ask(self, question: Any) -> Any:
        said, heard = self.process.stdin, self.process.stdout
        assert said is not None and heard is not None  # noqa: PT018  # for the type checker only
        said.write(json.dumps(question) + "\n")
        said.flush()
        line = heard.readline()
        assert line, f"{self.process.args!r} has ended"
        return json.loads(line)

    def close(self) -> None:
        pipes: list[IO[str] | None] = [self.process.stdin, self.process.stdout]
        for pipe in pipes:
            if pipe is not None:
                pipe.close()
        self.process.wait(timeout=20)


class Aws:
    """The `aws` command of this environment. Its home is a folder of its own, so that no profile of ours is read."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder, self.home = url, folder, folder
        self.number = 0
        self.warm: Resident | None = None
        if hasattr(os, "fork"):
            module = [sys.executable, "-m", "tests.clients.warm_aws"]
            self.warm = Resident(module, self.environment(None), ROOT)

    def environment(self, keys: Keys | None) -> dict[str, str]:
        made = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "USERPROFILE": str(self.home),
            "AWS_ENDPOINT_URL": self.url,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
        }
        if keys:
            made |= {"AWS_ACCESS_KEY_ID": keys.access_key_id, "AWS_SECRET_ACCESS_KEY": keys.secret}
        if keys and keys.token:
            made["AWS_SESSION_TOKEN"] = keys.token
        return made

    def run(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        *,
        folder: Path | None = None,
        answers: str = "",
        prepared: bool = False,
        fresh: bool = False,
    ) -> Done:
        """Run one command. `answers` is what a person types into it."""
        folder = folder or self.folder
        if fresh or self.warm is None:
            command = [str(Path(sys.executable).with_name("aws")), *arguments]
            done = subprocess.run(
                command,
                env=dict(environment),
                cwd=folder,
                input=answers,
                capture_output=True,
                text=True,
                encoding="utf-8",
                check=False,
            )
            return Done(done.returncode, done.stdout, done.stderr)
        self.number += 1
        names = {name: self.folder / f"{name}.{self.number}" for name in ("stdin", "stdout", "stderr")}
        names["stdin"].write_text(answers, encoding="utf-8")
        asked = {
            "arguments": list(arguments),
            "environment": dict(environment),
            "folder": str(folder),
            "prepared": prepared,
            **{name: str(path) for name, path in names.items()},
        }
        code = self.warm.ask(asked)["code"]
        said = {name: path.read_text(encoding="utf-8") for name, path in names.items()}
        for path in names.values():
            path.unlink()
        return Done(code, said["stdout"], said["stderr"])

    def call(self, keys: Keys, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        arguments = [service, xform_name(operation, "-"), *(part for item in params.items() for part in _option(*item))]
        seed = self.folder / "seed"
        if operation == "CreateVirtualMFADevice":  # the command puts the seed into a file, where AWS's API answers it
            arguments += ["--outfile", str(seed), "--bootstrap-method", "Base32StringSeed"]
        done = self.run(arguments, self.environment(keys), prepared=True)
        if done.code:
            found = ERROR.fullmatch(done.error.strip())
            assert found, done.error
            assert (done.code, found[2]) == (255, operation)
            raise Refused(found[1], found[3], operation)
        assert done.error == ""
        answer: dict[str, Any] = json.loads(done.out) if done.out.strip() else {}
        if operation == "CreateVirtualMFADevice":
            answer["VirtualMFADevice"]["Base32StringSeed"] = seed.read_bytes()
            seed.unlink()
        return answer

    def close(self) -> None:
        if self.warm is not None:
            self.warm.close()


def _option(name: str, value: Any) -> list[str]:
    option = xform_name(name, "-")
    if isinstance(value, bool):
        return [f"--{option}" if value else f"--no-{option}"]
    text = value if isinstance(value, str) else json.dumps(value)
    return [f"--{option}={text}"] if text.startswith("-") else [f"--{option}", text]


# -- the AWS SDK for JavaScript ----------------------------------------------------------------------


class JavaScript:
    def __init__(self, url: str, node: str, folder: Path) -> None:
        self.url = url
        clean = {"PATH": os.environ["PATH"], "HOME": str(folder), "AWS_EC2_METADATA_DISABLED": "true"}
        self.process = Resident([node, "driver.mjs"], clean, ROOT / "tests" / "clients" / "javascript")

    def ask(self, keys: Keys, act: str, service: str, **more: Any) -> Any:
        credentials = {"accessKeyId": keys.access_key_id, "secretAccessKey": keys.secret}
        if keys.token:
            credentials["sessionToken"] = keys.token
        options = {"endpoint": self.url, "region": REGION, "credentials": credentials}
        said = self.process.ask({"act": act, "service": service, "options": options, **more})
        assert "broken" not in said, said["broken"]
        if "refused" in said:
            refused = said["refused"]
            assert refused["requestId"]
            raise Refused(refused["code"], refused["message"], str(more.get("operation")))
        return said.get("answer")

    def call(self, keys: Keys, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        answer = self.ask(keys, "call", service, operation=operation, params=params)
        metadata = answer.pop("$metadata")
        assert metadata["httpStatusCode"] == 200
        assert metadata["requestId"]
        decoded: dict[str, Any] = _decoded(answer)
        return decoded

    def close(self) -> None:
        self.process.close()


def _decoded(value: Any) -> Any:
    """With policy documents read, as boto3 and `aws` do themselves: this SDK gives them URL-encoded, as AWS sends."""
    if isinstance(value, dict):
        return {key: _decoded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    if isinstance(value, str) and value.startswith("%7B"):
        return json.loads(unquote(value))
    return value
