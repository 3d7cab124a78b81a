"""The identity provider of the documentation's example, as a module: what a teacher uses is what is tested."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).resolve().parent.parent / "docs" / "examples" / "identity_provider.py"


def _load() -> Any:
    spec = importlib.util.spec_from_file_location("identity_provider", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


identity_provider = _load()
