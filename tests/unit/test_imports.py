"""Who may import whom, held against the code: the picture in the README, read from the imports."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = {"audio", "tasks", "pipelines", "agents", "server", "soundyard"}
HEAVY = {"torch", "torchvision", "torchaudio", "clearml", "clearml_agent", "pandas", "numpy"}

MAY_IMPORT = {  # room → rooms and heavy libraries that it may import
    "audio": {"torch", "torchvision", "torchaudio", "pandas", "numpy"},
    "tasks": {"audio", "clearml", "torch", "pandas", "numpy"},
    "agents": {
        "tasks.client.connection",
        "tasks.client.late",
        "tasks.client.names",
        "tasks.errors",
        "audio.command_line",
        "audio.interruption",
    },
    "pipelines": {
        "tasks",
        "agents",
        "audio.command_line",
        "audio.config",
        "audio.errors",
        "audio.interruption",
        "clearml",
        "pandas",
    },
    "server": set(),
    "soundyard": {"tasks", "agents", "pipelines", "server", "audio", "clearml", "pandas"},
}
SERVER = {  # layer → layers of the server that it may import
    "app": {"app", "services", "domain", "store", "api"},
    "services": {"services", "domain", "store", "api"},
    "domain": {"domain", "store", "api"},
    "store": {"store", "api"},
    "api": {"api"},
}


def files(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imports(file: Path) -> Iterator[str]:
    """Every module that a file imports when it runs, inside functions too; not what only a type checker reads."""
    tree = ast.parse(file.read_text())
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def allowed(module: str, permitted: set[str]) -> bool:
    return any(module == one or module.startswith(one + ".") for one in permitted)


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_imports_only_what_the_picture_lets_it(room):
    wrong = [
        f"{file.relative_to(ROOT)} imports {module}"
        for file in files(room)
        for module in imports(file)
        if module.split(".")[0] in (ROOMS | HEAVY) - {room} and not allowed(module, MAY_IMPORT[room])
    ]
    assert wrong == []


@pytest.mark.parametrize("layer", sorted(SERVER))
def test_a_layer_of_the_server_imports_only_those_below_it(layer):
    wrong = [
        f"{file.relative_to(ROOT)} imports {module}"
        for file in files(f"server/{layer}")
        for module in imports(file)
        if (parts := module.split("."))[0] == "server"
        and len(parts) > 1
        and parts[1] in SERVER
        and parts[1] not in SERVER[layer]
    ]
    assert wrong == []


def test_only_the_store_speaks_sql():
    """Elsewhere SQLite's errors may be caught, and nothing of it called; commands work on the database as a file."""
    used = {
        f"{file.relative_to(ROOT)}: sqlite3.{node.attr}"
        for file in files("server")
        if file.relative_to(ROOT).parts[1] not in ("store", "commands")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "sqlite3"
        if not node.attr.endswith("Error")
    }
    assert used == set()


def test_the_parsers_of_the_tasks_start_without_torch_and_clearml():
    """`--help` has to be quick: the modules an agent starts import the heavy libraries inside their functions."""
    started = [
        *(f"tasks/{name}.py" for name in ("preprocess", "train", "evaluate", "register")),
        "pipelines/main_job.py",
    ]
    wrong = [
        f"{name} imports {module} at its top"
        for name in started
        for module in top_level_imports(ROOT / name)
        if module.split(".")[0] in HEAVY
    ]
    assert wrong == []


def top_level_imports(file: Path) -> Iterator[str]:
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def written_imports() -> Iterator[tuple[str, str, list[str]]]:
    """(file, module, names) of each import of ours in any text: programs in strings and documents too."""
    listed = subprocess.run(
        ["git", "ls-files", "*.py", "*.md", "*.sh"], cwd=ROOT, capture_output=True, text=True
    )
    if listed.returncode:
        pytest.skip("a copy without its repository")
    pattern = re.compile(rf"from ((?:{'|'.join(sorted(ROOMS))})(?:\.\w+)*) import \(?([\w ,]+)")
    for file in listed.stdout.split():
        for module, names in pattern.findall((ROOT / file).read_text()):
            yield file, module, [name.split(" as ")[0].strip() for name in names.split(",") if name.strip()]


def test_what_is_imported_in_any_text_exists():
    """A program that a test hands to another process moves with the rooms, though no linter reads it."""
    wrong = set()
    for file, module, names in written_imports():
        place = ROOT / module.replace(".", "/")
        code = place.with_suffix(".py") if place.with_suffix(".py").is_file() else place / "__init__.py"
        text = code.read_text() if code.is_file() else ""
        for name in names:
            if (
                not (place / name).is_dir()
                and not (place / f"{name}.py").is_file()
                and name not in re.findall(r"\w+", text)
            ):
                wrong.add(f"{file}: from {module} import {name}")
    assert wrong == set()
