"""The visual view of the policy editor: what a form says about permission blocks, and what its buttons do to them.

The form carries everything that a block is, in fields called `block-<id>-…`; what is folded away is in hidden ones. So
the server keeps nothing between two requests, Back shows what was there, and two windows do not mix. All of it comes
from a browser: nothing here raises for what it is given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

from django.http import QueryDict

from iamconsole.editor import arns, offers
from iamconsole.editor.blocks import EVERY, MOST_BLOCKS, Block, Blocks, NotShown, to_blocks, to_text
from iamconsole.editor.dialogs import ArnDialog, ConditionDialog
from iamconsole.editor.draft import LONGEST_ADDRESSES, MFA, SOURCE_IP, Draft
from iamconsole.editor.forms import START
from iamconsole.policy import Condition, Kind
from iamconsole.policy.conditions import spelling_of

# What changes the list of blocks, and not only one of them.
WHOLE = frozenset({"add", "duplicate", "remove"})

_ID = re.compile(r"[0-9]{1,4}")
_VENDOR = re.compile(r"[a-z0-9-]{1,64}")
_PATTERN = re.compile(r"[A-Za-z0-9*?_-]{1,128}")
_QUALIFIED = re.compile(r"\*|[A-Za-z0-9*?-]{1,64}:[A-Za-z0-9*?_-]{1,128}")
_SID = re.compile(r"[0-9A-Za-z]{0,128}")


# -- from the form -------------------------------------------------------------------------------------------------


def _read(posted: QueryDict, draft: Draft) -> Draft:
    """A block as the form has it."""

    def get(name: str) -> str:
        return str(posted.get(f"{draft.prefix}-{name}", ""))

    def every(name: str) -> list[str]:
        return [str(value) for value in posted.getlist(f"{draft.prefix}-{name}")]

    service = get("service")
    draft.service = service if service == EVERY or _VENDOR.fullmatch(service) else ""
    draft.effect = "Deny" if get("effect") == "Deny" else "Allow"
    draft.sid = get("sid") if _SID.fullmatch(get("sid")) else ""
    draft.shown = set(every("shown"))
    draft.filter, draft.about, draft.query = get("filter")[:100], get("about")[:128], get("query")[:100]
    draft.all_but_actions, draft.all_but_resources = bool(get("notaction")), bool(get("notresource"))
    fits = _QUALIFIED if draft.is_every else _PATTERN
    patterns = [each for each in every("pattern") if fits.fullmatch(each)]
    draft.patterns = list(dict.fromkeys([*(["*"] if get("all") else []), *patterns]))
    _read_actions(draft, [*get("kept").split(","), *every("action")], set(every("level")), set(every("was")))
    draft.limited = frozenset(get("limited").split(",")) & frozenset(draft.names)
    draft.specific = get("scope") != "all"
    boxes = [arns.templates(draft.service).get(type_) for type_ in every("any")]
    ticked = [template.any(draft.account) for template in boxes if template]
    draft.resources = list(dict.fromkeys([*(arn for arn in every("arn") if arn), *ticked]))
    draft.has_addresses, draft.addresses = bool(get("ip")), get("addresses")[:LONGEST_ADDRESSES]
    for condition in _read_conditions(every("condition")):
        if not (draft.has_addresses and (condition.operator, condition.key) == SOURCE_IP):
            draft.take(condition)
    if get("mfa") and not draft.has_mfa:
        draft.conditions.append(MFA)
    if get("adding"):
        draft.adding, draft.typed = True, get("typed")[:2000]
    dialog, _, about = get("dialog").partition("/")
    if dialog == "arns":
        draft.arn_dialog = ArnDialog.read(about, draft.service, draft.account, get, every)
    elif dialog == "condition":
        draft.condition_dialog = ConditionDialog.read(about, draft.service, get, every)
    return draft


def _read_actions(draft: Draft, names: list[str], levels: set[str], were: set[str]) -> None:
    """The ticked actions. A level's own box speaks when it was pressed: it had another state before."""
    if draft.everything:
        return  # they are all in it
    chosen = {name for name in (offers.known(draft.service, each) for each in names) if name}
    for number, level in enumerate(offers.LEVELS):
        actions = offers.actions_by_level(draft.service).get(level, ())
        now, was = str(number) in levels, str(number) in were
        if now and not was:
            chosen.update(actions)
        elif was and not now:
            chosen.difference_update(actions)
    draft.names = sorted(chosen)


def _read_conditions(written: Iterable[str]) -> list[Condition]:
    found: dict[tuple[str, str], Condition] = {}
    for text in written:
        try:
            operator, key, values = json.loads(text)
        except (ValueError, TypeError, RecursionError):
            continue  # not what this page sends
        texts = [operator, key, *values] if isinstance(values, list) else [None]
        if all(isinstance(each, str) for each in texts) and spelling_of(operator) and ":" in key:
            found.setdefault((operator, key), Condition(operator, key, tuple(values)))
    return list(found.values())


# -- what the buttons do -------------------------------------------------------------------------------------------


class Visual:
    """The visual view: a policy's text as blocks, and what has been done to them."""

    def __init__(self, document: str, kind: Kind, account: str) -> None:
        self.document, self.kind, self.account = document, kind, account
        self.drafts: list[Draft] = []
        self.checked = False
        read = to_blocks(document, kind)
        self.reason = read if isinstance(read, NotShown) else None
        self.source = Blocks(()) if isinstance(read, NotShown) else read

    def _draft(self, id_: str = "") -> Draft:
        taken = [int(draft.id) for draft in self.drafts]
        return Draft(id_ or str(max(taken, default=0) + 1), self.account, self.kind, self.checked)

    def show_text(self) -> Visual:
        """The blocks as the text has them; of several, each is folded."""
        for block in self.source.blocks or (Block(),):
            self.drafts.append(self._draft().fill(block))
        if len(self.drafts) > 1:
            for draft in self.drafts:
                draft.shown.discard("block")
        return self

    def show_form(self, posted: QueryDict) -> Visual:
        """The blocks as the form has them, after what the pressed button does."""
        pressed = str(posted.get("editor", ""))
        self.checked = bool(posted.get("checked")) or not pressed
        ids = [each for each in dict.fromkeys(map(str, posted.getlist("block"))) if _ID.fullmatch(each)]
        for id_ in ids[:MOST_BLOCKS]:
            self.drafts.append(_read(posted, self._draft(id_)))
        verb, draft, about = self._pressed(pressed)
        if verb == "add":
            self._add()
        elif draft and (act := ACTS.get(verb)):
            act(self, draft, about)
        if not self.drafts:
            self.drafts.append(self._draft())
        return self

    def _pressed(self, value: str) -> tuple[str, Draft | None, str]:
        """`block-3-service-s3` is what to do, with which block and what else; `add-block` is about none."""
        if value == "add-block":
            return "add", None, ""
        kind, id_, verb, about = [*value.split("-", 3), "", "", "", ""][:4]
        draft = next((draft for draft in self.drafts if draft.id == id_), None) if kind == "block" else None
        return verb, draft, about

    def _add(self) -> None:
        if len(self.drafts) < MOST_BLOCKS:
            self.drafts.append(replace(self._draft(), focus="query", checked=False))

    def drawn(self, pressed: str) -> Draft | None:
        """The only block that a button has changed; None if it may be all."""
        verb, draft, _ = self._pressed(pressed)
        return None if verb in WHOLE else draft

    # -- the text --------------------------------------------------------------------------------------------------

    @cached_property
    def blocks(self) -> Blocks:
        filled = tuple(draft.block for draft in self.drafts if not draft.is_blank)
        return replace(self.source, blocks=filled)

    @cached_property
    def is_unchanged(self) -> bool:
        source = [_shape(block) for block in self.source.blocks if not _is_blank(block)]
        return source == [_shape(block) for block in self.blocks.blocks]

    @property
    def restructures(self) -> bool:
        """Whether a text that was there before is written anew."""
        return not self.is_unchanged and not all(map(_is_blank, self.source.blocks))

    @cached_property
    def text(self) -> str:
        """The policy; as it was written, while nothing has been changed."""
        if self.is_unchanged:
            return self.document
        return START if self.is_empty else to_text(self.blocks)

    @property
    def is_empty(self) -> bool:
        return all(draft.is_blank for draft in self.drafts)

    @cached_property
    def unresolved(self) -> int:
        return sum(len(draft.problems) for draft in self.drafts)

    @property
    def first_unresolved(self) -> str:
        return next((draft.prefix for draft in self.drafts if draft.problems), "visual-blocks")

    @property
    def shown_errors(self) -> int:
        return self.unresolved if self.checked else 0


def _is_blank(block: Block) -> bool:
    return not (block.service or block.actions or block.resources or block.conditions)


def _shape(block: Block) -> Block:
    """A block as it counts: the order of its actions, resources and conditions says nothing."""
    return replace(
        block,
        actions=tuple(sorted(block.actions)),
        resources=tuple(sorted(block.resources)),
        conditions=tuple(sorted(block.conditions, key=lambda each: (each.operator, each.key))),
    )


def _service(view: Visual, draft: Draft, service: str) -> None:
    if offers.is_known(service):
        draft.service, draft.focus = service, "filter"
        draft.names, draft.patterns, draft.query = [], [], ""
        draft.shown = {"block", "resources"}


def _effect(view: Visual, draft: Draft, _: str) -> None:
    draft.effect = "Allow" if draft.effect == "Deny" else "Deny"


def _duplicate(view: Visual, draft: Draft, _: str) -> None:
    if len(view.drafts) < MOST_BLOCKS:
        copy = view._draft().fill(draft.block)
        copy.sid, copy.shown, copy.limited, copy.focus = "", set(draft.shown), draft.limited, "toggle"
        copy.names = list(draft.names)  # with those that its text keeps apart
        view.drafts.insert(view.drafts.index(draft) + 1, copy)


def _remove(view: Visual, draft: Draft, _: str) -> None:
    at = view.drafts.index(draft)
    view.drafts.remove(draft)
    if view.drafts:
        view.drafts[min(at, len(view.drafts) - 1)].focus = "toggle"
    else:
        view.drafts.append(replace(view._draft(), focus="query", checked=False))


def _toggle(view: Visual, draft: Draft, section: str) -> None:
    draft.shown ^= {section}


def _about(view: Visual, draft: Draft, name: str) -> None:
    draft.about = "" if draft.about == name else name


def _unfilter(view: Visual, draft: Draft, _: str) -> None:
    draft.filter, draft.focus = "", "filter"


def _adding(view: Visual, draft: Draft, _: str) -> None:
    draft.adding = not draft.adding
    draft.typed, draft.focus = "", "typed" if draft.adding else "adding"


def _put(view: Visual, draft: Draft, _: str) -> None:
    """`Add actions`: names or patterns, with or without the service's prefix."""
    draft.focus = "typed"
    written = [part for part in re.split(r"[,\s]+", draft.typed) if part]
    if not written:
        draft.typed_problem = "Enter an action."
        return
    names: list[str] = []
    patterns: list[str] = []
    for text in written:
        short = text if draft.is_every else text.removeprefix(f"{draft.service}:")
        if not (_QUALIFIED if draft.is_every else _PATTERN).fullmatch(short):
            draft.typed_problem = (
                f"{text[:140]} is no action of {draft.title}. A block is for one service: choose Add more permissions."
                if ":" in text and not draft.is_every
                else f"{text[:140]} is not valid. An action has letters and digits, and * and ? as wildcards."
            )
            return
        name = "" if draft.all_but_actions else offers.known(draft.service, short)
        (names if name else patterns).append(name or short)
    draft.names = [] if "*" in patterns else sorted({*draft.names, *names})
    draft.patterns = list(dict.fromkeys([*draft.patterns, *patterns]))
    draft.typed, draft.adding, draft.focus = "", False, "adding"


def _drop(view: Visual, draft: Draft, number: str) -> None:
    _delete(draft.patterns, number)
    draft.focus = "adding"


def _delete(items: list[str] | list[Condition], number: str) -> None:
    if number.isascii() and number.isdecimal() and len(number) < 6 and int(number) < len(items):
        del items[int(number)]


def _arns(view: Visual, draft: Draft, type_: str) -> None:
    draft.arn_dialog = ArnDialog.open(type_, draft.service, draft.account)


def _tab(view: Visual, draft: Draft, name: str) -> None:
    if draft.arn_dialog and name in ("visual", "text"):
        draft.arn_dialog.turn_to(name)


def _put_arns(view: Visual, draft: Draft, _: str) -> None:
    dialog = draft.arn_dialog
    if dialog and (found := dialog.finish(view.kind)):
        draft.resources = list(dict.fromkeys([*draft.resources, *found]))
        draft.arn_dialog, draft.focus = None, f"arns-{dialog.type}"


def _cancel(view: Visual, draft: Draft, _: str) -> None:
    if draft.arn_dialog:
        draft.focus = f"arns-{draft.arn_dialog.type}"
        draft.arn_dialog = None
    elif draft.condition_dialog:
        draft.condition_dialog, draft.focus = None, "condition"


def _drop_arn(view: Visual, draft: Draft, number: str) -> None:
    _delete(draft.resources, number)
    draft.focus = "resources"


def _condition(view: Visual, draft: Draft, number: str) -> None:
    """`Add another condition`, or with a number: change that one."""
    old = None
    if number.isascii() and number.isdecimal() and len(number) < 6 and int(number) < len(draft.conditions):
        old = draft.conditions[int(number)]
    draft.condition_dialog = ConditionDialog.open(draft.service, number if old else "", old)


def _more(view: Visual, draft: Draft, _: str) -> None:
    if draft.condition_dialog:
        draft.condition_dialog.add_value()


def _put_condition(view: Visual, draft: Draft, _: str) -> None:
    dialog = draft.condition_dialog
    if not dialog:
        return
    at = int(dialog.at) if dialog.at and int(dialog.at) < len(draft.conditions) else None
    others = [each for number, each in enumerate(draft.conditions) if number != at]
    if draft.has_addresses:
        others.append(Condition(*SOURCE_IP, ()))
    if made := dialog.finish(others, view.kind):
        if at is not None:
            del draft.conditions[at]
        draft.take(made)
        draft.condition_dialog, draft.focus = None, "condition"


def _drop_condition(view: Visual, draft: Draft, number: str) -> None:
    _delete(draft.conditions, number)
    draft.focus = "condition"


ACTS = {
    "service": _service,
    "effect": _effect,
    "duplicate": _duplicate,
    "remove": _remove,
    "toggle": _toggle,
    "about": _about,
    "unfilter": _unfilter,
    "adding": _adding,
    "put": _put,
    "drop": _drop,
    "arns": _arns,
    "tab": _tab,
    "putarns": _put_arns,
    "cancel": _cancel,
    "droparn": _drop_arn,
    "condition": _condition,
    "more": _more,
    "putcondition": _put_condition,
    "dropcondition": _drop_condition,
}
