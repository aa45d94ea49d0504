"""Requests that are right, in every cut; bodies; every kind of answer."""

import random
import threading
import time
import unittest

from engine import SLOW, EngineTest, Server

TOKEN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~"
VALUE = "".join(chr(code) for code in range(0x21, 0x7f)) + " \t" + "".join(chr(code) for code in range(0x80, 0x100))
PATH = "abcdefghijklmnopqrstuvwxyz0123456789-_~!$&'()*+,;=:@"


def random_path(dice):
    segments = []
    for _ in range(dice.randint(0, 5)):
        segment = "".join(dice.choices(PATH, k=dice.randint(0, 12)))
        if dice.random() < 0.4:
            segment += "".join(f"%{byte:02x}" for byte in dice.choice(["ä", "€", "😀", "a", " ", "/"]).encode())
        segments.append(segment)
    path = "/" + "/".join(segments)
    if dice.random() < 0.5:
        path += "?" + "&".join(
            "".join(dice.choices(PATH + "/?.", k=dice.randint(0, 8))) + "=" * dice.randint(0, 2)
            for _ in range(dice.randint(0, 6)))
    # What the test server does something else for is no mirror.
    return "/mirror" + path


def random_request(dice, number):
    """Bytes of a request, and what the server has to have understood of it."""
    method = dice.choice(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "REPORT"])
    target = random_path(dice)
    headers = [("Host", dice.choice(["localhost", "a.example:8080", "127.0.0.1", "[::1]:80", "x_y"]))]
    for index in range(dice.randint(0, 40)):
        name = "".join(dice.choices(TOKEN, k=dice.randint(1, 20))) + "-" + str(index)
        headers.append((name, "".join(dice.choices(VALUE, k=dice.randint(0, 60))).strip(" \t")))
    body = b""
    framing = b""
    if dice.random() < 0.5:
        body = dice.randbytes(dice.choice([0, 1, 10, 1000, 20000]))
        if dice.random() < 0.5:
            headers.append(("Content-Length", str(len(body))))
            framing = body
        else:
            headers.append(("Transfer-Encoding", dice.choice(["chunked", "Chunked"])))
            start = 0
            while start < len(body):
                size = dice.randint(1, 5000)
                piece = body[start:start + size]
                extension = dice.choice(["", "", ";a=b", ';q="x y"'])
                framing += f"{len(piece):{dice.choice(['x', 'X', '04x'])}}{extension}\r\n".encode() + piece + b"\r\n"
                start += size
            framing += b"0\r\n" + dice.choice([b"", b"X-Trailer: t\r\n"]) + b"\r\n"
    headers.append(("X-Number", str(number)))
    dice.shuffle(headers)
    head = f"{method} {target} HTTP/1.1\r\n"
    understood = f"{method} {target}\n"
    for name, value in headers:
        head += f"{name}:{dice.choice(['', ' ', ' ', '  ', chr(9)])}{value}"
        # Version 0.9 takes blanks after these two for a part of them.
        if name not in ("Content-Length", "Transfer-Encoding"):
            head += dice.choice(["", "", "", " ", "\t "])
        head += "\r\n"
        understood += f"{name}={value}\n"
    return head.encode("latin-1") + b"\r\n" + framing, understood.encode("latin-1") + b"\n" + body


class ValidRequests(EngineTest):
    def test_five_hundred_random_requests(self):
        dice = random.Random(20)
        connection = self.server.connect()
        for number in range(500):
            data, understood = random_request(dice, number)
            cuts = sorted(dice.sample(range(1, len(data)), min(dice.choice([0, 1, 5, 60]), len(data) - 1)))
            with self.subTest(number=number, cuts=len(cuts)):
                for start, end in zip([0] + cuts, cuts + [len(data)]):
                    self.assertTrue(connection.send(data[start:end]))
                answer = connection.answer()
                self.assertIsNotNone(answer, data[:2000])
                self.assertEqual(answer.status, 200, (data[:2000], answer))
                self.assertEqual(answer.body, understood)
            if answer is None or answer.closed or dice.random() < 0.1:
                connection.close()
                connection = self.server.connect()
        connection.close()

    def test_pipelining_five_thousand_deep(self):
        for path in ("/plain", "/race?spin=10"):
            with self.subTest(path), self.server.connect(timeout=30) as connection:
                data = f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode() * 5000
                sender = threading.Thread(target=connection.send, args=(data,))
                sender.start()
                for _ in range(5000):
                    self.assertEqual(connection.answer().status, 200)
                sender.join()

    def test_pipelined_bodies(self):
        with self.server.connect() as connection:
            body = b"z" * 60000
            data = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n" + body
            sender = threading.Thread(target=connection.send, args=(data * 20,))
            sender.start()
            for _ in range(20):
                self.assertEqual(connection.answer().body, body)
            sender.join()

    def test_answers_come_in_order(self):
        with self.server.connect() as connection:
            connection.send(b"GET /later HTTP/1.1\r\nHost: a\r\n\r\nGET /plain HTTP/1.1\r\nHost: a\r\n\r\n"
                            b"HEAD /plain HTTP/1.1\r\nHost: a\r\n\r\nGET /stream?count=2 HTTP/1.1\r\nHost: a\r\n\r\n"
                            b"GET /plain HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertEqual(connection.answer().body, b"later\n")
            self.assertEqual(connection.answer().body, b"hello\n")
            self.assertEqual(connection.answer(head_only=True).headers["content-length"], "6")
            self.assertEqual(connection.answer().body.count(b"data:"), 2)
            self.assertEqual(connection.answer().body, b"hello\n")


class Answers(EngineTest):
    def test_head_on_every_kind(self):
        for path in ("/plain", "/later", "/file", "/mirror", "/nothing", "/large?size=200000", "/stream?count=3", "/stream"):
            with self.subTest(path), self.server.connect() as connection:
                connection.send(f"HEAD {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
                answer = connection.answer(head_only=True)
                self.assertIn(answer.status, (200, 204))
                if path.startswith("/stream"):
                    self.assertTrue(answer.closed, answer)
                    self.assertNotIn("content-length", answer.headers)
                else:
                    connection.send(b"GET /plain HTTP/1.1\r\nHost: a\r\n\r\n")
                    self.assertEqual(connection.answer().body, b"hello\n")

    def test_file(self):
        with open(self.server.process.args[0], "rb") as file:
            content = file.read()
        self.assertEqual(self.server.get("/file").body, content)
        self.assertEqual(self.server.get("/file?offset=100&length=50").body, content[100:150])
        self.assertEqual(self.server.get("/file?offset=0&length=0").body, b"")

    def test_large(self):
        self.assertEqual(len(self.server.get("/large?size=5000000").body), 5000000)

    def test_no_content(self):
        answer = self.server.get("/nothing")
        self.assertEqual((answer.status, answer.body), (204, b""))

    def test_old_version(self):
        with self.server.connect() as connection:
            connection.send(b"GET /plain HTTP/1.0\r\n\r\n")
            answer = connection.answer()
            self.assertEqual((answer.status, answer.body, answer.closed), (200, b"hello\n", True))
        with self.server.connect() as connection:
            for _ in range(3):
                connection.send(b"GET /plain HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                self.assertEqual(connection.answer().body, b"hello\n")

    def test_connection_close(self):
        self.assertTrue(self.server.get("/plain").closed)
        self.assertTrue(self.server.get("/later").closed)

    def test_answers_race_with_the_handler(self):
        def ask(spin):
            with self.server.connect() as connection:
                for _ in range(100):
                    connection.send(f"GET /race?spin={spin} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
                    if connection.answer().body != b"later\n":
                        failures.append(spin)
        failures = []
        threads = [threading.Thread(target=ask, args=(index * 4000,)) for index in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.server.wait_for(lambda stats: stats["registered"] == stats["finished"] + stats["unfinished"])


class Bodies(EngineTest):
    def test_empty(self):
        with self.server.connect() as connection:
            connection.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
                            b"POST /echo HTTP/1.1\r\nHost: a\r\n\r\n"
                            b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
            for _ in range(3):
                answer = connection.answer()
                self.assertEqual((answer.status, answer.body), (200, b""))

    def test_limit(self):
        for size, status in ((65535, 200), (65536, 200), (65537, 413)):
            for chunked in (False, True):
                with self.subTest(size=size, chunked=chunked), self.server.connect() as connection:
                    head = b"POST /echo HTTP/1.1\r\nHost: a\r\n"
                    body = b"b" * size
                    if chunked:
                        connection.send(head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % size + body + b"\r\n0\r\n\r\n")
                    else:
                        connection.send(head + b"Content-Length: %d\r\n\r\n" % size + body)
                    answer = connection.answer()
                    self.assertEqual(answer.status, status)
                    self.assertEqual(answer.closed, status == 413 or (chunked and self.server.version < (1, 0)))

    def test_too_large_is_said_before_the_body_is_read(self):
        """The client sends nothing of the body, or goes on sending it."""
        with self.server.connect() as connection:
            connection.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n")
            self.assertEqual(connection.answer().status, 413)
        for size in (200000, 20000000):
            for repetition in range(5):
                with self.subTest(size=size, repetition=repetition), self.server.connect() as connection:
                    connection.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size + b"c" * size)
                    answer = connection.answer()
                    self.assertEqual(answer.status, 413)
                with self.subTest(size=size, repetition=repetition, chunked=True), self.server.connect() as connection:
                    connection.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % size
                                    + b"c" * size + b"\r\n0\r\n\r\n")
                    answer = connection.answer()
                    self.assertEqual(answer.status, 413)

    def test_an_announced_length_is_not_allocated(self):
        for _ in range(20):
            connection = self.server.connect()
            self.addCleanup(connection.close)
            connection.send(b"POST /huge HTTP/1.1\r\nHost: a\r\nContent-Length: 60000000\r\n\r\nabc")
        with open(f"/proc/{self.server.process.pid}/statm") as statm:
            resident = int(statm.read().split()[1]) * 4096
        self.assertLess(resident, 64_000_000 * (SLOW if SLOW > 1 else 1))

    def test_large_body(self):
        with self.server.connect(timeout=30) as connection:
            body = bytes(range(256)) * 100000
            head = b"POST /huge HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body)
            sender = threading.Thread(target=connection.send, args=(head + body,))
            sender.start()
            answer = connection.answer()
            sender.join()
            self.assertTrue(answer.body.endswith(body))

    def test_continue(self):
        with self.server.connect() as connection:
            connection.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-Continue\r\n\r\n")
            self.assertEqual(connection.head().status, 100)
            connection.send(b"abc")
            self.assertEqual(connection.answer().body, b"abc")
        with self.server.connect() as connection:
            connection.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n")
            self.assertEqual(connection.head().status, 413)
        with self.server.connect() as connection:
            connection.send(b"POST /echo HTTP/1.0\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc")
            self.assertEqual(connection.head().status, 200)


class ConnectionLimit(unittest.TestCase):
    def test_no_descriptors_are_left(self):
        """The server turns clients away, does not spin, and recovers."""
        server = Server(descriptors=48, limit=1000)
        connections = [server.connect() for _ in range(80)]
        time.sleep(0.3)
        before = server.processor_seconds()
        time.sleep(1)
        self.assertLess(server.processor_seconds() - before, 0.3)
        time.sleep(1)
        statuses = []
        for connection in connections:
            connection.send(b"GET /plain HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            answer = connection.answer()
            statuses.append(answer.status)
            connection.close()
        self.assertEqual(set(statuses), {200, 503})
        server.wait_for(lambda stats: stats["connections"] <= 2)
        self.assertEqual(server.get("/plain").status, 200)
        server.stop()

    def test_one_too_many_is_turned_away(self):
        server = Server(limit=5)
        kept = [server.connect() for _ in range(5)]
        for connection in kept:
            connection.send(b"GET /plain HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertEqual(connection.answer().status, 200)
        for _ in range(10):
            with server.connect() as connection:
                connection.send(b"GET /plain HTTP/1.1\r\nHost: a\r\n\r\n")
                answer = connection.answer()
                self.assertEqual((answer.status, answer.headers.get("content-length"), answer.closed), (503, "0", True))
        kept.pop().close()
        # The place is free as soon as the server has seen that.
        deadline = time.monotonic() + 2 * SLOW
        while server.get("/plain").status != 200:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        for connection in kept:
            connection.close()
        counters, _ = server.stop()
        self.assertGreaterEqual(counters["turned_away"], 10)


if __name__ == "__main__":
    unittest.main()
