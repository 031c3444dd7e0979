"""Who acts: a write without an actor is refused by the database itself (``triggers.py``).

``acting_as`` opens a transaction and tells the database whose hand writes, for as long as the block lasts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection, transaction
from django.db.backends.signals import connection_created

from bangfu.server.audit.models import Actor, ActorKind

_actor: ContextVar[Actor | None] = ContextVar("bangfu_actor", default=None)
SETTING = "bangfu.actor"


class NoActorError(Exception):
    """A write was tried of which nobody is the author."""


def current_actor() -> Actor:
    """Return who acts now.

    Raises:
        NoActorError: Nobody does.
    """
    actor = _actor.get()
    if actor is None:
        raise NoActorError("这次写入没有操作者 | this write has no actor: use acting_as()")
    return actor


@contextmanager
def acting_as(actor: Actor) -> Iterator[Actor]:
    """Run a block in one transaction whose writes are the actor's."""
    before = _actor.get()
    with transaction.atomic():
        token = _actor.set(actor)
        _tell(actor)
        try:
            yield actor
        except BaseException:
            _actor.reset(token)  # the rollback takes the database's own setting back
            raise
        _actor.reset(token)
        _tell(before)


def _tell(actor: Actor | None) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config(%s, %s, true)", [SETTING, str(actor.pk) if actor else ""])


def actor_of(user: Any) -> Actor:
    """Return the actor of a member of staff, or the anonymous visitor.

    The row is made with the account; a missing one is an error of the installation and refuses the write.
    """
    if user is None or not user.is_authenticated:
        return Actor.objects.get(kind=ActorKind.ANONYMOUS)
    return Actor.objects.get(user_id=user.pk)


def system_actor(name: str) -> Actor:
    """Return a named part of the system (declared in ``SYSTEM_ACTORS``)."""
    return Actor.objects.get(kind=ActorKind.SYSTEM, name=name)


def _install_function(sender: Any, connection: Any, **_: Any) -> None:
    """Give an SQLite connection the function that its triggers call; another client lacks it and is refused."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("bangfu_actor", 0, lambda: actor.pk if (actor := _actor.get()) else None)


connection_created.connect(_install_function, dispatch_uid="bangfu_actor")
