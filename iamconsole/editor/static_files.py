"""Of the package `django-ace` the few files that the editor uses: all of Ace would be 170 MB to prepare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core.files.storage import FileSystemStorage, Storage

# The images are those of the style sheet.
WANTED = ("ace.js", "mode-json.js", "ext-searchbox.js", "css/ace.css", "css/theme/cloud_editor*.css", "css/main-*")


@cache
def _root() -> Path:
    package = find_spec("django_ace")
    assert package is not None and package.origin is not None  # noqa: PT018  # requirements.txt has it
    return Path(package.origin).parent / "static"


@cache
def _names() -> tuple[str, ...]:
    found = (path for pattern in WANTED for path in (_root() / "django_ace" / "ace").glob(pattern))
    return tuple(sorted(path.relative_to(_root()).as_posix() for path in found))


class AceFinder(BaseFinder):
    def check(self, **options: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **options: Any) -> Any:
        found = str(_root() / path) if path in _names() else ""
        return [found] if found and find_all else found or []

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        storage = FileSystemStorage(location=_root())
        for name in _names():
            if not matches_patterns(name, ignore_patterns or ()):
                yield name, storage
