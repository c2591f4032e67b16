"""What is sent to the page's server, looked at before gradio sees it.

Gradio answers an unknown endpoint or field with a bare 500, reads a body of any size into memory, takes long
for many values, during which it answers nobody, and keeps what was sent with a session's state. Here such
requests get a sentence, and pictures become paths of files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from anyio import to_thread
from starlette.formparsers import MultiPartException

from ..errors import Note, PictureError, StylizeError, note, shown
from .callers import owner_at
from .limiter import asker, run_sync
from .routes import BodyKind, taken
from .texts import language_of, say
from .uploads import address_of

Scope = MutableMapping[str, Any]  # as ASGI has it
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_ROUTE = re.compile(r"/gradio_api/(call/v2|call|queue|run|api)/([^/]+)/?$")
_NO_BODY = ("GET", "HEAD", "OPTIONS")
_AS_A_WHOLE = 1_000_000  # bytes or characters of a request beside its pictures
_NOTEBOOK = 10_000_000  # characters of the one that brings a browser's notebook
_SMALL = 20_000  # bytes where a few words are expected
MOST_VALUES = 2000  # of a request
_MARKS = 200_000  # brackets and commas of a request, those of the notebook's text included


@dataclass(frozen=True)
class Endpoint:
    """What can be asked of an endpoint.

    ``fields`` are its names in order, ``pictures`` those that are pictures, ``check`` raises StylizeError for
    values that make no sense, by their names.
    """

    fields: tuple[str, ...]
    pictures: frozenset[str] = frozenset()
    check: Callable[[Mapping[str, object]], object] = lambda values: None


@dataclass(frozen=True)
class Offer:
    """What a page offers to programs.

    ``endpoints`` are those with a name. ``called`` says the name of a listener by its number: "" for one
    without a name, None for none. ``keep`` makes a path of a data: address, or raises StylizeError.
    ``megabytes`` bounds one picture, ``upload_megabytes`` an uploaded file. ``trusted``: whether
    messages may name paths.
    """

    endpoints: Mapping[str, Endpoint]
    called: Callable[[int], str | None]
    keep: Callable[[str], str]
    megabytes: float
    upload_megabytes: float
    trusted: bool

    def most(self, sent: BodyKind) -> int:
        """Bytes of a request: two files, for pictures in base64, or a few words."""
        if sent is BodyKind.SMALL:
            return _SMALL
        files = 2 * self.upload_megabytes if sent is BodyKind.FILES else 2 * self.megabytes * 4 / 3
        return int(files * 1e6) + _AS_A_WHOLE


class Refused(Exception):
    """A request that is answered here."""

    def __init__(self, status: HTTPStatus, what: Note | StylizeError) -> None:
        self.status, self.what = status, what


class Gate:
    """An ASGI middleware before gradio's routes."""

    def __init__(self, app: App, offer: Offer) -> None:
        self.app, self.offer = app, offer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asker.set(owner_at((scope.get("client") or ("",))[0]))
        try:
            scope, receive = await self._checked(scope, receive)
        except Refused as refused:
            await self._answer(scope, send, refused)
            return
        await self.app(scope, receive, send)

    async def _checked(self, scope: Scope, receive: Receive) -> tuple[Scope, Receive]:
        """The request as gradio is to see it. Raises Refused."""
        path = _path(scope)
        sent = taken(path)
        if sent is None:
            raise Refused(HTTPStatus.NOT_FOUND, note("There is nothing at this address."))
        if scope["method"] in _NO_BODY:
            return scope, receive
        most = self.offer.most(sent)
        _check_length(scope, most)
        if sent is BodyKind.FILES:
            return scope, _counted(receive, most)
        body = await _body(receive, most)
        if sent in (BodyKind.EVENT, BodyKind.MODEL):
            await to_thread.run_sync(_check_marks, body)
        if sent is BodyKind.EVENT:
            found = _ROUTE.search(path)
            assert found is not None
            body = await self._inspected(body, *found.groups())
        headers = [each for each in scope["headers"] if each[0] != b"content-length"]
        length = (b"content-length", str(len(body)).encode())
        return {**scope, "headers": [*headers, length]}, _again(body, receive)

    async def _inspected(self, body: bytes, way: str, name: str) -> bytes:
        """The body as gradio is to see it. Raises Refused."""
        data = await to_thread.run_sync(_read, body)
        called = way in ("call", "call/v2")
        if called or (way in ("run", "api") and data.get("fn_index") is None):
            endpoint: Endpoint | None = self._named(name)
        else:
            endpoint = self._numbered(data.get("fn_index"))
        if endpoint is None:  # a listener of the page, which takes its event alone
            _by_name(data.get("data") or [], ())
            _check_size(data, _NOTEBOOK if _opens(data) else _AS_A_WHOLE)
            return body
        fields = endpoint.fields
        if way == "call/v2":
            _check_names(data, fields)
            values = data
        else:
            values = _by_name(data.get("data"), fields)
        values = {each: _flat(value, each in endpoint.pictures) for each, value in values.items()}
        rest = values if way == "call/v2" else {**data, "data": list(values.values())}
        pictures = [values[each] for each in endpoint.pictures & set(values)]
        _check_size(rest, _AS_A_WHOLE + sum(len(each) for each in pictures if isinstance(each, str)))
        try:
            values.update({each: await self._kept(values[each]) for each in endpoint.pictures & set(values)})
            if called:
                await run_sync(endpoint.check, values)
        except StylizeError as error:
            if called:
                raise Refused(HTTPStatus.BAD_REQUEST, error) from None
            # Otherwise the endpoint says it itself, in an event, as gradio's own clients expect it.
        if way == "call/v2":
            return json.dumps(values).encode()
        return json.dumps({**data, "data": [values[each] for each in fields]}).encode()

    async def _kept(self, sent: object) -> object:
        if isinstance(sent, str) and sent[:5].lower() == "data:":
            return await run_sync(self.offer.keep, sent)
        return sent

    def _named(self, name: str) -> Endpoint:
        if name not in self.offer.endpoints:
            raise Refused(
                HTTPStatus.NOT_FOUND,
                note(
                    "There is no endpoint {name}. Known endpoints: {known}.",
                    name=shown(name),
                    known=", ".join(self.offer.endpoints),
                ),
            )
        return self.offer.endpoints[name]

    def _numbered(self, number: object) -> Endpoint | None:
        name = self.offer.called(number) if type(number) is int else None
        if name is None:
            raise Refused(
                HTTPStatus.NOT_FOUND,
                note(
                    "There is no endpoint {name}. Known endpoints: {known}.",
                    name=shown(number),
                    known=", ".join(self.offer.endpoints),
                ),
            )
        return self.offer.endpoints.get(name)

    async def _answer(self, scope: Scope, send: Send, refused: Refused) -> None:
        asked = dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1")
        detail = say(refused.what, language_of(asked), paths=self.offer.trusted)
        body = json.dumps({"detail": detail}, ensure_ascii=False).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": int(refused.status), "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _flat(value: object, picture: bool) -> object:
    """A value without gradio's description of a file, of which gradio would take the path.

    Of a picture its path or address is left, of anything else what a message can show.
    """
    if picture:
        try:
            return address_of(value)
        except PictureError:
            return [] if isinstance(value, (dict, list)) else value  # which is no picture either
    return shown(value) if isinstance(value, (dict, list)) else value


def _path(scope: Scope) -> str:
    """The path below the one where the page lies, as gradio's routes are looked for."""
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    return path[len(root) :] if root and path.startswith(f"{root}/") else path


def _too_large(most: int) -> Refused:
    return Refused(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        note("A request may have {most:.0f} MB: upload the pictures instead.", most=most / 1e6),
    )


def _check_length(scope: Scope, most: int) -> None:
    declared = dict(scope["headers"]).get(b"content-length", b"0")
    if declared.isdigit() and int(declared) > most:
        raise _too_large(most)


async def _body(receive: Receive, most: int) -> bytes:
    """The whole body. Raises Refused for one of more than ``most`` bytes."""
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size > most:
            raise _too_large(most)
        parts.append(part)
        more = message["type"] == "http.request" and message.get("more_body", False)
    return b"".join(parts)


def _counted(receive: Receive, most: int) -> Receive:
    """A body of files, as it comes, up to ``most`` bytes.

    A longer one, or one that breaks off, ends with the error at which gradio deletes what came before.
    """
    size, more = 0, True

    async def count() -> Scope:
        nonlocal size, more
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise MultiPartException(f"The files exceed the maximum allowed size of {most} bytes.")
        if more and message["type"] == "http.disconnect":
            raise MultiPartException("The request broke off.")
        more = message.get("more_body", False)
        return message

    return count


def _again(body: bytes, receive: Receive) -> Receive:
    """A body that was read, once more; then what else there is to be heard of the client."""
    rest = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Scope:
        return rest.pop() if rest else await receive()

    return replay


def _read(body: bytes) -> dict[str, object]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(HTTPStatus.BAD_REQUEST, note("This request is no JSON object.")) from error
    if not isinstance(data, dict):
        raise Refused(HTTPStatus.BAD_REQUEST, note("This request is no JSON object."))
    _check_size(data, len(body))
    return data


def _check_marks(body: bytes) -> None:
    """Refuses JSON of very many values before anybody reads it."""
    if sum(body.count(each) for each in (b"[", b"{", b",")) > _MARKS:
        raise _too_many()


def _check_size(data: object, most: int) -> None:
    """Refuses what would keep gradio busy: too many values, or texts of more than ``most`` characters."""
    found, count, size = [data], 0, 0
    while found:
        each = found.pop()
        count += 1
        if isinstance(each, str):
            size += len(each)
        elif isinstance(each, (list, dict)):
            found.extend(each.values() if isinstance(each, dict) else each)
            size += sum(map(len, each)) if isinstance(each, dict) else 0
        if count + len(found) > MOST_VALUES:
            raise _too_many()
    if size > most:
        raise _too_large(most)


def _too_many() -> Refused:
    return Refused(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        note("A request may have {most} values.", most=MOST_VALUES),
    )


def _opens(data: Mapping[str, object]) -> bool:
    """Whether a page brings the notebook that its browser kept."""
    event = data.get("event_data")
    return isinstance(event, dict) and event.get("do") == "open"


def _check_names(data: Iterable[str], fields: tuple[str, ...]) -> None:
    for name in data:
        if name not in fields:
            raise Refused(
                HTTPStatus.BAD_REQUEST,
                note(
                    "There is no field {name} here. Known fields: {known}.",
                    name=shown(name),
                    known=", ".join(fields),
                ),
            )


def _by_name(values: object, fields: tuple[str, ...]) -> dict[str, object]:
    """The values of a list by their names. Raises Refused."""
    if not isinstance(values, list) or len(values) != len(fields):
        raise Refused(
            HTTPStatus.BAD_REQUEST,
            note(
                "data must be a list of {count} values: {known}.", count=len(fields), known=", ".join(fields)
            ),
        )
    return dict(zip(fields, values, strict=True))
