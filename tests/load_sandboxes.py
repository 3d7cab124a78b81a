"""`python -m tests.load_sandboxes`: what starts and resets cost, and how many at once a laptop's server does.

Three questions, in one run on a data folder of its own; it judges what the project promises (issue: sandboxes) and
exits with 1 where a promise is broken:

1. 200 starts and 200 resets at once over HTTP on `manage.py serve`: all done, p95 at most a second.
2. A start beside building the same state through the door: at least 20 times cheaper.
3. The same with 10 and with 10,000 sandboxes there: does it cost more?
"""

from __future__ import annotations

import argparse
import http.client
import http.cookies
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlencode, urlsplit

ROOT = Path(__file__).resolve().parent.parent


class Browser:
    """Just enough of one: cookies, the form's token, and no following of redirects."""

    def __init__(self, url: str) -> None:
        self.address = urlsplit(url).netloc
        self.cookies: dict[str, str] = {}

    def send(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Status, address that is redirected to, and body."""
        connection = http.client.HTTPConnection(self.address, timeout=60)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        body = None
        if form is not None:
            body = urlencode(form)
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Referer": f"http://{self.address}{path}"}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                for morsel in http.cookies.SimpleCookie(value).values():
                    self.cookies[morsel.key] = morsel.value
        connection.close()
        return answer.status, answer.getheader("Location") or "", text

    def token(self, path: str) -> str:
        _, _, text = self.send("GET", path)
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text)
        assert found, f"{path} has no form"
        return found[1]


def at_once(acts: Sequence[Callable[[], None]]) -> list[float]:
    """All acts begin in the same moment, each in a thread; how long each took, in seconds."""
    taken = [0.0] * len(acts)
    failed: list[BaseException] = []
    gate = threading.Barrier(len(acts))

    def run(number: int, act: Callable[[], None]) -> None:
        gate.wait()
        began = time.perf_counter()
        try:
            act()
        except (AssertionError, OSError, http.client.HTTPException) as error:
            failed.append(error)
        taken[number] = time.perf_counter() - began

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise SystemExit(f"{len(failed)} of {len(acts)} failed: {failed[0]!r}")
    return sorted(taken)


def shown(taken: Sequence[float]) -> str:
    p50, p95 = (taken[int(len(taken) * share)] * 1000 for share in (0.5, 0.95))
    return f"p50 {p50:7.0f} ms  p95 {p95:7.0f} ms  last {taken[-1] * 1000:7.0f} ms"


def over_http(data: str, count: int) -> bool:
    limits = {"IAMCONSOLE_MAX_VISITORS": "100000", "IAMCONSOLE_VISITORS_PER_HOUR": "100000"}
    limits |= {"IAMCONSOLE_VISITORS": "1", "PYTHONUNBUFFERED": "1", "IAMCONSOLE_DATA": data}
    command = [sys.executable, "manage.py", "serve", "--port", "0"]
    with subprocess.Popen(command, env=os.environ | limits, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        assert server.stdout is not None
        url = ""
        for line in server.stdout:
            url = line.split()[-1] if "iamconsole is at" in line else url
            if "Stop with" in line:
                break
        try:
            _stand_a_while()
            return _load(url, count)
        finally:
            server.terminate()


def _stand_a_while() -> None:
    """Until the server's pool is as large as it is to be: nobody starts a class in the second of the server's start."""
    from django.conf import settings

    from iamconsole.accounts.models import Sandbox

    wanted = settings.IAMCONSOLE_POOL["course"]
    for _ in range(120):
        if Sandbox.objects.filter(state=Sandbox.State.READY).count() >= wanted:
            return
        time.sleep(0.5)
    raise SystemExit("The pool was not filled.")


def _load(url: str, count: int) -> bool:
    browsers = [Browser(url) for _ in range(count)]
    tokens = [browser.token("/try") for browser in browsers]

    def begin(browser: Browser, token: str) -> Callable[[], None]:
        def act() -> None:
            status, to, _ = browser.send("POST", "/try", {"csrfmiddlewaretoken": token})
            assert (status, to.startswith("/console/home")) == (302, True), (status, to)

        return act

    starts = at_once([begin(*pair) for pair in zip(browsers, tokens, strict=True)])
    print(f"{count} starts at once over HTTP   {shown(starts)}")

    def again(browser: Browser, token: str) -> Callable[[], None]:
        def act() -> None:
            status, to, text = browser.send("POST", RESET, {"csrfmiddlewaretoken": token, **RESET_FORM})
            assert status == 302, (status, to, text[:300])

        return act

    tokens = [browser.token("/sandbox") for browser in browsers]
    resets = at_once([again(*pair) for pair in zip(browsers, tokens, strict=True)])
    print(f"{count} resets at once over HTTP   {shown(resets)}")
    return max(starts[int(count * 0.95)], resets[int(count * 0.95)]) <= 1.0


RESET = "/sandbox/reset"
RESET_FORM = {"confirm": "reset"}


# -- in this process ------------------------------------------------------------------------------


def in_threads(act: Callable[[int], object], count: int, threads: int = 8) -> list[float]:
    """As the server's threads would do it, without HTTP."""
    numbers = iter(range(count))
    lock, taken = threading.Lock(), []

    def run() -> None:
        from django.db import connection

        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                connection.close()
                return
            began = time.perf_counter()
            act(number)
            taken.append(time.perf_counter() - began)

    running = [threading.Thread(target=run) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return sorted(taken)


def cost(act: Callable[[int], object], count: int) -> tuple[float, float]:
    """Processor time of one act, on average, and its median duration, in milliseconds."""
    taken = []
    began = time.process_time()
    for number in range(count):
        start = time.perf_counter()
        act(number)
        taken.append(time.perf_counter() - start)
    return (time.process_time() - began) / count * 1000, statistics.median(taken) * 1000


def build_through_the_door(number: int) -> None:
    """What a start would be without templates: every call of the fixture, as its template is built."""
    from iamconsole.accounts.models import Sandbox
    from iamconsole.core.caller import wall_clock
    from iamconsole.core.ids import Ids
    from iamconsole.gateway import door
    from iamconsole.sandboxes import templates
    from iamconsole.sandboxes.credentials import Credentials, seal
    from iamconsole.sandboxes.fixtures import fixture_named

    [described] = fixture_named("course").accounts
    known, now = Credentials.new(described, Ids()), wall_clock()
    with door.write_transaction():
        sandbox = Sandbox.objects.create(slug=Ids().slug(), fixture="course", start=seal([known]), created=now)
        account = templates.open_account(sandbox, described, now)
        templates.build_account(account, described, known, [account.account_id])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="how many at once")
    parser.add_argument("--many", type=int, default=10_000, help="how many sandboxes for the third question; 0: none")
    options = parser.parse_args()
    kept = True
    with tempfile.TemporaryDirectory() as data:
        os.environ |= {"IAMCONSOLE_DATA": data, "DJANGO_SETTINGS_MODULE": "iamconsole.settings"}
        os.environ.pop("DATABASE_URL", None)
        import django

        django.setup()
        from django.core.management import call_command

        from iamconsole.sandboxes import lifecycle

        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        lifecycle.create("course")
        kept &= over_http(data, options.count)
        made = [account.account_id for account in lifecycle.everyone()][: options.count]
        resets = in_threads(lambda number: lifecycle.reset(made[number]), options.count)
        print(f"{options.count} resets in 8 threads           {shown(resets)}")
        starts = in_threads(lambda number: lifecycle.start("course"), options.count)
        print(f"{options.count} starts in 8 threads           {shown(starts)}")

        build_cpu, build = cost(build_through_the_door, 10)
        start_cpu, start = cost(lambda number: lifecycle.start("course"), 200)
        print(f"a start     {start_cpu:8.2f} ms of processor time, median {start:8.2f} ms")
        times = f"{build_cpu / start_cpu:.0f} times a start"
        print(f"its build   {build_cpu:8.2f} ms of processor time, median {build:8.2f} ms: {times}")
        kept &= build_cpu >= 20 * start_cpu
        if options.many:
            several(options.many)
    print("Every promise is kept." if kept else "A promise is broken.")
    sys.exit(0 if kept else 1)


def several(many: int) -> None:
    """The same acts with few and with many sandboxes there."""
    from iamconsole.accounts.models import Sandbox
    from iamconsole.sandboxes import caretaker, lifecycle

    def measure() -> None:
        there = [account.account_id for account in lifecycle.everyone()[:100]]
        acts: dict[str, Callable[[int], object]] = {
            "start": lambda number: lifecycle.start("course"),
            "reset": lambda number: lifecycle.reset(there[number % len(there)]),
            "copy": lambda number: lifecycle.copy(there[number % len(there)]),
        }
        figures = {name: cost(act, 100) for name, act in acts.items()}
        began = time.process_time()
        purged = caretaker.purge(grace=caretaker.NONE, rest=lambda seconds: None)
        figures["purge"] = ((time.process_time() - began) / max(purged, 1) * 1000, 0.0)
        text = "   ".join(f"{name} {cpu:6.2f} ({wall:6.2f}) ms" for name, (cpu, wall) in figures.items())
        print(f"with {Sandbox.objects.count():6} sandboxes: {text}")

    for account in lifecycle.everyone()[10:]:
        lifecycle.delete(account.account_id)
    caretaker.purge(grace=caretaker.NONE, rest=lambda seconds: None)
    measure()
    in_threads(lambda number: lifecycle.start("course"), many - Sandbox.objects.count(), threads=2)
    measure()


if __name__ == "__main__":
    main()
