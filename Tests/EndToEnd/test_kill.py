"""The server is killed with kill -9 at random moments, and started again on the same directory and port.

What a client was told has to be there afterwards: each prompt once, every token, every draft, every title (invariants
1, 4, 23, 24, 28, 34; domain 4.7). KILL_ROUNDS is the number of rounds, KILL_SEED repeats a run.
"""

import json
import os
import random
import threading
import time

from client import Client

ROUNDS = int(os.environ.get("KILL_ROUNDS", "20"))
SEED = os.environ.get("KILL_SEED") or str(random.randrange(10**9))
KINDS = ["during the start", "while it streams", "around the end", "during edits"]
BROKEN = (OSError, ValueError, AssertionError, IndexError)


class Following:
    """Follows a stream in a thread until the connection breaks; keeps what arrived."""

    def __init__(self, port: int, session: str, stream: str):
        self.session = session
        self.stream = stream
        self.events = []
        self.thread = threading.Thread(target=self._run, args=(Client(port),), daemon=True)
        self.thread.start()

    def _run(self, client: Client):
        try:
            with client.follow(self.stream) as stream:
                while event := stream.next():
                    # A frame is whole only with its data.
                    json.loads(event.data)
                    self.events.append(event)
        except BROKEN:
            pass

    def told(self, name: str) -> str:
        return "".join(event.object["text"] for event in self.events if event.name == name)


class Ledger:
    """What clients know: what was answered with 200, and what was asked and never answered."""

    def __init__(self):
        self.lock = threading.Lock()
        self.acknowledged = {}
        self.unanswered = {}
        self.edits = {}
        self.followed = []

    def prompt_of(self, stream: str) -> str:
        return next(text for prompts in self.acknowledged.values() for text, name in prompts.items() if name == stream)


class Trial:
    def __init__(self, server):
        self.server = server
        self.ledger = Ledger()
        self.random = random.Random(SEED)
        self.count = 0
        self.sessions = []

    @property
    def client(self) -> Client:
        return Client(self.server.port)

    def prompt(self, kind: str) -> str:
        self.count += 1
        return f"{kind} prompt number {self.count}."

    def start(self, session: str, text: str):
        """A start that may break off; the ledger says whether it was acknowledged."""
        with self.ledger.lock:
            self.ledger.unanswered.setdefault(session, set()).add(text)
        stream = self.client.start(session, text)
        with self.ledger.lock:
            self.ledger.unanswered[session].discard(text)
            self.ledger.acknowledged.setdefault(session, {})[text] = stream
        return stream

    def follow(self, session: str, stream: str):
        following = Following(self.server.port, session, stream)
        self.ledger.followed.append(following)
        return following

    # What happens before the kill

    def run_round(self, kind: str):
        self.sessions.append(self.client.new_session())
        chosen = self.random.sample(self.sessions, min(2, len(self.sessions)))
        threads = []
        if kind == "during the start":
            for session in chosen:
                threads.append(self._in_background(self._start_and_follow, session, self.prompt("SLOW")))
            time.sleep(self.random.uniform(0, 0.04))
        elif kind == "while it streams":
            for session in chosen:
                threads.append(self._in_background(self._start_and_follow, session, self.prompt("SLOW")))
            time.sleep(self.random.uniform(0.1, 1.5))
        elif kind == "around the end":
            for session in chosen:
                threads.append(self._in_background(self._start_and_follow, session, self.prompt("PLAIN")))
            time.sleep(self.random.uniform(0.1, 0.3))
        else:
            for session in chosen:
                threads.append(self._in_background(self._edit, session))
            time.sleep(self.random.uniform(0.03, 0.4))
        self.server.kill()
        for thread in threads:
            thread.join(timeout=20)
        for following in self.ledger.followed:
            following.thread.join(timeout=20)

    def _in_background(self, work, *arguments):
        def run():
            try:
                work(*arguments)
            except BROKEN:
                pass

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def _start_and_follow(self, session: str, text: str):
        self.follow(session, self.start(session, text))

    def _edit(self, session: str):
        edits = self.ledger.edits.setdefault(session, {"draft": [None], "title": [None]})
        while True:
            self.count += 1
            for key, path, body in [("draft", "/api/session/draft", {"text": f"draft {self.count}"}),
                                    ("title", "/api/session/rename", {"title": f"title {self.count}"})]:
                # The last one is what was acknowledged; one behind it may have been on its way.
                edits[key] = [edits[key][0], *body.values()]
                self.client.post(path, {"session_id": session, **body})
                edits[key] = [*body.values()]

    # What is checked after the next start

    def check(self):
        known = set(self.ledger.acknowledged) | {session for session, edits in self.ledger.edits.items() if edits["draft"][0]}
        listed = {row["session_id"]: row for row in self.client.get("/api/sessions?all_profiles=1")["sessions"]}
        for session in known:
            self.check_sidecar(session)
            self.check_no_dead_stream(session, listed)
        for session, acknowledged in self.ledger.acknowledged.items():
            assert session in listed, f"{session} is not in the list"
            self.check_prompts(session, list(acknowledged))
        for following in self.ledger.followed:
            self.check_streamed(following)
        for session, edits in self.ledger.edits.items():
            if edits["draft"][0]:
                self.check_edits(session, edits)
        for path in self.server.sessions.glob("*.json"):
            json.loads(path.read_text(encoding="utf-8"))

    def check_sidecar(self, session: str):
        saved = json.loads((self.server.sessions / f"{session}.json").read_text(encoding="utf-8"))
        assert saved["session_id"] == session
        assert saved["active_stream_id"] is None and saved["pending_user_message"] is None
        assert saved["pending_attachments"] == [] and saved["pending_started_at"] is None

    def check_no_dead_stream(self, session: str, listed: dict):
        for messages in [0, 1]:
            shown = self.client.get(f"/api/session?session_id={session}&messages={messages}")["session"]
            assert shown["active_stream_id"] is None and not shown.get("pending_user_message")
        status = self.client.get(f"/api/session/status?session_id={session}")
        assert status["active_stream_id"] is None and status["agent_running"] is False
        row = listed.get(session)
        assert row is None or (row["active_stream_id"] is None and row["is_streaming"] is False)

    def check_prompts(self, session: str, acknowledged: list):
        prompts = [row["content"] for row in self.client.messages(session) if row["role"] == "user"]
        for text in acknowledged:
            assert prompts.count(text) == 1, f"{text!r} is there {prompts.count(text)} times"
        for text in self.ledger.unanswered.get(session, ()):
            assert prompts.count(text) <= 1, f"{text!r}, never acknowledged, is there {prompts.count(text)} times"

    def check_streamed(self, following: Following):
        rows = self.client.messages(following.session)
        prompt = self.ledger.prompt_of(following.stream)
        place = next(number for number, row in enumerate(rows) if row["content"] == prompt)
        answer = rows[place + 1] if len(rows) > place + 1 else {"role": "none", "content": ""}
        if following.told("token"):
            assert answer["role"] == "assistant", f"no answer behind {prompt!r}"
            assert answer["content"].startswith(following.told("token"))
        if following.told("reasoning"):
            assert answer.get("reasoning", "").startswith(following.told("reasoning"))

    def check_edits(self, session: str, edits: dict):
        saved = json.loads((self.server.sessions / f"{session}.json").read_text(encoding="utf-8"))
        assert saved["composer_draft"]["text"] in edits["draft"]
        draft = self.client.get(f"/api/session/draft?session_id={session}")["draft"]
        assert draft["text"] in edits["draft"]
        # A title that was given by hand stays; before, the first prompt was the title.
        if edits["title"][0]:
            assert saved["title"] in edits["title"]

    def check_replays(self, followings: list):
        """A dead stream goes on behind the last event that the client has, and ends."""
        for following in followings:
            last = following.events[-1].id if following.events else ""
            with self.client.follow(following.stream, last_event_id=last) as again:
                assert again.status == 200
                events = following.events + again.rest()
                assert again.has_ended
            assert [event.sequence for event in events] == list(range(1, len(events) + 1))
            assert events[-1].name in ("stream_end", "apperror")
            assert sum(event.name in ("stream_end", "apperror") for event in events) == 1
            told = "".join(event.object["text"] for event in events if event.name == "token")
            rows = self.client.messages(following.session)
            assert any((row["content"] or "") == told for row in rows if row["role"] == "assistant") or not told


def test_nothing_that_was_acknowledged_is_lost_when_the_server_is_killed(server):
    """Invariants 1, 4, 23, 24, 28, 34; domain 4.7."""
    print(f"KILL_SEED={SEED}")
    trial = Trial(server)
    for number in range(ROUNDS):
        kind = KINDS[number % len(KINDS)]
        followed_before = len(trial.ledger.followed)
        try:
            trial.run_round(kind)
            server.start()
            trial.check()
            trial.check_replays(trial.ledger.followed[followed_before:])
            # Work goes on at once in a conversation whose turn was killed.
            session = trial.ledger.followed[-1].session if trial.ledger.followed else trial.sessions[-1]
            following = trial.follow(session, trial.start(session, trial.prompt("PLAIN")))
            following.thread.join(timeout=20)
            assert following.events[-1].name == "stream_end"
        except AssertionError as error:
            raise AssertionError(f"round {number}, {kind}, KILL_SEED={SEED}: {error}") from error
    trial.check()
    assert len(trial.ledger.acknowledged) > 0


def test_the_marker_of_a_killed_turn_is_not_repeated_by_restarts(server):
    """Invariant 25: one prompt, one partial answer, however often the server is killed and the conversation read."""
    client = Client(server.port)
    session = client.new_session()
    with client.follow(client.start(session, "SLOW killed")) as stream:
        stream.take(5)
        server.kill()
    counts = []
    for _ in range(3):
        server.start()
        counts.append([(row["role"], row["content"]) for row in client.messages(session)])
        server.kill()
    assert counts[0] == counts[1] == counts[2]
    assert [role for role, _ in counts[0]] == ["user", "assistant"]
