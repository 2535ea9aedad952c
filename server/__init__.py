"""The embedded server: the ClearML API on SQLite and a folder, in one process.

    app/       HTTP: three ports or one, envelope, files, the web page's assets
    services/  one module per API namespace; an endpoint reads, calls, shapes
    domain/    the rules that outlive one endpoint; sees no HTTP and no SQL
    store/     the only room with SQL
    api/       the vocabulary the rooms share: errors, envelope, Call, Request, @endpoint

It knows no audio, no torch and no clearml SDK.
"""

API_VERSION = "2.31"
"""Advertised to clients: the SDK then speaks v2.23 and prints `/tasks/` links."""

SERVER_VERSION = "2.0.0"
"""Numeric only: clients split it on dots and convert each part to int."""
