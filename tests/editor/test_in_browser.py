"""The JSON editor in a real Chromium. Each window also fails for a refused script or style, or another host."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.axe import faults
from tests.factories import allow, policy

pytestmark = pytest.mark.browser

CREATE = "/iam/policies/create"
DOCUMENT = json.dumps(json.loads(policy(allow(["ec2:StartInstances", "ec2:StopInstance"]))), indent=4)


def write(page: Page, text: str) -> None:
    """As from a keyboard: everything is selected and replaced."""
    page.locator("#policy-ace .ace_text-input").focus()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)


def text_of(page: Page) -> str:
    """What would be sent, which is what Ace shows."""
    sent = page.evaluate("document.querySelector('textarea[name=document]').value")
    assert page.evaluate("ace.edit('policy-ace').getValue()") == sent
    return str(sent)


def place(page: Page) -> str:
    return page.locator("[data-caret-place]").inner_text()


def account_of(page: Page) -> str:
    found = re.search(r"\d{4}-\d{4}-\d{4}", page.locator(".account-menu summary").inner_text())
    assert found
    return found[0].replace("-", "")


def errors(page: Page, number: int) -> None:
    expect(page.locator("#policy-findings")).to_contain_text(f"Errors: {number}")


@pytest.fixture
def editor(window) -> Iterator[Page]:
    missing: list[str] = []
    window.on("response", lambda answer: missing.append(answer.url) if answer.status >= 400 else None)
    window.goto(CREATE)
    window.get_by_role("button", name="JSON", exact=True).click()
    window.locator("#policy-ace .ace_content").wait_for()
    yield window
    assert missing == []


def test_a_misspelt_action_is_marked_explained_and_keeps_next_from_being_pressed(editor):
    write(editor, DOCUMENT)
    errors(editor, 1)
    found = editor.locator("#policy-findings [data-finding]:visible")
    expect(found).to_contain_text("Invalid action: The action ec2:StopInstance does not exist.")
    expect(found).to_contain_text("Did you mean ec2:StopInstances?")
    expect(editor.get_by_role("button", name="Next")).to_be_disabled()
    expect(editor.locator(".ace_gutter-cell.ace_error")).to_have_count(1)
    found.get_by_text("Explain").click()
    expect(found).to_contain_text("The service has no such action")
    found.locator(".finding-place").click()
    assert place(editor) == re.search(r"Ln \d+, Col \d+", found.inner_text())[0]

    write(editor, DOCUMENT.replace("StopInstance", "StopInstances"))
    errors(editor, 0)
    expect(editor.locator(".ace_gutter-cell.ace_error")).to_have_count(0)
    editor.get_by_role("button", name="Next").click()
    expect(editor.get_by_role("heading", name="Review and create")).to_be_visible()


def test_enter_elsewhere_does_not_pass_what_next_does_not(editor):
    write(editor, DOCUMENT)
    errors(editor, 1)
    editor.evaluate("document.getElementById('wizard').requestSubmit()")
    expect(editor.locator("#live")).to_have_text("Resolve 1 error.")
    expect(editor.get_by_role("heading", name="Specify permissions")).to_be_visible()


def test_by_keyboard_tab_indents_and_escape_then_tab_leaves(editor):
    editor.locator("#policy-ace .ace_text-input").focus()
    expect(editor.locator("#live")).to_have_text("Tab indents. To leave the editor, press Escape, then Tab.")
    editor.keyboard.press("Control+Home")
    editor.keyboard.press("Tab")
    assert text_of(editor).startswith("    {")
    assert place(editor) == "Ln 1, Col 5"
    editor.keyboard.press("Escape")
    editor.keyboard.press("Tab")
    assert editor.evaluate("document.activeElement.closest('#policy-ace')") is None


def test_format_keeps_the_caret_and_can_be_undone(editor):
    write(editor, policy(allow("s3:GetObject")))
    errors(editor, 0)
    before = text_of(editor)
    editor.keyboard.press("Control+Home")
    editor.locator(".policy-editor summary", has_text="Actions").click()
    editor.get_by_role("menuitem", name="Format").click()
    expect(editor.locator(".ace_line").nth(1)).to_contain_text('"Version"')
    assert json.loads(text_of(editor)) == json.loads(before)
    assert place(editor) == "Ln 1, Col 1"
    editor.locator("#policy-ace .ace_text-input").focus()
    editor.keyboard.press("Control+Z")
    assert text_of(editor) == before


def test_what_something_else_writes_into_the_field_is_taken_over(editor):
    editor.get_by_label("Policy document (JSON)").fill(DOCUMENT)
    errors(editor, 1)
    assert text_of(editor) == DOCUMENT


def test_the_colours_follow_the_page(editor):
    editor.emulate_media(color_scheme="dark")
    expect(editor.locator("#policy-ace")).to_have_class(re.compile("ace-cloud_editor_dark"))
    editor.emulate_media(color_scheme="light")
    expect(editor.locator("#policy-ace")).to_have_class(re.compile(r"ace-cloud_editor(?!_)"))


@pytest.mark.parametrize("width", [1366, 320])
def test_nothing_serious_is_found_by_axe(editor, width):
    write(editor, DOCUMENT)
    errors(editor, 1)
    editor.set_viewport_size({"width": width, "height": 900})
    assert faults(editor) == []
    assert editor.evaluate("document.documentElement.scrollWidth") <= width


def test_the_panel_edits_the_statement_of_the_caret_and_the_caret_stays(editor):
    panel = editor.locator("#edit-statement")
    expect(panel).to_contain_text("Select an existing statement in the policy or add a new statement.")
    editor.locator("#policy-ace .ace_text-input").focus()
    for _ in range(5):
        editor.keyboard.press("ArrowDown")
    panel.get_by_label("Choose a service").select_option("s3")
    panel.get_by_label("Filter actions").press_sequentially("getobj")
    panel.get_by_label("GetObject", exact=True).check()
    expect(editor.locator("#policy-ace")).to_contain_text('"s3:GetObject"')
    expect(panel.get_by_label("GetObject", exact=True)).to_be_focused()
    assert place(editor) == "Ln 6, Col 1"

    panel.get_by_role("button", name="Add a resource").click()
    dialog = editor.locator("dialog:modal")
    dialog.get_by_label("Resource type").select_option("object")
    expect(dialog.get_by_label("Resource ARN")).to_have_value("arn:aws:s3:::{BucketName}/{ObjectName}")
    dialog.get_by_label("Resource ARN").fill("arn:aws:s3:::company1-hr/*")
    dialog.get_by_role("button", name="Add resource").click()
    expect(dialog).to_have_count(0)
    expect(panel.get_by_role("button", name="Add a resource")).to_be_focused()
    panel.get_by_role("button", name="Add a condition").click()
    assert faults(editor) == []
    editor.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    statement = json.loads(text_of(editor))["Statement"][0]
    assert (statement["Action"], statement["Resource"]) == (["s3:GetObject"], "arn:aws:s3:::company1-hr/*")

    panel.get_by_role("button", name="+ Add new statement").click()
    expect(panel).to_contain_text("Statement2")
    expect(editor.locator("[data-caret-place]")).to_have_text("Ln 12, Col 9")
    editor.locator("#policy-ace .ace_text-input").focus()
    editor.keyboard.press("Control+Z")
    assert len(json.loads(text_of(editor))["Statement"]) == 1


def test_a_policy_is_imported_and_the_focus_comes_back(editor):
    menu = editor.locator(".policy-editor summary", has_text="Actions")
    menu.click()
    editor.get_by_role("menuitem", name="Import policy").click()
    dialog = editor.locator("dialog:modal")
    dialog.get_by_label("Find policies").fill("S3ReadOnly")
    editor.keyboard.press("Enter")
    dialog.get_by_label("AmazonS3ReadOnlyAccess").check()
    assert faults(editor) == []
    dialog.get_by_role("button", name="Import policy").click()
    expect(dialog).to_have_count(0)
    expect(menu).to_be_focused()
    assert len(json.loads(text_of(editor))["Statement"]) == 2


def test_a_bucket_policy_is_written_with_the_panel_alone(window):
    window.goto("/s3/bucket/company1-hr/property/policy/edit")
    panel = window.locator("#edit-statement")
    panel.get_by_role("button", name="+ Add new statement").click()
    panel.get_by_label("GetObject", exact=True).check()
    panel.get_by_role("button", name="Add a principal").click()
    dialog = window.locator("dialog:modal")
    dialog.get_by_label("ARN").fill(f"arn:aws:iam::{account_of(window)}:user/amin")
    dialog.get_by_role("button", name="Add principal").click()
    panel.get_by_role("button", name="Add a resource").click()
    dialog.get_by_label("Resource ARN").fill("arn:aws:s3:::company1-hr/*")
    dialog.get_by_role("button", name="Add resource").click()
    expect(dialog).to_have_count(0)
    errors(window, 0)
    assert faults(window) == []
    window.get_by_role("button", name="Save changes").click()
    expect(window.locator("#flashbar")).to_contain_text("Successfully edited bucket policy.")


def test_without_a_script_the_field_is_a_field_and_next_says_what_is_wrong(open_window, served):
    page = open_window(java_script_enabled=False)
    page.goto(f"/console?account={served['account_id']}")
    page.get_by_label("IAM username").fill("admin")
    page.get_by_label("Password", exact=True).fill(served["admin"]["password"])
    page.get_by_role("button", name="Sign in").click()
    page.goto(CREATE)
    page.get_by_role("button", name="JSON", exact=True).click()
    page.get_by_label("Policy document (JSON)").fill(DOCUMENT)
    page.get_by_role("button", name="Next").click()
    errors(page, 1)
    expect(page.locator("#policy-findings")).to_contain_text("Did you mean ec2:StopInstances?")
    page.get_by_label("Policy document (JSON)").fill(DOCUMENT.replace("StopInstance", "StopInstances"))
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="Review and create")).to_be_visible()
