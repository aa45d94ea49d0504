"""A server process and raw sockets for the tests."""

import json
import os
import re
import resource
import signal
import socket
import subprocess
import time
import unittest

BINARY = os.environ.get("ECHO_SERVER", "./.build/plain/echo_server")
SLOW = float(os.environ.get("SLOW", "1"))  # Sanitizers make everything so many times slower.


class Answer:
    def __init__(self, status, headers, body, closed=False):
        self.status = status
        self.headers = headers
        self.body = body
        self.closed = closed

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body[:200]!r} closed={self.closed}"


class Connection:
    """One socket, with just enough HTTP to read answers strictly."""

    def __init__(self, port, timeout=10, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout * SLOW)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pending = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        """Sends; a server that refuses early may close in the middle, which is no error."""
        try:
            self.socket.sendall(data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def receive(self):
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionResetError:
            data = b""
        self.pending += data
        return len(data) > 0

    def line_block(self):
        while b"\r\n\r\n" not in self.pending:
            if not self.receive():
                return None
        block, self.pending = self.pending.split(b"\r\n\r\n", 1)
        return block

    def exactly(self, count):
        while len(self.pending) < count:
            if not self.receive():
                raise EOFError(f"{count - len(self.pending)} bytes short")
        data, self.pending = self.pending[:count], self.pending[count:]
        return data

    def line(self):
        while b"\r\n" not in self.pending:
            if not self.receive():
                raise EOFError("no line")
        line, self.pending = self.pending.split(b"\r\n", 1)
        return line

    def chunk(self):
        """The next chunk's bytes; None for the last."""
        count = int(self.line(), 16)
        data = self.exactly(count)
        assert self.exactly(2) == b"\r\n"
        return data if count else None

    def head(self):
        block = self.line_block()
        if block is None:
            return None
        lines = block.split(b"\r\n")
        match = re.fullmatch(rb"HTTP/1\.1 (\d{3}) [ -~]*", lines[0])
        assert match, f"bad status line {lines[0]!r}"
        headers = {}
        for line in lines[1:]:
            name, value = line.split(b":", 1)
            headers[name.decode().lower()] = value.strip().decode()
        return Answer(int(match[1]), headers, b"")

    def answer(self, head_only=False):
        """The next complete answer; None when the connection was closed instead."""
        answer = self.head()
        while answer is not None and answer.status == 100:
            answer = self.head()
        if answer is None:
            return None
        if head_only or answer.status in (204, 304):
            pass
        elif answer.headers.get("transfer-encoding") == "chunked":
            while (data := self.chunk()) is not None:
                answer.body += data
        elif "content-length" in answer.headers:
            answer.body = self.exactly(int(answer.headers["content-length"]))
        else:
            while self.receive():
                pass
            answer.body, self.pending = self.pending, b""
        if answer.headers.get("connection", "").lower() == "close":
            answer.closed = self.closed()
        return answer

    def closed(self):
        """True when nothing but the end follows."""
        try:
            return not self.pending and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True


class Server:
    def __init__(self, descriptors=None, **options):
        arguments = [BINARY]
        for name, value in options.items():
            arguments += ["--" + name.replace("_", "-"), str(value)]
        self.process = subprocess.Popen(
            arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
            preexec_fn=descriptors and (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))))
        line = self.process.stdout.readline().split()
        if not line:
            raise RuntimeError(self.process.stderr.read())
        self.port = int(line[0])
        self.version = tuple(int(part) for part in line[1].split("."))
        self.stopping_since = None
        self.connections = []

    def connect(self, **options):
        connection = Connection(self.port, **options)
        self.connections.append(connection)
        return connection

    def get(self, target, method="GET", headers=""):
        with self.connect() as connection:
            connection.send(f"{method} {target} HTTP/1.1\r\nHost: a\r\n{headers}Connection: close\r\n\r\n".encode())
            return connection.answer(head_only=method == "HEAD")

    def stats(self):
        return json.loads(self.get("/stats").body)

    def wait_for(self, condition, seconds=5):
        """Polls the counters until they are as wanted; returns how long that took."""
        begin = time.monotonic()
        while True:
            stats = self.stats()
            if condition(stats):
                return time.monotonic() - begin
            if time.monotonic() - begin > seconds * SLOW:
                raise AssertionError(f"never happened: {stats}")
            time.sleep(0.01)

    def processor_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def begin_stop(self):
        self.stopping_since = time.monotonic()
        self.process.send_signal(signal.SIGTERM)

    def end_stop(self):
        """Waits for the process; returns its last counters and the seconds it took."""
        output, errors = self.process.communicate(timeout=30 * SLOW)
        took = time.monotonic() - self.stopping_since
        for connection in self.connections:
            connection.close()
        if self.process.returncode != 0 or errors:
            raise AssertionError(f"the server ended with {self.process.returncode}: {errors[-6000:]}")
        return json.loads(output.strip().splitlines()[-1]), took

    def stop(self):
        self.begin_stop()
        return self.end_stop()


class EngineTest(unittest.TestCase):
    """Starts one server for a class; its options are in `options`."""

    options = {}

    @classmethod
    def setUpClass(cls):
        cls.server = Server(**cls.options)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
