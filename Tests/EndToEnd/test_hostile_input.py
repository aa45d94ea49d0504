"""What attackers and broken programs send, against the real program over sockets (hostile-input.md, section 1).

Every request that must not be executed carries a second one behind it, which changes a draft. Whether it was executed
shows in that draft.
"""

import json
import socket
import threading
import time

import pytest
from client import Client, send_raw
from process import ServerProcess

MEBIBYTE = 1 << 20


@pytest.fixture(scope="module")
def target(program, tmp_path_factory):
    """One server for all requests of this file, with a conversation whose draft tells what was executed."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "home").mkdir()
    server = ServerProcess(program, folder / "home", folder / "server.log").start("--agent", "demo")
    yield Target(server)
    server.close()


class Target:
    def __init__(self, server):
        self.server = server
        self.port = server.port
        self.client = Client(server.port)
        self.session = self.client.new_session()
        self.client.post("/api/session/draft", {"session_id": self.session, "text": "untouched"})

    @property
    def draft(self) -> str:
        return self.client.get(f"/api/session/draft?session_id={self.session}")["draft"]["text"]

    def draft_body(self, text: str) -> bytes:
        return json.dumps({"session_id": self.session, "text": text}).encode()

    def draft_request(self, text: str) -> bytes:
        body = self.draft_body(text)
        return (b"POST /api/session/draft HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n" % len(body)) + body

    def send(self, content: bytes, **options):
        return send_raw(self.port, content, **options)

    def is_alive(self) -> bool:
        return self.client.get("/health")["status"] == "ok"


GET = b"GET /health HTTP/1.1\r\n"
HOST = b"Host: 127.0.0.1\r\n"
POST = b"POST /api/session/draft HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
BAD = {400}

# Name, bytes, statuses that are right. Behind each follows the request that must not be executed.
REFUSED = [
    ("two different Content-Length", POST + b"Content-Length: 2\r\nContent-Length: 20\r\n\r\n{}", BAD),
    ("two equal Content-Length", POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", BAD),
    ("Content-Length with Transfer-Encoding", POST + b"Content-Length: 5\r\n" + CHUNKED + b"\r\n0\r\n\r\n", BAD),
    ("Transfer-Encoding with Content-Length", POST + CHUNKED + b"Content-Length: 5\r\n\r\n0\r\n\r\n", BAD),
    ("two Transfer-Encoding", POST + CHUNKED + CHUNKED + b"\r\n0\r\n\r\n", BAD),
    ("space before the colon of Transfer-Encoding", POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", BAD),
    ("space before the colon of Content-Length", POST + b"Content-Length : 2\r\n\r\n{}", BAD),
    ("an unknown coding", POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", {400, 501}),
    ("identity", POST + b"Transfer-Encoding: identity\r\n\r\n", {400, 501}),
    ("gzip, then chunked", POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", {400, 501}),
    ("chunked twice in one line", POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", {400, 501}),
    ("a tab behind the coding", POST + b"Transfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n", {400, 501}),
    ("chunked in HTTP/1.0", b"POST /api/session/draft HTTP/1.0\r\nHost: a\r\n" + CHUNKED + b"\r\n0\r\n\r\n", BAD),
    ("a chunk size with 0x", POST + CHUNKED + b"\r\n0x2\r\n{}\r\n0\r\n\r\n", BAD),
    ("a chunk size with a sign", POST + CHUNKED + b"\r\n+2\r\n{}\r\n0\r\n\r\n", BAD),
    ("a negative chunk size", POST + CHUNKED + b"\r\n-2\r\n{}\r\n0\r\n\r\n", BAD),
    ("a chunk size too large for any number", POST + CHUNKED + b"\r\n" + b"f" * 17 + b"\r\n{}\r\n0\r\n\r\n", {400, 413}),
    ("a chunk size that is no number", POST + CHUNKED + b"\r\nzz\r\n{}\r\n0\r\n\r\n", BAD),
    ("a chunk size with bare LF", POST + CHUNKED + b"\r\n2\n{}\r\n0\r\n\r\n", BAD),
    ("a chunk without its end", POST + CHUNKED + b"\r\n2\r\n{}x\r\n0\r\n\r\n", BAD),
    ("a bare CR in a value", GET + HOST + b"X-A: one\rTwo: 2\r\n\r\n", BAD),
    ("a NUL in a value", GET + HOST + b"X-A: one\0two\r\n\r\n", BAD),
    ("a NUL in a name", GET + HOST + b"X\0A: one\r\n\r\n", BAD),
    ("a control character in a value", GET + HOST + b"X-A: one\x01two\r\n\r\n", BAD),
    ("a control character in the method", b"G\x01T /health HTTP/1.1\r\n" + HOST + b"\r\n", BAD),
    ("a control character in the target", b"GET /hea\x01lth HTTP/1.1\r\n" + HOST + b"\r\n", BAD),
    ("a byte beyond ASCII in the target", b"GET /\xc3\xa9 HTTP/1.1\r\n" + HOST + b"\r\n", BAD),
    ("a folded line", GET + HOST + b"X-A: one\r\n two\r\n\r\n", BAD),
    ("a folded Transfer-Encoding", POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", BAD),
    ("bare LF", b"GET /health HTTP/1.1\nHost: 127.0.0.1\n\n", BAD),
    ("bare LF behind one field", GET + b"Host: 127.0.0.1\nX-A: b\r\n\r\n", BAD),
    ("a blank before the first field", GET + b" Host: 127.0.0.1\r\n\r\n", BAD),
    ("a field without a colon", GET + HOST + b"Nothing\r\n\r\n", BAD),
    ("a field without a name", GET + HOST + b": value\r\n\r\n", BAD),
    ("no Host", GET + b"\r\n", BAD),
    ("two Hosts", GET + HOST + HOST + b"\r\n", BAD),
    ("an empty Host", GET + b"Host:\r\n\r\n", BAD),
    ("a Host that is no host", GET + b"Host: a/b?c\r\n\r\n", BAD),
    ("a Host with credentials", GET + b"Host: user@127.0.0.1\r\n\r\n", BAD),
    ("an absolute target of another host", b"GET http://example.org/health HTTP/1.1\r\n" + HOST + b"\r\n", BAD),
    ("a target without a slash", b"GET health HTTP/1.1\r\n" + HOST + b"\r\n", BAD),
    ("CONNECT", b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n", {400, 404, 405, 501}),
    ("HTTP/1.2", b"GET /health HTTP/1.2\r\n" + HOST + b"\r\n", {400, 505}),
    ("HTTP/2.0", b"GET /health HTTP/2.0\r\n" + HOST + b"\r\n", {400, 505}),
    ("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 505}),
    ("HTTP/0.9", b"GET /health\r\n\r\n", {400, 505}),
    ("http in small letters", b"GET /health http/1.1\r\n" + HOST + b"\r\n", {400, 505}),
    ("two spaces before the target", b"GET  /health HTTP/1.1\r\n" + HOST + b"\r\n", BAD),
    ("a space in the target", b"GET /health x HTTP/1.1\r\n" + HOST + b"\r\n", BAD),
    ("a fragment in the target", b"GET /health#a HTTP/1.1\r\n" + HOST + b"\r\n", BAD),
    ("a negative Content-Length", POST + b"Content-Length: -1\r\n\r\n", BAD),
    ("a Content-Length with a plus", POST + b"Content-Length: +2\r\n\r\n{}", BAD),
    ("a list of Content-Lengths", POST + b"Content-Length: 2, 2\r\n\r\n{}", BAD),
    ("a Content-Length of twenty digits", POST + b"Content-Length: 99999999999999999999\r\n\r\n", {400, 413}),
    ("a hexadecimal Content-Length", POST + b"Content-Length: 0x2\r\n\r\n{}", BAD),
    ("an empty Content-Length", POST + b"Content-Length:\r\n\r\n{}", BAD),
    ("an unknown expectation", POST + b"Expect: something\r\nContent-Length: 2\r\n\r\n{}", {417}),
    ("a line over the limit", GET + HOST + b"X-A: " + b"a" * 100_000 + b"\r\n\r\n", {431}),
    ("a target over the limit", b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", {414, 431}),
    ("ten thousand fields", GET + HOST + b"".join(b"X-%d: a\r\n" % number for number in range(10_000)) + b"\r\n", {431}),
    ("dot segments", b"GET /static/../index.html HTTP/1.1\r\n" + HOST + b"\r\n", BAD),
    ("escaped dot segments", b"GET /static/%2e%2e/index.html HTTP/1.1\r\n" + HOST + b"\r\n", BAD),
    ("half-escaped dot segments", b"GET /static/.%2E/.%2e/etc/passwd HTTP/1.1\r\n" + HOST + b"\r\n", BAD),
    ("dot segments with escaped slashes", b"GET /static/..%2f..%2fetc%2fpasswd HTTP/1.1\r\n" + HOST + b"\r\n", BAD),
    ("dot segments behind a session", b"GET /session/a/../../api/sessions HTTP/1.1\r\n" + HOST + b"\r\n", BAD),
    ("an escaped NUL", b"GET /static/app.js%00.html HTTP/1.1\r\n" + HOST + b"\r\n", BAD),
    ("an escape of no digits", b"GET /static/%zz HTTP/1.1\r\n" + HOST + b"\r\n", BAD),
    ("a broken escape", b"GET /static/%2 HTTP/1.1\r\n" + HOST + b"\r\n", BAD),
    ("an escaped backslash", b"GET /static/..%5c..%5cetc HTTP/1.1\r\n" + HOST + b"\r\n", BAD),
    ("a backslash", b"GET /static/..\\..\\etc HTTP/1.1\r\n" + HOST + b"\r\n", BAD),
    ("overlong UTF-8", b"GET /static/%c0%ae%c0%ae/etc/passwd HTTP/1.1\r\n" + HOST + b"\r\n", BAD),
    ("a surrogate in UTF-8", b"GET /static/%ed%a0%80 HTTP/1.1\r\n" + HOST + b"\r\n", BAD),
]


@pytest.mark.parametrize("content, wanted", [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_malformed_request_is_refused_and_nothing_behind_it_is_executed(target, content, wanted):
    """hostile-input 1: the status, a reason, the connection closed, no smuggled request, the server goes on."""
    result = target.send(content + target.draft_request("smuggled"))
    assert result.is_closed, result.received[:300]
    # Bytes that nobody has read can make the system drop the answer on the way; that is a refusal as well.
    assert result.statuses == [] or (len(result.statuses) == 1 and result.statuses[0] in wanted), result.received[:300]
    assert target.draft == "untouched"
    assert target.is_alive()


@pytest.mark.parametrize("name", ["two equal Content-Length", "Content-Length with Transfer-Encoding", "a folded line",
                                  "bare LF", "no Host", "a Host that is no host", "escaped dot segments", "HTTP/1.2"])
def test_a_refusal_says_why(target, name):
    """hostile-input, introduction: the reason in the body as {"error": "..."}."""
    content = next(row[1] for row in REFUSED if row[0] == name)
    result = target.send(content)
    head, _, body = result.received.partition(b"\r\n\r\n")
    assert b"connection: close" in head.lower()
    assert len(json.loads(body)["error"]) > 10
    assert target.server.home.name.encode() not in result.received or b"/" not in body


# What must be understood

def test_pipelined_requests_are_answered_in_order(target):
    """hostile-input 1: each answer belongs to its request."""
    paths = ["/health", "/api/status", "/nothing/here", "/api/auth/status", "/health"]
    result = target.send(b"".join(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode() for path in paths))
    assert result.statuses == [200, 200, 404, 200, 200]
    order = [result.received.find(text) for text in [b"accept_loop", b"setup_mode", b"not found"]]
    assert order == sorted(order) and -1 not in order


def test_a_draft_and_a_reading_in_one_packet_are_both_executed(target):
    """The check of the smuggling tests: a second request behind a good one does count."""
    session = target.client.new_session()
    body = json.dumps({"session_id": session, "text": "executed"}).encode()
    target.client.post("/api/session/draft", {"session_id": session, "text": "before"})
    result = target.send(GET + HOST + b"\r\n" + POST + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    assert result.statuses == [200, 200]
    assert target.client.get(f"/api/session/draft?session_id={session}")["draft"]["text"] == "executed"


def test_a_chunked_body_is_read(target):
    """A well-spelt chunked body counts; the connection may be closed behind it."""
    session = target.client.new_session()
    body = json.dumps({"session_id": session, "text": "in chunks"}).encode()
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(body[start:start + 7]), body[start:start + 7]) for start in range(0, len(body), 7))
    result = target.send(POST + CHUNKED + b"\r\n" + chunks + b"0\r\n\r\n")
    assert result.statuses == [200]
    assert target.client.get(f"/api/session/draft?session_id={session}")["draft"]["text"] == "in chunks"


def test_head_has_no_body(target):
    """hostile-input 1: the answer to the request behind it is not mistaken for one."""
    result = target.send(b"HEAD /health HTTP/1.1\r\n" + HOST + b"\r\n")
    head, _, body = result.received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 ") and body == b""


@pytest.mark.parametrize("fields, closes", [(b"", True), (b"Connection: keep-alive\r\n", False)])
def test_http_1_0_closes_unless_it_asks_otherwise(target, fields, closes):
    """hostile-input 1."""
    result = target.send(b"GET /health HTTP/1.0\r\n" + HOST + fields + b"\r\n")
    assert result.statuses == [200]
    assert result.is_closed == closes


def test_an_absolute_target_of_this_host_is_served(target):
    """RFC 9112, 3.2.2."""
    assert target.send(b"GET http://127.0.0.1/health HTTP/1.1\r\n" + HOST + b"\r\n").statuses == [200]


def test_expect_continue_is_answered_before_the_body(target):
    """hostile-input 1: 100 first; the body is sent only then."""
    body = target.draft_body("untouched")
    with socket.create_connection(("127.0.0.1", target.port), timeout=5) as connection:
        connection.sendall(POST + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body))
        assert connection.recv(4096).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")


# Sizes

@pytest.mark.parametrize("path, limit", [("/api/session/new", 64 << 10), ("/api/session/rename", 64 << 10), ("/api/session/draft", MEBIBYTE),
                                         ("/api/clarify/respond", 256 << 10), ("/api/chat/start", 20 * MEBIBYTE), ("/health", 0)])
@pytest.mark.parametrize("framing", ["Content-Length", "chunked", "expecting"])
def test_a_body_over_the_limit_of_its_row_is_refused_before_it_is_read(target, path, limit, framing):
    """hostile-input 1: 413 when the length is known, or as soon as it is passed; then the connection closes."""
    start = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n".encode()
    if framing == "chunked":
        sent = start + CHUNKED + b"\r\n" + (b"10000\r\n" + b" " * 65536 + b"\r\n") * (limit // 65536 + 1)
        result = target.send(sent)
        # The reset that follows a close may overtake the answer; nothing else may come.
        assert result.is_closed and result.statuses in ([], [413], [404])
    else:
        expect = b"Expect: 100-continue\r\n" if framing == "expecting" else b""
        result = target.send(start + expect + b"Content-Length: %d\r\n\r\n" % (limit + 1))
        assert result.statuses in ([413], [404]) and result.is_closed
    assert target.is_alive()


def test_a_body_of_21_megabytes_is_refused(target):
    """wire-sessions-chat 0.3: 413, also when the client sends all of it."""
    body = b'{"session_id": "' + b"a" * (21 * MEBIBYTE) + b'"}'
    result = target.send(b"POST /api/chat/start HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    assert result.is_closed and result.statuses in ([], [413])
    assert target.is_alive()


def test_a_prompt_of_nineteen_megabytes_is_a_prompt(target):
    """The limit itself is usable; the turn ends and the prompt is saved once."""
    session = target.client.new_session()
    prompt = "long " * (19 * MEBIBYTE // 5)
    answer = target.client.request("POST", "/api/chat/start", {"session_id": session, "message": prompt}, patience=60)
    assert answer.status == 200, answer.body[:300]
    target.client.get(f"/api/chat/cancel?stream_id={answer.object['stream_id']}", patience=60)
    saved = json.loads((target.server.sessions / f"{session}.json").read_text())
    assert [row["content"].strip() == prompt.strip() for row in saved["messages"] if row["role"] == "user"] == [True]


# JSON

@pytest.mark.parametrize("name, body", [
    ("deep arrays", b"[" * 500_000), ("deep arrays, closed", b"[" * 100_000 + b"]" * 100_000),
    ("deep objects", b'{"a":' * 100_000), ("deep in a member", b'{"session_id": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    ("a number of a million digits", b'{"session_id": ' + b"9" * 1_000_000 + b"}"),
    ("an exponent of a million digits", b'{"session_id": 1e' + b"9" * 1_000_000 + b"}"),
    ("a number beyond every range", b'{"session_id": 1e400}'), ("half an escape", b'{"session_id": "\\ud800"}'),
    ("no UTF-8", b'{"session_id": "\xff\xfe"}'), ("NUL bytes", b"\0" * 1000), ("nothing", b""), ("a list", b"[]"),
    ("null", b"null"), ("two values", b"{} {}"), ("NaN", b'{"session_id": NaN}'), ("a string", b'"x"'),
], ids=lambda value: value if isinstance(value, str) else "")
def test_a_strange_body_is_answered_and_the_server_goes_on(target, name, body):
    """hostile-input 2, resources: quickly, with a status of the client's fault, and without a crash."""
    began = time.monotonic()
    result = target.send(b"POST /api/chat/start HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    assert len(result.statuses) == 1 and result.statuses[0] in (400, 404, 413, 500), result.received[:300]
    assert b"Internal" not in result.received, result.received[:400]
    assert time.monotonic() - began < 5
    assert target.is_alive()


# Paths

@pytest.mark.parametrize("path", ["/static/", "/static//app.js", "/static/index.html", "/static/%2Fetc%2Fpasswd", "/static/app.js/",
                                  "/static//etc/passwd", "/session/static/%2e", "/Static/app.js", "/static/vendor", "/api/sessions/", "/api//sessions",
                                  "/favicon.ico.php", "/.env", "/config.yaml"])
def test_no_path_leads_out_of_the_page(target, path):
    """hostile-input 1: 400 or 404, never a file that is not the page's."""
    result = target.send(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    assert result.statuses in ([400], [404]), result.received[:200]
    assert b"root:" not in result.received


@pytest.mark.parametrize("session", ["../x", "..%2f..%2fetc%2fpasswd", "%2e%2e", "a/b", "_index", "x" * 5000, "", "a%00b", ".", "%ff"])
def test_an_id_that_is_no_id_is_not_found(target, session):
    """Invariant 56: no id reaches the file system unless it matches the charset."""
    for path in ["/api/session", "/api/session/draft", "/api/session/status"]:
        result = target.send(f"GET {path}?session_id={session} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        assert len(result.statuses) == 1 and result.statuses[0] in (400, 404), (path, result.received[:200])


@pytest.mark.parametrize("name", ["_index", "_deleted_webui_sessions", "_run_journal", "_turn_journal"])
def test_what_the_server_keeps_beside_the_conversations_is_none(target, name):
    """Domain 1.1, invariant 11: a name with an underscore in front can be neither read, changed nor deleted as one."""
    doomed = target.client.new_session()
    target.client.post("/api/session/draft", {"session_id": doomed, "text": "x"})
    target.client.post("/api/session/delete", {"session_id": doomed})
    tombstones = target.server.sessions / "_deleted_webui_sessions.json"
    before = tombstones.read_bytes()
    for path, body in [("rename", {"title": "x"}), ("draft", {"text": "x"}), ("pin", {"pinned": True}), ("delete", {})]:
        answer = target.client.request("POST", f"/api/session/{path}", {"session_id": name, **body})
        assert answer.status in (400, 404), (path, answer.body)
    assert tombstones.read_bytes() == before
    assert target.client.request("GET", f"/api/session?session_id={doomed}").status == 404


def test_a_page_of_another_origin_changes_nothing(target):
    """hostile-input 2, origin: other origin, null, and text/plain with a JSON body."""
    for fields in [{"Origin": "https://example.org"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]:
        body = {"session_id": target.session, "text": "from elsewhere"}
        answer = target.client.request("POST", "/api/session/draft", body, {**fields, "Content-Type": "text/plain"})
        assert answer.status == 403, fields
    assert target.draft == "untouched"


# Time

def test_a_slow_head_is_cut_at_its_deadline_while_others_are_served(target):
    """hostile-input 1: one byte a second; the deadline is absolute, ten seconds after the accept."""
    slowest = []

    def serve_others(until):
        while time.monotonic() < until:
            began = time.monotonic()
            target.is_alive()
            slowest.append(time.monotonic() - began)
            time.sleep(0.05)

    began = time.monotonic()
    others = threading.Thread(target=serve_others, args=(began + 9,))
    others.start()
    connections = [socket.create_connection(("127.0.0.1", target.port), timeout=0.01) for _ in range(40)]
    cut = {}
    head = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: yes\r\n\r\n"
    for byte in head:
        for connection in connections:
            if connection in cut:
                continue
            try:
                connection.sendall(bytes([byte]))
                if connection.recv(4096) == b"":
                    cut[connection] = time.monotonic() - began
            except TimeoutError:
                pass
            except OSError:
                cut[connection] = time.monotonic() - began
        if len(cut) == len(connections) or time.monotonic() - began > 15:
            break
        time.sleep(0.6)
    others.join()
    for connection in connections:
        connection.close()
    assert len(cut) == len(connections)
    assert 8 < min(cut.values()) and max(cut.values()) < 14
    assert max(slowest) < 1
