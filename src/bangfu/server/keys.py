"""Keys outside the database: versioned SM4 keys for ID numbers, one HMAC-SM3 key for finding them.

A cipher text is one version byte, 12 bytes of nonce, then what SM4-GCM gives. The purpose is bound in as associated
data, so that a value cannot be moved into another column.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.hmac import HMAC

KEY_BYTES, INDEX_BYTES, NONCE_BYTES, TAG_BYTES = 16, 32, 12, 16


class KeyProblemError(Exception):
    """A key is missing or does not fit; the text says which file."""


@dataclass(frozen=True)
class KeyRing:
    """The keys of one folder, read when first used."""

    folder: Path

    @cached_property
    def index_key(self) -> bytes:
        """Return the key of the blind index."""
        return self._read("index.key", INDEX_BYTES)

    @property
    def versions(self) -> list[int]:
        """Return the versions of the cipher key that are there, oldest first."""
        return sorted(int(path.stem.removeprefix("id-v")) for path in self.folder.glob("id-v*.key"))

    @property
    def is_complete(self) -> bool:
        """Tell whether there is a key to encrypt with and one to find with."""
        return bool(self.versions) and (self.folder / "index.key").is_file()

    @property
    def newest(self) -> int:
        """Return the version that new values are encrypted with.

        Raises:
            KeyProblemError: There is none.
        """
        if not self.versions:
            raise KeyProblemError(f"{self.folder} 里没有 id-v*.key，请先运行 bangfu keys new | no id-v*.key in {self.folder}: run bangfu keys new first")
        return self.versions[-1]

    def encrypt(self, text: str, purpose: str) -> bytes:
        """Return the cipher text under the newest key."""
        return self.seal(text.encode(), purpose)

    def seal(self, content: bytes, purpose: str) -> bytes:
        """Return bytes sealed under the newest key."""
        version = self.newest
        nonce = secrets.token_bytes(NONCE_BYTES)
        made = Cipher(algorithms.SM4(self._cipher_key(version)), modes.GCM(nonce)).encryptor()
        made.authenticate_additional_data(purpose.encode())
        body = made.update(content) + made.finalize()
        return bytes([version]) + nonce + made.tag + body

    def decrypt(self, sealed: bytes, purpose: str) -> str:
        """Return the plain text.

        Raises:
            KeyProblemError: The key of its version is missing, or the value was changed.
        """
        return self.unseal(sealed, purpose).decode()

    def unseal(self, sealed: bytes, purpose: str) -> bytes:
        """Return the bytes that were sealed.

        Raises:
            KeyProblemError: The key of its version is missing, or the value was changed or cut short.
        """
        if len(sealed) < 1 + NONCE_BYTES + TAG_BYTES:
            raise KeyProblemError("密文不完整 | the sealed value is cut short")
        version, rest = sealed[0], sealed[1:]
        nonce, tag, body = rest[:NONCE_BYTES], rest[NONCE_BYTES : NONCE_BYTES + TAG_BYTES], rest[NONCE_BYTES + TAG_BYTES :]
        opened = Cipher(algorithms.SM4(self._cipher_key(version)), modes.GCM(nonce, tag)).decryptor()
        opened.authenticate_additional_data(purpose.encode())
        try:
            return opened.update(body) + opened.finalize()
        except InvalidTag:
            raise KeyProblemError("密文与密钥不符或被改动 | the value does not fit the key, or was changed") from None

    def blind_index(self, text: str, purpose: str) -> str:
        """Return a keyed digest by which equal values are found without being read."""
        made = HMAC(self.index_key, SM3())
        made.update(f"{purpose}\n{text.strip().upper()}".encode())
        return made.finalize().hex()

    def _cipher_key(self, version: int) -> bytes:
        return self._read(f"id-v{version}.key", KEY_BYTES)

    def _read(self, name: str, length: int) -> bytes:
        path = self.folder / name
        if not path.is_file():
            raise KeyProblemError(f"缺少密钥文件 {path} | the key file {path} is missing")
        key = path.read_bytes()
        if len(key) != length:
            raise KeyProblemError(f"密钥文件 {path} 应为 {length} 字节 | the key file {path} must have {length} bytes")
        return key


def write_key(path: Path, key: bytes) -> None:
    """Write a key that only its owner can read; an existing one is never overwritten."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(key)


def make_first_keys(folder: Path) -> None:
    """Make the first keys of an installation, those that are not there yet."""
    if not (folder / "index.key").is_file():
        write_key(folder / "index.key", secrets.token_bytes(INDEX_BYTES))
    if not list(folder.glob("id-v*.key")):
        write_key(folder / "id-v1.key", secrets.token_bytes(KEY_BYTES))
