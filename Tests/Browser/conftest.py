"""Starts the real server on a state directory of its own, and a headless Chromium that looks at its page.

Settings, all optional:
  CADUCEUS_PROGRAM         the server (default: .build/debug/caduceus)
  CADUCEUS_CHROMIUM        the browser (default: /usr/bin/chromium)
  CADUCEUS_SCREENSHOT_DIR  where pictures of the page are put; without it none are taken
"""

import json
import os
import re
import selectors
import subprocess
import time
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAM = REPOSITORY / os.environ.get("CADUCEUS_PROGRAM", ".build/debug/caduceus")
CHROMIUM = os.environ.get("CADUCEUS_CHROMIUM", "/usr/bin/chromium")


class Server:
    """One server process on a state directory; `kill` and `start` again keep port and directory."""

    def __init__(self, home: Path):
        self.home = home
        self.sessions = home / "webui" / "sessions"
        self.sessions.mkdir(parents=True)
        self.log = (home / "server.log").open("ab")
        self.port = 0
        self.process = None

    def start(self, pace: str = "0.5", patience: float = 20):
        environment = {**os.environ, "HERMES_HOME": str(self.home), "CADUCEUS_DEMO_PACE": pace}
        command = [str(PROGRAM), "serve", "--agent", "demo", "--host", "127.0.0.1", "--port", str(self.port)]
        self.process = subprocess.Popen(
            command, env=environment, cwd=self.home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log
        )
        self.port = self._announced_port(patience)
        return self

    def _announced_port(self, patience: float) -> int:
        deadline = time.monotonic() + patience
        heard = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while time.monotonic() < deadline:
                if not selector.select(timeout=0.2):
                    continue
                piece = os.read(self.process.stdout.fileno(), 4096)
                heard += piece
                found = re.search(rb"http://127\.0\.0\.1:(\d+)", heard)
                if found:
                    return int(found.group(1))
                if not piece:
                    break
        self.kill()
        raise AssertionError(f"The server did not say where it listens. It said: {heard!r}; its log: {self.log.name}")

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait(timeout=10)
            self.process.stdout.close()
            self.process = None

    def url(self, path: str = "") -> str:
        return f"http://127.0.0.1:{self.port}/{path}"

    def write_session(self, session_id: str, title: str, messages: list, **more):
        """Puts a conversation into the state directory by hand, as another server would have left it."""
        now = time.time()
        sidecar = {
            "session_id": session_id,
            "title": title,
            "workspace": str(self.home),
            "model": "demo",
            "created_at": now - 600,
            "updated_at": now - 300,
            "pinned": False,
            "archived": False,
            "profile": "default",
            **more,
            "messages": [{"timestamp": now - 500 + index, **message} for index, message in enumerate(messages)],
            "tool_calls": [],
        }
        (self.sessions / f"{session_id}.json").write_text(json.dumps(sidecar, indent=2, ensure_ascii=False), encoding="utf-8")


@pytest.fixture
def server(tmp_path):
    if not PROGRAM.exists():
        pytest.fail(f"There is no server at {PROGRAM}. Build it, or set CADUCEUS_PROGRAM.")
    home = tmp_path / "home"
    home.mkdir()
    made = Server(home)
    yield made
    made.kill()
    made.log.close()


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def page(request, browser):
    """A page that fails its test when anything was written to the console as an error.

    Mark a test `connection_breaks` when the browser must complain about a server that is away.
    """
    context = browser.new_context(viewport={"width": 1200, "height": 800})
    opened = context.new_page()
    opened.set_default_timeout(10_000)
    complaints = []
    opened.on("pageerror", lambda error: complaints.append(f"uncaught: {error}"))
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    yield opened
    take_picture(opened, request.node.name)
    context.close()
    if request.node.get_closest_marker("connection_breaks"):
        complaints = [text for text in complaints if "Failed to load resource" not in text and "net::ERR_" not in text]
    assert complaints == []


def take_picture(page, name: str):
    folder = os.environ.get("CADUCEUS_SCREENSHOT_DIR")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def pytest_configure(config):
    config.addinivalue_line("markers", "connection_breaks: the server goes away during the test, and the console may say so")
