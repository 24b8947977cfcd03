from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from faulty_server import Answer, FaultyServer
from im_server import free_port

from aisprint_cli.backends.im.client import GoneError, ImClient
from aisprint_cli.errors import AisprintError, ExternalError, InvalidInputError, Retry, UsageError

SECRET = "planted-secret"
Serve = Callable[..., tuple[ImClient, FaultyServer]]


def _client(url: str, timeout_s: float = 5.0) -> ImClient:
    return ImClient(
        url,
        f"type = InfrastructureManager; password = '{SECRET}'",
        lambda text: text.replace(SECRET, "***"),
        timeout_s=timeout_s,
    )


@pytest.fixture
def serve() -> Iterator[Serve]:
    opened: list[Any] = []

    def start(*answers: Answer, timeout_s: float = 5.0) -> tuple[ImClient, FaultyServer]:
        server = FaultyServer(*answers)
        client = _client(server.url, timeout_s)
        opened.extend([client, server])
        return client, server

    yield start
    for one in opened:
        one.close()


def _error(call: Callable[[], object]) -> AisprintError:
    with pytest.raises(AisprintError) as caught:
        call()
    assert SECRET not in f"{caught.value.message} {caught.value.why} {caught.value.mend}"
    return caught.value


def test_a_refused_connection_names_the_address_and_may_be_tried_again() -> None:
    with closing(_client(f"http://127.0.0.1:{free_port()}")) as client:
        error = _error(client.infrastructures)

    assert isinstance(error, ExternalError)
    assert error.retry is Retry.LATER
    assert "refused" in error.why
    assert "AISPRINT_IM_URL" in error.mend


def test_a_server_that_says_nothing_is_given_up(serve: Serve) -> None:
    client, server = serve(Answer(delay_s=1.5), timeout_s=0.2)

    error = _error(lambda: client.create("tosca: 1"))

    assert "No answer within 0.2 s" in error.why
    assert server.asked == ["POST /infrastructures?async=1"]  # repeating it might make a second one


def test_a_call_that_changes_nothing_is_repeated_when_the_answer_is_cut_off(serve: Serve) -> None:
    client, _ = serve(Answer(body='{"uri-list": [', cut=True))

    error = _error(client.infrastructures)

    assert isinstance(error, ExternalError)
    assert error.retry is Retry.LATER
    assert "cut off" in f"{error.why}" or "broke off" in error.why


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>a proxy</html>",
        "[]",
        '{"uri-list": 3}',
        '{"uri-list": [{}]}',
        '{"uri-list": [{"uri": "x"}]}',
    ],
)
def test_an_answer_of_something_else_is_told_and_its_body_is_not_shown(serve: Serve, body: str) -> None:
    client, _ = serve(Answer(body=body))

    error = _error(client.infrastructures)

    assert "cannot be understood" in error.message
    assert "proxy" not in error.message


@pytest.mark.parametrize(
    "body",
    [
        '{"state": {"state": "dancing", "vm_states": {}}}',
        '{"state": {"state": "running"}}',
        '{"state": "running"}',
    ],
)
def test_a_state_that_is_none_is_told(serve: Serve, body: str) -> None:
    """Section 6, 8: a state that could not be read was asked for in an endless loop."""
    client, _ = serve(Answer(body=body))

    assert "cannot be understood" in _error(lambda: client.health("x")).message


@pytest.mark.parametrize(
    ("status", "headers", "retry", "after_s"),
    [
        (400, {}, Retry.NEVER, 0.0),
        (409, {}, Retry.LATER, 0.0),
        (429, {"Retry-After": "7"}, Retry.LATER, 7.0),
        (500, {}, Retry.LATER, 0.0),
        (503, {"Retry-After": "Fri, 20 Nov 2026 17:00:00 GMT"}, Retry.LATER, 0.0),
        (504, {}, Retry.LATER, 0.0),
    ],
)
def test_a_refusal_says_whether_waiting_helps(
    serve: Serve, status: int, headers: dict[str, str], retry: Retry, after_s: float
) -> None:
    client, _ = serve(Answer(status, f'{{"message": "Invalid State for {SECRET}", "code": 1}}', headers))

    error = _error(lambda: client.remove("x", wait=False))

    assert isinstance(error, ExternalError)
    assert (error.retry, error.retry_after_s) == (retry, after_s)
    assert f"{status}: Invalid State for ***" in error.message


def test_expired_credentials_are_told_as_such(serve: Serve) -> None:
    client, _ = serve(Answer(401, '{"message": "OIDC auth Token expired"}'), Answer(403, "no"))

    first, second = _error(client.infrastructures), _error(lambda: client.health("x"))

    assert isinstance(first, InvalidInputError)
    assert "OIDC auth Token expired" in first.message
    assert isinstance(second, ExternalError)
    assert "expired" in second.why


def test_what_is_not_there_is_told_apart(serve: Serve) -> None:
    client, _ = serve(Answer(404, '{"message": "Deleted infrastructure."}'))

    assert isinstance(_error(lambda: client.health("x")), GoneError)


def test_credentials_do_not_follow_a_redirect(serve: Serve) -> None:
    other, target = serve(Answer())
    client, _ = serve(Answer(302, "", {"Location": f"{target.url}/infrastructures"}))

    assert "redirects" in _error(client.infrastructures).message
    assert target.asked == []
    other.close()


def test_a_server_that_would_make_what_is_only_to_be_checked_is_known_by_its_version(serve: Serve) -> None:
    old, _ = serve(Answer(body="1.10.2", headers={"Content-Type": "text/plain"}))
    new, server = serve(Answer(body='{"version": "2.0.0"}'))

    assert not old.can_estimate()
    assert new.can_estimate()
    assert new.can_estimate()
    assert server.asked == ["GET /version"]


def test_a_traceback_of_the_server_stays_there(serve: Serve) -> None:
    body = (
        "Error parsing request body: Error parsing TOSCA template: \\n"
        "The pre-parsed input failed validation with the following error(s): \\n\\n"
        '\\tUnknownFieldError: \\"properties\\" of template \\"m\\" contains unknown field \\"x\\".\\n'
        "\\t\\tFile /opt/im/im_service.py, line 54, in <module>\\n\\t\\t\\tim_service.main()\\n"
        "\\t\\tFile /opt/im/rest/REST.py, line 63, in run\\n\\t\\t\\tself.uvicorn_server.run()\\n"
        '\\tInvalidTypeError: Type \\"y\\" is not a valid type.\\n'
        "\\t\\tFile /opt/im/tosca.py, line 1, in z\\n"
    )
    client, _ = serve(Answer(400, f'{{"message": "{body}", "code": 400}}'))

    error = _error(lambda: client.create("tosca: 1"))

    assert 'unknown field "x"' in error.message
    assert 'Type "y" is not a valid type' in error.message
    assert "/opt/im" not in error.message
    assert "uvicorn" not in error.message


@pytest.mark.parametrize("url", ["", "im.example", "ftp://im.example", "https://", "https://u:p@im.example"])
def test_an_address_that_is_none_is_a_usage_error(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        _client(url)

    assert "u:p" not in caught.value.message
