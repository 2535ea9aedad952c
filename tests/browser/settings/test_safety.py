"""What is uploaded never runs; what is missing is said; a server that goes is waited for."""

import requests
from playwright.sync_api import Page, expect

HTML = """<!doctype html><script>
  opener?.postMessage('ran', '*'); parent.postMessage('ran', '*');
  fetch('/api/auth.create_credentials', { method: 'POST', body: '{}' });
</script>"""
SVG = """<svg xmlns='http://www.w3.org/2000/svg' width='20' height='20'>
  <script>top.postMessage('ran', '*')</script><rect width='20' height='20'/>
</svg>"""


def upload(server, name: str, content: str) -> str:
    answer = requests.post(
        f"{server.url}/files", files={name: (name, content)}, headers=server.authorization(), timeout=30
    )
    assert answer.status_code == 200
    return f"{server.url}/files/{name}"


def test_the_page_runs_scripts_from_its_own_files_only(server):
    policy = requests.get(server.url, timeout=30).headers["Content-Security-Policy"]
    scripts = next(part for part in policy.split(";") if part.strip().startswith("script-src")).split()
    assert "default-src 'self'" in policy and "object-src 'none'" in policy
    assert "'unsafe-inline'" not in scripts and "'unsafe-eval'" not in scripts
    assert all(one.startswith(("'self'", "'sha256-")) for one in scripts[1:])


def test_an_uploaded_page_and_picture_do_not_execute(page: Page, server, job):
    task = server.call("tasks.create", name="uploads", type="custom")["id"]
    events = [
        {"type": "training_debug_image", "task": task, "metric": "m", "variant": name, "iter": 1, "url": url}
        for name, url in (
            ("page", upload(server, "x/page.html", HTML)),
            ("picture", upload(server, "x/picture.svg", SVG)),
        )
    ]
    for event in events:
        server.call("events.add", **event)
    page.goto(f"{server.url}/projects/*/tasks/{task}/output/debugImages")
    expect(page.locator(".sample")).to_have_count(2)
    page.evaluate("() => addEventListener('message', event => { window.ran = event.data })")
    page.wait_for_timeout(500)
    assert page.evaluate("() => window.ran") is None
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open page.html").click()
    other = opened.value
    other.wait_for_load_state()
    keys = len(server.call("auth.get_credentials")["credentials"])
    other.wait_for_timeout(500)
    assert len(server.call("auth.get_credentials")["credentials"]) == keys
    other.close()


def test_a_missing_file_is_said(page: Page, server, job):
    task = server.call("tasks.create", name="no file", type="testing")["id"]
    artifact = {"key": "clips", "type": "pandas", "uri": f"{server.url}/files/not/there.csv.gz"}
    server.call("tasks.add_or_update_artifacts", task=task, artifacts=[artifact])
    page.goto(f"{server.url}/projects/*/tasks/{task}/output/audio")
    expect(page.get_by_role("alert")).to_contain_text("The file is missing")


def test_a_page_waits_for_its_server_and_goes_on(page: Page, new_server):
    server = new_server()
    server.call("tasks.create", name="before", type="testing")
    page.goto(server.link())
    expect(page.get_by_role("link", name="before")).to_be_visible()
    server.kill()
    expect(page.get_by_role("alert")).to_contain_text("The server can’t be reached", timeout=15_000)
    server.start()
    server.call("tasks.create", name="after", type="testing")
    expect(page.get_by_role("link", name="after")).to_be_visible(timeout=20_000)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_page_that_is_opened_while_the_server_is_gone_comes_when_it_is_back(page: Page, new_server):
    server = new_server()
    page.goto(server.link())
    expect(page.get_by_text("No tasks yet")).to_be_visible()
    server.kill()
    page.get_by_role("link", name="Queues", exact=True).click()
    expect(page.locator(".state.error")).to_contain_text("The server can’t be reached")
    server.start()
    expect(page.get_by_role("heading", level=1, name="Queues")).to_be_visible(timeout=20_000)


def test_a_chart_that_could_not_be_fetched_says_so(page: Page, server):
    page.route("**/vendor/uplot/**", lambda route: route.abort())
    page.goto(f"{server.url}/workers")
    expect(page.get_by_text("A part of this page could not be fetched").first).to_be_visible()


def test_without_its_libraries_the_page_says_what_to_run(page: Page, server):
    page.route("**/vendor/preact/**", lambda route: route.fulfill(status=404, body=""))
    page.goto(server.url)
    expect(page.get_by_text("make web")).to_be_visible()
