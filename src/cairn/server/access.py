"""The one gate: who may do what.

Operations and raw routes declare what they need; every request passes here with that need. What
is not known is denied.
"""

from __future__ import annotations

from dataclasses import dataclass

from cairn.contract.actor import ACTOR
from cairn.contract.op import PERMISSIONS, Message, Op
from cairn.errors import PermissionDenied
from cairn.wire.routes import Scope

ANYONE = "nothing"
"""What a route needs that tells nothing about what is stored, such as the health check."""


@dataclass(frozen=True)
class Identity:
    """Who asks.

    Attributes:
        name: what to call them.
        permissions: what they may do, of `cairn.contract.op.PERMISSIONS`.
        actor: what the change log calls them; empty when nobody is known.
    """

    name: str
    permissions: frozenset[str]
    actor: str = ""


LOCAL = Identity("local", PERMISSIONS)
"""Everybody, on a server without authentication."""


class Gate:
    """Decides about every request."""

    def identify(self, scope: Scope) -> Identity:  # noqa: ARG002 - everybody is local so far
        """Who sent a request."""
        return LOCAL

    def allow_operation(self, scope: Scope, op: Op, request: Message) -> None:  # noqa: ARG002
        """Pass an operation or refuse it.

        Raises:
            PermissionDenied: the caller lacks what the operation needs.
        """
        self.allow(scope, op.needs)

    def allow(self, scope: Scope, needs: str) -> None:
        """Pass a request or refuse it; what it changes is logged as done by who sent it.

        Raises:
            PermissionDenied: the caller lacks what the request needs, or nobody knows it.
        """
        if needs == ANYONE:
            return
        identity = self.identify(scope)
        ACTOR.set(identity.actor)
        if needs not in PERMISSIONS or needs not in identity.permissions:
            raise PermissionDenied(
                f"{identity.name!r} has no permission to {needs}. Ask who runs the server for it."
            )
