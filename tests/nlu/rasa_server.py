"""A real Rasa server for the contract test and the benchmark, run by a Python of its own."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

_START_SECONDS = 420  # three models of TensorFlow, on a machine that may be busy
_ENVIRONMENT = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "PYTHONPATH": ""}


def train(python: Path, project: Path, *command: str) -> Path:
    """Train the exported project, only its understanding by default; the path of the model."""
    _run_quietly(python, project, *(command or ("train", "nlu")), "--fixed-model-name", "okno")
    return project / "models" / "okno.tar.gz"


@contextmanager
def serving(python: Path, project: Path) -> Iterator[tuple[str, psutil.Process]]:
    """The address of a server with the trained model, and its process."""
    port = _free_port()
    command = [python, "-m", "rasa", "run", "--enable-api", "-m", "models"]
    server = subprocess.Popen(
        [*command, "-i", "127.0.0.1", "-p", str(port)],
        cwd=project,
        env=_ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url, server)
        yield url, psutil.Process(server.pid)
    finally:
        server.terminate()
        server.wait(timeout=30)


def _run_quietly(python: Path, project: Path, *arguments: str) -> None:
    done = subprocess.run(
        [python, "-m", "rasa", *arguments],
        cwd=project,
        env=_ENVIRONMENT,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"rasa {arguments[0]} failed:\n{done.stderr[-2000:]}")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_for(url: str, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + _START_SECONDS
    while server.poll() is None and time.monotonic() < until:
        try:
            if httpx.get(f"{url}/status", timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.5)
    raise RuntimeError("the Rasa server did not start")
