"""boto3 against the application in this process: its requests are real, only the socket is left out."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from django.test import Client


class _Raw(io.BytesIO):
    """The body as botocore reads it from urllib3."""

    def stream(self, amt: int = 0, **_: Any) -> Any:
        yield self.read()


def boto(service: str, access_key_id: str, secret: str, **options: Any) -> Any:
    """A boto3 client whose requests go straight into Django."""
    client = boto3.client(
        service,
        endpoint_url="http://testserver",
        region_name=options.pop("region", "us-east-1"),
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret,
        aws_session_token=options.pop("token", None),
        config=Config(
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"},
            response_checksum_validation="when_required",
            **options,
        ),
    )
    browser = Client()

    def send(request: Any, **_: Any) -> AWSResponse:
        parts = urlsplit(request.url)
        body = request.body or b""
        if hasattr(body, "read"):
            body = body.read()
        headers = {
            name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()
        }
        content_type = headers.pop("Content-Type", "")
        answer = browser.generic(
            request.method,
            parts.path,
            body,
            content_type=content_type,
            headers=headers,
            HTTP_HOST=parts.netloc,
            QUERY_STRING=parts.query,
            # Django's test client leaves the type of an empty body out.
            **({"CONTENT_TYPE": content_type} if content_type else {}),
            REQUEST_URI=f"{parts.path}?{parts.query}" if parts.query else parts.path,
        )
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        made = AWSResponse(request.url, answer.status_code, dict(answer.headers), _Raw(content))
        made._content = content
        return made

    client.meta.events.register("before-send", send)
    return client
