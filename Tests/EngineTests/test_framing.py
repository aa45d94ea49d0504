"""Heads and framings that two servers could read differently, or that no client sends."""

import json
import re
import unittest

from engine import EngineTest

HOST = b"Host: a\r\n"


def get(target=b"/", rest=b""):
    return b"GET " + target + b" HTTP/1.1\r\n" + HOST + rest + b"\r\n"


# Name: (bytes, statuses that are right).
REFUSED = {
    "two different lengths": (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", {400}),
    "two equal lengths": (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\na", {400}),
    "length and coding": (
        b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400}),
    "coding and length": (
        b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", {400}),
    "two codings": (
        b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400}),
    "space before the colon of the coding": (
        b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", {400}),
    "space before the colon of the length": (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length : 1\r\n\r\na", {400}),
    "coding xchunked": (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", {400, 501}),
    "coding identity": (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: identity\r\n\r\n", {400, 501}),
    "coding gzip, chunked": (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n", {400, 501}),
    "coding chunked, gzip": (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked, gzip\r\n\r\n", {400, 501}),
    "coding with 1.0": (b"POST / HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400}),
    "chunk size 0x5": (
        b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0x5\r\nabcde\r\n0\r\n\r\n", {400}),
    "chunk size +5": (
        b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n+5\r\nabcde\r\n0\r\n\r\n", {400}),
    "chunk size -5": (
        b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nabcde\r\n0\r\n\r\n", {400}),
    "chunk size of 40 digits": (
        b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\nabcde\r\n0\r\n\r\n",
        {400, 413}),
    "bare LF after a chunk size": (
        b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n5\nabcde\r\n0\r\n\r\n", {400}),
    "bare LF after a chunk": (
        b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\n5\r\nabcde\r\n0\r\n\r\n", {400}),
    "chunk longer than its size": (
        b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nabcde\r\n0\r\n\r\n", {400}),
    "bare CR in a value": (get(rest=b"X: a\rb\r\n"), {400}),
    "NUL in a value": (get(rest=b"X: a\0b\r\n"), {400}),
    "two NUL in a value": (get(rest=b"X: a\0\0Y: b\r\n"), {400}),
    "NUL in a name": (get(rest=b"X\0Y: b\r\n"), {400}),
    "control character in a value": (get(rest=b"X: a\x01b\r\n"), {400}),
    "DEL in a value": (get(rest=b"X: a\x7fb\r\n"), {400}),
    "control character in the method": (b"GE\x01T / HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "method with braces": (b"G{}T / HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "control character in the target": (get(b"/a\x01b"), {400}),
    # From 1.0 on libmicrohttpd closes without a word for this one.
    "NUL in the target": (get(b"/a\0b"), {400, None}),
    "byte beyond ASCII in the target": (get(b"/\xc3\xa4"), {400}),
    "space in the target": (get(b"/a b"), {400}),
    "tab in the target": (get(b"/a\tb"), {400}),
    "two spaces before the target": (b"GET  / HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "two spaces before the version": (b"GET /  HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "space after the version": (b"GET / HTTP/1.1 \r\n" + HOST + b"\r\n", {400}),
    "tab instead of a space": (b"GET\t/ HTTP/1.1\r\n" + HOST + b"\r\n", {400, None}),
    "folded line": (get(rest=b"X: one\r\n two\r\n"), {400}),
    "folded line with a tab": (get(rest=b"X: one\r\n\ttwo\r\n"), {400}),
    "folded first line": (b"GET / HTTP/1.1\r\n X: one\r\n" + HOST + b"\r\n", {400}),
    "folded coding": (
        b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", {400}),
    "bare LF everywhere": (b"GET / HTTP/1.1\nHost: a\n\n", {400}),
    "bare LF after the request line": (b"GET / HTTP/1.1\nHost: a\r\n\r\n", {400}),
    "bare LF after a header": (b"GET / HTTP/1.1\r\nX: b\nHost: a\r\n\r\n", {400}),
    "bare LF after the last header": (b"GET / HTTP/1.1\r\nHost: a\n\r\n", {400}),
    "bare LF as the last line": (b"GET / HTTP/1.1\r\nHost: a\r\n\n", {400}),
    "bare LF after a 1.0 request line": (b"GET / HTTP/1.0\n\r\n", {400}),
    "header without a colon": (get(rest=b"X\r\n"), {400}),
    "header without a name": (get(rest=b": x\r\n"), {400}),
    "header name with a space": (get(rest=b"X Y: x\r\n"), {400}),
    "header name with parentheses": (get(rest=b"X(Y): x\r\n"), {400}),
    "no Host": (b"GET / HTTP/1.1\r\n\r\n", {400}),
    "no Host but others": (b"GET / HTTP/1.1\r\nX: y\r\n\r\n", {400}),
    "two Hosts": (get(rest=b"Host: b\r\n"), {400}),
    "two equal Hosts": (get(rest=b"Host: a\r\n"), {400}),
    "Host with a path": (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", {400}),
    "Host with a user": (b"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", {400}),
    "Host with a space": (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", {400}),
    "Host with two names": (b"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", {400}),
    "Host with a port too large": (b"GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", {400}),
    "Host with a port of letters": (b"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", {400}),
    "Host with a broken IPv6 address": (b"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", {400}),
    "empty Host": (b"GET / HTTP/1.1\r\nHost: \r\n\r\n", {400}),
    "absolute form with another host": (get(b"http://evil/"), {400}),
    "absolute form with a user": (get(b"http://u@a/"), {400}),
    "absolute form of another scheme": (get(b"ftp://a/"), {400}),
    "CONNECT": (b"CONNECT a:443 HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "GET *": (get(b"*"), {400}),
    "target without a slash": (get(b"x"), {400}),
    "no target": (b"GET HTTP/1.1\r\n" + HOST + b"\r\n", {400, 505}),
    "no version": (b"GET /\r\n" + HOST + b"\r\n", {400, 505}),
    "HTTP/1.2": (b"GET / HTTP/1.2\r\n" + HOST + b"\r\n", {400, 505}),
    "HTTP/2.0": (b"GET / HTTP/2.0\r\n" + HOST + b"\r\n", {400, 505}),
    "HTTP/0.9": (b"GET / HTTP/0.9\r\n" + HOST + b"\r\n", {400, 505}),
    "lower-case http": (b"GET / http/1.1\r\n" + HOST + b"\r\n", {400, 505}),
    "version with two digits": (b"GET / HTTP/1.10\r\n" + HOST + b"\r\n", {400, 505}),
    "fragment": (get(b"/a#b"), {400}),
    "dot dot": (get(b"/.."), {400}),
    "dot dot inside": (get(b"/a/../b"), {400}),
    "dot inside": (get(b"/a/./b"), {400}),
    "dot at the end": (get(b"/a/."), {400}),
    "escaped dot dot": (get(b"/%2e%2e/"), {400}),
    "escaped dot": (get(b"/a/%2E"), {400}),
    "half escaped dot dot": (get(b"/.%2e/x"), {400}),
    "dot dot after an escaped slash": (get(b"/a%2f..%2fb"), {400}),
    "dot dot before a query": (get(b"/..?x"), {400}),
    "escaped NUL": (get(b"/a%00b"), {400}),
    "escaped NUL in the query": (get(b"/a?b=%00"), {400}),
    "escaped line feed": (get(b"/a%0ab"), {400}),
    "no hexadecimal digits": (get(b"/%zz"), {400}),
    "one hexadecimal digit": (get(b"/a%4"), {400}),
    "percent at the end": (get(b"/a%"), {400}),
    "percent in the query": (get(b"/a?b=100%"), {400}),
    "escaped backslash": (get(b"/a%5cb"), {400}),
    "backslash": (get(b"/a\\b"), {400}),
    "overlong slash": (get(b"/%c0%af"), {400}),
    "overlong dot": (get(b"/%e0%80%ae"), {400}),
    "lone continuation": (get(b"/%80"), {400}),
    "cut off sequence": (get(b"/%c3"), {400}),
    "surrogate": (get(b"/%ed%a0%80"), {400}),
    "beyond Unicode": (get(b"/%f5%80%80%80"), {400}),
    "unknown expectation": (get(rest=b"Expect: 200-ok\r\n"), {417}),
    "line over the limit": (get(b"/" + b"a" * 40000), {414, 431}),
    "value over the limit": (get(rest=b"X: " + b"a" * 40000 + b"\r\n"), {431}),
    "10,000 headers": (get(rest=b"".join(b"X-%d: y\r\n" % index for index in range(10000))), {431}),
}

# libmicrohttpd answers these itself, in its own words, before the guard is asked. 0.9 sends the head of the answer
# twice, and calls more than 64 bits too large.
LENGTHS = {"-1": {400}, "+5": {400}, "5, 10": {400}, "5,5": {400}, "0x5": {400}, "5 5": {400}, "": {400},
           "99999999999999999999": {400, 413}, "18446744073709551615": {400, 413}, "10000000000000000000": {400, 413}}

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"


class Refusals(EngineTest):
    def everything_after(self, data, pieces=1):
        """Sends in so many pieces, returns the first status and all the bytes until the close."""
        with self.server.connect() as connection:
            size = max(1, (len(data) + pieces - 1) // pieces)
            for start in range(0, len(data), size):
                if not connection.send(data[start:start + size]):
                    break
            while connection.receive():
                pass
            received = connection.pending
        status = int(received[9:12]) if received.startswith(b"HTTP/1.1 ") else None
        return status, received

    def test_refused_and_closed(self):
        for name, (data, statuses) in REFUSED.items():
            with self.subTest(name):
                status, received = self.everything_after(data + SMUGGLED)
                self.assertIn(status, statuses, received[:300])
                self.assertNotIn(b"GET /smuggled", received)
                self.assertEqual(len(re.findall(rb"HTTP/1\.1 \d{3} ", received)), 1 if status else 0, received)

    def test_refused_in_small_pieces(self):
        for name, (data, statuses) in REFUSED.items():
            if len(data) > 1000 or name.startswith("bare LF after a chunk"):
                continue
            with self.subTest(name):
                status, received = self.everything_after(data + SMUGGLED, pieces=9)
                self.assertIn(status, statuses, received[:300])
                self.assertNotIn(b"GET /smuggled", received)

    def test_after_a_good_request(self):
        """The same on a connection that was used before."""
        first = b"GET /plain HTTP/1.1\r\nHost: a\r\n\r\n"
        for name, (data, statuses) in REFUSED.items():
            with self.subTest(name):
                status, received = self.everything_after(first + data + SMUGGLED)
                self.assertEqual(status, 200)
                rest = received.split(b"hello\n", 1)[1]
                self.assertIn(int(rest[9:12]) if rest else None, statuses, rest[:300])
                self.assertNotIn(b"GET /smuggled", received)

    def test_bad_lengths(self):
        for length, statuses in LENGTHS.items():
            with self.subTest(length):
                data = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + length.encode() + b"\r\n\r\n"
                status, received = self.everything_after(data + SMUGGLED)
                self.assertIn(status, statuses, received[:300])
                self.assertNotIn(b"GET /smuggled", received)

    def test_bare_line_feeds_in_chunks_are_never_followed(self):
        """However the bytes are cut: what comes behind them is not served."""
        for body in (b"5\nabcde\r\n0\r\n\r\n", b"5\r\nabcde\n0\r\n\r\n", b"5;x\nabcde\r\n0\r\n\r\n",
                     b"5\r\nabcde\r\n0\n\r\n", b"5\r\nabcde\r\n0\r\n\n"):
            data = b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n" + body + SMUGGLED
            for pieces in (1, 2, 7, len(data)):
                with self.subTest(body=body, pieces=pieces):
                    _, received = self.everything_after(data, pieces)
                    self.assertNotIn(b"GET /smuggled", received)

    def test_the_reason_is_said(self):
        answer = self.server.get("/%zz")
        self.assertEqual(answer.status, 400)
        self.assertTrue(answer.closed)
        self.assertEqual(answer.headers["content-type"], "application/json; charset=utf-8")
        self.assertEqual(answer.headers["cache-control"], "no-store")
        self.assertIn("percent", json.loads(answer.body)["error"])

    def test_refusal_of_head_has_no_body(self):
        status, received = self.everything_after(b"HEAD /%zz HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertEqual(status, 400)
        self.assertTrue(received.endswith(b"\r\n\r\n"))


class Accepted(EngineTest):
    def test_accepted(self):
        cases = {
            b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n": b"OPTIONS *\n",
            b"GET http://a/x?y HTTP/1.1\r\nHost: a\r\n\r\n": b"GET /x?y\n",
            b"GET http://A:80/x HTTP/1.1\r\nHost: a:80\r\n\r\n": b"GET /x\n",
            b"GET https://a HTTP/1.1\r\nHost: a\r\n\r\n": b"GET /\n",
            b"GET http://a?b=c HTTP/1.1\r\nHost: a\r\n\r\n": b"GET /?b=c\n",
            b"GET /a%2fb HTTP/1.1\r\nHost: a\r\n\r\n": b"GET /a%2fb\n",
            b"GET /%c3%a4/%F0%9F%98%80 HTTP/1.1\r\nHost: a\r\n\r\n": b"GET /%c3%a4/%F0%9F%98%80\n",
            b"GET /...a/.b/c.. HTTP/1.1\r\nHost: a\r\n\r\n": b"GET /...a/.b/c..\n",
            b"GET /x?a=../..\\&b=%5c+&&=;c HTTP/1.1\r\nHost: a\r\n\r\n": b"GET /x?a=../..\\&b=%5c+&&=;c\n",
            b"GET //x HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n": b"GET //x\n",
            b"\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n": b"GET /x\n",
            b"GET /x HTTP/1.1\r\nHOST:a\r\n\r\n": b"GET /x\n",
            b"GET /x HTTP/1.0\r\n\r\n": b"GET /x\n",
            b"PATCH /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab": b"PATCH /x\n",
            b"GET /" + b"a" * 6000 + b" HTTP/1.1\r\nHost: a\r\n\r\n": b"GET /" + b"a" * 6000 + b"\n",
            b"GET /x HTTP/1.1\r\nHost: a\r\nX-Latin: \xe4\xff\r\nEmpty:\r\nTab:\ta\t b \t\r\n\r\n": b"GET /x\n",
        }
        for data, wanted in cases.items():
            with self.subTest(data[:60]), self.server.connect() as connection:
                connection.send(data)
                answer = connection.answer()
                self.assertEqual(answer.status, 200, answer)
                self.assertTrue(answer.body.startswith(wanted), answer)


if __name__ == "__main__":
    unittest.main()
