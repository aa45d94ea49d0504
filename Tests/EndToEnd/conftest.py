"""Runs the real program, and the model server that stands in for a real one.

Settings, all optional:
  CADUCEUS_PROGRAM  the server (default: .build/debug/caduceus)
  CADUCEUS_SHARED   the folder that has tools/fake_llm.py (default: ../shared beside the repository)
  KILL_ROUNDS       how often the server is killed in test_kill.py (default: 20)
  KILL_SEED         the seed of the moments (default: chosen and printed)
"""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from process import REPOSITORY, ServerProcess, copy_of_program, program_path  # noqa: E402

from client import Client  # noqa: E402

API_KEY = "sk-endtoend-5f2b8c71d9e04a36"


@pytest.fixture(scope="session")
def program(tmp_path_factory) -> Path:
    try:
        return copy_of_program(program_path(), tmp_path_factory.mktemp("program"))
    except FileNotFoundError as error:
        pytest.fail(str(error))


class ModelServer:
    """The model server of the tests; its log has a line a request."""

    def __init__(self, port: int, log: Path):
        self.base_url = f"http://127.0.0.1:{port}/v1"
        self.log = log

    def requests(self, ending: str) -> list:
        """The requests whose last user message ends so."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []
        return [line for line in lines if line.get("last_user", "").endswith(ending)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def model(tmp_path_factory) -> ModelServer:
    script = Path(os.environ.get("CADUCEUS_SHARED", REPOSITORY.parent / "shared")) / "tools" / "fake_llm.py"
    if not script.exists():
        pytest.fail(f"The model server of the tests is missing at {script}; set CADUCEUS_SHARED to the folder that has tools/fake_llm.py.")
    log = tmp_path_factory.mktemp("model") / "requests.jsonl"
    port = free_port()
    process = subprocess.Popen([sys.executable, str(script), str(port), str(log)])
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except ConnectionRefusedError:
            time.sleep(0.05)
    yield ModelServer(port, log)
    process.kill()
    process.wait()


def write_configuration(home: Path, base_url: str):
    (home / "config.yaml").write_text(
        f"model:\n  default: fake-model\n  provider: custom\n  base_url: {base_url}\n  api_key: {API_KEY}\n")


@pytest.fixture
def idle_server(program, tmp_path):
    """A server that is not started yet and knows no model."""
    home = tmp_path / "home"
    home.mkdir()
    made = ServerProcess(program, home, tmp_path / "server.log")
    yield made
    made.close()


@pytest.fixture
def server(idle_server, model):
    """A server that runs and asks the model server of the tests."""
    write_configuration(idle_server.home, model.base_url)
    return idle_server.start()


@pytest.fixture
def client(server) -> Client:
    return Client(server.port)
