"""How the program starts, stops and reports. One behaviour a test."""

import json
import os
import re
import signal
import subprocess
import time

import pytest
from client import Client, EventStream, text_of
from process import REPOSITORY, clean_environment


def run(program, home, *arguments, **environment):
    return subprocess.run([str(program), *arguments], env=clean_environment(home, **environment), cwd=home,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)


def assert_is_a_sentence(text):
    """One line for people: no stack, no type names in front."""
    line = text.strip().splitlines()[-1]
    assert re.search(r"[A-Z][^\n]+ [^\n]+ [^\n]+\.$", line), text
    assert "Fatal error" not in text and "Stack dump" not in text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_running_turn_well(server, client, number):
    """Invariants 23, 24: exit 0 within the drain time; prompt, partial answer and marker are saved; streams end."""
    session = client.new_session()
    with client.follow(client.start(session, "SLOW stopped")) as stream:
        events = stream.take(5)
        began = time.monotonic()
        server.process.send_signal(number)
        events += stream.rest()
        assert stream.has_ended
        assert server.process.wait(timeout=12) == 0
        assert time.monotonic() - began < 10
    assert events[-1].name == "apperror"
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    saved = json.loads((server.sessions / f"{session}.json").read_text())
    assert [row["role"] for row in saved["messages"]] == ["user", "assistant", "assistant"]
    assert saved["messages"][1]["_partial"] is True
    assert saved["messages"][1]["content"].startswith(text_of(events))
    assert saved["messages"][2]["_error"] is True
    assert saved["active_stream_id"] is None and saved["pending_user_message"] is None


def test_an_idle_server_stops_at_once(server, client):
    """Open streams of lists do not hold it up."""
    with EventStream(server.port, "/api/sessions/events") as stream:
        assert stream.status == 200
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 5


def test_a_port_in_use_is_said(server, program, tmp_path):
    """The start fails with a sentence, and the server that has the port goes on."""
    home = tmp_path / "second"
    home.mkdir()
    second = run(program, home, "serve", "--port", str(server.port))
    assert second.returncode != 0
    assert str(server.port) in second.stderr and "in use" in second.stderr
    assert_is_a_sentence(second.stderr)
    assert Client(server.port).get("/health")["status"] == "ok"


@pytest.mark.parametrize("same_port", [True, False])
def test_a_second_server_leaves_the_first_ones_turn_alone(server, client, program, same_port):
    """Two servers on one state directory: the second says who has it, and the running answer is saved whole."""
    session = client.new_session()
    with client.follow(client.start(session, "SLOW twice")) as stream:
        events = stream.take(5)
        second = run(program, server.home, "serve", "--port", str(server.port if same_port else 0))
        assert second.returncode != 0
        assert str(server.process.pid) in second.stderr and "--state-dir" in second.stderr
        events += stream.rest()
    assert events[-1].name == "stream_end"
    rows = client.messages(session)
    assert [row["role"] for row in rows] == ["user", "assistant"]
    assert rows[1]["content"] == text_of(events)


def test_an_address_that_is_none_stops_the_start(program, tmp_path):
    """The model server's address is looked at before anybody needs it."""
    for address in ["notaurl", "ftp://x/"]:
        result = run(program, tmp_path, "serve", "--port", "0", "--openai-base-url", address)
        assert result.returncode != 0
        assert address in result.stderr
        assert_is_a_sentence(result.stderr)


def test_healthcheck_tells_by_its_exit_code(server, program):
    """0 while a server answers; not 0 with a sentence when none does."""
    port = str(server.port)
    healthy = run(program, server.home, "healthcheck", "--port", port)
    assert (healthy.returncode, healthy.stdout) == (0, "healthy\n")
    server.stop()
    missing = run(program, server.home, "healthcheck", "--port", port)
    assert missing.returncode == 1
    assert_is_a_sentence(missing.stderr)


def test_routes_prints_every_row(program, tmp_path):
    """The table in Routes.swift is what runs."""
    printed = run(program, tmp_path, "routes")
    assert printed.returncode == 0, printed.stderr
    rows = {line.split()[0]: line for line in printed.stdout.splitlines()[1:]}
    written = re.findall(r'Row\(\s*"([^"]+)"', (REPOSITORY / "Sources/App/Routes.swift").read_text())
    assert len(written) > 30 and set(written) == set(rows)
    changing = [line for path, line in rows.items() if re.search(r"\b(POST|PUT|PATCH|DELETE)\b", line)]
    assert changing and all("SameOrigin" in line for line in changing)


def test_version_and_config_answer(program, tmp_path):
    """config says where each value came from, and masks the key."""
    assert run(program, tmp_path, "version").stdout.startswith("caduceus ")
    shown = run(program, tmp_path, "config", "--log-level", "debug", CADUCEUS_OPENAI_API_KEY="sk-hidden-1234567890")
    assert "log-level = debug  [flag --log-level]" in shown.stdout
    assert "openai-api-key = ********" in shown.stdout and "sk-hidden" not in shown.stdout + shown.stderr


@pytest.mark.parametrize("arguments", [["--port", "70000"], ["--port", "x"], ["--host", "0.0.0.0"], ["--log-level", "loud"],
                                       ["--agent", "nobody"], ["--agent", "openai"], ["--config", "/nowhere.yaml"]])
def test_a_wrong_setting_stops_the_start_with_a_sentence(program, tmp_path, arguments):
    """Each says what is wrong and where it was given."""
    ended = run(program, tmp_path, "serve", "--port", "0", *arguments)
    assert ended.returncode != 0
    assert_is_a_sentence(ended.stderr)


def test_an_unusable_state_directory_stops_the_start(program, tmp_path):
    """A folder below a regular file can be made by nobody, not even by root; the sentence names the mend."""
    (tmp_path / "file").write_text("no folder")
    ended = run(program, tmp_path, "serve", "--port", "0", "--state-dir", str(tmp_path / "file" / "state"))
    assert ended.returncode != 0
    assert "--state-dir" in ended.stderr and str(tmp_path / "file" / "state") in ended.stderr
    assert_is_a_sentence(ended.stderr)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_state_directory_stops_the_start(program, tmp_path):
    """The same for missing permissions."""
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    ended = run(program, tmp_path, "serve", "--port", "0", "--state-dir", str(locked / "state"))
    assert ended.returncode != 0 and "--state-dir" in ended.stderr


def test_a_configured_password_stops_the_start(program, tmp_path):
    """As long as nobody can be asked for it, a password must not be ignored."""
    ended = run(program, tmp_path, "serve", "--port", "0", HERMES_WEBUI_PASSWORD="secret-word")
    assert ended.returncode != 0 and "secret-word" not in ended.stderr
    assert_is_a_sentence(ended.stderr)


def test_files_that_are_no_conversations_do_not_stop_the_start(idle_server):
    """hostile-input 2, torn state; invariant 11: they are left as they are, the others are listed."""
    idle_server.sessions.mkdir(parents=True)
    good = {"session_id": "aaaaaaaaaaaa", "title": "Good", "messages": [{"role": "user", "content": "Hi", "timestamp": 5}], "tool_calls": []}
    torn = {"empty.json": b"", "half.json": b'{"session_id": "half", "mess', "array.json": b"[]", "nul.json": b"\0" * 4096,
            "_index.json": b"garbage", "deep.json": b"[" * 100_000, "bad.json": b'{"session_id": "bad", "messages": 7}'}
    (idle_server.sessions / "aaaaaaaaaaaa.json").write_text(json.dumps(good))
    for name, content in torn.items():
        (idle_server.sessions / name).write_bytes(content)
    (idle_server.sessions / "folder.json").mkdir()
    client = Client(idle_server.start().port)
    assert "aaaaaaaaaaaa" in [row["session_id"] for row in client.get("/api/sessions")["sessions"]]
    for name in ["empty", "half", "array", "nul", "deep", "folder"]:
        assert client.request("GET", f"/api/session?session_id={name}").status in (200, 404, 500), name
    for name, content in torn.items():
        if name != "_index.json":
            assert (idle_server.sessions / name).read_bytes() == content, name
