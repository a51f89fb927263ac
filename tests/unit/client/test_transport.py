from __future__ import annotations

import base64
import os
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.unit.client.peers import Reply, Seen, answering, refusing_port

from cairn.client.transport import Transport
from cairn.errors import InvalidValue, Unavailable
from cairn.version import __version__


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def said(url: str, **options: object) -> Seen:
    """What a server at `url` is sent: the transport goes there through `answering`."""
    seen: list[Seen] = []

    def answer(request: Seen) -> Reply:
        seen.append(request)
        return Reply()

    with answering(answer) as address:
        host = address.removeprefix("http://")
        transport = Transport(url.replace("HOST", host), **options)  # type: ignore[arg-type]
        transport.request("GET", "/x", query=[], body=None)
        transport.close()
    return seen[0]


def test_request_carries_path_query_body_and_who_we_are() -> None:
    seen: list[Seen] = []

    def answer(request: Seen) -> Reply:
        seen.append(request)
        return Reply(418, b"tea")

    with answering(answer) as url:
        transport = Transport(url)
        query = [("run_id", "a b"), ("run_id", "ü")]
        assert transport.request("POST", "/api/x%2Fy", query=query, body=b"{}") == (418, b"tea")
        transport.close()
    assert seen[0].path == "/api/x%2Fy?run_id=a+b&run_id=%C3%BC"
    assert (seen[0].verb, seen[0].body) == ("POST", b"{}")
    assert seen[0].headers["content-type"] == "application/json"
    assert seen[0].headers["user-agent"] == f"cairn/{__version__}"
    assert "authorization" not in seen[0].headers


def test_path_of_the_url_goes_before_every_path() -> None:
    assert said("http://HOST/team/cairn/").path == "/team/cairn/x"


def test_connection_is_kept_for_the_next_request() -> None:
    ports: list[str] = []
    with answering(lambda request: ports.append(request.headers["host"]) or Reply()) as url:
        transport = Transport(url)
        for _ in range(3):
            transport.request("GET", "/x", query=[], body=None)
        assert transport._pool is not None
        assert transport._pool.num_connections == 1
        assert transport._pool.num_requests == 3
        transport.close()


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
def test_passing_failure_is_tried_again(status: int) -> None:
    replies: Iterator[Reply] = iter([Reply(status), Reply(status), Reply(200, b"done")])
    with answering(lambda _: next(replies)) as url:
        transport = Transport(url)
        assert transport.request("POST", "/x", query=[], body=b"{}") == (200, b"done")
        transport.close()


@pytest.mark.parametrize("status", [400, 404, 500])
def test_real_refusal_is_not_tried_again(status: int) -> None:
    replies: Iterator[Reply] = iter([Reply(status, b"no")])
    with answering(lambda _: next(replies)) as url:
        transport = Transport(url)
        assert transport.request("POST", "/x", query=[], body=b"{}") == (status, b"no")
        transport.close()


def test_number_of_retries_is_a_setting_and_the_last_answer_is_given() -> None:
    os.environ["CAIRN_HTTP_REQUEST_MAX_RETRIES"] = "2"
    count: list[Seen] = []
    with answering(lambda request: count.append(request) or Reply(503, b"busy")) as url:
        transport = Transport(url)
        assert transport.request("GET", "/x", query=[], body=None) == (503, b"busy")
        assert len(count) == 3
        assert Transport(url, retries=0).request("GET", "/x", query=[], body=None)[0] == 503
        assert len(count) == 4
        transport.close()


def test_lost_answer_is_asked_for_again() -> None:
    replies: Iterator[Reply | None] = iter([None, Reply(200, b"second")])
    with answering(lambda _: next(replies)) as url:
        transport = Transport(url)
        assert transport.request("POST", "/x", query=[], body=b"{}") == (200, b"second")
        transport.close()


def test_server_that_is_away_is_named_with_what_to_check() -> None:
    url = f"http://user:secret@127.0.0.1:{refusing_port()}/cairn"
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1.*refused.*CAIRN_TRACKING_URI") as raised:
        Transport(url, retries=1).request("GET", "/x", query=[], body=None)
    assert "secret" not in str(raised.value)


def test_server_that_moved_says_where() -> None:
    moved = Reply(301, b"", {"location": "https://new/"})
    with answering(lambda _: moved) as url:
        transport = Transport(url)
        with pytest.raises(InvalidValue, match="https://new/"):
            transport.request("GET", "/x", query=[], body=None)
        transport.close()


def test_user_and_password_win_over_a_token() -> None:
    os.environ["MLFLOW_TRACKING_TOKEN"] = "t"
    assert said("http://HOST").headers["authorization"] == "Bearer t"
    os.environ |= {"MLFLOW_TRACKING_USERNAME": "ada", "MLFLOW_TRACKING_PASSWORD": "pw:ü"}
    assert said("http://HOST").headers["authorization"] == basic("ada", "pw:ü")


def test_user_in_the_url_wins_over_the_environment() -> None:
    os.environ["MLFLOW_TRACKING_TOKEN"] = "t"
    seen = said("http://grace:p%40ss@HOST")
    assert seen.headers["authorization"] == basic("grace", "p@ss")
    assert "@" not in seen.headers["host"]


def test_credentials_file_is_the_last_source(tmp_path: Path) -> None:
    (tmp_path / ".mlflow").mkdir()
    text = "[mlflow]\nmlflow_tracking_username = ada\nmlflow_tracking_password = 50%\n"
    (tmp_path / ".mlflow" / "credentials").write_text(text)
    assert said("http://HOST").headers["authorization"] == basic("ada", "50%")
    os.environ["CAIRN_TRACKING_TOKEN"] = "t"
    assert said("http://HOST").headers["authorization"] == "Bearer t"


def test_stranger_is_not_told_who_we_are() -> None:
    os.environ["CAIRN_TRACKING_TOKEN"] = "t"
    assert "authorization" not in said("http://HOST", credentials=False).headers


def test_contradicting_tls_settings_are_refused() -> None:
    os.environ |= {"CAIRN_TRACKING_INSECURE_TLS": "1", "CAIRN_TRACKING_SERVER_CERT_PATH": "/x"}
    with pytest.raises(InvalidValue, match="both set"):
        Transport("https://127.0.0.1:1").request("GET", "/x", query=[], body=None)


def test_proxy_of_the_environment_is_asked_for_the_whole_url() -> None:
    seen: list[Seen] = []
    with answering(lambda request: seen.append(request) or Reply(200, b"by proxy")) as proxy:
        os.environ["http_proxy"] = proxy
        transport = Transport("http://tracking.invalid:5000/cairn")
        assert transport.request("GET", "/x", query=[("a", "b")], body=None) == (200, b"by proxy")
        assert seen[0].path == "http://tracking.invalid:5000/cairn/x?a=b"
        transport.close()
        with answering(lambda _: Reply(200, b"direct")) as url:
            direct = Transport(url)
            assert direct.request("GET", "/x", query=[], body=None) == (200, b"direct")
            direct.close()


@pytest.fixture
def certificate(tmp_path: Path, need: Callable[[str, str], str]) -> Path:
    """A certificate of 127.0.0.1 that is its own authority, with its key."""
    openssl = need("openssl", "apt-get install -y openssl")
    file = tmp_path / "server.pem"
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=here", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", str(file), "-out", str(tmp_path / "cert.pem")]
    subprocess.run(command, check=True, capture_output=True)
    file.write_text(file.read_text() + (tmp_path / "cert.pem").read_text())
    return file


def test_server_is_verified_against_the_bundle_or_not_at_all(certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with answering(lambda _: Reply(200, b"safe"), context) as url:
        with pytest.raises(Unavailable, match=r"(?i)certificate"):
            Transport(url).request("GET", "/x", query=[], body=None)
        os.environ["MLFLOW_TRACKING_SERVER_CERT_PATH"] = str(certificate)
        trusting = Transport(url)
        assert trusting.request("GET", "/x", query=[], body=None) == (200, b"safe")
        trusting.close()
        del os.environ["MLFLOW_TRACKING_SERVER_CERT_PATH"]
        os.environ["MLFLOW_TRACKING_INSECURE_TLS"] = "true"
        careless = Transport(url)
        assert careless.request("GET", "/x", query=[], body=None) == (200, b"safe")
        careless.close()


def test_stream_sends_and_gives_blocks_of_any_size() -> None:
    seen: list[Seen] = []
    big = os.urandom(3_000_000)
    with answering(lambda request: seen.append(request) or Reply(200, request.body)) as url:
        transport = Transport(url)
        blocks = (big[at : at + 700_000] for at in range(0, len(big), 700_000))
        with transport.stream("PUT", "/x", query=[], headers={}, body_blocks=blocks) as response:
            assert response.status == 200
            assert response.headers.get("Content-Length") == str(len(big))
            parts = list(response)
        transport.close()
    assert seen[0].body == big == b"".join(parts)
    assert max(map(len, parts)) <= 1024 * 1024


def test_stream_whose_body_was_begun_is_not_sent_twice() -> None:
    count: list[Seen] = []
    with answering(count.append) as url:
        transport = Transport(url)
        with (
            pytest.raises(Unavailable),
            transport.stream("PUT", "/x", query=[], headers={}, body_blocks=[b"a", b"b"]),
        ):
            pass
        transport.close()
    assert len(count) == 1


def test_stream_left_half_read_leaves_the_transport_usable() -> None:
    with answering(lambda _: Reply(200, b"x" * 5_000_000)) as url:
        transport = Transport(url)
        with transport.stream("GET", "/x", query=[], headers={}, body_blocks=None) as response:
            assert next(iter(response))
        assert transport.request("GET", "/x", query=[], body=None)[0] == 200
        transport.close()


@pytest.mark.skipif(sys.platform == "win32", reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_forked_child_opens_connections_of_its_own() -> None:
    with answering(lambda _: Reply(200, b"hello")) as url:
        transport = Transport(url)
        transport.request("GET", "/x", query=[], body=None)
        pool = transport._pool
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            answer = transport.request("GET", "/x", query=[], body=None)[1]
            os.write(write, answer if transport._pool is not pool else b"shared")
            os._exit(0)
        os.waitpid(pid, 0)
        assert os.read(read, 100) == b"hello"
        assert transport.request("GET", "/x", query=[], body=None) == (200, b"hello")
        os.close(read)
        os.close(write)
        transport.close()
