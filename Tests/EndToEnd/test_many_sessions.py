"""A state directory as it is after a year: two thousand conversations, one of them of twenty megabytes."""

import json
import statistics
import time

import pytest
from client import Client
from conversations import write_conversations
from process import ServerProcess

COUNT = 2_000


@pytest.fixture(scope="module")
def large(program, tmp_path_factory):
    """The server, and how many bytes its conversations have."""
    folder = tmp_path_factory.mktemp("many")
    home = folder / "home"
    written = write_conversations(home / "webui" / "sessions", COUNT)
    server = ServerProcess(program, home, folder / "server.log").start("--agent", "demo", patience=60)
    yield server, written
    server.close()


def bytes_read(server) -> int:
    """Everything that the process has read, whether from the disk or from memory."""
    with open(f"/proc/{server.process.pid}/io", encoding="ascii") as counters:
        return int(dict(line.split(": ") for line in counters.read().splitlines())["rchar"])


def test_all_conversations_are_listed(large):
    """Invariants 7, 8: one row a conversation, newest first, with the real number of messages."""
    server, _ = large
    rows = Client(server.port).get("/api/sessions")["sessions"]
    assert [row["session_id"] for row in rows] == [f"{number:012x}" for number in reversed(range(COUNT))]
    for row in rows[::97]:
        saved = json.loads((server.sessions / f"{row['session_id']}.json").read_text())
        assert row["message_count"] == len(saved["messages"])
        assert row["title"] == saved["title"]


def test_the_list_reads_no_transcript(large):
    """Architecture, idea 6: fifty lists cost less reading than one conversation of the twenty megabytes."""
    server, written = large
    client = Client(server.port)
    client.get("/api/sessions")
    before = bytes_read(server)
    times = []
    for _ in range(50):
        began = time.perf_counter()
        client.get("/api/sessions")
        times.append(time.perf_counter() - began)
    growth = bytes_read(server) - before
    print(f"{COUNT} conversations, {written >> 20} MB: median {statistics.median(times) * 1000:.1f} ms, {growth} bytes read")
    assert growth < 1 << 20


def test_a_change_of_one_conversation_reads_that_one_only(large):
    """A rename is listed at once, and the other files are left alone."""
    server, _ = large
    client = Client(server.port)
    before = bytes_read(server)
    client.post("/api/session/rename", {"session_id": f"{7:012x}", "title": "Another title"})
    rows = client.get("/api/sessions")["sessions"]
    assert "Another title" in [row["title"] for row in rows]
    assert bytes_read(server) - before < 1 << 20


def test_a_page_of_the_large_conversation_is_answered(large):
    """The last messages of it come without the twenty megabytes in front."""
    server, _ = large
    client = Client(server.port)
    answer = client.request("GET", f"/api/session?session_id={COUNT - 1:012x}&messages=1&msg_limit=2")
    assert answer.status == 200 and len(answer.body) < 1 << 20


def test_a_turn_in_the_large_conversation_reaches_its_end(large):
    """wire-sessions-chat 2.2: its last events arrive, though the conversation is larger than any event may be."""
    server, _ = large
    client = Client(server.port)
    session = f"{COUNT - 1:012x}"
    stream = client.start(session, "hello")
    events = []
    for _ in range(5):
        # As a browser does: after a break it comes back with the last id.
        with client.follow(stream, last_event_id=events[-1].id if events else "") as followed:
            while event := followed.next():
                events.append(event)
        if events[-1].name == "stream_end":
            break
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert events[-1].name == "stream_end"
