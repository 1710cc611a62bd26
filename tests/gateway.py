"Something between us and a node that answers for it: a proxy, a login page, a gateway in trouble."
import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

class Gateway:
    """An ASGI application that passes every request on to a server, unless it is told to answer itself. Streams are read to their end first.

    `meddle(method, path_end, *answers, reaches=True)`: the next requests of this kind get these answers; they reach the server all the same, or not."""
    def __init__(self, target:str):
        self.target, self.rules, self.met = target, [], 0
        methods = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD']
        self.app = Starlette(routes=[Route('/{path:path}', self.serve, methods=methods)])

    def meddle(self, method, path_end, *answers, reaches=True): self.rules += [(method, path_end, a, reaches) for a in answers]

    def _rule(self, request):
        wanted = lambda r: r[0] == request.method and request.url.path.endswith(r[1])
        rule = next((r for r in self.rules if wanted(r)), None)
        if rule: self.rules.remove(rule)
        return rule

    async def serve(self, request:Request) -> Response:
        body, rule = await request.body(), self._rule(request)
        self.met += rule is not None
        if rule and not rule[3]: return rule[2]
        head = {k: v for k, v in request.headers.items() if k not in ('host', 'content-length', 'accept-encoding', 'connection')}
        async with httpx.AsyncClient(timeout=30) as http:
            r = await http.request(request.method, self.target + request.url.path, params=request.query_params, content=body, headers=head)
        if rule: return rule[2]
        keep = {k: v for k, v in r.headers.items() if k not in ('content-length', 'transfer-encoding', 'content-encoding', 'connection')}
        return Response(r.content, r.status_code, keep)
