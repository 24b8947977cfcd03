"""Bodies of requests: read within bounds, and as JSON that can be given back again."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final, NoReturn

from fastapi import Depends, HTTPException, Request

_DOCUMENT_BYTES: Final = 8 << 20


async def read_body(request: Request, limit: int) -> bytes:
    """The body of a request, read no further than a number of bytes.

    Raises:
        HTTPException: 413 when it has more.
    """
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > limit:
            raise HTTPException(413, f"The request has more than {limit >> 20} MiB")
    return bytes(body)


async def _read_document(request: Request) -> Any:
    body = await read_body(request, _DOCUMENT_BYTES)
    try:
        document = json.loads(body, parse_constant=_refuse_constant)
        json.dumps(document, ensure_ascii=False).encode()  # half a surrogate pair is text of no encoding
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, f"The document is not valid JSON: {error}") from None
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


Document = Annotated[Any, Depends(_read_document)]
"""A posted JSON document, of any shape."""
