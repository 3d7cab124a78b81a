"""The web servers: one process for a laptop, several for a class. Each process runs waitress, so both answer alike."""

from __future__ import annotations

import gc
import logging
import os
import re
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from threading import Thread
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import create_server
from waitress.task import WSGITask

from iamconsole.sandboxes import caretaker

log = logging.getLogger(__name__)

# What they do is Python, one at a time: more of them only wait for each other. Bodies are read before one is needed.
LAPTOP_THREADS = 4
WORKER_THREADS = 4
# A worker that ends again and again is begun again no faster than this.
AGAIN_AFTER = 1.0
# Who stops the server waits no longer than this for answers on their way.
PATIENCE = 10.0


class Parser(HTTPRequestParser):  # type: ignore[misc]  # waitress has no types
    """waitress's parser, without its wait for a body that is empty.

    An SDK's upload of an empty object asks with `Expect: 100-continue` and `Content-Length: 0`. waitress
    then says "continue" and waits for bytes that never come.
    """

    def received(self, data: bytes) -> int:
        taken: int = super().received(data)
        if self.completed:
            self.expect_continue = False
        return taken


class Task(WSGITask):  # type: ignore[misc]  # waitress has no types
    """waitress's task, without its capitals in the names of an object's metadata: S3's are lower case."""

    def build_response_header(self) -> bytes:
        header: bytes = super().build_response_header()
        if b"X-Amz-Meta-" not in header:
            return header
        return re.sub(rb"(?m)^X-Amz-Meta-[^:\r\n]*", lambda name: name[0].lower(), header)


class Channel(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    parser_class = Parser
    task_class = Task


def serve_alone(listening: socket.socket) -> None:
    """Serve in this process until it is told to stop."""
    application = WSGIHandler()  # made after the static files: WhiteNoise reads them then
    caretaker.begin()
    _serve(application, listening, LAPTOP_THREADS)


def _serve(application: WSGIHandler, listening: socket.socket, threads: int) -> None:
    server = create_server(
        application,
        sockets=[listening],
        threads=threads,
        ident=None,
        # A class of browsers, each with the several connections that a browser keeps open. `poll` takes any number,
        # `select` only a thousand; Windows has no other.
        connection_limit=2000 if hasattr(select, "poll") else 500,
        asyncore_use_poll=hasattr(select, "poll"),
        # Objects have a limit of their own, which is answered in S3's words or on the upload page; this one
        # only bounds what is buffered on disk before anybody can answer.
        max_request_body_size=8 * settings.IAMCONSOLE_MAX_OBJECT_BYTES + 1024 * 1024,
        clear_untrusted_proxy_headers=not settings.IAMCONSOLE_TRUSTED_PROXIES,
    )
    server.channel_class = Channel
    _let_the_kernel_queue(server)
    signal.signal(signal.SIGTERM, _stop)
    # What is there now stays, and a request leaves little behind: the collector need not look as often as it does.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    server.run()  # until _stop or Ctrl+C; the answers on their way are finished first


def _let_the_kernel_queue(server: Any) -> None:
    """Take no further connections while requests wait for a thread: waitress looks at every open one at each turn of
    its loop, and the kernel keeps those that wait in order at no cost."""
    ready = server.readable

    def readable() -> bool:
        return bool(ready()) and len(server.task_dispatcher.queue) < 2 * server.adj.threads

    server.readable = readable


def _stop(signum: int, frame: FrameType | None) -> None:
    sys.exit(0)


def serve_class(listening: socket.socket, workers: int) -> None:
    """Serve in `workers` processes that share the port, with one more that tends, until this one is told to stop.

    This process only looks after the others: it holds no connection and no thread, so that a worker that
    crashed is replaced by a fresh one. When it dies itself, they end.
    """
    application = WSGIHandler()  # before the processes part: what it loads is theirs in common
    connections.close_all()
    alive, held = os.pipe()  # nobody writes: the end that is held closes with this process
    jobs: dict[int, Callable[[], None]] = {}

    def begin(job: Callable[[], None]) -> None:
        child = os.fork()
        if child == 0:
            os.close(held)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            Thread(target=_end_with_parent, args=(alive,), daemon=True).start()
            status = 1
            try:
                job()
                status = 0
            except (SystemExit, KeyboardInterrupt):
                status = 0
            except Exception:
                log.exception("A process of the server failed.")
            finally:
                logging.shutdown()
                os._exit(status)
        jobs[child] = job

    signal.signal(signal.SIGTERM, _stop)
    try:
        for _ in range(workers):
            begin(lambda: _serve(application, listening, WORKER_THREADS))
        begin(caretaker.tend_alone)
        while True:
            child, status = os.wait()
            job = jobs.pop(child, None)
            if job is not None:
                log.error("Process %d of the server ended (status %d); another takes its place.", child, status)
                time.sleep(AGAIN_AFTER)
                begin(job)
    except (SystemExit, KeyboardInterrupt):
        pass
    finally:
        _end(list(jobs))


def _end(children: list[int]) -> None:
    """Tell the processes to stop, wait for them a while, and end those that do not."""
    for child in children:
        os.kill(child, signal.SIGTERM)
    patience = time.monotonic() + PATIENCE
    while children:
        children = [child for child in children if os.waitpid(child, os.WNOHANG) == (0, 0)]
        if time.monotonic() > patience:
            for child in children:
                os.kill(child, signal.SIGKILL)
            patience += PATIENCE
        time.sleep(0.02)


def _end_with_parent(alive: int) -> None:
    os.read(alive, 1)
    os.kill(os.getpid(), signal.SIGTERM)
