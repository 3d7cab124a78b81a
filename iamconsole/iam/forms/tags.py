"""The form of tags, the same for every kind of object that has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from iamconsole.iam import quotas
from iamconsole.iam.forms.users import complaint
from iamconsole.ui.forms import Form


class Lines(forms.SelectMultiple):
    """Every value posted under one name, in order, empty and equal ones too: one column of a list of rows."""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[str]:
        return list(data.getlist(name)) if hasattr(data, "getlist") else list(data.get(name, []))


class LinesField(forms.Field):
    widget = Lines

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, **options})


class TagsForm(Form):
    """Keys and values, row by row. A row without a key and a value is no tag."""

    tag_key = LinesField(label="Key")
    tag_value = LinesField(label="Value")

    def editor(self, one_more: bool) -> dict[str, Any]:
        """What the editor shows: the rows as typed, with an empty one after `Add new tag`."""
        keys, values = (list(self[name].value() or []) for name in ("tag_key", "tag_value"))
        values += [""] * (len(keys) - len(values))
        rows = list(zip(keys, values, strict=False)) + [("", "")] * (one_more and len(keys) < quotas.TAGS)
        return {"rows": rows, "left": max(quotas.TAGS - len(rows), 0)}

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        keys, texts = values.get("tag_key") or [], values.get("tag_value") or []
        rows = zip(keys, [*texts, *[""] * (len(keys) - len(texts))], strict=False)
        tags = [{"Key": key, "Value": value} for key, value in rows if key or value]
        values["tags"] = tags
        if len(tags) > quotas.TAGS:
            self.add_error(None, "The number of tags has reached the maximum limit.")
        # The shape of a tag is the same in the model of every operation that takes tags.
        elif tags and (problem := complaint("TagUser", Tags=tags)):
            self.add_error(None, problem)
        elif len({tag["Key"].lower() for tag in tags}) < len(tags):
            self.add_error(None, "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
        return values

    def params(self) -> dict[str, Any]:
        return {}
