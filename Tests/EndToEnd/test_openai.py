"""Turns that a model server answers, from config.yaml to the file of the conversation. One behaviour a test."""

import json

from client import text_of
from conftest import API_KEY

LIVE_FIELDS = {"active_stream_id": None, "pending_user_message": None, "pending_attachments": [], "pending_started_at": None}


def sidecar(server, session):
    return json.loads((server.sessions / f"{session}.json").read_text(encoding="utf-8"))


def prompts(messages):
    return [message["content"] for message in messages if message["role"] == "user"]


def assert_identifiers_without_gap(events, stream):
    assert [event.id for event in events] == [f"{stream}:{number}" for number in range(1, len(events) + 1)]


def test_tokens_arrive_while_the_answer_is_written(client):
    """wire-sessions-chat 2.2, architecture idea 7: each event leaves as it happens, not at the end."""
    session = client.new_session()
    with client.follow(client.start(session, "SLOW")) as stream:
        assert stream.status == 200
        assert stream.fields["content-type"].startswith("text/event-stream")
        tokens = []
        while len(tokens) < 6:
            event = stream.next()
            if event.name == "token":
                tokens.append(event)
    assert text_of(tokens) == "w0 w1 w2 w3 w4 w5 "
    # The model writes one each quarter of a second.
    assert tokens[-1].arrived - tokens[0].arrived > 0.9


def test_a_turn_ends_with_done_and_then_stream_end(client):
    """wire-sessions-chat 2.2: context_status first; done carries session and usage; stream_end ends the answer."""
    session = client.new_session()
    stream = client.start(session, "PLAIN in order")
    with client.follow(stream) as followed:
        events = followed.rest()
    assert events[0].name == "context_status"
    assert [event.name for event in events[-2:]] == ["done", "stream_end"]
    assert_identifiers_without_gap(events, stream)
    done = events[-2].object
    assert done["session"]["message_count"] == 2
    assert done["session"]["messages"][1]["content"] == text_of(events)
    assert done["usage"]["output_tokens"] > 0


def test_every_event_has_one_line_of_data(client):
    """wire-sessions-chat 0.7: always exactly one data line, also for the events that carry the whole conversation."""
    session = client.new_session()
    client.ask(session, "PLAIN one")
    events = client.ask(session, "PLAIN two")
    assert {event.name: event.data_lines for event in events} == {event.name: 1 for event in events}


def test_the_conversation_is_saved_as_a_sidecar(client, server):
    """Domain 1.3: metadata, then messages, then tool_calls; indented by two; roles and times; live fields cleared."""
    session = client.new_session()
    events = client.ask(session, "PLAIN größe")
    text = (server.sessions / f"{session}.json").read_text(encoding="utf-8")
    saved = json.loads(text)
    keys = list(saved)
    assert keys[0] == "session_id"
    assert keys.index("messages") + 1 == keys.index("tool_calls")
    for name in ["title", "workspace", "model", "created_at", "updated_at", "pinned", "profile", "active_stream_id"]:
        assert keys.index(name) < keys.index("messages"), name
    assert text.startswith('{\n  "session_id": ')
    assert "größe" in text
    assert [message["role"] for message in saved["messages"]] == ["user", "assistant"]
    assert saved["messages"][0]["content"] == "PLAIN größe"
    assert saved["messages"][1]["content"] == text_of(events)
    times = [message["timestamp"] for message in saved["messages"]]
    assert all(isinstance(time, (int, float)) for time in times) and times == sorted(times)
    assert {name: saved[name] for name in LIVE_FIELDS} == LIVE_FIELDS


def test_the_prompt_is_on_disk_when_the_start_is_answered(client, server):
    """wire-sessions-chat 2.1, invariant 23: all of stream id, text and start time are saved before the answer."""
    session = client.new_session()
    stream = client.start(session, "SLOW on disk")
    saved = sidecar(server, session)
    assert saved["active_stream_id"] == stream
    assert saved["pending_user_message"] == "SLOW on disk"
    assert saved["pending_started_at"] > 0
    client.get(f"/api/chat/cancel?stream_id={stream}")


def test_usage_is_counted_over_turns(client, server):
    """Domain 1.3: input_tokens and output_tokens add up, and the answers agree with the file."""
    session = client.new_session()
    spent = [client.ask(session, f"PLAIN {word}")[-2].object["usage"] for word in ["first", "second"]]
    saved = sidecar(server, session)
    assert saved["output_tokens"] == sum(usage["output_tokens"] for usage in spent) > 0
    assert saved["input_tokens"] == sum(usage["input_tokens"] for usage in spent) > 0
    status = client.get(f"/api/session/status?session_id={session}")
    assert (status["input_tokens"], status["output_tokens"]) == (saved["input_tokens"], saved["output_tokens"])


def test_reasoning_is_told_and_kept(client, server):
    """Domain 1.3: the thinking text is a field of the answer, for display only."""
    session = client.new_session()
    events = client.ask(session, "PLAIN think")
    assert text_of(events, "reasoning") == "Let me think about it."
    assert sidecar(server, session)["messages"][1]["reasoning"] == "Let me think about it."


def test_the_second_turn_sends_the_history(client, model):
    """Domain 4.4: the model hears what was said before, and the prompt once."""
    session = client.new_session()
    client.ask(session, "PLAIN before")
    events = client.ask(session, "PLAIN after")
    assert "I see 2 user message(s)" in text_of(events)
    asked = model.requests("PLAIN after")
    assert [(request["nmsgs"], request["roles"]) for request in asked] == [(3, ["user", "assistant", "user"])]
    assert asked[0]["auth"] and asked[0]["stream"] and asked[0]["model"] == "fake-model"


def test_a_refused_key_is_told_as_auth_mismatch(client, server):
    """wire-sessions-chat 2.2, invariant 24: apperror, an _error row, and the prompt exactly once."""
    session = client.new_session()
    events = client.ask(session, "ERR401 please")
    assert events[-1].name == "apperror"
    assert events[-1].object["type"] == "auth_mismatch"
    saved = sidecar(server, session)
    assert prompts(saved["messages"]) == ["ERR401 please"]
    assert [message.get("_error") for message in saved["messages"]] == [None, True]
    assert saved["messages"][1]["content"].startswith("**")
    assert {name: saved[name] for name in LIVE_FIELDS} == LIVE_FIELDS


def test_a_failing_model_server_is_told_and_the_conversation_goes_on(client, server, model):
    """Domain 4.4: an _error row stands in the transcript, but the model never hears of it."""
    session = client.new_session()
    events = client.ask(session, "ERR500 please")
    assert events[-1].name == "apperror" and events[-1].object["type"] == "error"
    assert "500" in events[-1].object["message"]
    assert client.ask(session, "PLAIN once more")[-1].name == "stream_end"
    assert model.requests("PLAIN once more")[0]["roles"] == ["user", "user"]
    assert prompts(sidecar(server, session)["messages"]) == ["ERR500 please", "PLAIN once more"]


def test_an_empty_answer_is_told_as_no_response(client, server):
    """wire-sessions-chat 2.2: a model that says nothing has not answered."""
    session = client.new_session()
    events = client.ask(session, "EMPTY please")
    assert events[-1].name == "apperror" and events[-1].object["type"] == "no_response"
    messages = sidecar(server, session)["messages"]
    assert prompts(messages) == ["EMPTY please"]
    assert messages[-1]["_error"] is True


def test_what_came_before_a_broken_connection_is_kept(client, server):
    """Domain 1.3: an assistant row with _partial holds what was streamed, an _error row says what happened."""
    session = client.new_session()
    events = client.ask(session, "CUT please")
    assert events[-1].name == "apperror"
    streamed = text_of(events)
    assert streamed == "c0 c1 c2 "
    messages = sidecar(server, session)["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "assistant"]
    assert messages[1]["content"] == streamed and messages[1]["_partial"] is True
    assert messages[2]["_error"] is True


def test_a_failed_turn_can_be_replayed_as_it_was(client):
    """wire-sessions-chat 2.2, domain 1.9: a dead stream with a journal gives the same events with the same ids."""
    session = client.new_session()
    for message in ["PLAIN replay", "CUT replay", "ERR401 replay"]:
        stream = client.start(session, message)
        with client.follow(stream) as live:
            events = live.rest()
        with client.follow(stream, "&replay=1") as replay:
            again = replay.rest()
        assert [(event.id, event.name) for event in again] == [(event.id, event.name) for event in events]
        assert [event.object for event in again] == [event.object for event in events]


def test_the_status_of_a_stream_tells_how_it_ended(client):
    """wire-sessions-chat 2.3, domain 1.9: the last terminal event decides."""
    session = client.new_session()
    expected = {"PLAIN status": "completed", "ERR500 status": "errored"}
    for message, state in expected.items():
        stream = client.start(session, message)
        with client.follow(stream) as live:
            last = live.rest()[-1]
        status = client.get(f"/api/chat/stream/status?stream_id={stream}")
        assert status["active"] is False and status["replay_available"] is True
        assert status["journal"]["terminal_state"] == state
        assert status["journal"]["last_event_id"] == last.id


def test_a_cancelled_turn_keeps_what_was_written(client, server):
    """Domain 4.5, invariant 24: prompt, partial answer, marker; the stream ends with cancel; a new turn may start."""
    session = client.new_session()
    stream = client.start(session, "SLOW until cancelled")
    with client.follow(stream) as live:
        first = live.take(4)
        assert client.get(f"/api/chat/cancel?stream_id={stream}")["cancelled"] is True
        events = first + live.rest()
    assert events[-1].name == "cancel"
    assert_identifiers_without_gap(events, stream)
    messages = sidecar(server, session)["messages"]
    assert prompts(messages) == ["SLOW until cancelled"]
    assert messages[1]["_partial"] is True and messages[1]["content"].startswith(text_of(first))
    assert messages[2]["content"].startswith("**Task cancelled:**")
    assert client.ask(session, "PLAIN after the cancel")[-1].name == "stream_end"


def test_the_key_is_in_no_answer_no_log_and_no_file_but_the_configuration(client, server):
    """hostile-input 2, secrets."""
    session = client.new_session()
    for message in ["PLAIN secret", "ERR401 secret", "CUT secret"]:
        assert all(API_KEY not in event.data for event in client.ask(session, message))
    paths = ["/api/sessions", "/api/settings", "/api/models", "/api/profiles", "/api/profile/active", "/api/status",
             "/api/openapi.json", "/health", f"/api/session?session_id={session}&messages=1"]
    for path in paths:
        answer = client.request("GET", path)
        assert answer.status == 200 and API_KEY.encode() not in answer.body, path
    server.stop()
    assert API_KEY not in server.log_text()
    files = [path for path in server.home.rglob("*") if path.is_file()]
    assert [path.name for path in files if API_KEY.encode() in path.read_bytes()] == ["config.yaml"]
    assert len(files) > 4
