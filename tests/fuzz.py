"""Requests that nobody sane would send, by the thousand: `python -m tests.fuzz [--count N]`.

Whatever comes, the server answers in time and never with a fault of its own. The requests: operations with parameters
from the service model (right, slightly broken), wrong bodies and headers that are rightly signed, good requests with
bytes changed, and noise. Each is made from a number, so that a finding is made again by `--seed` and `--only`.
"""

from __future__ import annotations

import argparse
import json
import random
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote_to_bytes, urlencode, urlsplit

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.serialize import create_serializer
from botocore.utils import percent_encode_sequence

from tests.bench_api import Target, ours

TIMEOUT = 15.0
HOST = "127.0.0.1:8000"
FORM = "application/x-www-form-urlencoded; charset=utf-8"
# Half of the calls are of what is here, the others of what is not.
HERE = ("iam", "iam", "iam", "sts", "s3", "s3")
ELSEWHERE = ("ec2", "dynamodb", "cloudtrail", "kms", "lambda", "eks", "route53", "sqs", "cloudwatch", "logs", "sns")
_MODELS: dict[str, ServiceModel] = {}

STATEMENT = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]})
TRUSTING = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [TRUSTING]})
NAMES = ["admin", "Admin", "Administrators", "a", "user-1", "/", "/path/", "Active", "Inactive", "true", "2012-10-17"]
ARNS = ["arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::aws:policy/Nothing", "arn:aws:iam::1:role/x"]
JSONS = [DOCUMENT, TRUST, "{}", "[]", "{", '{"Version":"2012-10-17"}', "[" * 3000, '{"Statement":' * 200, "1e999"]
SIGNS = ["", " ", "\0", "a\0b", "\r\n", "a\r\nx-amz-injected: 1", "\ud7ff\ue000", "ü", "K", "İ", "𝔘𝔫𝔦", "\u202e"]
PATHS = ["%", "%00", "%zz", "../../etc/passwd", "a/../b", "//", "?", "#", "&", "=", "+", "*", "${aws:username}", "<a>"]
SIZES = ["x" * 64, "x" * 65, "x" * 128, "x" * 2049, "x" * 20_000, "9" * 400, "-1", "0", "1000", "9223372036854775808"]
OTHERS = ["company1-hr", "bucket", "a-bucket-of-mine", "192.168.0.1", "xn--a", "MFA", "123456", "AKIAIOSFODNN7EXAMPLE"]
TEXTS = [*NAMES, *ARNS, *JSONS, *SIGNS, *PATHS, *SIZES, *OTHERS]


class Chance(random.Random):
    """Chance, and how often a value is an odd one."""

    odd = 0.5


@dataclass(frozen=True)
class Key:
    access_key_id: str
    secret: str


@dataclass(frozen=True)
class Wire:
    """One request as bytes, and whether it is whole HTTP, so that an answer is owed."""

    data: bytes
    whole: bool
    about: str


def model(service: str) -> ServiceModel:
    if service not in _MODELS:
        _MODELS[service] = ServiceModel(Loader().load_service_model(service, "service-2"), service)
    return _MODELS[service]


# -- values ----------------------------------------------------------------------------------------


def value(chance: Chance, shape: Any, depth: int = 0) -> Any:
    """A value of a shape, as its client would take it: mostly within the constraints, sometimes just outside."""
    kind = shape.type_name
    if getattr(shape, "is_document_type", False):
        return {"a": [1, None, {"b": text(chance, None)}]}
    if kind == "structure":
        return structure(chance, shape, depth)
    if kind == "list":
        count = chance.choice((0, 1, 1, 2, 3, 60 if chance.odd > 0.2 else 1)) if depth < 3 else 0
        return [value(chance, shape.member, depth + 1) for _ in range(count)]
    if kind == "map":
        count = chance.choice((0, 1, 2)) if depth < 3 else 0
        return {text(chance, shape.key) or "k": value(chance, shape.value, depth + 1) for _ in range(count)}
    if kind == "timestamp":
        return chance.choice(("2026-11-25T00:00:00Z", 0, 1_800_000_000, "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z"))
    if kind == "boolean":
        return chance.random() < 0.5
    if kind == "blob":
        return chance.choice((b"", b"\x00\xff" * 10, b"x" * 5000, b"PK\x03\x04"))
    if kind in ("integer", "long"):
        edge = [shape.metadata[name] for name in ("min", "max") if name in shape.metadata]
        if chance.random() > chance.odd:
            return chance.choice(edge or [1, 5, 100])
        return chance.choice([0, 1, 5, 100, -1, 2**31 - 1, 2**63 - 1, *(one + 1 for one in edge)])
    if kind in ("float", "double"):
        return chance.choice((0.0, -1.5, 1e300))
    return text(chance, shape)


def structure(chance: Chance, shape: Any, depth: int = 0) -> dict[str, Any]:
    required, found = set(shape.required_members), {}
    members = list(shape.members.items())
    if shape.is_tagged_union and members:
        members = [chance.choice(members)]
    for name, member in members:
        wanted = chance.random() < ((1 - chance.odd / 10) if name in required else 0.25)
        if wanted and (depth < 4 or member.type_name not in ("structure", "list", "map")):
            found[name] = value(chance, member, depth + 1)
    return found


def text(chance: Chance, shape: Any) -> str:
    if chance.random() < chance.odd:
        if chance.random() < 0.8:
            return chance.choice(TEXTS)
        return "".join(chr(chance.choice((chance.randrange(0x20, 0x7F), chance.randrange(0xD7FF)))) for _ in range(20))
    if getattr(shape, "enum", None):
        return str(chance.choice(shape.enum))
    kind = shape.name.lower() if shape is not None else ""
    for part, some in LIKELY.items():
        if part in kind:
            return chance.choice(some)
    return f"{chance.choice(('user', 'group', 'policy', 'x'))}-{chance.randrange(20)}"


# What a text is likely to be, by a part of its shape's name: so that calls get far.
LIKELY: dict[str, Sequence[str]] = {
    "trust": (TRUST,),
    "document": (DOCUMENT, DOCUMENT, TRUST),
    "arn": (*ARNS, "arn:aws:iam::aws:policy/ReadOnlyAccess"),
    "path": ("/", "/", "/path/"),
    "bucketname": ("bucket-1", "bucket-2"),
    "username": ("admin", *(f"user-{number}" for number in range(6))),
    "marker": ("", "x"),
    "code": ("123456",),
    "accesskeyid": ("AKIAIOSFODNN7EXAMPLE",),
}


# -- requests --------------------------------------------------------------------------------------


def called(chance: Chance, key: Key, broken: bool) -> Wire:
    """An operation of a service with parameters from its model."""
    chance.odd = 0.4 if broken else 0.03
    service = chance.choice(HERE if chance.random() < 0.85 else ELSEWHERE)
    operation = model(service).operation_model(chance.choice(model(service).operation_names))
    shape = operation.input_shape
    params = {} if shape is None else structure(chance, shape)
    for name, member in [] if shape is None else shape.members.items():
        if member.serialization.get("location") == "uri" and not params.get(name):
            params[name] = "b" if name == "Bucket" else "k"
        if member.serialization.get("hostLabel"):
            params[name] = "route"  # the client sends nothing else as part of a host's name
        if member.serialization.get("eventstream") or (
            member.serialization.get("streaming") and not isinstance(params.get(name), bytes)
        ):
            params.pop(name, None)
    protocol = str(model(service).resolved_protocol)
    made = create_serializer(protocol, False).serialize_to_request(params, operation)
    path, _, query = made["url_path"].partition("?")
    if made["query_string"]:
        more = made["query_string"]
        query = "&".join(filter(None, (query, percent_encode_sequence(more) if isinstance(more, dict) else more)))
    body = made["body"]
    headers = {name: str(one) for name, one in made["headers"].items()}
    if isinstance(body, dict):
        pairs = list(body.items())
        if broken:
            _break_pairs(chance, pairs)
        body = urlencode(pairs, errors="replace").encode()
    body = body.encode("utf-8", "replace") if isinstance(body, str) else bytes(body or b"")
    if broken:
        path, query, body, headers = _break(chance, path, query, body, headers)
    method = chance.choice(("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH")) if broken else made["method"]
    return signed(chance, key, service, method, path, query, headers, body, f"{service}:{operation.name}")


def _break_pairs(chance: Chance, pairs: list[tuple[str, str]]) -> None:
    for _ in range(chance.randrange(1, 4)):
        place = chance.randrange(len(pairs))
        name, one = pairs[place]
        pairs[place] = chance.choice(
            (
                (name, chance.choice(TEXTS)),
                (name + ".member.1", one),
                (name.replace(".1", ".99999999999"), one),
                (name.replace("member", "entry"), one),
                (name + "." * 30, one),
                ("", one),
                (chance.choice(TEXTS), one),
            )
        )
        if chance.random() < 0.2:
            pairs.append((name, chance.choice(TEXTS)))


def _break(
    chance: Chance, path: str, query: str, body: bytes, headers: dict[str, str]
) -> tuple[str, str, bytes, dict[str, str]]:
    for _ in range(chance.randrange(3)):
        match chance.randrange(9):
            case 0:
                body = mutated(chance, body)
            case 1:
                body = chance.choice(
                    (DEEP_XML, DEEP_JSON, BOMB, b"\xff\xfe\x00", b"\x00" * 100, b"{" * 5000, b"<", b"1" * 6000)
                )
            case 2:
                headers["Content-Type"] = chance.choice(TYPES)
            case 3:
                query += chance.choice(
                    (
                        "&acl",
                        "&versions",
                        "&uploads",
                        "&a=%ff",
                        "&=",
                        "&%00=1",
                        "&Action=ListUsers",
                        "&x-id=1",
                        "&policy",
                    )
                )
            case 4:
                path = chance.choice(
                    ("/", "//", path + "/", path + "%2F", path + "%ff", path + "%00", "/..", path * 20)
                )
            case 5:
                headers[chance.choice(HEADERS)] = (
                    chance.choice(TEXTS).encode("ascii", "replace").decode().translate(NO_LINES)
                )
            case 6:
                headers["X-Amz-Target"] = chance.choice(("DynamoDB_20120810.ListTables", "A.B", ".", "x" * 3000))
            case 7:
                body = gzip_like(body)
            case _:
                query = query[: chance.randrange(len(query) + 1)]
    return path, query, body, headers


def gzip_like(body: bytes) -> bytes:
    return b"\x1f\x8b\x08\x00" + body


DEEP_XML = b"<a>" * 2000 + b"</a>" * 2000
DEEP_JSON = b'{"a":' * 5000 + b"1" + b"}" * 5000
BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><Tagging>&b;</Tagging>'
TYPES = (
    "application/json",
    "application/xml",
    "text/plain",
    "multipart/form-data; boundary=x",
    "",
    "x" * 500,
    "a/b; charset=utf-16",
)
HEADERS = (
    *(
        "X-Amz-Copy-Source",
        "Range",
        "If-Modified-Since",
        "x-amz-meta-a",
        "x-amz-acl",
        "Content-MD5",
        "Content-Encoding",
    ),
    *("x-amz-checksum-crc32", "x-amz-decoded-content-length", "X-Forwarded-For", "Cookie", "x-amz-trailer", "Accept"),
    *("x-amz-sdk-checksum-algorithm", "Origin", "X-Amz-Account-Id", "smithy-protocol", "User-Agent", "Referer"),
)
NO_LINES = {0: " ", 10: " ", 13: " "}


def signed(
    chance: Chance, key: Key, service: str, method: str, path: str, query: str, headers: dict[str, str],
    body: bytes, about: str,
) -> Wire:  # fmt: skip
    """The bytes of a request that is rightly signed by the genuine signer, over whatever it holds."""
    s3 = service in ("s3", "s3control")
    url = f"http://{HOST}{path}" + (f"?{query}" if query else "")
    request = AWSRequest(method, url, headers=headers, data=body)
    kind: Any = botocore.auth.S3SigV4Auth if s3 else botocore.auth.SigV4Auth
    name = model(service).metadata.get("signingName") or model(service).metadata["endpointPrefix"]
    signer = kind(Credentials(key.access_key_id, key.secret), name, "us-east-1")
    if s3:
        request.context["payload_signing_enabled"] = True
    signer.add_auth(request)
    sent = {str(n): str(v) if not isinstance(v, bytes) else v.decode("latin-1") for n, v in request.headers.items()}
    sent = {n: v.translate(NO_LINES) for n, v in sent.items()}
    target = quote(path, safe="/%~-._!$&'()*+,;=:@") + (f"?{quote(query, safe='%&=+-._~!$()*,;:@/?')}" if query else "")
    lines = [f"{method} {target} HTTP/1.1", f"Host: {HOST}", *(f"{n}: {v}" for n, v in sent.items() if n != "Host")]
    if chance.random() < 0.1 and body:
        lines.append("Transfer-Encoding: chunked")
        framed = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in _parts(body)) + b"0\r\n\r\n"
    else:
        lines.append(f"Content-Length: {len(body)}")
        framed = body
    head = "\r\n".join(line for line in lines if not line.startswith("Content-Length: None"))
    return Wire(head.encode("latin-1", "replace") + b"\r\n\r\n" + framed, True, about)


def unquoted(path: str) -> str:
    """A path as WSGI has it."""
    return unquote_to_bytes(path).decode("latin-1")


def _parts(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 700):
        yield body[start : start + 700]


def mutated(chance: Chance, data: bytes) -> bytes:
    """The same bytes with some of them changed, dropped, doubled or put in."""
    found = bytearray(data)
    for _ in range(chance.randrange(1, 8)):
        place = chance.randrange(len(found) + 1)
        match chance.randrange(4):
            case 0 if place < len(found):
                found[place] = chance.randrange(256)
            case 1:
                del found[place : place + chance.randrange(20)]
            case 2:
                found[place:place] = chance.choice(NOISE)
            case _:
                found[place:place] = found[max(0, place - 30) : place]
    return bytes(found)


NOISE = (
    *(b"\r\n", b"\n", b"\r", b"\0", b"\xff", b": ", b"  ", b"%", b"&", b"Content-Length: 5\r\n"),
    *(b"Content-Length: -1\r\n", b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip\r\n", b"Host: other\r\n"),
    *(b"Expect: 100-continue\r\n", b"ffffffffffffffffff\r\n", b"0\r\n\r\n", b"HTTP/1.0", b"HTTP/9.9", b"x" * 70_000),
)


def mangled(chance: Chance, key: Key) -> Wire:
    """A good request with bytes changed, its signature with it or not: whole no longer."""
    good = called(chance, key, broken=False)
    return Wire(mutated(chance, good.data), False, "mangled " + good.about)


def noise(chance: Chance, key: Key) -> Wire:
    data = chance.choice(
        (
            chance.randbytes(chance.randrange(2000)),
            b"GET / HTTP/1.1\r\n" + chance.randbytes(300),
            b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chance.randbytes(100),
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc",
            b"%b / HTTP/1.1\r\nHost: x\r\n\r\n"
            % chance.choice((b"BREW", b"get", b"\xff", b"CONNECT", b"TRACE", b"OPTIONS")),
            b"GET http://other/ HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 5000 + b"\r\n",
            b"PUT /b/k HTTP/1.1\r\nHost: x\r\nAuthorization: AWS4-HMAC-SHA256 "
            + chance.randbytes(50).replace(b"\n", b"")
            + b"\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: x\r\nAuthorization: AWS " + b"x:" * 30 + b"\r\n\r\n",
            b"GET /?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=%ff HTTP/1.1\r\nHost: \xff\r\n\r\n",
            b"GET /?AWSAccessKeyId=a&Signature=b&Expires=" + b"9" * 400 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        )
    )
    return Wire(data, False, "noise")


KINDS: tuple[Callable[[Chance, Key], Wire], ...] = (
    lambda chance, key: called(chance, key, broken=False),
    lambda chance, key: called(chance, key, broken=False),
    lambda chance, key: called(chance, key, broken=True),
    lambda chance, key: called(chance, key, broken=True),
    mangled,
    noise,
)


def request(number: int, key: Key) -> Wire:
    """The request of a number."""
    chance = Chance(number)
    return KINDS[chance.randrange(len(KINDS))](chance, key)


# -- sending ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    status: int  # 0: closed without one
    seconds: float
    head: bytes = b""


def send(url: str, wire: Wire) -> Answer:
    """Send the bytes, then no more; what comes back, in time."""
    parts = urlsplit(url)
    start = time.monotonic()
    with socket.create_connection((parts.hostname, parts.port), timeout=TIMEOUT) as link:
        try:
            link.sendall(wire.data)
            if not wire.whole:
                link.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has heard enough; what it said is still there
        got = b""
        try:
            while b"\r\n\r\n" not in got or got.startswith(b"HTTP/1.1 100"):
                if got.startswith(b"HTTP/1.1 100") and b"\r\n\r\n" in got:
                    got = got.partition(b"\r\n\r\n")[2]
                piece = link.recv(65536)
                if not piece:
                    break
                got += piece
        except TimeoutError:
            return Answer(-1, time.monotonic() - start)
        except ConnectionError:
            return Answer(0, time.monotonic() - start)
    words = got.split(None, 2)
    status = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
    return Answer(status, time.monotonic() - start, got[:2000])


def faults(wire: Wire, answer: Answer) -> str:
    """What is wrong with an answer; nothing where it is one that a server may give."""
    if answer.status == -1:
        return f"no answer within {TIMEOUT:.0f} seconds"
    if answer.status in (500, 502, 503, 504):
        return f"status {answer.status}"
    if answer.status == 0 and wire.whole:
        return "closed without an answer"
    return ""


def called_identity(key: Key) -> Wire:
    """A plain good call: GetCallerIdentity."""
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    chance = Chance(1)  # which sends no chunks
    return signed(chance, key, "sts", "POST", "/", "", {"Content-Type": FORM}, body, "sts:GetCallerIdentity")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=0, help="the number of the first request")
    parser.add_argument("--workers", type=int, default=0, help="against the class server with so many processes")
    parser.add_argument("--only", action="store_true", help="send the request of --seed alone and show it")
    options = parser.parse_args()
    arguments = ["--workers", str(options.workers)] if options.workers else []
    with ours("fuzzed", arguments) as target:
        return run(target, options.seed, 1 if options.only else options.count, show=options.only)


def run(target: Target, first: int, count: int, *, show: bool = False) -> int:
    key, bad, statuses = Key(target.access_key_id, target.secret), 0, Counter[int]()
    for number in range(first, first + count):
        wire = request(number, key)
        answer = send(target.url, wire)
        statuses[answer.status] += 1
        wrong = faults(wire, answer)
        if wrong or show:
            bad += bool(wrong)
            print(f"{number}: {wrong or answer.status} to {wire.about}")
            print(f"    {wire.data[:600]!r}\n    {answer.head[:600]!r}")
    alive = called_identity(key)
    if send(target.url, alive).status != 200:
        bad += 1
        print("The server does not answer its caller any more.")
    print(f"{count} requests, {bad} faults; by status: {dict(sorted(statuses.items()))}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
