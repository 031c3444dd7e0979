"""ID and card numbers: checked, kept encrypted, found by a keyed index, shown masked."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from bangfu.rules.identity import identity_fault
from bangfu.server.keys import KeyRing
from bangfu.server.registry.models import Person

ID_PURPOSE, CARD_PURPOSE = "registry.person.id", "registry.person.card"
CARD_DIGITS = range(9, 20)


class IdentityProblemError(Exception):
    """A number is not valid; ``zh`` and ``en`` say why."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


@lru_cache(maxsize=4)
def key_ring() -> KeyRing:
    """Return the keys of this installation."""
    return KeyRing(settings.ENVIRONMENT.keys)


def id_index(number: str) -> str:
    """Return the index by which a person with an ID number is found."""
    return key_ring().blind_index(number, ID_PURPOSE)


def card_index(number: str) -> str:
    """Return the index by which the people with a card are found; spaces between its digits do not count."""
    return key_ring().blind_index("".join(number.split()), CARD_PURPOSE)


def set_card_number(person: Person, number: str) -> None:
    """Put the number of the card that benefits are paid to into a person's row (not saved); empty takes it out.

    Raises:
        IdentityProblemError: It is no card number.
    """
    number = "".join(number.split())
    if not number:
        person.card_cipher, person.card_index, person.card_last4 = None, "", ""
        return
    if not (number.isascii() and number.isdigit() and len(number) in CARD_DIGITS):
        raise IdentityProblemError(f"卡号应为 {CARD_DIGITS[0]} 到 {CARD_DIGITS[-1]} 位数字", f"a card number has {CARD_DIGITS[0]} to {CARD_DIGITS[-1]} digits")
    person.card_cipher = key_ring().encrypt(number, CARD_PURPOSE)
    person.card_index, person.card_last4 = card_index(number), number[-4:]


def set_id_number(person: Person, number: str) -> None:
    """Put an ID number into a person's row (not saved).

    Raises:
        IdentityProblemError: The number is not valid.
    """
    fault = identity_fault(number)
    if fault:
        raise IdentityProblemError(*fault)
    seal_id_number(person, number.strip().upper(), id_index(number))


def seal_id_number(person: Person, number: str, index: str) -> None:
    """Put a number that was checked, with its index, into a person's row (not saved)."""
    person.id_cipher = key_ring().encrypt(number, ID_PURPOSE)
    person.id_index = index
    person.id_last4 = number[-4:]


def reveal_id_number(person: Person) -> str:
    """Return the whole number; who calls this has written the reason into the audit first."""
    return key_ring().decrypt(bytes(person.id_cipher), ID_PURPOSE) if person.id_cipher else ""


def masked(person: Person) -> str:
    """Return the number as screens show it: the last four alone."""
    return f"**************{person.id_last4}" if person.id_last4 else ""
