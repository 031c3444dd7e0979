"""Shares of a key: two custodians each make one, in a file that only their passphrase opens; the key is both XORed.

One share alone says nothing about the key: it is a one-time pad of the other. The same two shares always give the same
keys, so the two files, kept in two places, are also how lost keys come back.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SM3, Hash
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from bangfu.server.keys import INDEX_BYTES, KEY_BYTES, NONCE_BYTES, TAG_BYTES, KeyProblemError

SHARE_BYTES = KEY_BYTES + INDEX_BYTES
PASSPHRASE_LEAST = 12
KIND = "bangfu key share 1"
COST = {"n": 2**15, "r": 8, "p": 1}


def make_share(path: Path, passphrase: str) -> None:
    """Make a random share in a new file, closed by a passphrase.

    Raises:
        KeyProblemError: The passphrase is too short, the file is there already, or its folder is not there.
    """
    if len(passphrase) < PASSPHRASE_LEAST:
        raise KeyProblemError(f"口令至少 {PASSPHRASE_LEAST} 个字 | the passphrase needs at least {PASSPHRASE_LEAST} characters")
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(NONCE_BYTES)
    closing = Cipher(algorithms.SM4(_key(passphrase, salt)), modes.GCM(nonce)).encryptor()
    closing.authenticate_additional_data(KIND.encode())
    body = closing.update(secrets.token_bytes(SHARE_BYTES)) + closing.finalize()
    content = {"kind": KIND, "scrypt": {**COST, "salt": salt.hex()}, "sm4_gcm": (nonce + closing.tag + body).hex()}
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise KeyProblemError(f"{path} 已经有了，不会覆盖 | {path} is there already and is not overwritten") from None
    except FileNotFoundError:
        raise KeyProblemError(f"没有 {path.absolute().parent} 这个文件夹，请先建好或插好 U 盘 | there is no folder {path.absolute().parent}: make it, or plug the drive in") from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file)


def open_share(path: Path, passphrase: str) -> bytes:
    """Return a share.

    Raises:
        KeyProblemError: It is no share, or the passphrase is wrong.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["kind"] != KIND or {name: content["scrypt"][name] for name in COST} != COST:
            raise ValueError
        sealed, salt = bytes.fromhex(content["sm4_gcm"]), bytes.fromhex(content["scrypt"]["salt"])
    except (OSError, ValueError, KeyError, TypeError):
        raise KeyProblemError(f"{path} 不是密钥分量文件 | {path} is no share of a key") from None
    nonce, tag, body = sealed[:NONCE_BYTES], sealed[NONCE_BYTES : NONCE_BYTES + TAG_BYTES], sealed[NONCE_BYTES + TAG_BYTES :]
    opening = Cipher(algorithms.SM4(_key(passphrase, salt)), modes.GCM(nonce, tag)).decryptor()
    opening.authenticate_additional_data(KIND.encode())
    try:
        return opening.update(body) + opening.finalize()
    except InvalidTag:
        raise KeyProblemError(f"{path} 的口令不对 | wrong passphrase for {path}") from None


def join(first: bytes, second: bytes) -> tuple[bytes, bytes]:
    """Return cipher key and index key of two shares.

    Raises:
        KeyProblemError: It is twice the same share.
    """
    if secrets.compare_digest(first, second):
        raise KeyProblemError("两个分量是同一个，要两位保管人各做一个 | both shares are the same: two custodians make one each")
    whole = bytes(a ^ b for a, b in zip(first, second, strict=True))
    return whole[:KEY_BYTES], whole[KEY_BYTES:]


def fingerprint(key: bytes) -> str:
    """Return what tells two keys apart without telling them; noted on paper at the ceremony."""
    made = Hash(SM3())
    made.update(b"bangfu key fingerprint\n" + key)
    return made.finalize().hex()[:16]


def _key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=KEY_BYTES, **COST).derive(passphrase.encode())
