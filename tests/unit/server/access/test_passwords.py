"""Passwords at rest."""

import pytest

from server.api.errors import ValidationFailed
from server.domain.users import passwords


def test_a_password_is_kept_as_a_salted_argon2id_hash():
    first, second = passwords.hashed("correct horse"), passwords.hashed("correct horse")
    assert first.startswith("$argon2id$") and first != second
    assert passwords.matches("correct horse", first) and not passwords.matches("wrong horse", first)


@pytest.mark.parametrize("password", ["", "short", "x" * 1025])
def test_a_password_has_a_decent_length(password):
    with pytest.raises(ValidationFailed, match="8 to 1024"):
        passwords.hashed(password)


def test_nobody_signs_in_as_a_user_without_a_password():
    assert not passwords.matches("", None)
    assert not passwords.matches("nobody's password", None)
    assert not passwords.matches("x", "not a hash")
