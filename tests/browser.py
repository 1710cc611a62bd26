"""A real browser for the tests that need one, and waiting for conditions."""
import socket, time
from contextlib import contextmanager

from needs import where

FLAGS = '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'.split()

@contextmanager
def chromium():
    "A headless Chromium; `.new_context(viewport=…).new_page()` gives a page."
    from playwright.sync_api import sync_playwright
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=where('chromium'), args=FLAGS)
        try: yield browser
        finally: browser.close()

def free_port() -> int:
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]

def until(condition, what, timeout=60.):
    "Wait for a condition; what it gave when it held."
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if value := condition(): return value
        time.sleep(.02)
    raise AssertionError(f'not within {timeout} s: {what}')
