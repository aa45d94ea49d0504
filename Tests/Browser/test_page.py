"""What a person sees and does on the page, against the real server with its built-in demo. One behaviour a test."""

import re
import time

import pytest
from playwright.sync_api import expect

LONG = 20_000


def new_chat(page, server):
    page.goto(server.url())
    page.get_by_role("button", name="New chat").click()
    expect(page).to_have_url(re.compile(r"/session/[0-9a-f]+$"))


def box(page):
    return page.get_by_label("Message", exact=True)


def send(page, text):
    box(page).fill(text)
    box(page).press("Enter")
    expect(box(page)).to_have_value("")


def answer(page):
    return page.get_by_role("article", name="Answer").last


def prompts(page):
    return page.get_by_role("article", name="You")


def rows(page):
    return page.locator("#session-list .row")


def wait_until_idle(page):
    expect(page.get_by_role("button", name="Send")).to_be_visible(timeout=LONG)


def wait_for_text(page, length):
    """Waits until the growing answer has so many characters, and returns it. (The page's policy forbids `wait_for_function`.)"""
    deadline = time.monotonic() + LONG / 1000
    while time.monotonic() < deadline:
        shown = page.locator(".message.assistant .markdown")
        text = shown.last.inner_text() if shown.count() else ""
        if len(text) > length:
            return text
        page.wait_for_timeout(50)
    raise AssertionError(f"The answer did not grow beyond {length} characters")


def test_lists_a_conversation_from_a_sidecar(server, page):
    server.write_session("aaaaaaaaaaaa", "Written by hand", [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}])
    server.start()
    page.goto(server.url())
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("Written by hand")


def test_pinned_conversations_come_first(server, page):
    hello = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    now = time.time()
    server.write_session("aaaaaaaaaaaa", "Older and pinned", hello, pinned=True, updated_at=now - 5000)
    server.write_session("bbbbbbbbbbbb", "Newer", hello)
    server.start()
    page.goto(server.url())
    expect(rows(page).nth(0)).to_contain_text("Older and pinned")
    expect(rows(page).nth(1)).to_contain_text("Newer")


def test_the_filter_narrows_the_list_by_title(server, page):
    hello = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    server.write_session("aaaaaaaaaaaa", "About apples", hello)
    server.write_session("bbbbbbbbbbbb", "About pears", hello)
    server.start()
    page.goto(server.url())
    expect(rows(page)).to_have_count(2)
    page.get_by_label("Filter conversations by title").fill("PEAR")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("About pears")


def test_a_deep_link_opens_its_conversation_with_markdown(server, page):
    content = "# Plan\n\n- first\n- second\n\n```python\nprint('hi')\n```\n\n| a | b |\n| - | - |\n| 1 | 2 |"
    server.write_session("aaaaaaaaaaaa", "Plan", [{"role": "user", "content": "Make a plan"}, {"role": "assistant", "content": content}])
    server.start()
    page.goto(server.url("session/aaaaaaaaaaaa"))
    shown = answer(page)
    expect(shown.get_by_role("heading", name="Plan")).to_be_visible()
    expect(shown.locator("li")).to_have_text(["first", "second"])
    expect(shown.locator("pre code")).to_contain_text("print('hi')")
    expect(shown.locator("pre .hljs-string")).to_have_text("'hi'")
    expect(shown.locator("td")).to_have_text(["1", "2"])
    expect(prompts(page)).to_contain_text("Make a plan")


def test_hostile_messages_do_nothing(server, page):
    attacks = [
        "<img src=x onerror=window.pwned=1>",
        "[x](javascript:window.pwned=1)",
        "<script>window.pwned=1</script>",
        "<svg onload=window.pwned=1></svg>",
        "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
        "<form action='javascript:window.pwned=1'><button>go</button></form>",
        "<style>body{display:none}</style>",
        "[d](data:text/html,<script>opener.pwned=1</script>)",
        "![i](javascript:window.pwned=1)",
        "<p class='banner lost' style='position:fixed'>fake</p>",
    ]
    messages = [{"role": role, "content": text} for text in attacks for role in ("user", "assistant")]
    server.write_session("aaaaaaaaaaaa", "<img src=x onerror=window.pwned=1>", messages + [{"role": "assistant", "content": "The end."}])
    server.start()
    page.goto(server.url("session/aaaaaaaaaaaa"))
    expect(page.get_by_text("The end.")).to_be_visible()
    for link in page.locator("#messages a").all():
        link.click()
    page.wait_for_timeout(300)
    assert page.evaluate("window.pwned") is None
    forbidden = "script, style, iframe, form, svg, img, [onerror], [onload], [style], .banner, a[href^='javascript:'], a[href^='data:']"
    assert page.locator("#messages").locator(forbidden).count() == 0


def test_html_in_an_answer_is_shown_but_for_harmless_tags(server, page):
    server.write_session("aaaaaaaaaaaa", "HTML", [{"role": "assistant", "content": "H<sub>2</sub>O <b onclick=x>bold</b>\n\n<div class=banner>box</div>"}])
    server.start()
    page.goto(server.url("session/aaaaaaaaaaaa"))
    expect(answer(page).locator("sub")).to_have_text("2")
    expect(answer(page)).to_contain_text("<b onclick=x>bold")
    expect(answer(page)).to_contain_text("<div class=banner>box")


def test_links_open_elsewhere_without_a_way_back(server, page):
    server.write_session("aaaaaaaaaaaa", "Links", [{"role": "assistant", "content": "[manual](https://example.org/)"}])
    server.start()
    page.goto(server.url("session/aaaaaaaaaaaa"))
    link = page.get_by_role("link", name="manual")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(link).to_have_attribute("target", "_blank")


def test_earlier_messages_are_loaded_on_demand(server, page):
    messages = [{"role": "user" if n % 2 == 0 else "assistant", "content": f"Line {n}."} for n in range(80)]
    server.write_session("aaaaaaaaaaaa", "Many", messages)
    server.start()
    page.goto(server.url("session/aaaaaaaaaaaa"))
    expect(page.get_by_text("Line 79.")).to_be_visible()
    expect(page.get_by_text("Line 49.")).to_have_count(0)
    page.get_by_role("button", name="Load earlier messages").click()
    expect(page.get_by_text("Line 49.")).to_have_count(1)
    expect(page.get_by_text("Line 79.")).to_have_count(1)


def test_an_answer_streams_and_is_kept(server, page):
    server.start()
    new_chat(page, server)
    send(page, "Say something")
    expect(prompts(page)).to_have_count(1)
    expect(box(page)).to_have_value("")
    first = len(wait_for_text(page, 0))
    expect(box(page)).to_have_value("")
    expect(page.locator(".streaming")).to_have_count(1)
    wait_for_text(page, first + 40)
    wait_until_idle(page)
    for selector in ("h1, h2, h3", "li", "pre code"):
        assert answer(page).locator(selector).count() > 0
    final = answer(page).inner_text()
    page.reload()
    expect(prompts(page)).to_have_count(1)
    expect(box(page)).to_have_value("")
    expect(answer(page).locator("pre code")).to_be_visible()
    assert answer(page).inner_text() == final
    expect(rows(page)).to_have_count(1)


def test_a_second_page_joins_a_running_answer(server, page, browser):
    server.start()
    new_chat(page, server)
    send(page, "A long one, please")
    expect(page.locator(".streaming .markdown")).not_to_be_empty(timeout=LONG)
    other = browser.new_context().new_page()
    other.goto(page.url)
    expect(other.locator(".streaming .markdown")).not_to_be_empty(timeout=LONG)
    expect(prompts(other)).to_have_count(1)
    assert other.locator(".streaming h1, .streaming h2, .streaming h3").first.inner_text() != ""
    other.context.close()
    page.get_by_role("button", name="Stop").click()
    wait_until_idle(page)


def test_stop_keeps_what_was_written_and_says_so(server, page):
    server.start()
    new_chat(page, server)
    send(page, "A long one, please")
    seen = wait_for_text(page, 60)
    page.get_by_role("button", name="Stop").click()
    wait_until_idle(page)
    expect(page.locator(".partial-mark")).to_have_count(1)
    expect(page.get_by_role("article", name="Answer").last).to_contain_text(seen.split("\n")[0])
    expect(page.get_by_role("article", name="Problem")).to_contain_text("cancelled")
    expect(prompts(page)).to_have_count(1)
    expect(box(page)).to_have_value("")


def test_a_tool_call_is_a_card(server, page):
    server.start()
    new_chat(page, server)
    send(page, "Please use a tool")
    wait_until_idle(page)
    card = page.locator(".tool").first
    expect(card).to_have_attribute("data-state", "done")
    card.locator("summary").click()
    expect(card.locator(".tool-body")).to_contain_text("Result")


def test_an_approval_is_asked_and_given(server, page):
    server.start()
    new_chat(page, server)
    send(page, "This needs an approval")
    card = page.get_by_role("region", name="Approval needed")
    expect(card).to_be_visible(timeout=LONG)
    expect(card.get_by_role("button", name="Deny")).to_be_visible()
    card.get_by_role("button", name="Allow once").click()
    expect(card).to_have_count(0)
    wait_until_idle(page)
    expect(page.locator(".tool").first).to_have_attribute("data-state", "done")


def test_a_draft_survives_a_reload_and_stays_in_its_conversation(server, page):
    hello = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    server.write_session("aaaaaaaaaaaa", "First", hello)
    server.write_session("bbbbbbbbbbbb", "Second", hello)
    server.start()
    page.goto(server.url("session/aaaaaaaaaaaa"))
    expect(answer(page)).to_contain_text("Hello")
    box(page).fill("half a thought")
    page.reload()
    expect(box(page)).to_have_value("half a thought")
    rows(page).filter(has_text="Second").get_by_role("link").click()
    expect(page).to_have_url(server.url("session/bbbbbbbbbbbb"))
    expect(answer(page)).to_contain_text("Hello")
    expect(box(page)).to_have_value("")
    rows(page).filter(has_text="First").get_by_role("link").click()
    expect(box(page)).to_have_value("half a thought")


def test_a_draft_left_in_haste_is_saved_for_the_old_conversation(server, page):
    hello = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    server.write_session("aaaaaaaaaaaa", "First", hello)
    server.write_session("bbbbbbbbbbbb", "Second", hello)
    server.start()
    page.goto(server.url("session/aaaaaaaaaaaa"))
    expect(answer(page)).to_contain_text("Hello")
    box(page).fill("typed and gone")
    rows(page).filter(has_text="Second").get_by_role("link").click()
    expect(box(page)).to_have_value("")
    page.wait_for_timeout(900)
    page.goto(server.url("session/aaaaaaaaaaaa"))
    expect(box(page)).to_have_value("typed and gone")


def test_switching_fast_never_shows_another_conversation(server, page):
    for number, letter in enumerate("abc"):
        messages = [{"role": "user", "content": f"Question {letter}"}, {"role": "assistant", "content": f"Answer {letter}"}]
        server.write_session(letter * 12, f"Chat {letter}", messages, composer_draft={"text": f"draft {letter}", "files": []})
    server.start()

    def slow_down(route):
        """The conversation that was left first answers last."""
        if "session_id=aaaa" in route.request.url:
            time.sleep(0.4)
        route.continue_()

    page.route("**/api/session?*", slow_down)
    page.goto(server.url())
    expect(rows(page)).to_have_count(3)
    for letter in "abc":
        rows(page).filter(has_text=f"Chat {letter}").get_by_role("link").click()
    expect(answer(page)).to_have_text(re.compile("Answer c"))
    page.wait_for_timeout(1200)
    expect(page.locator("#messages")).not_to_contain_text("Answer a")
    expect(page.locator("#messages")).not_to_contain_text("Answer b")
    expect(box(page)).to_have_value("draft c")


def test_rename_pin_archive_and_delete_from_the_menu(server, page):
    server.write_session("aaaaaaaaaaaa", "Old name", [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}])
    server.start()
    page.goto(server.url())
    row = rows(page).first

    def choose(item):
        row.hover()
        row.get_by_role("button", name=re.compile("Actions for")).click()
        page.get_by_role("menuitem", name=item).click()

    choose("Rename")
    page.get_by_label("Title", exact=True).fill("New name")
    page.get_by_role("button", name="Rename", exact=True).click()
    expect(row).to_contain_text("New name")
    choose("Pin")
    expect(page.locator(".group-heading").first).to_have_text("Pinned")
    choose("Unpin")
    expect(page.locator(".group-heading").first).to_have_text("Conversations")
    choose("Archive")
    expect(rows(page)).to_have_count(0)
    page.get_by_label("Show archived").check()
    expect(page.locator(".group-heading").first).to_have_text("Archived")
    choose("Unarchive")
    expect(page.locator(".group-heading").first).to_have_text("Conversations")
    choose("Delete")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(rows(page)).to_have_count(1)
    choose("Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(rows(page)).to_have_count(0)


def test_new_chat_returns_to_the_one_that_is_still_empty(server, page):
    server.start()
    new_chat(page, server)
    first = page.url
    page.get_by_role("button", name="New chat").click()
    page.wait_for_timeout(300)
    assert page.url == first
    expect(page.get_by_role("heading", name="What shall we work on?")).to_be_visible()


def test_typing_on_the_start_page_makes_a_conversation_for_the_draft(server, page):
    server.start()
    page.goto(server.url())
    box(page).press_sequentially("straight away")
    expect(page).to_have_url(re.compile(r"/session/[0-9a-f]+$"))
    page.wait_for_timeout(900)
    page.reload()
    expect(box(page)).to_have_value("straight away")


@pytest.mark.connection_breaks
def test_the_page_recovers_from_a_killed_server(server, page):
    server.start(pace="1")
    new_chat(page, server)
    send(page, "A long one, please")
    seen = wait_for_text(page, 80).split("\n")[0]
    server.kill()
    expect(page.get_by_text("Connection lost")).to_be_visible()
    server.start()
    expect(page.get_by_text("Connection lost")).to_have_count(0, timeout=LONG)
    wait_until_idle(page)
    expect(prompts(page)).to_have_count(1)
    expect(prompts(page)).to_contain_text("A long one, please")
    expect(answer(page)).to_contain_text(seen)
    send(page, "Still there?")
    expect(prompts(page)).to_have_count(2)
    wait_until_idle(page)
    expect(answer(page).locator("pre code")).to_be_visible()


@pytest.mark.connection_breaks
def test_a_message_that_could_not_be_sent_comes_back(server, page):
    server.start()
    new_chat(page, server)
    send(page, "The first one")
    wait_until_idle(page)
    server.kill()
    send(page, "Into the void")
    expect(page.get_by_text("Connection lost")).to_be_visible()
    server.start()
    expect(box(page)).to_have_value("Into the void", timeout=LONG)
    expect(prompts(page)).to_have_count(1)


def test_the_page_works_on_a_narrow_screen(server, page):
    server.write_session("aaaaaaaaaaaa", "A narrow one", [
        {"role": "user", "content": "word" * 60},
        {"role": "assistant", "content": "```\n" + "x" * 300 + "\n```\n\n| " + " | ".join(["column"] * 12) + " |\n" + "| - " * 12 + "|"},
    ])
    server.start()
    page.set_viewport_size({"width": 375, "height": 700})
    page.goto(server.url())
    expect(page.get_by_role("navigation", name="Conversations")).not_to_be_in_viewport()
    page.get_by_role("button", name="Show conversations").click()
    rows(page).first.get_by_role("link").click()
    expect(page.get_by_role("navigation", name="Conversations")).not_to_be_in_viewport()
    expect(answer(page).locator("pre")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert page.evaluate("document.getElementById('scroller').scrollWidth - document.getElementById('scroller').clientWidth") <= 0
    send(page, "From a phone")
    wait_until_idle(page)
    expect(prompts(page)).to_have_count(2)


def test_the_demo_says_that_it_is_one(server, page):
    server.start()
    page.goto(server.url())
    shown = page.get_by_text("This is a demo.")
    expect(shown).to_be_visible()
    page.locator(".banner.demo").get_by_role("button", name="Dismiss").click()
    expect(shown).to_have_count(0)


def test_a_message_sent_while_its_conversation_still_loads(server, page):
    server.write_session("aaaaaaaaaaaa", "Slow", [{"role": "user", "content": "Earlier"}, {"role": "assistant", "content": "Hello"}])
    server.start()

    def slow_down(route):
        time.sleep(0.5)
        route.continue_()

    page.route("**/api/session?*", slow_down)
    page.goto(server.url("session/aaaaaaaaaaaa"))
    send(page, "Too early")
    expect(prompts(page)).to_have_count(2)
    expect(prompts(page).first).to_contain_text("Earlier")
    wait_until_idle(page)
    expect(prompts(page)).to_have_count(2)
    expect(box(page)).to_have_value("")


def test_everything_is_reached_by_keyboard(server, page):
    server.write_session("aaaaaaaaaaaa", "By keyboard", [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}])
    server.start()
    page.goto(server.url())
    link = rows(page).first.get_by_role("link")
    expect(link).to_be_visible()
    link.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Rename")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Pin")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)
    link.focus()
    page.keyboard.press("Enter")
    expect(answer(page)).to_contain_text("Hello")


def test_five_thousand_conversations_stay_usable(server, page):
    hello = [{"role": "user", "content": "Hi"}]
    for number in range(5000):
        server.write_session(f"{number:012x}", f"Conversation {number}", hello)
    server.start(patience=60)
    page.goto(server.url())
    expect(rows(page).first).to_be_visible(timeout=60_000)
    assert rows(page).count() < 500
    page.get_by_label("Filter conversations by title").fill("Conversation 4321")
    expect(rows(page)).to_have_count(1)
    expect(rows(page).first).to_contain_text("Conversation 4321")
