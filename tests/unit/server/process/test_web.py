"""The page's assets: nothing outside their folder, and no script but ours."""

import base64
import hashlib

import httpx
import pytest
from starlette.testclient import TestClient

from server.app.web import Web

MAP = '{"imports": {"preact": "/vendor/preact/dist/preact.module.js"}}'


class _AtPath:
    """Hands the application the path it would get from `App`."""

    def __init__(self, web: Web) -> None:
        self._web = web

    async def __call__(self, scope, receive, send):
        await self._web(dict(scope, path=scope["path"]), receive, send)


@pytest.fixture
def client(tmp_path):
    root = tmp_path / "web"
    (root / "node_modules/preact/dist").mkdir(parents=True)
    (root / "node_modules/preact/dist/preact.module.js").write_text("export {}")
    (root / "index.html").write_text(f'<html><script type="importmap">{MAP}</script></html>')
    (root / "main.js").write_text("start()")
    (root / "workers").mkdir()
    for name in ("model.js", "sound.js"):
        (root / "workers" / name).write_text("serve()")
    (root / "node_modules/preact/dist/large.wasm").write_bytes(b"\0asm" * 20_000)
    (tmp_path / "secret.txt").write_text("secret")
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    return TestClient(_AtPath(Web(root)))


def test_any_address_within_the_page_is_the_page(client: httpx.Client):
    answer = client.get("/projects/*/tasks/0123/output/log")
    assert answer.status_code == 200
    assert "text/html" in answer.headers["content-type"]


def test_the_policy_allows_the_import_map_by_its_hash_and_no_inline_script(client):
    policy = client.get("/").headers["content-security-policy"]
    script = next(part for part in policy.split(";") if "script-src" in part)
    digest = base64.b64encode(hashlib.sha256(MAP.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in script
    assert "unsafe-inline" not in script


def test_packages_are_served_as_scripts(client):
    answer = client.get("/vendor/preact/dist/preact.module.js")
    assert answer.text == "export {}"
    assert answer.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/%2e%2e/secret.txt", "/vendor/../../secret.txt", "/link.txt", "/x%00y"]
)
def test_nothing_outside_the_folder_is_served(client, path):
    assert "secret" not in client.get(path).text


def test_a_missing_script_is_not_answered_with_the_page(client):
    assert client.get("/pages/gone.js").status_code == 404
    assert client.get("/vendor/gone/index.js").status_code == 404


def test_large_libraries_are_sent_compressed_to_who_accepts_it_and_are_the_same(client):
    path = "/vendor/preact/dist/large.wasm"
    packed, plain = client.get(path), client.get(path, headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip" and packed.headers["vary"] == "Accept-Encoding"
    assert int(packed.headers["content-length"]) < 2000 < int(plain.headers["content-length"])
    assert packed.content == plain.content and "content-encoding" not in plain.headers
    assert packed.headers["content-type"] == plain.headers["content-type"] == "application/wasm"
    assert packed.headers["cache-control"] == "max-age=3600"
    assert "content-encoding" not in client.get("/vendor/preact/dist/preact.module.js").headers


def test_only_the_worker_that_runs_models_may_compile(client):
    policies = [
        client.get(f"/workers/{name}.js").headers["content-security-policy"] for name in ("model", "sound")
    ]
    assert policies == [
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'",
        "default-src 'none'; script-src 'self'",
    ]
    assert "wasm" not in client.get("/").headers["content-security-policy"]
