# Made by tools/stubs.py: do not edit.
"""What a server counts and measures, in the format that Prometheus reads

Docs: https://cj-mills.github.io/cjm-jobtrack/server/metrics.html.md"""

from fastapi import FastAPI
from fastapi.responses import Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from typing import Any
from ..model.job import JobEvent
from .service import Service

__all__ = [
    'Metrics', 'MetricsMiddleware', 'MetricsResponse', 'add_metrics']

class Metrics:
    "The figures of one server, in a registry of their own: several servers may live in one process."
    service: Service
    registry: CollectorRegistry
    ended: Counter
    waited: Histogram
    ran: Histogram
    requests: Counter
    latency: Histogram
    streams: Gauge
    def __init__(self, service: Service) -> None: ...
    def on_event(self, event: JobEvent) -> None:
        "Count what an event tells."

class MetricsMiddleware:
    "ASGI middleware that counts and times every request, also those that are refused."
    app: Any
    metrics: Metrics
    def __init__(self, app, metrics: Metrics) -> None: ...
    async def __call__(self, scope, receive, send) -> Any: ...

class MetricsResponse(Response):
    "Figures in Prometheus' text format."
    media_type: str

def add_metrics(app: FastAPI, metrics: Metrics) -> None:
    "Add `GET /metrics`, and have every request counted. Sees the requests that middleware added before it refuses."
