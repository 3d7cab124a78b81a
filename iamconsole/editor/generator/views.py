"""The page of the AWS Policy Generator. It makes no call and needs no sign-in."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from iamconsole.core.caller import wall_clock
from iamconsole.editor import offers
from iamconsole.editor.generator.forms import DEFAULT_TYPE, TYPES, ConditionForm, StatementForm
from iamconsole.editor.generator.statements import (
    MOST_STATEMENTS,
    Condition,
    NotOurs,
    Statement,
    conditions_of,
    document,
    new_sid,
    packed,
    statements_of,
)
from iamconsole.ui.pages import public, render_page

PAGE = "editor/generator.html"


@public
@require_http_methods(["GET", "HEAD", "POST"])
def generator(request: HttpRequest) -> HttpResponse:
    """One form; the button that was pressed says what to do with it, and everything else stays as it was."""
    sent = request.POST
    asked = sent.get("type") or request.GET.get("type", "")
    policy_type = TYPES.get(asked, TYPES[DEFAULT_TYPE])
    context: dict[str, Any] = {"type": policy_type, "types": TYPES.values()}
    try:
        statements, conditions = statements_of(sent.get("statements", "")), conditions_of(sent.get("conditions", ""))
    except NotOurs:
        context["spoilt"] = True
        statements, conditions = [], []
    act = sent.get("do", "")
    form, condition_form = StatementForm(type=policy_type), ConditionForm()
    if act == "type":
        statements, conditions = [], []  # a principal or an action of the former type may not be one of this
    elif act == "add":
        form = StatementForm(sent, type=policy_type)
        if len(statements) == MOST_STATEMENTS:
            form.add_error(None, f"You can add up to {MOST_STATEMENTS} statements.")
        if form.is_valid():
            statements.append(_statement(form, statements, conditions))
            form, conditions = StatementForm(type=policy_type), []
    elif request.method == "POST":
        form = StatementForm(initial=_typed(sent, policy_type.value), type=policy_type)
    if act == "add-condition":
        condition_form = ConditionForm(sent)
        if len(conditions) == MOST_STATEMENTS:
            condition_form.add_error(None, f"You can add up to {MOST_STATEMENTS} conditions.")
        if condition_form.is_valid():
            conditions.append(condition_form.condition)
            condition_form = ConditionForm()
    kind, _, number = act.partition(":")
    if number.isascii() and number.isdecimal():
        rows: list[Any] = statements if kind == "remove" else conditions if kind == "remove-condition" else []
        del rows[int(number) : int(number) + 1]
    context |= {
        "form": form,
        "condition_form": condition_form,
        "keys": [*offers.global_keys(), *offers.service_keys(form.chosen_service)],
        "statements": statements,
        "conditions": conditions,
        "packed": {"statements": packed(statements), "conditions": packed(conditions)},
        "document": document(statements, wall_clock()) if act == "generate" and statements else "",
        "opened": act.startswith(("add-condition", "remove-condition")) or bool(conditions),
    }
    failed = bool(form.errors or condition_form.errors or context.get("spoilt"))
    return render_page(request, PAGE, context, partial="generator", status=422 if failed else 200)


def _statement(form: StatementForm, statements: list[Statement], conditions: list[Condition]) -> Statement:
    filled = form.cleaned_data
    return Statement(
        new_sid(statements, wall_clock()),
        filled["effect"],
        tuple(filled.get("principal", ())),
        tuple(filled["actions"]),
        tuple(filled["resource"]),
        tuple(conditions),
    )


def _typed(sent: Any, type_: str) -> dict[str, Any]:
    """What stands in the statement's fields, to be shown again unchecked."""
    names = StatementForm(type=TYPES[type_]).fields
    return {name: sent.getlist(name) if name == "actions" else sent.get(name) for name in names if name in sent}
