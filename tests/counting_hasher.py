"""A password hasher that says how many passwords were compared."""

import itertools
from typing import ClassVar

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class CountingHasher(PBKDF2PasswordHasher):
    """As Django's own, with fewer rounds; `compared` counts over all threads."""

    algorithm = "pbkdf2_counting"
    iterations = 1000
    _numbers: ClassVar["itertools.count[int]"] = itertools.count()
    compared: ClassVar[int] = 0

    def verify(self, password: str, encoded: str) -> bool:
        type(self).compared = next(self._numbers) + 1
        return super().verify(password, encoded)

    @classmethod
    def start_counting(cls) -> None:
        cls._numbers, cls.compared = itertools.count(), 0
