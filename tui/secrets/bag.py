"""The secrets of one walk, beside the draft and never in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from pydantic import SecretStr

    from tui.text.redact import Redactor


class Bag:
    """Secrets by the key of their field. Its representation shows only these keys, and it can't be copied."""

    __slots__ = ("_redactor", "_secrets")

    def __init__(self, redactor: Redactor | None = None) -> None:
        """`redactor` learns each secret before anyone can read it."""
        self._redactor = redactor
        self._secrets: dict[str, SecretStr] = {}

    def __repr__(self) -> str:
        return f"Bag({', '.join(self._secrets)})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A bag of secrets is neither copied nor pickled.")

    def put(self, key: str, value: str | SecretStr) -> None:
        """Hold `value` for the field `key`, replacing an earlier one."""
        from pydantic import SecretStr  # deferred: the first paint has no secret yet

        secret = SecretStr(value) if isinstance(value, str) else value
        if self._redactor is not None:
            self._redactor.hold(key, secret.get_secret_value())
        self._secrets[key] = secret

    def overhear(self, secret: str) -> None:
        """Let the redactor know a secret that belongs to no field: a server may quote it all the same."""
        if self._redactor is not None:
            self._redactor.add(secret)

    def get(self, key: str) -> SecretStr | None:
        """Return the secret of a field to send it: the redactor then knows it for good. None if there is none."""
        secret = self._secrets.get(key)
        if secret is not None and self._redactor is not None:
            self._redactor.add(secret.get_secret_value())
        return secret

    def peek(self, key: str) -> str:
        """Return the text of a field's secret for its own input, which shows dots; "" if there is none."""
        secret = self._secrets.get(key)
        return secret.get_secret_value() if secret is not None else ""

    def __contains__(self, key: str) -> bool:
        return key in self._secrets

    def drop(self, key: str) -> None:
        """Forget the secret of a field; the redactor still knows it."""
        self._secrets.pop(key, None)

    def same(self, a: str, b: str) -> bool:
        """Return whether two fields have the same secret; False if one of them has none."""
        first, second = self._secrets.get(a), self._secrets.get(b)
        return first is not None and first == second

    def keys(self) -> tuple[str, ...]:
        """Return the fields that have a secret, in the order in which they got their first."""
        return tuple(self._secrets)
