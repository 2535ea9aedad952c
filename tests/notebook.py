"""A Jupyter server with a notebook open in it, whose cells are run one by one, as a person runs them in a browser."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import requests

from benchmarks.tutorials import layouts
from tests.conftest import DATA, ROOT, ServerProcess, free_port, until

FILE = ROOT / "docs" / "tutorials" / "urbansound8k.ipynb"
EACH = 10  # clips of a class: one in each fold
TOKEN = "for-this-test-alone"


class Notebook:
    """A notebook's kernel, started by a Jupyter server in the notebook's folder."""

    def __init__(self, file: Path, environment: dict[str, str], log: Path) -> None:
        self.file, self.log = file, log
        self.runtime = log.parent / "runtime"
        self._environment = {**environment, "JUPYTER_RUNTIME_DIR": str(self.runtime)}
        self.url = f"http://127.0.0.1:{(port := free_port())}/"
        with log.open("w") as written:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "jupyter_server", "--allow-root", "--no-browser", "--ip=127.0.0.1"),
                    *(f"--port={port}", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={file.parent}"),
                ],
                cwd=file.parent, env=self._environment, stdin=subprocess.DEVNULL, stdout=written, stderr=written,
            )  # fmt: skip
        until(self._answers, 60, f"Jupyter's server is ready\n{log.read_text()}")
        about = {"path": file.name, "name": file.name, "type": "notebook", "kernel": {"name": "python3"}}
        session = self._asked("POST", "sessions", json=about)
        self.kernel = str(session["kernel"]["id"])

    def _asked(self, method: str, what: str, **more: Any) -> Any:
        answer = requests.request(
            method, f"{self.url}api/{what}", headers={"Authorization": f"token {TOKEN}"}, timeout=30, **more
        )
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return bool(self._asked("GET", "status"))
        except requests.RequestException:
            return False

    def run(self, seconds: float = 600) -> str:
        """Run every cell of code in order; gives what they printed. Fails with the error of a cell."""
        import nbformat
        from jupyter_client import BlockingKernelClient

        client = BlockingKernelClient(connection_file=str(self.runtime / f"kernel-{self.kernel}.json"))
        client.load_connection_file()
        client.start_channels()
        printed: list[str] = []

        def hear(message: dict[str, Any]) -> None:
            content = message["content"]
            printed.append(content.get("text", "") + "\n".join(content.get("traceback", [])))

        try:
            client.wait_for_ready(timeout=90)
            for cell in nbformat.read(self.file, 4).cells:
                if cell.cell_type == "code":
                    reply = client.execute_interactive(cell.source, timeout=seconds, output_hook=hear)
                    assert reply["content"]["status"] == "ok", "".join(printed)
        finally:
            client.stop_channels()
        return "".join(printed)

    def close(self) -> None:
        """End the kernel and the server."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def run_by_hand(server: ServerProcess, folder: Path) -> tuple[str, str]:
    """Run the tutorial's notebook on ESC-10 in the layout of its set; gives its task's id, and what it printed."""
    data, place = folder / "é 50% UrbanSound8K", folder / "by hand"
    layouts.urbansound8k(data, layouts.recordings(DATA, EACH))
    place.mkdir()
    file = shutil.copy(FILE, place)
    settings = {"URBANSOUND8K": str(data), "EPOCHS": "1", "PRETRAINED": "false"}
    notebook = Notebook(Path(file), server.environment(**settings), folder / "jupyter.log")
    try:
        printed = notebook.run()
    finally:
        notebook.close()
    (found,) = server.call("tasks.get_all", name="^UrbanSound8K notebook$")["tasks"]
    server.wait_for(found["id"], "completed")
    return str(found["id"]), printed


def settings(server: ServerProcess, task: str) -> dict[str, str]:
    """What is connected, as it stands on the server."""
    return {name: item["value"] for name, item in server.task(task)["hyperparams"]["General"].items()}
