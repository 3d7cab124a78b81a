"""The components, as template tags (docs/components.md shows each; `/ui/` shows them all).

A component takes plain values and makes no query. Wrappers are block tags; what goes into a corner of
one is written first: `{% slot as actions %}…{% endslot %}{% panel title="Users" actions=actions %}`.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BaseForm
from django.forms.boundfield import BoundField
from django.forms.widgets import CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.template import Context, loader
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from heroicons import _render_icon

from iamconsole.core.errors import AccessDenied, AwsError
from iamconsole.ui import flash
from iamconsole.ui.table import Column, Table
from iamconsole.ui.wizard import Wizard

register = template.Library()


def _draw(component: str, /, **values: Any) -> SafeString:
    return mark_safe(loader.get_template(f"ui/{component}.html").render(values))


# -- wrappers ---------------------------------------------------------------------------------------


@register.simple_block_tag
def slot(content: str) -> str:
    """Content for a corner of a component: `{% slot as actions %}…{% endslot %}`."""
    return content


@register.simple_block_tag
def panel(
    content: str,
    title: str = "",
    count: Any = None,
    description: str = "",
    actions: str = "",
    footer: str = "",
    id: str = "",
    level: int = 2,
    info: str = "",
    flush: bool = False,
) -> SafeString:
    """A container: title, count, description, actions at the right, content."""
    return _draw(
        "panel",
        content=content,
        title=title,
        count=count,
        description=description,
        actions=actions,
        footer=footer,
        id=id,
        tag=f"h{level}",
        info=info,
        flush=flush,
    )


@register.simple_block_tag
def page_header(content: str, title: str = "", count: Any = None, description: str = "", info: str = "") -> SafeString:
    """The page's h1; the content is its buttons."""
    return _draw("page_header", content=content, title=title, count=count, description=description, info=info)


@register.simple_block_tag
def alert(content: str, kind: str = "info", title: str = "", action: str = "") -> SafeString:
    """A box in the page: kind is info, success, warning or error."""
    return _draw("alert", content=content, kind=kind, title=title, action=action)


@register.simple_block_tag
def course_note(content: str, title: str = "Course note") -> SafeString:
    """Ours, not AWS's: where the course or this simulator differs from AWS."""
    return _draw("course_note", content=content, title=title)


@register.simple_block_tag
def modal(
    content: str, title: str = "", id: str = "modal", close: str = "", footer: str = "", size: str = "medium"
) -> SafeString:
    """A dialog. Its page shows it as a card; opened with `{% opens_modal url %}` it is a real dialog.

    `close` is where Cancel and × lead without a script. The content is usually a form.
    """
    return _draw("modal", content=content, title=title, id=id, close=close, footer=footer, size=size)


@register.simple_block_tag
def expander(content: str, title: str = "", description: str = "", open: bool = False, id: str = "") -> SafeString:
    return _draw("expander", content=content, title=title, description=description, open=open, id=id)


@register.simple_block_tag
def menu(content: str, label: str = "Actions", kind: str = "normal", icon: str = "") -> SafeString:
    """A button that opens a menu; the content is `{% menu_item %}`s or `<button>`s."""
    return _draw("menu", content=content, label=label, kind=kind, icon=icon)


@register.simple_block_tag
def summary(content: str, columns: int = 3) -> SafeString:
    """A grid of key and value; the content is `{% item %}`s."""
    return format_html('<dl class="summary" data-columns="{}">{}</dl>', columns, content)


@register.simple_block_tag
def item(content: str, label: str = "") -> SafeString:
    return format_html('<div><dt class="label">{}</dt><dd>{}</dd></div>', label, content if content.strip() else "-")


@register.simple_block_tag
def empty(content: str, title: str = "No resources to display", text: str = "") -> SafeString:
    """Nothing there yet; the content is the button that makes the first."""
    return _draw("empty", content=content, title=title, text=text)


@register.simple_block_tag
def buttons(content: str) -> SafeString:
    """A row of buttons at a form's end, right-aligned, the primary last."""
    return format_html('<div class="buttons" data-align="end">{}</div>', content)


# -- leaves -----------------------------------------------------------------------------------------

ICONS = {
    "success": "check-circle",
    "error": "x-circle",
    "warning": "exclamation-triangle",
    "info": "information-circle",
    "stopped": "minus-circle",
    "pending": "clock",
    "denied": "no-symbol",
    "loading": "arrow-path",
    "in-progress": "arrow-path",
}


@register.simple_tag
def icon(name: str, size: int = 16, style: str = "") -> SafeString:
    """A heroicon, hidden from screen readers: the words beside it say the same."""
    style = style or ("micro" if size <= 16 else "mini" if size <= 20 else "outline")
    return _icon(str(ICONS.get(name, name)), size, style)


@lru_cache(maxsize=256)
def _icon(name: str, size: int, style: str) -> SafeString:
    return mark_safe(_render_icon(style, name, size, {"class": "icon", "focusable": "false"}))


@register.simple_tag
def status(kind: str, word: str) -> SafeString:
    """An icon and a word, never colour alone: success, error, warning, info, stopped, pending, denied."""
    return format_html('<span class="status" data-kind="{}">{}<span>{}</span></span>', kind, icon(kind), word)


@register.simple_tag
def badge(text: str, kind: str = "grey") -> SafeString:
    return format_html('<span class="badge" data-kind="{}">{}</span>', kind, text)


@register.simple_tag
def button(
    label: str,
    href: str = "",
    kind: str = "normal",
    icon: str = "",
    name: str = "",
    value: str = "",
    form: str = "",
    formaction: str = "",
    modal: bool = False,
    new_tab: bool = False,
    disabled: str = "",
    confirm: bool = False,
    closes: bool = False,
    needs: str = "",
) -> SafeString:
    """A link that looks like a button (`href`), or a submit button. Kinds: normal, primary, link, icon.

    `disabled` is the reason, shown as a tooltip. `confirm` waits for the typed text of a ConfirmForm;
    `closes` is a dialog's Cancel. `needs` is a table: the button waits until something in it is chosen.
    """
    return _draw("button", **locals())


@register.simple_tag
def menu_item(
    label: str, href: str = "", formaction: str = "", form: str = "", modal: bool = False, disabled: str = ""
) -> SafeString:
    return _draw("menu_item", **locals())


@register.simple_tag
def opens_modal(url: str) -> SafeString:
    """Attributes for a link to a dialog's page, so that it opens over this page."""
    return format_html('hx-get="{}" hx-target="#modal-root" hx-select="dialog" hx-swap="innerHTML"', url)


@register.simple_tag
def copy(text: str, label: str = "", show: bool = False, kind: str = "icon") -> SafeString:
    """A copy button: an icon, or `Copy` with a word. `show` puts the text beside it."""
    return _draw("copy", text=text, label=label, show=show, kind=kind)


@register.simple_tag
def secret(value: str, label: str = "secret", copyable: bool = True) -> SafeString:
    """A masked value with Show and Hide, and a copy button."""
    return _draw("secret", value=value, label=label, copyable=copyable)


@register.simple_tag
def info_link(topic: str, about: str = "", label: str = "Info") -> SafeString:
    """Opens the help panel on a topic of `console.help`; without a script it is the topic's page.

    Anything with a slash is an address of its own.
    """
    name = f"{label} about {about}" if about else label
    if "/" in topic:
        return format_html('<a class="info-link" href="{}" aria-label="{}">{}</a>', topic, name, label)
    url = f"/console/help/{topic}"
    return format_html(
        '<a class="info-link" href="{0}" aria-label="{1}" hx-get="{0}" hx-target="#help-content" hx-swap="innerHTML '
        'show:none">{2}</a>',
        url,
        name,
        label,
    )


def _label(context: Context, label: str) -> str:
    """As the chosen label set calls it: `Users`, or `IAM users` since 2026."""
    frame = context.get("frame")
    return str(frame.label(label)) if frame else label


@register.simple_tag(takes_context=True)
def breadcrumbs(context: Context, *trail: str) -> SafeString:
    """Label, URL, label, URL, …, last label: `{% breadcrumbs "IAM" "/iam/home" "Users" %}`."""
    links = [(_label(context, label), url) for label, url in zip(trail[0:-1:2], trail[1::2], strict=False)]
    return _draw("breadcrumbs", links=links, here=_label(context, trail[-1]) if trail else "")


@register.simple_tag(takes_context=True)
def tabs(context: Context, items: Iterable[Sequence[Any]], current: str = "", key: str = "section") -> SafeString:
    """Tabs as links: items are (name, label) or (name, label, count); the current one is `?section=`."""
    request = context.get("request")
    shown = []
    for name, label, *more in items:
        query = request.GET.copy() if request else None
        href = f"?{key}={name}"
        if query is not None:
            kept = {k: v for k, v in query.items() if k == "region"}
            query.clear()
            query.update({**kept, key: name})
            href = f"?{query.urlencode()}"
        shown.append({"name": name, "label": label, "count": more[0] if more else None, "href": href})
    return _draw("tabs", items=shown, current=current or (shown[0]["name"] if shown else ""), key=key)


@register.simple_block_tag
def tabpanel(content: str, key: str = "section") -> SafeString:
    """What the open tab shows: `{% tabs tabs section %}{% tabpanel %}…{% endtabpanel %}`."""
    return format_html('<div class="stack tabpanel" id="tabpanel-{}">{}</div>', key, content)


@register.simple_tag
def code(
    text: Any, language: str = "json", mark: Any = "", label: str = "", copyable: bool = True, numbers: bool = True
) -> SafeString:
    """A block of code with line numbers; `mark` is a line range such as "4-9" to highlight.

    A dict or list is shown as JSON indented by 4; a text is shown as it was saved.
    """
    if not isinstance(text, str):
        text = json.dumps(text, indent=4, ensure_ascii=False, default=str)
    marked = _lines(mark)
    lines = [
        {"number": number, "text": line, "marked": number in marked}
        for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1)
    ]
    return _draw("code", text=text, lines=lines, language=language, label=label, copyable=copyable, numbers=numbers)


def _lines(mark: Any) -> set[int]:
    """ "4-9", "4,7-9", 4 or (4, 9) as line numbers."""
    if isinstance(mark, int):
        return {mark}
    if isinstance(mark, tuple | list) and len(mark) == 2:
        return set(range(int(mark[0]), min(int(mark[1]), int(mark[0]) + 5000) + 1))
    found: set[int] = set()
    for first, last in re.findall(r"(\d{1,6})(?:\s*-\s*(\d{1,6}))?", str(mark or "")):
        found |= set(range(int(first), int(last or first) + 1))
    return found


@register.simple_tag
def ago(when: Any, absent: str = "-") -> SafeString:
    """A time in words with the exact time as its title: `2 minutes ago`."""
    if isinstance(when, str):
        try:
            when = dt.datetime.fromisoformat(when.replace("Z", "+00:00"))
        except ValueError:
            return format_html("{}", when or absent)
    if not isinstance(when, dt.datetime):
        return format_html("{}", absent)
    if timezone.is_naive(when):
        when = when.replace(tzinfo=dt.UTC)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        when.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        long_time(when),
        in_words(timezone.now() - when),
    )


def in_words(gone: dt.timedelta) -> str:
    seconds = int(gone.total_seconds())
    if seconds < 0:
        return "in " + _amount(-seconds) if seconds < -60 else "Now"
    return "Now" if seconds < 60 else _amount(seconds) + " ago"


def _amount(seconds: int) -> str:
    for unit, size in (("year", 31_536_000), ("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            number = seconds // size
            return f"{number} {unit}{'s' if number != 1 else ''}"
    return "less than a minute"


@register.filter
def long_time(when: Any) -> str:
    """`October 08, 2023, 13:50 (UTC+00:00)`, as IAM's pages write a time."""
    if isinstance(when, str):
        try:
            when = dt.datetime.fromisoformat(when.replace("Z", "+00:00"))
        except ValueError:
            return str(when)
    if not isinstance(when, dt.datetime):
        return "-"
    offset = when.strftime("%z") or "+0000"
    return f"{when:%B %d, %Y, %H:%M} (UTC{offset[:3]}:{offset[3:5]})"


@register.filter
def account_number(account_id: Any) -> str:
    """`629470240221` → `6294-7024-0221`."""
    text = str(account_id)
    return f"{text[:4]}-{text[4:8]}-{text[8:]}" if len(text) == 12 else text


# -- errors -----------------------------------------------------------------------------------------

EXPLICIT = re.compile(r"^with an explicit deny in (?P<policy>(?:an?|the) [^:]+)")


def denial_context(reason: str) -> str:
    """The engine's reason as the `Context:` line puts it (console.md §1.9)."""
    explicit = EXPLICIT.match(reason)
    if explicit:
        return f"{explicit['policy'].strip()} explicitly denies the action"
    return reason.removeprefix("because ")


@register.simple_tag
def error_box(error: AwsError | None, title: str = "", collapsed: bool = False) -> SafeString:
    """What a failed call shows in place of its result: the access-denied box, or a red alert."""
    if error is None:
        return SafeString("")
    if not isinstance(error, AccessDenied) or not error.decision:
        return _draw("failed", error=error, title=title or "There was an error")
    service, _, action = error.action.partition(":")
    lines = [
        ("User", error.principal_arn),
        ("Service", service),
        ("Action", action),
        ("On resource(s)", error.resource or "*"),
        ("Context", denial_context(error.decision.reason)),
    ]
    return _draw("access_denied", error=error, lines=lines, title=title, collapsed=collapsed)


@register.simple_tag
def denied_cell(error: AwsError | None = None) -> SafeString:
    """`⊗ Access denied` in a table's cell, for a per-row call that was refused."""
    return status("error", "Access denied" if error is None or isinstance(error, AccessDenied) else error.code)


@register.simple_tag
def explain(error: AwsError) -> SafeString:
    """`Explain this denial`, where policies decided it."""
    return _draw("explain", event_id=flash.explained_by(error))


# -- forms ------------------------------------------------------------------------------------------


@register.simple_tag
def field(bound: BoundField, description: str = "", width: str = "", mono: bool = False) -> SafeString:
    """A form row: label, description, control, constraint text, errors."""
    widget = bound.field.widget
    kind = "input"
    if isinstance(widget, CheckboxInput):
        kind = "checkbox"
    elif isinstance(widget, CheckboxSelectMultiple | RadioSelect):
        kind = "choices"
    return _draw("field", field=bound, kind=kind, description=description, width=width, mono=mono)


@register.simple_tag
def tiles(bound: BoundField, descriptions: Any = None, columns: int = 0) -> SafeString:
    """A radio group drawn as tiles. `descriptions` maps a choice to the text under it."""
    options = [
        {"widget": option, "description": (descriptions or {}).get(option.data["value"], "")} for option in bound
    ]
    return _draw("tiles", field=bound, options=options, columns=columns or min(len(options), 3))


@register.simple_tag
def radios(bound: BoundField, descriptions: Any = None) -> SafeString:
    """A radio group with a description under each choice."""
    options = [
        {"widget": option, "description": (descriptions or {}).get(option.data["value"], "")} for option in bound
    ]
    return _draw("radios", field=bound, options=options)


MOST_TAGS = 50  # "Tag restrictions", AWS General Reference: 50 tags for a resource


@register.simple_tag
def tag_editor(rows: Sequence[tuple[str, str]], left: int, post_to: str, form: str = "wizard") -> SafeString:
    """Rows of key and value, posted as `tag_key` and `tag_value` in the form called `form`.

    `Add new tag` posts `_go=?tags=more` to `post_to`, and the page draws one row more.
    """
    return _draw("tag_editor", rows=rows, left=left, most=MOST_TAGS, post_to=post_to, form=form)


@register.simple_tag
def form_errors(form: BaseForm, title: str = "There was an error") -> SafeString:
    """What is wrong with the form as a whole: AWS's message with the way to its explanation."""
    error: AwsError | None = getattr(form, "aws_error", None)
    others = [text for text in form.non_field_errors() if error is None or text != error.message]
    if not error and not others:
        return SafeString("")
    # A field's own error takes the focus first.
    focus = getattr(form, "takes_focus", True) and list(form.errors) == ["__all__"]
    return _draw("form_errors", error=error, errors=others, title=title, focus=focus)


# -- page parts -------------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def flashbar(context: Context) -> SafeString:
    """What the last acts came to, under the top bar."""
    return _flashes(flash.read(context.get("messages") or ()), "flashbar")


@register.simple_tag
def flash_stack(flashes: Sequence[flash.Flash]) -> SafeString:
    """Messages that a page has made itself, e.g. of a job that it watches."""
    return _flashes(flashes, "")


def _flashes(flashes: Sequence[flash.Flash], id: str) -> SafeString:
    more = len(flashes) > flash.STACKED
    return _draw("flashbar", flashes=flashes, more=more, counts=flash.counts(flashes), id=id)


# They have the same ids before and after a swap, which keeps the focus.
TABLE_PARTS = ("refresh", "clear", "previous", "next", "gear", "preferences")


@register.simple_tag(takes_context=True)
def table(context: Context, table: Table) -> SafeString:
    """A `Table`, in the page or as the part that htmx swaps."""
    request = context.get("request")
    actions = [one for action in table.actions for one in (action, *action.menu)]
    return _draw(
        "table",
        table=table,
        title=_label(context, table.title) if table.level == 1 else table.title,
        csrf_token=context.get("csrf_token"),
        posts=any(action.needs and action.method == "post" for action in actions),
        post_to=request.get_full_path() if request else "",
        refresh_label=f"Refresh {table.title}",
        **{
            f"{part}_id": f"{table.name}-{part}"
            for part in ("refresh", "clear", "previous", "next", "gear", "preferences")
        },
    )


@register.simple_block_tag(takes_context=True)
def table_go(
    context: Context, content: str, table: Table, url: str, label: str = "", id: str = "", **more: Any
) -> SafeString:
    """A table's link to another of its states; a button that posts when a form surrounds it."""
    post_to = context.get("post_to", "")
    return _draw("table_go", content=content, table=table, url=url, label=label, id=id, post_to=post_to, **more)


@register.filter
def page_label(number: int) -> str:
    return f"Page {number} of all pages"


@register.filter
def head_id(column: Column, table: Table) -> str:
    return f"{table.name}-by-{column.name}"


@register.filter
def page_id(number: int, table: Table) -> str:
    """The same before and after a swap, which keeps the focus; `row_id` likewise."""
    return f"{table.name}-page-{number}"


@register.filter
def row_id(number: int, table: Table) -> str:
    return f"{table.name}-row-{number}"


@register.simple_block_tag(takes_context=True)
def wizard_form(
    context: Context,
    content: str,
    wizard: Wizard,
    description: str = "",
    failed: str = "There was an error",
    needs: str = "",
) -> SafeString:
    """A wizard's step: the list of steps, its title, the form around the content, and its buttons.

    `needs` is a table, as with a button: Next waits until something in it is chosen.
    """
    return _draw(
        "wizard_form",
        content=content,
        wizard=wizard,
        description=description,
        failed=failed,
        needs=needs,
        action=wizard.url(wizard.step),
        csrf_token=context.get("csrf_token"),
    )


@register.simple_tag
def steps(wizard: Wizard) -> SafeString:
    return _draw("steps", wizard=wizard)
