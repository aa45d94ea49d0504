"""Runs the real program on a state directory of its own; used by the tests of the page and by the end-to-end tests."""

import os
import re
import selectors
import shutil
import signal
import subprocess
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
RESOURCES = "caduceus_App.resources"


def program_path() -> Path:
    """The program to test: CADUCEUS_PROGRAM, else the debug build."""
    return REPOSITORY / os.environ.get("CADUCEUS_PROGRAM", ".build/debug/caduceus")


def copy_of_program(program: Path, folder: Path) -> Path:
    """Copies the program with the files of its page, so that a build that runs meanwhile changes nothing."""
    if not program.exists():
        raise FileNotFoundError(f"There is no server at {program}. Build it, or set CADUCEUS_PROGRAM.")
    copy = folder / program.name
    shutil.copy2(program, copy)
    if (program.parent / RESOURCES).is_dir():
        shutil.copytree(program.parent / RESOURCES, folder / RESOURCES)
    return copy


def clean_environment(home: Path, **more: str) -> dict:
    """The environment without what would configure a server, and with `home` as the agent's home and the user's."""
    ours = ("HERMES_", "CADUCEUS_", "XDG_CONFIG_HOME", "WEBUI_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "HERMES_HOME": str(home), "HOME": str(home), **more}


class ServerProcess:
    """One server process on one state directory; `kill` and `start` again keep port and directory."""

    def __init__(self, program: Path, home: Path, log: Path):
        self.program = program
        self.home = home
        self.sessions = home / "webui" / "sessions"
        self.log_path = log
        self.log = log.open("ab")
        self.port = 0
        self.process = None

    def start(self, *arguments: str, patience: float = 20, **environment: str):
        command = [str(self.program), "serve", "--host", "127.0.0.1", "--port", str(self.port), *arguments]
        self.process = subprocess.Popen(
            command, env=clean_environment(self.home, **environment), cwd=self.home, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=self.log
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
        raise AssertionError(f"The server did not say where it listens. It said: {heard!r}; its log: {self.log_path}")

    def kill(self):
        """As the system does when memory is short: at once, without a word."""
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait(timeout=10)
            self.process.stdout.close()
            self.process = None

    def stop(self, number: int = signal.SIGTERM, patience: float = 20) -> int:
        """Asks it to stop; returns its exit code."""
        self.process.send_signal(number)
        code = self.process.wait(timeout=patience)
        self.process.stdout.close()
        self.process = None
        return code

    def close(self):
        self.kill()
        self.log.close()

    def url(self, path: str = "") -> str:
        return f"http://127.0.0.1:{self.port}/{path}"

    def log_text(self) -> str:
        return self.log_path.read_text(encoding="utf-8", errors="replace")
