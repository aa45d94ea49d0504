"""Deadlines, clients that vanish, streams, and the drain."""

import random
import threading
import time
import unittest

from engine import SLOW, EngineTest, Server

STREAM = b"GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"


class Deadlines(EngineTest):
    options = {"head_ms": 600, "body_ms": 800, "idle_ms": 1200, "stall_ms": 700, "queue": 500000}

    def seconds_until_closed(self, connection, drip=b"", seconds=0.1):
        begin = time.monotonic()
        connection.socket.settimeout(seconds)
        while time.monotonic() - begin < 20 * SLOW:
            try:
                if not connection.receive():
                    return time.monotonic() - begin
            except TimeoutError:
                pass
            if drip and not connection.send(drip):
                return time.monotonic() - begin
        self.fail("never closed")

    def check(self, seconds, wanted):
        self.assertGreater(seconds, wanted * 0.9)
        self.assertLess(seconds, wanted + 0.7 * SLOW)

    def test_silence_after_connecting(self):
        with self.server.connect() as connection:
            self.check(self.seconds_until_closed(connection), 0.6)

    def test_slow_head(self):
        with self.server.connect() as connection:
            connection.send(b"GET / HTTP/1.1\r\nX: ")
            self.check(self.seconds_until_closed(connection, drip=b"x"), 0.6)

    def test_slow_request_line(self):
        with self.server.connect() as connection:
            self.check(self.seconds_until_closed(connection, drip=b"G"), 0.6)

    def test_slow_second_head(self):
        with self.server.connect() as connection:
            connection.send(b"GET /plain HTTP/1.1\r\nHost: a\r\n\r\n")
            connection.answer()
            connection.send(b"GET / HTTP/1.1\r\nX: ")
            self.check(self.seconds_until_closed(connection, drip=b"x"), 0.6)

    def test_slow_second_request_line(self):
        with self.server.connect() as connection:
            connection.send(b"GET /plain HTTP/1.1\r\nHost: a\r\n\r\n")
            connection.answer()
            self.check(self.seconds_until_closed(connection, drip=b"G"), 1.2)

    def test_slow_body(self):
        for framing, drip in ((b"Content-Length: 1000", b"x"), (b"Transfer-Encoding: chunked", b"1\r\nx\r\n")):
            with self.subTest(framing), self.server.connect() as connection:
                connection.send(b"POST /echo HTTP/1.1\r\nHost: a\r\n" + framing + b"\r\n\r\n")
                self.check(self.seconds_until_closed(connection, drip=drip), 0.8)

    def test_idle(self):
        with self.server.connect() as connection:
            connection.send(b"GET /plain HTTP/1.1\r\nHost: a\r\n\r\n")
            connection.answer()
            self.check(self.seconds_until_closed(connection), 1.2)

    def test_waiting_for_an_answer_has_no_deadline(self):
        with self.server.connect() as connection:
            connection.send(b"GET /later?delay=2500 HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertEqual(connection.answer().status, 200)

    def test_reader_that_takes_nothing(self):
        """A buffer that does not fit into the socket, and its client does not read."""
        before = self.server.stats()["cuts"]
        with self.server.connect(receive_buffer=4096) as connection:
            connection.send(b"GET /large?size=10000000 HTTP/1.1\r\nHost: a\r\n\r\n")
            # 10 MB at the slowest rate that is waited for are 1,220 s: so this is libmicrohttpd's own timeout.
            self.server.wait_for(lambda stats: stats["connections"] == 1, 8)
        self.assertGreaterEqual(self.server.stats()["cuts"], before)

    def test_reader_of_a_byte_a_second(self):
        with self.server.connect(receive_buffer=4096) as connection:
            connection.send(b"GET /stream?count=40&size=10000 HTTP/1.1\r\nHost: a\r\n\r\n")
            begin = time.monotonic()
            while self.server.stats()["connections"] > 1:
                connection.socket.recv(1)
                time.sleep(0.05)
                self.assertLess(time.monotonic() - begin, 60 * SLOW)
            self.assertGreater(time.monotonic() - begin, 0.5)

    def test_overflow(self):
        before = self.server.stats()
        with self.server.connect(receive_buffer=4096) as connection:
            connection.send(b"GET /stream?count=5000&size=10000 HTTP/1.1\r\nHost: a\r\n\r\n")
            took = self.server.wait_for(lambda stats: stats["overflows"] == before["overflows"] + 1)
            took += self.server.wait_for(lambda stats: stats["unfinished"] == before["unfinished"] + 1)
            self.assertLess(took, 2 * SLOW)
            # Cut: whatever arrives does not end as a complete answer.
            with self.assertRaises(EOFError):
                connection.answer()


class StalledStream(EngineTest):
    options = {"stall_ms": 700}

    def test_client_takes_nothing(self):
        with self.server.connect(receive_buffer=4096) as connection:
            connection.send(b"GET /stream?count=10&size=410000 HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertEqual(connection.head().status, 200)
            took = self.server.wait_for(lambda stats: stats["unfinished"] == 1)
            self.assertGreater(took, 0.5)
            stats = self.server.stats()
            self.assertEqual((stats["cuts"], stats["overflows"]), (1, 0))


class Vanished(EngineTest):
    def gone_after(self, request, wait_for_head):
        before = self.server.stats()
        connections = [self.server.connect() for _ in range(50)]
        for connection in connections:
            connection.send(request)
        for connection in connections:
            if wait_for_head:
                connection.head()
        self.server.wait_for(lambda stats: stats["registered"] == before["registered"] + 50)
        time.sleep(0.1)
        for connection in connections:
            connection.close()
        return self.server.wait_for(lambda stats: stats["unfinished"] == before["unfinished"] + 50)

    def test_parked_stream(self):
        self.assertLess(self.gone_after(STREAM, True), 1 * SLOW)

    def test_waiting_exchange(self):
        self.assertLess(self.gone_after(b"GET /never HTTP/1.1\r\nHost: a\r\n\r\n", False), 1 * SLOW)

    def test_waiting_exchange_reset(self):
        import socket
        import struct
        before = self.server.stats()
        connection = self.server.connect()
        connection.send(b"GET /never HTTP/1.1\r\nHost: a\r\n\r\n")
        self.server.wait_for(lambda stats: stats["registered"] == before["registered"] + 1)
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        self.assertLess(self.server.wait_for(lambda stats: stats["unfinished"] == before["unfinished"] + 1), 1 * SLOW)

    def test_half_closed_is_answered_in_place(self):
        import socket
        with self.server.connect() as connection:
            connection.send(b"GET /plain HTTP/1.1\r\nHost: a\r\n\r\n")
            connection.socket.shutdown(socket.SHUT_WR)
            self.assertEqual(connection.answer().body, b"hello\n")

    def test_in_the_middle_of_head_and_body(self):
        for data in (b"GE", b"GET / HTTP/1.1\r\nX", b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"):
            for _ in range(20):
                with self.server.connect() as connection:
                    connection.send(data)
        self.server.wait_for(lambda stats: stats["connections"] == 1)


class Streams(EngineTest):
    def test_finish_ends_with_the_final_chunk_and_keeps_the_connection(self):
        with self.server.connect() as connection:
            for _ in range(3):
                connection.send(b"GET /stream?count=300&size=100 HTTP/1.1\r\nHost: a\r\n\r\n")
                answer = connection.answer()
                self.assertEqual(answer.headers["transfer-encoding"], "chunked")
                self.assertEqual(answer.body.count(b"data: "), 300)
                self.assertFalse(answer.closed)

    def test_large_events(self):
        with self.server.connect() as connection:
            connection.send(b"GET /stream?count=3&size=1000000 HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertEqual(connection.answer().body.count(b"x"), 3000000)

    def test_close_connection(self):
        with self.server.connect() as connection:
            connection.send(b"GET /stream?count=3&close=1 HTTP/1.1\r\nHost: a\r\n\r\n")
            answer = connection.answer()
            self.assertEqual((answer.body.count(b"data: "), answer.closed), (3, True))

    def test_old_version_ends_with_the_socket(self):
        with self.server.connect() as connection:
            connection.send(b"GET /stream?count=30&delay=30 HTTP/1.0\r\n\r\n")
            answer = connection.answer()
            self.assertNotIn("transfer-encoding", answer.headers)
            self.assertEqual((answer.body.count(b"data: "), answer.body.count(b"\r\n")), (30, 0))

    def test_keepalive(self):
        with self.server.connect() as connection:
            connection.send(b"GET /stream?keepalive=200 HTTP/1.1\r\nHost: a\r\n\r\n")
            connection.head()
            begin = time.monotonic()
            for _ in range(5):
                self.assertEqual(connection.chunk(), b": keepalive\n\n")
            took = time.monotonic() - begin
            self.assertGreater(took, 0.9)
            self.assertLess(took, 1.6 * SLOW)

    def test_fan_out(self):
        before = self.server.stats()
        count = 2000
        connections = [self.server.connect(timeout=30) for _ in range(count)]
        for connection in connections:
            connection.send(STREAM)
        for connection in connections:
            self.assertEqual(connection.head().status, 200)
        self.server.wait_for(lambda stats: stats["streams"] == count)
        begin = time.monotonic()
        for _ in range(5):
            self.assertEqual(int(self.server.get("/publish").body), count)
        for connection in connections:
            data = b""
            while data.count(b"data: fan") < 5:
                data += connection.chunk()
        print(f"[5 events to {count} streams took {(time.monotonic() - begin) * 1000:.0f} ms] ", end="", flush=True)
        for connection in connections:
            connection.close()
        self.server.wait_for(lambda stats: stats["unfinished"] == before["unfinished"] + count, 20)
        self.assertEqual(self.server.stats()["streams"], 0)


class Drain(unittest.TestCase):
    def test_everything_ends_well(self):
        server = Server()
        streams = [server.connect() for _ in range(50)]
        for connection in streams:
            connection.send(STREAM)
            connection.head()
        idle = [server.connect() for _ in range(50)]
        for connection in idle[:25]:
            connection.send(b"GET /plain HTTP/1.1\r\nHost: a\r\n\r\n")
            connection.answer()
        slow = server.connect()
        slow.send(b"GET /later?delay=500 HTTP/1.1\r\nHost: a\r\n\r\n")
        server.wait_for(lambda stats: stats["registered"] == 51)
        server.begin_stop()
        for connection in streams:
            self.assertIsNone(connection.chunk())
            self.assertTrue(connection.closed())
        for connection in idle:
            self.assertTrue(connection.closed())
        answer = slow.answer()
        self.assertEqual((answer.status, answer.closed), (200, True))
        counters, took = server.end_stop()
        self.assertEqual(counters["finished"], 51)
        self.assertLess(took, 0.5 + 0.7 * SLOW)

    def test_what_nobody_answers_gets_503(self):
        server = Server(stop_ms=300)
        waiting = [server.connect() for _ in range(20)]
        for connection in waiting:
            connection.send(b"GET /never HTTP/1.1\r\nHost: a\r\n\r\n")
        half = server.connect()
        half.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")
        stuck = server.connect(receive_buffer=4096)
        stuck.send(b"GET /large?size=20000000 HTTP/1.1\r\nHost: a\r\n\r\n")
        server.wait_for(lambda stats: stats["registered"] == 20)
        server.begin_stop()
        for connection in waiting:
            answer = connection.answer()
            self.assertEqual((answer.status, answer.closed), (503, True))
        self.assertTrue(half.closed())
        counters, took = server.end_stop()
        self.assertEqual(counters["finished"], 20)
        self.assertLess(took, 0.3 + 1.2 * SLOW)

    def test_at_once(self):
        for _ in range(5):
            server = Server(stop_ms=0)
            connections = [server.connect() for _ in range(30)]
            for index, connection in enumerate(connections):
                connection.send([STREAM, b"GET /never HTTP/1.1\r\nHost: a\r\n\r\n", b"GET"][index % 3])
            server.stop()
            for connection in connections:
                connection.close()

    def test_under_load(self):
        """Requests of all kinds keep coming from many clients while the server stops, twenty times."""
        for repetition in range(20):
            server = Server(stop_ms=250, workers=repetition % 4 + 1)
            stopping = threading.Event()
            clients = [threading.Thread(target=self.client, args=(server, stopping, repetition * 100 + index))
                       for index in range(12)]
            for client in clients:
                client.start()
            time.sleep(random.Random(repetition).uniform(0.02, 0.25))
            stopping.set()
            counters, took = server.stop()
            for client in clients:
                client.join()
            with self.subTest(repetition):
                self.assertEqual(counters["registered"], counters["finished"] + counters["unfinished"])
                self.assertEqual((counters["connections"], counters["streams"]), (0, 0))
                self.assertLess(took, 0.25 + 1.5 * SLOW)

    @staticmethod
    def client(server, stopping, seed):
        dice = random.Random(seed)
        kept = []
        while not stopping.is_set():
            try:
                connection = server.connect()
                for _ in range(dice.randint(1, 5)):
                    path = dice.choice(["/plain", "/race?spin=300", "/later?delay=30", "/later?delay=3000", "/never",
                                        "/stream", "/stream?count=100", "/stream?keepalive=100", "/publish", "/file"])
                    connection.send(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
                    if path.startswith(("/never", "/stream", "/later")) and dice.random() < 0.8:
                        break
                    connection.answer()
                kept.append(connection)
                if dice.random() < 0.5:
                    kept.pop(dice.randrange(len(kept))).close()
            except (OSError, EOFError, ValueError):
                pass
        for connection in kept:
            connection.close()


if __name__ == "__main__":
    unittest.main()
