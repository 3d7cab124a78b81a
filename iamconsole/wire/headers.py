"""Text that goes into a header, whatever it holds."""

from __future__ import annotations

import base64
import re

_NOT_IN_A_HEADER = re.compile(r"[\x00-\x1f\x7f]+")


def in_header(text: str) -> str:
    """A value that cannot end its header, since stored metadata may hold line breaks; in RFC 2047's form if not ASCII.

    docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html: S3 answers so for metadata that is not ASCII.
    """
    text = _NOT_IN_A_HEADER.sub(" ", text)
    return text if text.isascii() else f"=?UTF-8?B?{base64.b64encode(text.encode('utf-8', 'replace')).decode()}?="
