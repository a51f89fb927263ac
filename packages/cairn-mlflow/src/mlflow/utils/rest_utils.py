"""A request to a tracking server, for integrations that send their own."""

from __future__ import annotations

import json as json_format
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cairn.errors import CairnError
from cairn.settings import HTTP_REQUEST_MAX_RETRIES, HTTP_REQUEST_TIMEOUT
from cairn.wire.remote import read_error

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

_REST_API_PATH_PREFIX = "/api/2.0"
_RETRIED = (408, 429, 500, 502, 503, 504)


@dataclass(frozen=True)
class MlflowHostCreds:
    """Where a server is, and who we are to it: user and password, or a token."""

    host: str
    username: str | None = None
    password: str | None = None
    token: str | None = None
    ignore_tls_verification: bool = False
    client_cert_path: str | None = None
    server_cert_path: str | None = None

    @property
    def verify(self) -> bool | str:
        """Whether, or with which bundle, the server's certificate is verified."""
        return self.server_cert_path or not self.ignore_tls_verification


class Answer:
    """What a server answered.

    Attributes:
        status_code: HTTP status.
        headers: reply headers.
        content: body in bytes.
    """

    def __init__(self, response: BaseHTTPResponse) -> None:
        self.status_code = response.status
        self.headers: Mapping[str, str] = response.headers
        self.content: bytes = response.data

    @property
    def text(self) -> str:
        """Body as text."""
        return self.content.decode("utf-8", "replace")

    @property
    def ok(self) -> bool:
        """Whether the status is no error."""
        return self.status_code < 400

    def json(self) -> Any:
        """Body as JSON.

        Raises:
            ValueError: it is none.
        """
        return json_format.loads(self.content)

    def raise_for_status(self) -> None:
        """Raise the error that the server answered with, if it is one.

        Raises:
            CairnError: it is one.
        """
        if not self.ok:
            raise read_error(self.status_code, self.content)


def http_request(
    host_creds: MlflowHostCreds,
    endpoint: str,
    method: str,
    max_retries: int | None = None,
    extra_headers: Mapping[str, str] | None = None,
    timeout: float | None = None,
    params: Mapping[str, str] | None = None,
    json: Any = None,
    data: bytes | None = None,
) -> Answer:
    """Send a request and return the answer, whatever its status.

    Args:
        host_creds: the server.
        endpoint: path below its URL.
        method: GET, POST, and so on.
        max_retries: how often a failed request is tried again; the setting when None.
        extra_headers: more request headers.
        timeout: seconds to wait for an answer; the setting when None.
        params: query of the URL.
        json: body, sent as JSON.
        data: body, sent as it is.

    Raises:
        CairnError: the server cannot be reached.
    """
    from urllib.parse import urlencode

    import urllib3

    tries = HTTP_REQUEST_MAX_RETRIES.get() if max_retries is None else max_retries
    retries = urllib3.Retry(
        tries, status_forcelist=_RETRIED, allowed_methods=None, raise_on_status=False, redirect=0
    )
    url = f"{host_creds.host.rstrip('/')}/{endpoint.lstrip('/')}"
    headers = {**_credentials(host_creds), **(extra_headers or {})}
    if json is not None:
        headers["Content-Type"] = "application/json"
        data = json_format.dumps(json).encode()
    with urllib3.PoolManager(**_tls(host_creds)) as pool:
        try:
            response = pool.request(
                method,
                f"{url}?{urlencode(params)}" if params else url,
                body=data,
                headers=headers,
                retries=retries,
                timeout=HTTP_REQUEST_TIMEOUT.get() if timeout is None else timeout,
            )
        except urllib3.exceptions.HTTPError as error:
            raise CairnError(
                f"{method} {url} was not answered: {error}.", "TEMPORARILY_UNAVAILABLE"
            ) from None
        return Answer(response)


def _credentials(host: MlflowHostCreds) -> dict[str, str]:
    import urllib3

    if host.username is not None and host.password is not None:
        found = urllib3.make_headers(basic_auth=f"{host.username}:{host.password}")
        return {"Authorization": found["authorization"]}
    return {"Authorization": f"Bearer {host.token}"} if host.token else {}


def _tls(host: MlflowHostCreds) -> dict[str, Any]:
    return {
        "cert_reqs": "CERT_NONE" if host.verify is False else "CERT_REQUIRED",
        "ca_certs": host.server_cert_path,
        "cert_file": host.client_cert_path,
    }


def http_request_safe(
    host_creds: MlflowHostCreds, endpoint: str, method: str, **kwargs: Any
) -> Answer:
    """As `http_request`, but an answer that is an error is raised.

    Raises:
        CairnError: the server refused, or cannot be reached.
    """
    return verify_rest_response(http_request(host_creds, endpoint, method, **kwargs), endpoint)


def verify_rest_response(response: Answer, endpoint: str, expected_status: int = 200) -> Answer:
    """The answer again, if it has the status that is expected.

    Raises:
        CairnError: it has another one.
    """
    augmented_raise_for_status(response)
    if response.status_code != expected_status:
        raise CairnError(
            f"{endpoint} answered {response.status_code}, not {expected_status}: "
            f"{response.text[:200]}"
        )
    return response


def augmented_raise_for_status(response: Answer) -> None:
    """Raise the error that the server answered with, if it is one.

    Raises:
        CairnError: it is one.
    """
    response.raise_for_status()
