"""`login.*`: how a browser signs in and out."""

from typing import Any

from server.api.call import Call
from server.api.registry import endpoint
from server.api.request import Nothing
from server.domain.users import access


@endpoint("login.supported_modes", Nothing, role=None)
def supported_modes(call: Call, request: Nothing) -> dict[str, Any]:
    """Whether a password is needed, and whether this browser is signed in already."""
    return {
        "basic": {"enabled": call.settings.auth == "password", "guest": {"enabled": False}},
        "link": {"enabled": call.settings.auth == "open"},
        "sso": {},
        "sso_providers": [],
        "authenticated": call.identity is not None,
        "server_errors": {"missed_es_upgrade": False, "es_connection_error": False},
    }


@endpoint("login.logout", Nothing, role="viewer")
def logout(call: Call, request: Nothing) -> dict[str, Any]:
    """Close this browser's session."""
    if call.identity and call.identity.session:
        with call.store.transaction():
            call.store.users.close_session(call.identity.session)
    call.cookies.append((access.cookie(call.settings.port), "", 0))
    return {"url": None}
