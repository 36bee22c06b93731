"""Passwords, random tokens, and secrets encrypted at rest."""

import hashlib
import json
import os
import secrets
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.fernet import Fernet, InvalidToken

from app.core.errors import ConfigError

_hasher = PasswordHasher()


@cache
def _nobody() -> str:
    return _hasher.hash("nobody has this password")


def hash_password(password: str) -> str:
    """An argon2id hash with the library's recommended cost."""
    return _hasher.hash(password)


def password_matches(stored: str | None, password: str) -> bool:
    """Whether the password fits; costs the same time when there is no stored hash, so that logins can't be probed."""
    try:
        return _hasher.verify(stored or _nobody(), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def new_token() -> str:
    """256 random bits, safe in URLs."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored instead of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


class SecretBox:
    """Encrypts credentials before they are stored (Fernet: AES-128-CBC with HMAC-SHA256)."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(key)

    @classmethod
    def from_file(cls, path: Path, holds_secrets: Callable[[], bool]) -> "SecretBox":
        """Read the key, or make the file at first start.

        ``holds_secrets`` says whether credentials are stored; it is asked only when there is no key. Raises
        ConfigError when the key can't be used, or is missing although something was sealed with it.
        """
        if not path.exists() and holds_secrets():
            raise ConfigError(
                f"{path}: this file is missing. It holds the key that the logins of your pages are sealed with. Put it "
                "back from a backup, or name the right one in secret_key_file. Without it they can't be opened; if it "
                "is lost for good, run “porchlight db new-key” and enter them anew."
            )
        try:
            return cls(read_or_make_key(path))
        except ValueError as error:
            raise ConfigError(
                f"{path}: this is not a key made by Porchlight ({error}). Restore it from a backup."
            ) from None

    def seal(self, secret: Mapping[str, str]) -> bytes:
        return self._fernet.encrypt(json.dumps(dict(secret)).encode())

    def open(self, sealed: bytes) -> dict[str, str]:
        """Raises ConfigError when the key is another than the one it was sealed with."""
        try:
            opened: dict[str, str] = json.loads(self._fernet.decrypt(sealed))
        except InvalidToken:
            raise ConfigError(
                "A stored credential was sealed with another secret.key. Restore that key from a backup."
            ) from None
        return opened


def derived_key(key: bytes, purpose: str) -> bytes:
    """A key for one purpose (at most 16 ASCII letters) from the installation's key: who learns it learns no other."""
    return hashlib.blake2b(key, person=purpose.encode("ascii"), digest_size=32).digest()


def read_or_make_key(path: Path) -> bytes:
    """The key in the file; made, readable by its owner only, when there is none. Two processes may start at once."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_bytes(Fernet.generate_key())
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_bytes().strip()
