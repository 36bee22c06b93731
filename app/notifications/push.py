"""Web push: the message encrypted for one browser (RFC 8291), and the letter of introduction to its push service
(RFC 8292, VAPID). Pure but for the random salt and key of each message; what is sent leaves through ``app.core.http``.
"""

import base64
import json
import os
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

RECORD = 4096
INTRODUCED_FOR = timedelta(hours=12)


def encoded(data: bytes) -> str:
    """base64url without padding, as browsers and push services write keys."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decoded(text: str) -> bytes:
    """The other way round. Raises ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def new_key() -> ec.EllipticCurvePrivateKey:
    """A fresh key on P-256, the only curve push knows."""
    return ec.generate_private_key(ec.SECP256R1())


def public_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public half, 65 bytes uncompressed."""
    return key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def private_text(key: ec.EllipticCurvePrivateKey) -> str:
    """The private half as text to be sealed."""
    return encoded(key.private_numbers().private_value.to_bytes(32, "big"))


def private_from(text: str) -> ec.EllipticCurvePrivateKey:
    """The key that was written as this text. Raises ValueError."""
    return ec.derive_private_key(int.from_bytes(decoded(text), "big"), ec.SECP256R1())


def encrypt(
    message: bytes,
    receiver: bytes,
    secret: bytes,
    *,
    salt: bytes | None = None,
    sender: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """The body to send, in the coding ``aes128gcm``, one record. ``receiver`` is the browser's public key (``p256dh``),
    ``secret`` its ``auth``. ``salt`` and ``sender`` are made fresh for every message; tests give their own.

    Raises ValueError when the browser's keys are none.
    """
    sender, salt = sender or new_key(), salt or os.urandom(16)
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), receiver)
    ours = public_of(sender)
    shared = sender.exchange(ec.ECDH(), theirs)
    info = b"WebPush: info\x00" + receiver + ours
    material = HKDF(hashes.SHA256(), 32, salt=secret, info=info).derive(shared)
    key = HKDF(hashes.SHA256(), 16, salt=salt, info=b"Content-Encoding: aes128gcm\x00").derive(material)
    nonce = HKDF(hashes.SHA256(), 12, salt=salt, info=b"Content-Encoding: nonce\x00").derive(material)
    header = salt + RECORD.to_bytes(4, "big") + bytes([len(ours)]) + ours
    return header + AESGCM(key).encrypt(nonce, message + b"\x02", None)


def introduction(key: ec.EllipticCurvePrivateKey, endpoint: str, subject: str, now: datetime) -> str:
    """The Authorization header for the push service behind ``endpoint``; ``subject`` says who we are."""
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((now + INTRODUCED_FOR).timestamp()),
        "sub": subject,
    }
    signed = ".".join(encoded(json.dumps(one, separators=(",", ":")).encode()) for one in (_HEAD, claims))
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    signature = encoded(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={signed}.{signature}, k={encoded(public_of(key))}"


_HEAD = {"typ": "JWT", "alg": "ES256"}
