"""The framing of streamed uploads, its checksums and its signatures."""

from __future__ import annotations

import base64
import contextlib
import io
import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamconsole import wire
from iamconsole.wire import HttpRequest, MalformedInput, WireError, checksums, decode_chunks

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def framed(pieces, trailer=b"\r\n"):
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n" + trailer


def decoded(body, headers=None, **more):
    return b"".join(decode_chunks(io.BytesIO(body), headers, **more))


class Dribble(io.BytesIO):
    """A socket that gives little at a time."""

    def read(self, size=-1):
        return super().read(min(size, 3))


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=6))
def test_chunks_join_to_the_body(pieces):
    data = b"".join(pieces)
    trailer = b"x-amz-checksum-crc32:" + base64.b64encode(zlib.crc32(data).to_bytes(4, "big")) + b"\r\n\r\n"
    headers = {"x-amz-decoded-content-length": str(len(data)), "x-amz-trailer": "x-amz-checksum-crc32"}
    assert decoded(framed(pieces, trailer), headers) == data
    assert b"".join(decode_chunks(Dribble(framed(pieces, trailer)), headers)) == data
    wrong = framed([*pieces, b"!"], trailer)
    with pytest.raises(WireError) as caught:
        decoded(wrong, {"x-amz-trailer": "x-amz-checksum-crc32"})
    assert caught.value.code == "BadDigest"


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        (b"", {}, "IncompleteBody"),
        (b"3\r\nab", {}, "IncompleteBody"),
        (b"3\r\nabc\r\n", {}, "IncompleteBody"),
        (b"3\r\nabcd\r\n0\r\n\r\n", {}, "InvalidRequest"),
        (b"x\r\nabc\r\n0\r\n\r\n", {}, "InvalidRequest"),
        (b"-3\r\nabc\r\n0\r\n\r\n", {}, "InvalidRequest"),
        (b"3;what=ever\r\nabc\r\n0\r\n\r\n", {}, "InvalidRequest"),
        (b"f" * 3000, {}, "InvalidRequest"),
        (b"f" * 17 + b"\r\n", {}, "InvalidRequest"),
        (b"f" * 16 + b"\r\nabc", {}, "IncompleteBody"),
        (b"3\r\nabc\r\n0\r\n\r\n", {"x-amz-decoded-content-length": "2"}, "IncompleteBody"),
        (b"3\r\nabc\r\n0\r\n\r\n", {"x-amz-decoded-content-length": "4"}, "IncompleteBody"),
        (b"3\r\nabc\r\n0\r\n\r\n", {"x-amz-decoded-content-length": "three"}, "InvalidArgument"),
        (b"3\r\nabc\r\n0\r\n\r\n", {"x-amz-trailer": "x-amz-checksum-crc32"}, "MalformedTrailerError"),
        (b"3\r\nabc\r\n0\r\nno colon\r\n\r\n", {}, "MalformedTrailerError"),
        (b"0\r\n" + b"a:b\r\n" * 17 + b"\r\n", {}, "MalformedTrailerError"),
        (
            b"3\r\nabc\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n",
            {"x-amz-trailer": "x-amz-checksum-crc32"},
            "BadDigest",
        ),
        (
            b"3\r\nabc\r\n0\r\nx-amz-checksum-crc32:AA\r\n\r\n",
            {"x-amz-trailer": "x-amz-checksum-crc32"},
            "InvalidRequest",
        ),
        (b"3\r\nabc\r\n0\r\n\r\n", {"x-amz-checksum-sha1": "AAAA"}, "InvalidRequest"),
    ],
)
def test_a_body_that_is_framed_wrongly_is_refused(body, headers, code):
    with pytest.raises(WireError) as caught:
        decoded(body, headers)
    assert caught.value.code == code


def test_a_long_body_is_passed_on_in_blocks():
    body = framed([b"x" * 1_000_000])
    assert max(len(piece) for piece in decode_chunks(io.BytesIO(body))) <= 64 * 1024


# docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html: 65 KB of "a" in chunks of 64 KB, 1 KB and none.
SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
CHUNKS = [
    (65536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
    (1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
    (0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
]
REQUEST = HttpRequest(
    "PUT",
    "/examplebucket/chunkObject.txt",
    "",
    {
        "host": "s3.amazonaws.com",
        "x-amz-date": "20130524T000000Z",
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
        "content-encoding": "aws-chunked",
        "x-amz-decoded-content-length": "66560",
        "content-length": "66824",
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "authorization": "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        "SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;"
        f"x-amz-decoded-content-length;x-amz-storage-class,Signature={SEED}",
    },
    streamed=True,
)


def signed_body(chunks):
    return b"".join(b"%x;chunk-signature=%s\r\n%s\r\n" % (size, mark.encode(), b"a" * size) for size, mark in chunks)


def signer():
    return wire.chunk_signer(wire.find_signature(REQUEST), SECRET)


def test_the_signed_chunks_of_the_documentation_are_verified():
    wire.verify(wire.find_signature(REQUEST), REQUEST, SECRET, now=datetime(2013, 5, 24, tzinfo=UTC))
    assert wire.is_chunked(REQUEST.headers)
    assert decoded(signed_body(CHUNKS), REQUEST.headers, signer=signer()) == b"a" * 66560


@pytest.mark.parametrize(
    "chunks",
    [
        [CHUNKS[1], CHUNKS[0], CHUNKS[2]],
        [(65536, CHUNKS[0][1]), (1024, "0" * 64), CHUNKS[2]],
        [CHUNKS[0], (1023, CHUNKS[1][1]), CHUNKS[2]],
    ],
)
def test_chunks_that_are_swapped_changed_or_unsigned_are_refused(chunks):
    with pytest.raises(wire.SignatureProblem):
        decoded(signed_body(chunks), signer=signer())


def test_signed_chunks_are_never_read_unchecked():
    with pytest.raises(ValueError, match="signer"):
        decoded(signed_body(CHUNKS), REQUEST.headers)


def test_an_unsigned_chunk_is_refused_where_chunks_are_signed():
    with pytest.raises(wire.SignatureProblem):
        decoded(framed([b"abc"]), signer=signer())


def test_a_signed_trailer_is_verified():
    made = signer()
    parts = [made([b"abc"], False), made([], False)]
    mark = made([b"x-amz-checksum-crc32:NSRBwg==\n"], True)
    body = "3;chunk-signature={}\r\nabc\r\n0;chunk-signature={}\r\nx-amz-checksum-crc32:NSRBwg==\r\n"
    body = body.format(*parts) + "x-amz-trailer-signature:{}\r\n\r\n"
    assert decoded(body.format(mark).encode(), signer=signer()) == b"abc"
    with pytest.raises(wire.SignatureProblem):
        decoded(body.format("0" * 64).encode(), signer=signer())


#    the published check values of "123456789"
CHECKS = [("crc32", "cbf43926"), ("crc32c", "e3069283"), ("crc64nvme", "ae8b14860a799888")]


@pytest.mark.parametrize(("name", "value"), CHECKS)
def test_the_check_value_of_each_crc(name, value):
    running = checksums.checksum(name)
    running.update(b"12345")
    running.update(b"6789")
    assert running.digest().hex() == value


@pytest.mark.parametrize("algorithm", ["crc32", "crc32c", "crc64nvme"])
def test_the_checksum_of_a_whole_comes_of_its_parts(algorithm):
    pieces = [b"", b"one", b"two" * 1000, b"3"]

    def of(content):
        running = checksums.checksum(algorithm)
        running.update(content)
        return base64.b64encode(running.digest()).decode()

    assert checksums.combined(algorithm, [(of(piece), len(piece)) for piece in pieces]) == of(b"".join(pieces))


def test_content_md5_is_checked():
    good = {"md5": base64.b64encode(bytes.fromhex("900150983cd24fb0d6963f7d28e17f72")).decode()}
    assert b"".join(wire.checked([b"a", b"bc"], good)) == b"abc"
    with pytest.raises(WireError) as caught:
        list(wire.checked([b"abd"], good))
    assert caught.value.code == "BadDigest"
    with pytest.raises(WireError) as caught:
        list(wire.checked([b"abc"], {"md5": "nonsense"}))
    assert caught.value.code == "InvalidDigest"


def test_what_is_said_of_a_checksum_is_no_checksum():
    headers = {"x-amz-checksum-algorithm": "CRC32", "x-amz-checksum-type": "FULL_OBJECT", "x-amz-checksum-crc32": "x"}
    assert wire.named_checksums(headers) == {"crc32": "x"}


@given(st.binary(max_size=300))
def test_random_bytes_are_read_or_refused(body):
    with contextlib.suppress(MalformedInput):
        decoded(body, {"x-amz-decoded-content-length": "3"})


def test_a_body_that_is_read_whole_has_the_checksums_that_it_names():
    right = base64.b64encode(zlib.crc32(b"<Delete/>").to_bytes(4, "big")).decode()
    headers = {"x-amz-checksum-crc32": right}
    checksums.check_body("s3", "DeleteObjects", b"<Delete/>", headers)
    with pytest.raises(WireError) as error:
        checksums.check_body("s3", "DeleteObjects", b"<Other/>", headers)
    assert error.value.code == "BadDigest"
    # Here the header is of the object that the parts make.
    checksums.check_body("s3", "CompleteMultipartUpload", b"<Other/>", headers)
