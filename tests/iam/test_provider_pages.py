"""The pages of identity providers: list, adding one of either kind, its page, what can be changed, and its end."""

from __future__ import annotations

import html
import io
from urllib.parse import quote

import pytest

from iamconsole.iam.models import OidcProvider, SamlProvider
from iamconsole.iam.views.providers import provider_url
from tests.factories import allow, deny, policy
from tests.federation import identity_provider as idp
from tests.iam.test_providers import pem

pytestmark = pytest.mark.django_db

LIST = "/iam/identity_providers"
CREATE = f"{LIST}/create"
TAG = {"tag_key": ["team"], "tag_value": ["hr"]}


def body(response) -> str:
    return html.unescape(response.content.decode())


@pytest.fixture(scope="module")
def keys():
    return idp.IdentityProvider.new()


@pytest.fixture
def browser(as_user):
    return as_user("admin")


@pytest.fixture
def saml(admin, keys) -> str:
    return admin.call("iam:CreateSAMLProvider", name="Corporate", saml_metadata_document=keys.metadata())[
        "SAMLProviderArn"
    ]


@pytest.fixture
def oidc(admin) -> str:
    made = admin.call(
        "iam:CreateOpenIDConnectProvider", url="https://idp.example.com/realms/tags", client_id_list=["app", "other"]
    )
    return made["OpenIDConnectProviderArn"]


def page_of(arn, page="details", **query):
    address = f"{LIST}/{page}/{quote(arn)}"
    return address + ("?" + "&".join(f"{key}={quote(value)}" for key, value in query.items()) if query else "")


def uploaded(text: str | bytes, name="metadata.xml"):
    found = io.BytesIO(text.encode() if isinstance(text, str) else text)
    found.name = name
    return found


# -- the list ----------------------------------------------------------------------------------------


def test_the_list_shows_both_kinds_with_when_they_were_made(browser, saml, oidc):
    page = body(browser.get(LIST))
    assert "Identity providers" in page
    for text in ("Corporate", "idp.example.com/realms/tags", "SAML", "OpenID Connect", "Creation time"):
        assert text in page
    assert f'href="{provider_url(oidc)}"' in page
    assert body(browser.get(LIST, {"q": "corp"})).count("<time") == 1


def test_an_empty_list_says_so(browser):
    assert "No resources to display" in body(browser.get(LIST))


@pytest.mark.parametrize(
    ("denied", "seen", "unseen"),
    [
        ("iam:ListSAMLProviders", "idp.example.com", "Corporate"),
        ("iam:ListOpenIDConnectProviders", "Corporate", "idp.example.com"),
    ],
)
def test_one_kind_s_refusal_leaves_the_other(as_user, admin, saml, oidc, denied, seen, unseen):
    document = policy(allow("iam:*"), deny(denied))
    admin.call("iam:PutUserPolicy", user_name="amin", policy_name="p", policy_document=document)
    page = body(as_user("amin").get(LIST))
    assert seen in page
    assert unseen not in page
    assert f"Access denied to {denied}" in page


def test_a_provider_that_may_not_be_read_keeps_its_row(as_user, admin, oidc):
    document = policy(allow("iam:List*"))
    admin.call("iam:PutUserPolicy", user_name="amin", policy_name="p", policy_document=document)
    page = body(as_user("amin").get(LIST))
    assert "idp.example.com/realms/tags" in page
    assert "Access denied" in page


def test_who_may_list_nothing_sees_the_refusals(as_user, saml):
    page = body(as_user("amin").get(LIST))
    assert "iam:ListSAMLProviders" in page
    assert "iam:ListOpenIDConnectProviders" in page
    assert "Corporate" not in page


def test_twenty_providers_cost_no_more_queries_than_one(browser, admin, django_assert_max_num_queries):
    for number in range(20):
        admin.call("iam:CreateOpenIDConnectProvider", url=f"https://idp{number}.example.com")
    browser.get(LIST)
    with django_assert_max_num_queries(15):
        browser.get(LIST)


# -- add ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["pasted", "file", "file with a byte order mark"])
def test_a_saml_provider_is_added_with_its_document_and_tags(browser, admin, sandbox, keys, how):
    document = keys.metadata()
    sent = {"wizard": "one-of-my-tabs", "kind": "saml", "name": "Corporate", **TAG}
    if how == "pasted":
        sent["metadata"] = document
    else:
        mark = b"\xef\xbb\xbf" if "mark" in how else b""
        sent |= {"metadata": "", "metadata_file": uploaded(mark + document.encode())}
    answer = browser.post(CREATE, sent, follow=True)
    assert answer.request["PATH_INFO"] == LIST
    assert "Corporate added." in body(answer)
    arn = f"arn:aws:iam::{sandbox.account_id}:saml-provider/Corporate"
    made = admin.call("iam:GetSAMLProvider", saml_provider_arn=arn)
    assert made["SAMLMetadataDocument"].replace("\r\n", "\n") == document.replace("\r\n", "\n")
    assert made["Tags"] == [{"Key": "team", "Value": "hr"}]
    # A second press of the button adds no second.
    assert browser.post(CREATE, sent).url == LIST


def test_an_openid_connect_provider_is_added_with_its_audience(browser, admin, sandbox):
    sent = {"kind": "oidc", "url": "https://idp.example.com/main", "audience": "app", "name": "junk!", "metadata": "x"}
    answer = browser.post(CREATE, sent, follow=True)
    assert "idp.example.com/main added." in body(answer)
    arn = f"arn:aws:iam::{sandbox.account_id}:oidc-provider/idp.example.com/main"
    made = admin.call("iam:GetOpenIDConnectProvider", open_id_connect_provider_arn=arn)
    assert (made["ClientIDList"], made["ThumbprintList"]) == (["app"], [])
    assert not SamlProvider.objects.exists()


LONG = "x" * 1000
#    what is sent                                                    the field        what is said of it
WRONG = [
    ({"kind": "saml"},                                               "name",     "Provider name is required."),
    ({"kind": "saml"},                                               "metadata", "Metadata document is required."),
    ({"kind": "saml", "name": "n!", "metadata": LONG},               "name",     "failed to satisfy constraint"),
    ({"kind": "saml", "name": "n" * 129, "metadata": LONG},          "name",     "length less than or equal to 128"),
    ({"kind": "saml", "name": "n", "metadata": "<xml/>"},            "metadata", "greater than or equal to 1000"),
    ({"kind": "saml", "name": "n", "metadata": LONG},                "metadata", "Could not parse metadata"),
    ({"kind": "oidc"},                                               "url",      "Provider URL is required."),
    ({"kind": "oidc", "url": "https://a.example"},                   "audience", "Audience is required."),
    ({"kind": "oidc", "url": "http://a.example", "audience": "a"},   "url",      "Invalid Open ID Connect"),
    ({"kind": "oidc", "url": "https://a.example", "audience": "a" * 256}, "audience", "less than or equal to 255"),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "field", "text"), WRONG)
def test_what_is_wrong_is_told_beside_its_field(browser, sent, field, text):
    answer = browser.post(CREATE, sent)
    assert answer.status_code == 422
    assert text in " ".join(answer.context["wizard"].form.errors[field])
    assert not SamlProvider.objects.exists()
    assert not OidcProvider.objects.exists()


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"\xff\xfe<\x00", "File needs to be a valid UTF-8 XML document."),
        (b"x" * 500_001, "The metadata document is too large."),
    ],
)
def test_a_file_that_cannot_be_a_document_is_told(browser, saml, content, text):
    sent = {"kind": "saml", "name": "Other", "metadata_file": uploaded(content)}
    assert text in body(browser.post(CREATE, sent))
    assert text in body(browser.post(page_of(saml, "metadata"), {"metadata_file": uploaded(content)}))
    assert SamlProvider.objects.count() == 1


def test_a_document_that_would_read_files_or_grow_is_refused(browser):
    evil = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>' + " " * 1000
    answer = browser.post(CREATE, {"kind": "saml", "name": "Evil", "metadata": evil})
    assert answer.status_code == 422
    assert "root:" not in body(answer)


def test_a_tag_more_keeps_what_was_typed_and_the_file_s_text(browser, keys):
    sent = {"wizard": "one-of-my-tabs", "kind": "saml", "name": "Corporate", "_go": "?tags=more"}
    answer = browser.post(CREATE, sent | {"metadata_file": uploaded(keys.metadata())}, follow=True)
    form = answer.context["wizard"].form
    assert (form["name"].value(), "EntityDescriptor" in form["metadata"].value()) == ("Corporate", True)
    assert 'name="tag_key"' in body(answer)


def test_a_refusal_names_the_tags_too(as_user, admin, keys):
    document = policy(allow("iam:CreateSAMLProvider"))
    admin.call("iam:PutUserPolicy", user_name="amin", policy_name="p", policy_document=document)
    amin = as_user("amin")
    sent = {"kind": "saml", "name": "Corporate", "metadata": keys.metadata()}
    answer = amin.post(CREATE, sent | TAG)
    assert "The identity provider was not added." in body(answer)
    assert "iam:TagSAMLProvider" in body(answer)
    assert amin.post(CREATE, sent).status_code == 302


# -- the page about one ------------------------------------------------------------------------------


def test_a_saml_provider_s_page_reads_its_document(browser, saml, keys):
    answer = browser.get(page_of(saml))
    page = body(answer)
    for text in ("Corporate", "Provider UUID", "Metadata valid until", answer.context["entity_id"], "Assign role"):
        assert text in page
    [certificate] = answer.context["certificates"]
    assert certificate["ends"] > answer.context["now"]
    assert "<?xml" in page
    assert "Expired" not in page


def test_an_expired_document_is_marked(browser, admin, keys):
    document = keys.metadata(valid_until="2020-01-02T03:04:05Z")
    arn = admin.call("iam:CreateSAMLProvider", name="Old", saml_metadata_document=document)["SAMLProviderArn"]
    page = body(browser.get(page_of(arn)))
    assert "Expired" in page
    assert "January 02, 2020" in page


def test_the_document_is_downloaded_as_it_was_given(browser, saml, keys):
    answer = browser.get(page_of(saml, "metadata-file"))
    assert answer.content.decode() == keys.metadata()
    assert answer["Content-Disposition"] == 'attachment; filename="Corporate-metadata.xml"'
    assert answer["Content-Type"] == "application/octet-stream"


def test_the_document_is_replaced(browser, saml, admin):
    other = idp.IdentityProvider.new().metadata()
    answer = browser.post(page_of(saml, "metadata"), {"metadata_file": uploaded(other)}, follow=True)
    assert "Metadata document of Corporate replaced." in body(answer)
    assert admin.call("iam:GetSAMLProvider", saml_provider_arn=saml)["SAMLMetadataDocument"] == other
    wrong = browser.post(page_of(saml, "metadata"), {"metadata": LONG})
    assert (wrong.status_code, "Could not parse metadata" in body(wrong)) == (422, True)
    assert "Metadata document is required." in body(browser.post(page_of(saml, "metadata"), {"metadata": ""}))


def test_assertions_may_have_to_be_encrypted(browser, saml, keys):
    address = page_of(saml, "encryption")
    answer = browser.post(address, {"assertion_encryption_mode": "Required"})
    assert "because no private key is provided" in body(answer)
    sent = {"assertion_encryption_mode": "Required", "add_private_key": pem(keys.key)}
    answer = browser.post(address, sent, follow=True)
    page = body(answer)
    assert "SAML encryption of Corporate updated." in page
    assert "Require encryption" in page
    assert "PRIVATE KEY" not in page
    [row] = answer.context["table"].rows
    assert "PRIVATE KEY" not in body(browser.post(address, sent | {"add_private_key": "junk PRIVATE KEY"})).replace(
        "junk PRIVATE KEY", ""
    )
    # The mode asks for a key, so the last one cannot go.
    gone = browser.post(page_of(saml, "encryption-remove"), {"selected": row["KeyId"]}, follow=True)
    assert "was not changed." in body(gone)
    browser.post(address, {"assertion_encryption_mode": "Allowed"})
    gone = browser.post(page_of(saml, "encryption-remove"), {"selected": row["KeyId"]}, follow=True)
    assert "Private key removed." in body(gone)


def test_audiences_are_added_and_removed(browser, oidc, admin):
    assert "app" in body(browser.get(page_of(oidc)))
    answer = browser.post(page_of(oidc, "audiences-add"), {"client_id": "third"}, follow=True)
    assert "Audience added." in body(answer)
    assert "Audience is required." in body(browser.post(page_of(oidc, "audiences-add"), {"client_id": ""}))
    remove = page_of(oidc, "audiences-remove")
    assert "Remove 2 audiences?" in body(browser.get(remove, {"selected": ["app", "other"]}))
    answer = browser.post(remove, {"selected": ["app", "other"]}, follow=True)
    assert "2 audiences removed." in body(answer)
    found = admin.call("iam:GetOpenIDConnectProvider", open_id_connect_provider_arn=oidc)
    assert found["ClientIDList"] == ["third"]
    assert browser.get(remove).url == provider_url(oidc, "audiences")


def test_thumbprints_are_replaced_as_a_whole(browser, oidc, admin):
    address = page_of(oidc, "thumbprints")
    assert "No token of this provider can be verified" in body(
        browser.get(page_of(oidc, section="endpoint_verification"))
    )
    two = ["a" * 40, "B" * 40]
    answer = browser.post(address, {"thumbprints": "\r\n".join(two)}, follow=True)
    assert "Thumbprints updated." in body(answer)
    assert "b" * 40 in body(answer)
    assert browser.get(address).context["form"]["thumbprints"].value().split() == ["a" * 40, "b" * 40]
    for wrong in ("short", "z" * 40, "\n".join(f"{n}" * 40 for n in range(6))):
        answer = browser.post(address, {"thumbprints": wrong})
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["thumbprints"])
    browser.post(address, {"thumbprints": ""})
    found = admin.call("iam:GetOpenIDConnectProvider", open_id_connect_provider_arn=oidc)
    assert found["ThumbprintList"] == []


@pytest.mark.parametrize("kind", ["saml", "oidc"])
def test_tags_are_changed_and_shown(browser, kind, request):
    arn = request.getfixturevalue(kind)
    answer = browser.post(page_of(arn, "tags"), {"wizard": "one-of-my-tabs", **TAG}, follow=True)
    assert "Tags updated." in body(answer)
    assert answer.request["PATH_INFO"] == f"{LIST}/details/{arn}"
    assert "team" in body(answer)
    assert arn.partition("-provider/")[2] in body(browser.get(page_of(arn, "tags")))


def test_a_path_that_ends_like_a_page_is_a_provider_all_the_same(browser, oidc):
    assert browser.get(page_of(oidc)).context["name"] == "idp.example.com/realms/tags"


def test_a_provider_that_is_not_there_is_told(browser, saml):
    page = body(browser.get(page_of(saml + "x")))
    assert f"SAML provider {saml}x does not exist." in page
    assert "Assign role" not in page


@pytest.mark.parametrize(
    "address",
    [
        f"{LIST}/details/junk",
        f"{LIST}/details/arn:aws:iam::111122223333:role/Admin",
        f"{LIST}/thumbprints/arn:aws:iam::111122223333:saml-provider/Corporate",
        f"{LIST}/encryption/arn:aws:iam::111122223333:oidc-provider/a.example",
    ],
)
def test_a_page_of_something_else_there_is_not(browser, address):
    assert browser.get(address).status_code == 404


def test_who_may_not_read_it_is_told_in_its_panels(as_user, saml, oidc):
    amin = as_user("amin")
    for arn, action in ((saml, "iam:GetSAMLProvider"), (oidc, "iam:GetOpenIDConnectProvider")):
        page = body(amin.get(page_of(arn)))
        assert f"You don't have permission to <code>{action}</code>" in page
        assert "Assign role" in page
    answer = amin.get(page_of(saml, "metadata-file"), follow=True)
    assert "The metadata document was not downloaded." in body(answer)


@pytest.mark.parametrize(
    ("kind", "tile", "field"), [("saml", "saml", "saml_provider"), ("oidc", "web", "web_provider")]
)
def test_assign_role_leads_to_the_wizard_with_the_provider_chosen(browser, kind, tile, field, request):
    arn = request.getfixturevalue(kind)
    answer = browser.get(browser.get(page_of(arn)).context["assign_url"])
    form = answer.context["wizard"].form
    assert (form["entity"].value(), form[field].value()) == (tile, arn)
    assert answer.status_code == 200
    assert f'value="{arn}" selected' in body(answer)


# -- delete ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["saml", "oidc"])
def test_a_provider_is_deleted_by_typing_confirm(browser, kind, request):
    arn = request.getfixturevalue(kind)
    name = arn.partition("-provider/")[2]
    page = body(browser.get(f"{LIST}/delete", {"selected": arn}))
    assert f"Delete {name}?" in page
    assert 'data-confirm-text="confirm"' in page
    for typed in ("", "Confirm", "confirm "):
        assert browser.post(f"{LIST}/delete", {"selected": arn, "confirm": typed}).status_code == 422
    answer = browser.post(f"{LIST}/delete", {"selected": arn, "confirm": "confirm"}, follow=True)
    assert f"{name} deleted." in body(answer)
    assert not SamlProvider.objects.exists()
    assert not OidcProvider.objects.exists()


def test_nothing_chosen_leads_back_and_a_refusal_is_told(browser, as_user, saml):
    assert browser.get(f"{LIST}/delete").url == LIST
    answer = as_user("amin").post(f"{LIST}/delete", {"selected": saml, "confirm": "confirm"}, follow=True)
    assert "Corporate was not deleted." in body(answer)
    assert SamlProvider.objects.exists()
