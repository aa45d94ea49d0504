"""Small clients: one for answers as a whole, one for raw bytes, one for events as they arrive."""

import http.client
import json
import socket
import time
from dataclasses import dataclass, field


@dataclass
class Answer:
    status: int
    fields: dict
    body: bytes

    @property
    def object(self):
        return json.loads(self.body)


class Client:
    """Asks one server, each time over a connection of its own."""

    def __init__(self, port: int):
        self.port = port

    def request(self, method: str, path: str, body=None, fields=None, patience: float = 15) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=patience)
        try:
            content = json.dumps(body).encode() if body is not None else None
            connection.request(method, path, content, {"Content-Type": "application/json", **(fields or {})})
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **options) -> dict:
        answer = self.request("GET", path, **options)
        assert answer.status == 200, f"GET {path}: {answer.status} {answer.body[:300]!r}"
        return answer.object

    def post(self, path: str, body: dict) -> dict:
        answer = self.request("POST", path, body)
        assert answer.status == 200, f"POST {path}: {answer.status} {answer.body[:300]!r}"
        return answer.object

    def new_session(self) -> str:
        return self.post("/api/session/new", {})["session"]["session_id"]

    def start(self, session: str, message: str) -> str:
        return self.post("/api/chat/start", {"session_id": session, "message": message})["stream_id"]

    def session(self, session: str) -> dict:
        return self.get(f"/api/session?session_id={session}&messages=1")["session"]

    def messages(self, session: str) -> list:
        return self.session(session)["messages"]

    def follow(self, stream: str, query: str = "", **options) -> "EventStream":
        return EventStream(self.port, f"/api/chat/stream?stream_id={stream}{query}", **options)

    def ask(self, session: str, message: str) -> list:
        """Starts a turn and follows it to its end; returns its events."""
        with self.follow(self.start(session, message)) as stream:
            return stream.rest()


@dataclass
class Event:
    id: str
    name: str
    data: str
    arrived: float
    data_lines: int = 1

    @property
    def sequence(self) -> int:
        return int(self.id.rsplit(":", 1)[1])

    @property
    def object(self) -> dict:
        return json.loads(self.data)


def text_of(events: list, name: str = "token") -> str:
    return "".join(event.object["text"] for event in events if event.name == name)


class EventStream:
    """One open stream of events over a plain socket: an event is there as soon as its bytes are."""

    def __init__(self, port: int, path: str, last_event_id: str = "", patience: float = 20):
        self.patience = patience
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=patience)
        self.reader = self.socket.makefile("rb")
        resume = f"Last-Event-ID: {last_event_id}\r\n" if last_event_id else ""
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/event-stream\r\n{resume}\r\n".encode())
        self.status = int(self.reader.readline().split()[1])
        self.fields = {}
        while line := self.reader.readline().strip():
            name, value = line.decode().split(":", 1)
            self.fields[name.lower()] = value.strip()
        self.is_chunked = self.fields.get("transfer-encoding") == "chunked"
        self.pending = bytearray()
        self.has_ended = False

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def close(self):
        self.reader.close()
        self.socket.close()

    def _piece(self) -> bytes:
        if not self.is_chunked:
            return self.reader.read1(65536)
        size = int(self.reader.readline().split(b";")[0] or b"0", 16)
        content = self.reader.read(size)
        self.reader.readline()
        return content if len(content) == size else b""

    def next(self):
        """The next event; None at the end of the stream. Comments are passed over."""
        searched = 0
        while True:
            end = self.pending.find(b"\n\n", searched)
            if end >= 0:
                event = self._event(self.pending[:end].decode())
                del self.pending[:end + 2]
                searched = 0
                if event:
                    return event
                continue
            searched = max(0, len(self.pending) - 1)
            piece = self._piece()
            if not piece:
                self.has_ended = True
                return None
            self.pending += piece

    def take(self, count: int) -> list:
        events = []
        while len(events) < count:
            event = self.next()
            assert event, f"the stream ended after {len(events)} of {count} events"
            events.append(event)
        return events

    def rest(self) -> list:
        """All events up to the end."""
        events = []
        while event := self.next():
            events.append(event)
        return events

    @staticmethod
    def _event(frame: str):
        lines = [line.split(": ", 1) for line in frame.split("\n") if not line.startswith(":")]
        if not lines:
            return None
        found = {name: value for name, value in lines}
        data = [value for name, value in lines if name == "data"]
        return Event(found.get("id", ""), found.get("event", ""), "\n".join(data), time.monotonic(), len(data))


@dataclass
class RawAnswers:
    """What came back over a raw connection."""

    received: bytes = b""
    is_closed: bool = False
    statuses: list = field(default_factory=list)


def send_raw(port: int, content: bytes, patience: float = 5, quiet: float = 0.4) -> RawAnswers:
    """Sends bytes as they are and reads until the server closes, or until nothing has come for a while.

    A server that closes with a part of the request unread resets the connection; that is a close as well.
    """
    result = RawAnswers()
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as connection:
        try:
            connection.sendall(content)
        except (BrokenPipeError, ConnectionResetError):
            pass
        try:
            while piece := connection.recv(65536):
                result.received += piece
                connection.settimeout(quiet)
            result.is_closed = True
        except TimeoutError:
            pass
        except ConnectionResetError:
            result.is_closed = True
    result.statuses = statuses_in(result.received)
    return result


def statuses_in(received: bytes) -> list:
    """The statuses of answers that follow each other, read by their Content-Length."""
    statuses = []
    while received.startswith(b"HTTP/1."):
        head, _, rest = received.partition(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        statuses.append(status)
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length" and status not in (100, 204, 304):
                length = int(value)
        received = rest[length:]
    return statuses
