"""Virtual MFA devices: their codes, and the picture that an authenticator app reads.

A virtual device is RFC 6238: SHA-1, six digits, steps of thirty seconds (IAM User Guide, "Assign a
virtual MFA device": any app that does RFC 6238 will do).
"""

from __future__ import annotations

import datetime as dt
import hmac
import io
from collections.abc import Iterable, Sequence
from urllib.parse import quote

import pyotp
import segno
from django.conf import settings
from django.db.models import Q

from iamconsole.iam.models import MfaDevice

STEP = dt.timedelta(seconds=30)
# A code is good one step early or late: "We RECOMMEND that at most one time step is allowed" (RFC 6238, 5.2).
DRIFT = 1
# How far a device's clock may be off when it is enabled or resynchronised; AWS does not say. Ten minutes either way.
RESYNC_WINDOW = 20


def step_at(moment: dt.datetime) -> int:
    return int(moment.timestamp() // STEP.total_seconds())


def seconds_left(moment: dt.datetime) -> int:
    """How long the present code is shown."""
    return int(STEP.total_seconds() - moment.timestamp() % STEP.total_seconds())


def code_at(seed: str, step: int) -> str:
    return pyotp.TOTP(seed).generate_otp(step)


def seal(seed: str) -> bytes:
    sealed: bytes = settings.IAMCONSOLE_FERNET.encrypt(seed.encode())
    return sealed


def seed_of(device: MfaDevice) -> str:
    seed: str = settings.IAMCONSOLE_FERNET.decrypt(bytes(device.seed)).decode()
    return seed


def provisioning_uri(device_name: str, holder: str, seed: str) -> str:
    """What the QR code says: `otpauth://totp/$virtualMFADeviceName@$AccountName?secret=$Base32String`.

    Source: IAM API Reference, VirtualMFADevice. `holder` is the user's name or the account's ID.
    """
    return f"otpauth://totp/{quote(device_name)}@{quote(holder)}?secret={seed}"


def qr_png(uri: str) -> bytes:
    picture = io.BytesIO()
    segno.make(uri, micro=False).save(picture, kind="png", scale=4)
    return picture.getvalue()


def _matching(seed: str, code: str, steps: Iterable[int]) -> list[int]:
    """The steps whose code is `code`. Every one is looked at: how long it takes tells nothing."""
    return [step for step in steps if hmac.compare_digest(code_at(seed, step).encode(), code.encode())]


def synchronise(device: MfaDevice, first: str, second: str, now: dt.datetime) -> bool:
    """Find two consecutive codes near `now` and take over the device's clock; False if they are not its own.

    Codes that were typed in late leave the device out of step with AWS, as on AWS: "the MFA device
    successfully associates with the user but the MFA device becomes out of sync" (API Reference,
    EnableMFADevice). Neither code can be used again. Does not save.
    """
    seed, present = seed_of(device), step_at(now)
    around = range(present - RESYNC_WINDOW, present + RESYNC_WINDOW + 1)
    firsts = _matching(seed, first, around)
    seconds = _matching(seed, second, (step + 1 for step in around))
    newest_used = -1 if device.last_step is None else device.last_step
    found = [step + 1 for step in firsts if step + 1 in seconds and step + 1 > newest_used]
    if not found:
        return False
    # The nearest, should six digits ever fit twice.
    latest = min(found, key=lambda step: abs(step - present))
    off = latest - present
    device.drift = 0 if abs(off) <= DRIFT else off
    device.last_step = latest
    return True


def use_code(devices: Sequence[MfaDevice], code: str, now: dt.datetime) -> MfaDevice | None:
    """The device whose code it is, which is then used up; None if it is nobody's or was used before.

    The code is burned by one conditional update, so that of two sign-ins with it at once one succeeds.
    """
    winner = None
    for device in devices:
        present = step_at(now) + device.drift
        steps = _matching(seed_of(device), code, range(present - DRIFT, present + DRIFT + 1))
        for step in steps:
            unused = MfaDevice.objects.filter(Q(last_step=None) | Q(last_step__lt=step), pk=device.pk)
            if winner is None and unused.update(last_step=step):
                winner = device
    return winner
