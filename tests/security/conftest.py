"""The world of the download tests, for what an attacker may try in it."""

from __future__ import annotations

from ..download.conftest import isolated_cache as isolated_cache
from ..download.conftest import local_hub as local_hub
from ..download.conftest import quick_retries as quick_retries
from ..download.conftest import world as world
