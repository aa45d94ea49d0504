"""Streams of a turn that is under way: left, taken up again, followed by several. One behaviour a test."""

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from client import Client, text_of
from conftest import write_configuration


def assert_complete(events, stream):
    assert [event.id for event in events] == [f"{stream}:{number}" for number in range(1, len(events) + 1)]


def test_a_turn_is_followed_over_many_breaks_without_gap_or_repetition(client):
    """Invariant 32, domain 4.6: by Last-Event-ID and by the cursors of the query, from the first event to the last."""
    session = client.new_session()
    stream = client.start(session, "SLOW with breaks")
    with client.follow(stream) as first:
        events = first.take(7)
    ways = 0
    has_ended = False
    while not has_ended:
        last = events[-1]
        query = f"&after_seq={last.sequence}&after_event_id={last.id}&replay=1" if ways % 2 else ""
        with client.follow(stream, query, last_event_id="" if query else last.id) as again:
            taken = []
            while len(taken) < 9 and (event := again.next()):
                taken.append(event)
            has_ended = again.has_ended
        events += taken
        ways += 1
    assert ways > 5
    assert_complete(events, stream)
    assert events[-1].name == "stream_end"
    assert text_of(events) == "".join(f"w{number} " for number in range(60))


@pytest.fixture
def slow_turn(client):
    """A turn that is under way, with its stream and what came in its first second."""
    session = client.new_session()
    stream = client.start(session, "SLOW shared")
    with client.follow(stream) as first:
        events = first.take(5)
    yield stream, events
    client.get(f"/api/chat/cancel?stream_id={stream}")


@pytest.mark.parametrize("way", ["Last-Event-ID", "after_seq", "after_event_id", "both"])
def test_a_cursor_takes_up_where_the_client_stopped(client, slow_turn, way):
    """Domain 4.6: each way to say where, alone and together."""
    stream, before = slow_turn
    last = before[-1]
    queries = {"Last-Event-ID": "", "after_seq": f"&after_seq={last.sequence}", "after_event_id": f"&after_event_id={last.id}",
               "both": f"&replay=1&after_seq={last.sequence}&after_event_id={last.id}"}
    header = last.id if way == "Last-Event-ID" else ""
    with client.follow(stream, queries[way], last_event_id=header) as again:
        assert_complete(before + again.take(4), stream)


def test_replay_without_a_cursor_begins_at_the_start(client, slow_turn):
    """Domain 4.6: presence of a query cursor beats the header."""
    stream, before = slow_turn
    with client.follow(stream, "&replay=1", last_event_id=before[-1].id) as again:
        events = again.take(8)
    assert_complete(events, stream)
    assert [event.data for event in events[:5]] == [event.data for event in before]


@pytest.mark.parametrize("cursor", ["&after_seq=999999", "&after_seq=garbage", "&after_event_id=ffffffffffffffffffffffffffffffff:3",
                                    "&after_event_id=garbage", "&after_seq=-4"])
def test_a_cursor_that_cannot_be_honoured_repeats_everything(client, slow_turn, cursor):
    """wire-sessions-chat 2.2: unparsable, foreign and beyond the end mean from the start, never skip."""
    stream, _ = slow_turn
    with client.follow(stream, cursor) as again:
        assert_complete(again.take(6), stream)


def test_two_subscribers_both_get_everything(client, slow_turn):
    """wire-sessions-chat 2.2: several tabs may follow; each gets every event."""
    stream, _ = slow_turn
    with client.follow(stream) as one, client.follow(stream) as other:
        left, right = one.take(9), other.take(9)
    assert_complete(left, stream)
    assert [(event.id, event.data) for event in left] == [(event.id, event.data) for event in right]


TOKEN = "x" * 32_000
TOKENS = 300


class FloodHandler(BaseHTTPRequestHandler):
    """A model that writes ten megabytes as fast as it can."""

    def log_message(self, *arguments):
        pass

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for number in range(TOKENS):
            delta = {"content": f"<{number}>{TOKEN}"}
            self._send({"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
        self._send({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        self.wfile.write(b"data: [DONE]\n\n")

    def _send(self, chunk):
        self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")


@pytest.fixture
def flood_client(idle_server):
    """A client of a server whose model floods it."""
    flood = ThreadingHTTPServer(("127.0.0.1", 0), FloodHandler)
    threading.Thread(target=flood.serve_forever, daemon=True).start()
    write_configuration(idle_server.home, f"http://127.0.0.1:{flood.server_port}/v1")
    yield Client(idle_server.start().port)
    flood.shutdown()
    flood.server_close()


def follow_as_a_browser(client, stream):
    """A model on the same machine may be faster than this reader, which is cut then, and comes back with its last id."""
    events = []
    breaks_in_vain = 0
    while not events or events[-1].name != "stream_end":
        with client.follow(stream, last_event_id=events[-1].id if events else "") as reader:
            before = len(events)
            try:
                while event := reader.next():
                    events.append(event)
            except ConnectionResetError:
                pass
        # A reader that is cut may lose what was on its way; it comes back, but not for ever.
        breaks_in_vain = 0 if len(events) > before else breaks_in_vain + 1
        assert breaks_in_vain < 20, "nothing new came after many breaks"
    return events


def test_a_subscriber_that_never_reads_does_not_slow_the_others(flood_client):
    """hostile-input 2, resources: it is cut; who reads gets every event, the server answers meanwhile."""
    session = flood_client.new_session()
    stream = flood_client.start(session, "PLAIN flood")
    with socket.create_connection(("127.0.0.1", flood_client.port)) as silent:
        silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        silent.sendall(f"GET /api/chat/stream?stream_id={stream} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        began = time.monotonic()
        events = follow_as_a_browser(flood_client, stream)
        assert time.monotonic() - began < 20
        assert flood_client.get("/health")["status"] == "ok"
    assert_complete(events, stream)
    assert events[-1].name == "stream_end"
    assert text_of(events) == "".join(f"<{number}>{TOKEN}" for number in range(TOKENS))


def test_a_cursor_reaches_back_beyond_what_is_in_memory(flood_client):
    """Invariant 32, domain 4.6: older events come from the journal, also for a cursor that cannot be honoured."""
    session = flood_client.new_session()
    stream = flood_client.start(session, "PLAIN flood")
    with flood_client.follow(stream) as reader:
        while (event := reader.next()) and event.sequence < 290:
            pass
        for query in ["&after_seq=3", "&after_seq=999999"]:
            with flood_client.follow(stream, query, patience=10) as again:
                first = again.next()
                assert first.sequence == (4 if query == "&after_seq=3" else 1)
                assert [event.sequence for event in again.take(5)] == list(range(first.sequence + 1, first.sequence + 6))


def test_a_turn_longer_than_what_may_wait_for_a_client_is_replayed_in_one_go(flood_client):
    """wire-sessions-chat 2.2: a dead stream gives all its events over one connection, at the pace of the client."""
    stream = flood_client.start(flood_client.new_session(), "PLAIN flood")
    follow_as_a_browser(flood_client, stream)
    with flood_client.follow(stream, "&replay=1") as replay:
        events = replay.rest()
    assert_complete(events, stream)
    assert events[-1].name == "stream_end"
    assert text_of(events) == "".join(f"<{number}>{TOKEN}" for number in range(TOKENS))
