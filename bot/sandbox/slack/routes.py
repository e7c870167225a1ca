"""The HTTP routes: the Web API with its tokens, scopes and rate limits, response urls, files and uploads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from bot.sandbox.slack import methods_chat, methods_files, methods_read, methods_views_reactions
from bot.sandbox.slack.calls import SlackCall, read_call
from bot.sandbox.slack.refusals import SlackRefusal
from bot.sandbox.slack.response_urls import answer_response_url
from bot.sandbox.slack.values import Json
from bot.sandbox.slack.workspace import Method, Workspace

BOT_TOKEN = "xoxb-practice"
APP_TOKEN = "xapp-1-practice"
_LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Sign in to Practice | Slack</title></head><body>Sign in</body></html>"

_METHODS: Mapping[str, Method] = {
    method.name: method
    for methods in (methods_views_reactions.METHODS, methods_chat.METHODS, methods_files.METHODS, methods_read.METHODS)
    for method in methods
}


class SlackRoutes:
    """The routes for the HTTP server."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/{method}", self._call),
            web.get("/api/{method}", self._call),
            web.get("/link/", self._workspace.sockets.connect),
            web.post("/response/{code}", self._respond),
            web.get("/files-pri/{place}/{name}", self._file),
            web.get("/files-pri/{place}/download/{name}", self._file),
            web.post("/upload/v1/{file}", self._upload),
        ]

    async def _call(self, request: web.Request) -> web.Response:
        headers = {"x-oauth-scopes": ",".join(sorted(self._workspace.app.scopes))}
        try:
            call = await read_call(request)
            method = self._allowed(call)
            wait = self._wait(method, call)
            if wait:
                return _json({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": str(wait)})
            answer = await method.run(self._workspace, call)
        except SlackRefusal as refusal:
            return _json({"ok": False, "error": refusal.error, **refusal.fields}, headers=headers)
        return _json({"ok": True, **answer}, headers=headers)

    def _allowed(self, call: SlackCall) -> Method:
        """The method. Raises `SlackRefusal` if it does not exist or the token may not call it."""
        method = _METHODS.get(call.method)
        if method is None:
            raise SlackRefusal("unknown_method", req_method=call.method)
        if call.token is None:
            raise SlackRefusal("not_authed")
        if call.token not in (BOT_TOKEN, APP_TOKEN):
            raise SlackRefusal("invalid_auth")
        if call.token == BOT_TOKEN and self._workspace.token_error is not None:
            raise SlackRefusal(self._workspace.token_error)
        if (call.token == APP_TOKEN) != (method.token == "app"):
            raise SlackRefusal("not_allowed_token_type")
        if method.token == "app" and not self._workspace.app.app_scopes.intersection(method.scopes):
            provided = ",".join(sorted(self._workspace.app.app_scopes))
            raise SlackRefusal("missing_scope", needed=method.scopes[0], provided=provided)
        if method.token == "bot" and method.scopes:
            self._workspace.require(*method.scopes)
        return method

    def _wait(self, method: Method, call: SlackCall) -> int:
        """Seconds until this call may be made; 0: now."""
        rate_limiter, limits = self._workspace.rate_limiter, self._workspace.limits
        per_minute = limits.special_per_minute if method.tier == 0 else limits.per_minute[method.tier - 1]
        if method.name == "apps.connections.open":
            per_minute = limits.connects_per_minute
        wait = rate_limiter.wait_for_method(method.name, per_minute)
        if not wait and method.name == "chat.postMessage":
            wait = rate_limiter.wait_for_post(call.text("channel"))
        return wait

    async def _respond(self, request: web.Request) -> web.Response:
        try:
            answer_response_url(self._workspace, request.match_info["code"], await request.read())
        except SlackRefusal as refusal:
            status = 404 if refusal.error in ("used_url", "expired_url", "invalid_url") else 400
            return _json({"ok": False, "error": refusal.error, **refusal.fields}, status=status)
        return web.Response(text="ok")

    async def _file(self, request: web.Request) -> web.Response:
        file = self._workspace.state.files.get(request.match_info["place"].partition("-")[2])
        bearer = request.headers.get("Authorization") == f"Bearer {BOT_TOKEN}"
        if not bearer or "files:read" not in self._workspace.app.scopes:
            return web.Response(text=_LOGIN_PAGE, content_type="text/html")
        if file is None:
            raise web.HTTPNotFound
        return web.Response(body=file.content, content_type="application/octet-stream")

    async def _upload(self, request: web.Request) -> web.Response:
        files = self._workspace.state.files
        file = files.get(request.match_info["file"])
        body = await _upload_body(request)
        if file is None or file.shared or len(body) != int(request.query.get("length", "0")):
            raise web.HTTPBadRequest(text="the upload is not what was announced")
        files[file.id] = replace(file, content=body)
        return web.Response(text=f"OK - {len(body)}")


async def _upload_body(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    for part in (await request.post()).values():
        if isinstance(part, web.FileField):
            return part.file.read()
    return b""


def _json(body: Json, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(
        body=json.dumps(body).encode(), status=status, content_type="application/json", charset="utf-8", headers=headers
    )
