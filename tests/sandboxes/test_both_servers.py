"""What AWS's clients need of a web server, from the laptop's and from the class server alike."""

from __future__ import annotations

import http.client
import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.conftest import running


@pytest.fixture(params=["server", "class_server"])
def site(request):
    """A running server, and the administrator of a sandbox on it."""
    running_server = request.getfixturevalue(request.param)
    admin = json.loads(running_server.manage("sandbox", "create"))["admin"]
    return running_server, admin["access_key_id"], admin["secret_access_key"]


def client(site, service):
    server, access_key_id, secret = site
    return boto3.client(
        service,
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, max_pool_connections=16),
    )


def raw(site, method, path, body=b"", **headers):
    """A rightly signed request, sent as it is: no client tidies its path or its headers."""
    server, access_key_id, secret = site
    request = AWSRequest(method, server.url + path, data=body, headers=headers)
    request.context["payload_signing_enabled"] = True
    S3SigV4Auth(Credentials(access_key_id, secret), "s3", "us-east-1").add_auth(request)
    link = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
    link.putrequest(method, path, skip_accept_encoding=True)
    for name, value in request.headers.items():
        link.putheader(name, value)
    link.putheader("Content-Length", str(len(body)))
    link.endheaders(body)
    answer = link.getresponse()
    content = answer.read()
    link.close()
    return answer, content


KEYS = ["a b+c", "a%2Fb", "ü/漢", "a//b", "./../a", "?&=#", "a\\b", "~-_.!*'()", "%", "tab\tnewline\n"]


def test_keys_of_every_kind_verify(site):
    s3 = client(site, "s3")
    s3.create_bucket(Bucket="odd-keys")
    for key in KEYS:
        s3.put_object(Bucket="odd-keys", Key=key, Body=key.encode())
        assert s3.get_object(Bucket="odd-keys", Key=key)["Body"].read() == key.encode()
    assert [each["Key"] for each in s3.list_objects_v2(Bucket="odd-keys")["Contents"]] == sorted(KEYS)


def test_a_path_is_verified_as_it_was_sent(site):
    """A slash that the client has encoded is signed encoded, and is a slash of the key."""
    client(site, "s3").create_bucket(Bucket="raw-paths")
    assert raw(site, "PUT", "/raw-paths/a%2Fb", b"1")[0].status == 200
    assert raw(site, "GET", "/raw-paths/a/b")[1] == b"1"


def test_an_empty_body_is_not_waited_for(site):
    """Clients ask `Expect: 100-continue` also for a body of no bytes."""
    s3 = client(site, "s3")
    s3.create_bucket(Bucket="bodies")
    s3.put_object(Bucket="bodies", Key="empty", Body=b"")
    answer, _ = raw(site, "PUT", "/bodies/empty-2", b"", Expect="100-continue")
    assert answer.status == 200
    head = s3.head_object(Bucket="bodies", Key="empty-2")
    assert head["ContentLength"] == 0
    s3.put_object(Bucket="bodies", Key="large", Body=b"x" * 3_000_000)
    assert s3.get_object(Bucket="bodies", Key="large")["Body"].read() == b"x" * 3_000_000
    answer, content = raw(site, "HEAD", "/bodies/large")
    assert (answer.getheader("Content-Length"), content) == ("3000000", b"")


def test_the_names_of_metadata_are_lower_case(site):
    client(site, "s3").create_bucket(Bucket="metadata")
    raw(site, "PUT", "/metadata/k", b"1", **{"x-amz-meta-Some-Thing": "a value"})
    answer, _ = raw(site, "GET", "/metadata/k")
    assert ("x-amz-meta-some-thing", "a value") in answer.getheaders()


def test_a_body_in_chunks_is_read(site):
    """HTTP's own chunks, whose length nothing says."""
    server, access_key_id, secret = site
    client(site, "s3").create_bucket(Bucket="chunks")
    request = AWSRequest("PUT", server.url + "/chunks/k", data=b"one and two")
    request.context["payload_signing_enabled"] = True
    S3SigV4Auth(Credentials(access_key_id, secret), "s3", "us-east-1").add_auth(request)
    link = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
    link.request(
        "PUT", "/chunks/k", body=iter([b"one ", b"and two"]), headers=dict(request.headers), encode_chunked=True
    )
    assert link.getresponse().status == 200
    link.close()


def test_a_request_larger_than_any_needs_to_be_is_refused(site):
    answer, content = raw(site, "POST", "/", b"x" * 2_000_000)
    assert answer.status == 413
    assert b"RequestEntityTooLarge" in content


def test_names_are_unique_and_nothing_is_lost_when_many_write_at_once(site):
    iam = client(site, "iam")

    def create(number):
        try:
            iam.create_user(UserName=f"at-once-{number % 5}")
        except ClientError as error:
            return error.response["Error"]["Code"]
        return "made"

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(create, range(40)))
    assert sorted(set(said)) == ["EntityAlreadyExists", "made"]
    assert said.count("made") == 5
    made = [user["UserName"] for user in iam.list_users()["Users"] if user["UserName"].startswith("at-once")]
    assert made == [f"at-once-{number}" for number in range(5)]


def test_reads_at_once_are_each_recorded_once(site):
    """Their events are written together, and each answers when its own is written."""
    server, access_key_id, _ = site
    sts = client(site, "sts")
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda _: sts.get_caller_identity()["ResponseMetadata"]["RequestId"], range(60)))
    assert len(set(ids)) == 60
    asked = "from iamconsole.cloudtrail.models import Event; print(Event.objects.filter(name='GetCallerIdentity', "
    asked += f"access_key_id='{access_key_id}').values('event_id').distinct().count())"
    assert server.manage("shell", "-v", "0", "-c", asked).split()[-1] == "60"


def children(pid):
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def runs(pid):
    """Whether a process is alive; one that nobody has waited for yet (in a container without an init) is not."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def eventually(look, wanted):
    """What is there when it is as wanted."""
    deadline = time.monotonic() + 30
    while not wanted(found := look()):
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    return found


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="the processes are looked up in Linux's /proc")
def test_a_worker_that_died_is_replaced_and_a_stop_leaves_nobody_behind(tmp_path):
    with running(tmp_path, "--workers", "2") as server:
        before = eventually(lambda: sorted(children(server.process.pid)), lambda found: len(found) == 3)
        os.kill(before[0], signal.SIGKILL)
        now = eventually(
            lambda: sorted(children(server.process.pid)), lambda found: len(found) == 3 and found != before
        )
        link = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
        link.request("GET", "/")
        assert link.getresponse().status == 200
        link.close()
    assert server.process.returncode == 0
    assert not [each for each in now if runs(each)]
    assert "another takes its place" in (tmp_path / "server.log").read_text(encoding="utf-8")


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="the processes are looked up in Linux's /proc")
def test_workers_end_with_their_parent(tmp_path):
    with running(tmp_path, "--workers", "1") as server:
        workers = eventually(lambda: children(server.process.pid), lambda found: len(found) == 2)
        server.process.kill()
        eventually(lambda: [each for each in workers if runs(each)], lambda left: not left)
