"""Starts the real server on a state directory of its own, and a headless Chromium that looks at its page.

Settings, all optional:
  CADUCEUS_PROGRAM         the server (default: .build/debug/caduceus)
  CADUCEUS_CHROMIUM        the browser (default: /usr/bin/chromium)
  CADUCEUS_SCREENSHOT_DIR  where pictures of the page are put; without it none are taken
"""

import json
import os
import sys
import time
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from process import ServerProcess, program_path  # noqa: E402

CHROMIUM = os.environ.get("CADUCEUS_CHROMIUM", "/usr/bin/chromium")


class Server(ServerProcess):
    """The server with its built-in demo."""

    def __init__(self, home: Path):
        super().__init__(program_path(), home, home / "server.log")
        self.sessions.mkdir(parents=True)

    def start(self, pace: str = "0.5", patience: float = 20):
        return super().start("--agent", "demo", patience=patience, CADUCEUS_DEMO_PACE=pace)

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
    if not program_path().exists():
        pytest.fail(f"There is no server at {program_path()}. Build it, or set CADUCEUS_PROGRAM.")
    home = tmp_path / "home"
    home.mkdir()
    made = Server(home)
    yield made
    made.close()


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
