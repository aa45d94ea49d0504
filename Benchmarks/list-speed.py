"""Prints how long GET /api/sessions takes over one connection: the median of 200 requests.

  python3 Benchmarks/list-speed.py .build/release/caduceus [number of conversations, 2000 by default]
"""

import http.client
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Tests"))
from conversations import write_conversations  # noqa: E402
from process import ServerProcess  # noqa: E402

REQUESTS = 200


def measure(connection) -> tuple:
    times, size = [], 0
    for _ in range(REQUESTS):
        began = time.perf_counter()
        connection.request("GET", "/api/sessions")
        size = len(connection.getresponse().read())
        times.append((time.perf_counter() - began) * 1000)
    return times, size


def main():
    program = Path(sys.argv[1]).resolve()
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 2000
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        written = write_conversations(home / "webui" / "sessions", count)
        began = time.perf_counter()
        server = ServerProcess(program, home, Path(folder) / "server.log").start("--agent", "demo", patience=120)
        try:
            print(f"{count} conversations of {written >> 20} MB; listening after {time.perf_counter() - began:.2f} s")
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
            measure(connection)
            times, size = measure(connection)
            times.sort()
            print(f"GET /api/sessions, {size} bytes: median {statistics.median(times):.2f} ms, "
                  f"95 of 100 within {times[int(len(times) * 0.95)]:.2f} ms, slowest {times[-1]:.2f} ms")
        finally:
            server.close()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main()
