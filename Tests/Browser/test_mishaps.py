"""What the page does when a server is slow, refuses or fails, or a conversation holds odd rows: no typed text may be lost."""

import json
import re

import pytest
from playwright.sync_api import expect
from test_page import answer, box, prompts, rows

HELLO = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
CONVERSATION = re.compile(r"/session/[0-9a-f]+$")


def refuse(route, status):
    route.fulfill(status=status, content_type="application/json", body=json.dumps({"error": f"Refused with {status}."}))


def refuse_once(page, address, status):
    """Answers the first request to this address with a failure; returns the list of addresses so refused."""
    refused = []

    def handle(route):
        if refused:
            return route.continue_()
        refused.append(route.request.url)
        refuse(route, status)

    page.route(address, handle)
    return refused


def change_session(page, change):
    """Lets `change` edit the conversation in each answer that carries messages."""

    def handle(route):
        response = route.fetch()
        body = response.json()
        if body.get("session", {}).get("messages"):
            change(body["session"])
        route.fulfill(response=response, json=body)

    page.route("**/api/session?*", handle)


def test_what_is_typed_while_a_new_chat_is_made_goes_along(server, page):
    server.write_session("aaaaaaaaaaaa", "First", HELLO)
    server.start()
    held = []
    page.route("**/api/session/new", lambda route: held.append(route))
    page.goto(server.url("session/aaaaaaaaaaaa"))
    expect(answer(page)).to_contain_text("Hello")
    page.get_by_role("button", name="New chat").click()
    box(page).press_sequentially("already typ")
    page.wait_for_timeout(600)
    assert len(held) == 1
    held[0].continue_()
    box(page).press_sequentially("ing")
    expect(page).to_have_url(CONVERSATION)
    expect(page).not_to_have_url(server.url("session/aaaaaaaaaaaa"))
    expect(box(page)).to_have_value("already typing")
    assert len(held) == 1
    page.wait_for_timeout(900)
    page.reload()
    expect(box(page)).to_have_value("already typing")
    page.goto(server.url("session/aaaaaaaaaaaa"))
    expect(answer(page)).to_contain_text("Hello")
    expect(box(page)).to_have_value("")


def test_a_new_chat_keeps_the_draft_of_the_empty_one_it_returns_to(server, page):
    server.write_session("aaaaaaaaaaaa", "First", HELLO)
    server.start()
    page.goto(server.url())
    box(page).press_sequentially("an idea")
    expect(page).to_have_url(CONVERSATION)
    empty = page.url
    rows(page).filter(has_text="First").get_by_role("link").click()
    expect(answer(page)).to_contain_text("Hello")
    page.get_by_role("button", name="New chat").click()
    expect(page).to_have_url(empty)
    expect(box(page)).to_have_value("an idea")


@pytest.mark.connection_breaks
def test_what_is_typed_on_the_start_page_stays_there_without_a_conversation(server, page):
    server.write_session("aaaaaaaaaaaa", "First", HELLO)
    server.start()
    page.route("**/api/session/new", lambda route: refuse(route, 500))
    page.goto(server.url())
    box(page).press_sequentially("homeless")
    rows(page).first.get_by_role("link").click()
    expect(answer(page)).to_contain_text("Hello")
    expect(box(page)).to_have_value("")
    page.go_back()
    expect(page).to_have_url(server.url())
    expect(box(page)).to_have_value("homeless")
    page.unroute("**/api/session/new")
    page.get_by_role("button", name="New chat").click()
    expect(page).to_have_url(CONVERSATION)
    expect(box(page)).to_have_value("homeless")
    page.wait_for_timeout(900)
    page.reload()
    expect(box(page)).to_have_value("homeless")


@pytest.mark.connection_breaks
@pytest.mark.parametrize("status", [403, 503])
def test_a_draft_that_was_refused_is_saved_later(server, page, status):
    server.write_session("aaaaaaaaaaaa", "First", HELLO)
    server.write_session("bbbbbbbbbbbb", "Second", HELLO)
    server.start()
    refused = refuse_once(page, "**/api/session/draft", status)
    page.goto(server.url("session/aaaaaaaaaaaa"))
    expect(answer(page)).to_contain_text("Hello")
    box(page).fill("worth keeping")
    with page.expect_response(lambda response: "session/draft" in response.url and response.ok):
        rows(page).filter(has_text="Second").get_by_role("link").click()
    assert len(refused) == 1
    page.goto(server.url("session/aaaaaaaaaaaa"))
    expect(box(page)).to_have_value("worth keeping")


@pytest.mark.connection_breaks
@pytest.mark.parametrize("status", [500, 503])
def test_a_conversation_that_cannot_be_read_is_tried_again(server, page, status):
    server.write_session("aaaaaaaaaaaa", "First", HELLO)
    server.start()
    page.goto(server.url())
    expect(rows(page)).to_have_count(1)
    refused = refuse_once(page, "**/api/session?*", status)
    rows(page).first.get_by_role("link").click()
    expect(page.get_by_text(f"Refused with {status}.")).to_be_visible()
    box(page).press_sequentially("patience")
    expect(answer(page)).to_contain_text("Hello")
    expect(page.get_by_text(f"Refused with {status}.")).to_have_count(0)
    expect(page).to_have_url(server.url("session/aaaaaaaaaaaa"))
    expect(box(page)).to_have_value("patience")
    assert len(refused) == 1
    page.wait_for_timeout(900)
    page.reload()
    expect(box(page)).to_have_value("patience")


@pytest.mark.connection_breaks
def test_a_conversation_that_is_gone_leads_to_the_start_page(server, page):
    server.start()
    page.goto(server.url("session/cccccccccccc"))
    expect(page.get_by_text("This conversation does not exist, or not any more.")).to_be_visible()
    expect(page).to_have_url(server.url())


def test_odd_messages_do_not_keep_the_others_from_being_shown(server, page):
    server.write_session("aaaaaaaaaaaa", "Odd", [*HELLO, {"role": "assistant", "content": "The end."}])
    server.start()
    odd = [
        None, 7, "text", [], {}, {"role": 5, "content": "A note."},
        {"role": "user", "content": "Far future", "timestamp": 1e300},
        {"role": "user", "content": "Long ago", "timestamp": "yesterday"},
        {"role": "user", "content": "Timeless", "timestamp": {"at": 1}},
        {"role": "user", "content": 42, "attachments": [None, 3, {"name": None}]},
        {"role": "user", "content": "Attached", "attachments": "none"},
        {"role": "assistant", "content": {"strange": True}},
        {"role": "assistant", "content": None},
        {"role": "assistant", "content": [None, 5, {"text": 6}, "A part."]},
        {"role": "assistant", "content": "With words.", "tool_calls": "none"},
        {"role": "assistant", "content": "", "tool_calls": {"a": 1}},
        {"role": "assistant", "content": "", "tool_calls": [None, 3, {"id": "t", "function": "f"}, {"function": {"name": {}, "arguments": 9}}]},
        {"role": "assistant", "content": "", "_partial_tool_calls": [None, {"name": "p"}], "reasoning": 4},
        {"role": "tool", "tool_call_id": "t", "content": {"error": "no"}},
        {"role": "tool", "content": 12},
    ]

    def change(session):
        session["messages"][1:1] = odd
        session["tool_calls"] = [None, 5, {"assistant_msg_idx": "x"}]

    change_session(page, change)
    page.goto(server.url("session/aaaaaaaaaaaa"))
    expect(page.get_by_text("The end.")).to_be_visible()
    expect(page).to_have_url(server.url("session/aaaaaaaaaaaa"))
    expect(page.get_by_text("This message cannot be shown.")).to_have_count(6)
    for text in ("Far future", "Long ago", "Timeless", "42", "Attached", "A note.", "A part.", "With words.", "Hello"):
        expect(page.locator("#messages").get_by_text(text, exact=True)).to_have_count(1)
    expect(page.locator(".tool")).to_have_count(4)
    for card in page.locator(".tool summary").all():
        card.click()
    page.unroute("**/api/session?*")


def test_a_finished_turn_may_bring_only_the_newest_messages(server, page):
    """The last event of a turn is cut when a conversation is very large; what it leaves out can be loaded."""
    messages = [{"role": "user" if n % 2 == 0 else "assistant", "content": f"Line {n}. " + "x" * 40_000} for n in range(120)]
    server.write_session("aaaaaaaaaaaa", "Large", messages)
    server.start(pace="0.1")
    page.goto(server.url("session/aaaaaaaaaaaa"))
    expect(prompts(page)).to_have_count(15)
    # Without the reading that follows a turn, only the event tells what there is.
    held = []
    page.route("**/api/session?*", lambda route: held.append(route))
    box(page).fill("One more")
    box(page).press("Enter")
    expect(page.locator(".streaming")).to_have_count(1)
    expect(page.locator(".streaming")).to_have_count(0, timeout=20_000)
    expect(page.get_by_text("One more", exact=True)).to_have_count(1)
    first = int(re.search(r"Line (\d+)\.", page.locator("#messages .message").first.inner_text()).group(1))
    assert first == 90
    for route in held:
        route.continue_()
    held.clear()
    page.unroute("**/api/session?*")
    page.get_by_role("button", name="Load earlier messages").click()
    expect(page.get_by_text(re.compile(f"^Line {first - 1}\\. "))).to_have_count(1)
    expect(page.get_by_text(re.compile(f"^Line {first}\\. "))).to_have_count(1)
