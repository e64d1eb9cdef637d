"""The floor a sweep is held against: a plain loop of requests over the same tenants, and nothing else."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import requests
from requests.adapters import HTTPAdapter

from csp_portal.microsoft.clouds import Cloud

THREADS = 8


class PlainLoop:
    """`requests`, eight threads, one pooled session, orjson, tokens in hand."""

    def __init__(self, cloud: Cloud) -> None:
        self._session = requests.Session()
        self._session.trust_env = False  # no .netrc, no proxies, and no REQUESTS_CA_BUNDLE in place of our CA
        self._session.verify = cloud.ca_bundle or True
        self._session.mount("https://", HTTPAdapter(pool_maxsize=THREADS))
        self._url = f"{cloud.graph_url}/v1.0/admin/serviceAnnouncement/healthOverviews?$expand=issues"

    def read(self, token: str) -> Any:
        response = self._session.get(self._url, headers={"Authorization": f"Bearer {token}"}, timeout=60)
        response.raise_for_status()
        return orjson.loads(response.content)["value"]

    def run(self, tokens: list[str], *, threads: int = THREADS) -> int:
        """Read all tenants; returns how many services they have, so that nothing is left out."""
        with ThreadPoolExecutor(threads) as pool:
            return sum(pool.map(lambda token: len(self.read(token)), tokens))
