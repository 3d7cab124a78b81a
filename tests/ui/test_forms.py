from __future__ import annotations

from django import forms
from django.http import QueryDict
from django.template import Context, Template

from iamconsole.core.errors import AccessDenied, EntityAlreadyExists
from iamconsole.policy import Decision
from iamconsole.ui.forms import ConfirmForm, Form, PickField, submit


class NameForm(Form):
    user_name = forms.CharField(label="User name", help_text="Up to 64 characters.")
    path = forms.CharField(required=False)


class Door:
    """Answers with what it is given; remembers what it was asked."""

    def __init__(self, answer):
        self.answer, self.asked = answer, []

    def call(self, action, **params):
        self.asked.append((action, params))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def draw(source, **values):
    return Template(source).render(Context(values))


def denial():
    reason = "because no identity-based policy allows the iam:CreateUser action"
    decision = Decision("implicit_deny", "identity", (), reason)
    arn = "arn:aws:iam::111122223333:user/"
    error = AccessDenied.because(decision, principal_arn=f"{arn}john", action="iam:CreateUser", resource=f"{arn}ana")
    error.event_id = "e-1"
    return error


def test_submit_calls_the_operation_with_what_was_filled_in():
    door = Door({"User": {}})
    assert submit(NameForm({"user_name": "ana", "path": ""}), door, "iam:CreateUser", tags=[])
    assert door.asked == [("iam:CreateUser", {"user_name": "ana", "tags": []})]


def test_an_empty_answer_is_a_success():
    assert submit(NameForm({"user_name": "ana"}), Door({}), "iam:DeleteUser")


def test_an_invalid_form_calls_nothing():
    door = Door({})
    assert submit(NameForm({}), door, "iam:CreateUser") is None
    assert door.asked == []


def test_an_error_that_names_a_field_is_shown_beside_it():
    form = NameForm({"user_name": "ana"})
    refused = EntityAlreadyExists("User with name ana already exists.", field="user_name")
    assert submit(form, Door(refused), "iam:CreateUser") is None
    assert form.errors["user_name"] == ["User with name ana already exists."]
    page = draw("{% field form.user_name %}", form=form)
    assert 'aria-invalid="true"' in page
    assert "autofocus" in page
    assert 'aria-describedby="id_user_name_helptext id_user_name_error"' in page
    assert 'id="id_user_name_error"' in page


def test_another_error_is_shown_above_the_form_with_the_way_to_its_explanation():
    form = NameForm({"user_name": "ana"})
    submit(form, Door(denial()), "iam:CreateUser")
    page = draw('{% form_errors form "User ana was not created." %}', form=form)
    assert page.count("is not authorized to perform: iam:CreateUser") == 1
    assert "User ana was not created." in page
    assert "/iam/authorization-details/e-1" in page


def test_a_field_that_may_be_left_empty_says_so():
    assert "- optional" in draw("{% field form.path %}", form=NameForm())
    assert "- optional" not in draw("{% field form.user_name %}", form=NameForm())


def test_what_was_typed_is_shown_as_text():
    page = draw("{% field form.user_name %}", form=NameForm({"user_name": '"><script>alert(1)</script>'}))
    assert "<script>" not in page


def test_a_confirmation_is_exact():
    assert ConfirmForm({"confirm": "john"}, text="john").is_valid()
    for typed in ("", "John", "john ", " john", "delete"):
        assert not ConfirmForm({"confirm": typed}, text="john").is_valid(), typed


def test_ticked_rows_are_a_list_without_doubles():
    class Choose(Form):
        policies = PickField(most=2)

    form = Choose(QueryDict("policies=a&policies=b&policies=a"))
    assert form.is_valid()
    assert form.cleaned_data["policies"] == ["a", "b"]
    assert not Choose(QueryDict("policies=a&policies=b&policies=c")).is_valid()
