"""Headless Chromium, driven over the DevTools protocol on a pair of pipes: no driver, no port."""

import base64
import json
import os
import select
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

COMMAND = shutil.which("chromium") or shutil.which("chromium-browser")
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
    "--window-size=1280,1600",
)


class Chromium:
    """One page. ``complaints`` are console errors, CSP violations, exceptions and failed requests;
    ``requested`` every URL the page asked for."""

    def __init__(self, profile: Path) -> None:
        assert COMMAND is not None
        commands, self._commands = os.pipe()
        self._messages, messages = os.pipe()
        # Chromium reads its commands from descriptor 3 and writes to 4.
        self._process = subprocess.Popen(
            [
                "/bin/bash",
                "-c",
                f'exec "$@" 3<&{commands} 4>&{messages}',
                "chromium",
                COMMAND,
                *OPTIONS,
                f"--user-data-dir={profile}",
                "about:blank",
            ],
            pass_fds=(commands, messages),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(commands)
        os.close(messages)
        self._buffer = b""
        self._last = 0
        self._session: str | None = None
        self.complaints: list[str] = []
        self.requested: list[str] = []
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next(target["targetId"] for target in targets if target["type"] == "page")
        attached = self.call("Target.attachToTarget", targetId=page, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Runtime", "Log", "Network", "Page", "Audits"):
            self.call(f"{domain}.enable")

    def open(self, url: str) -> None:
        self.call("Page.navigate", url=url)

    def evaluate(self, script: str) -> Any:
        """The value of a JavaScript expression."""
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def wait_for(self, script: str, seconds: float = 20) -> Any:
        """The value of the expression as soon as it is true."""
        deadline = time.monotonic() + seconds
        while not (value := self.evaluate(script)):
            assert time.monotonic() < deadline, f"waited in vain for {script}: {self.complaints}"
            time.sleep(0.05)
        return value

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The result of a protocol command; events that arrive meanwhile are noted."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._last:
                assert "error" not in answer, answer
                return dict(answer["result"])
            self._note(answer.get("method", ""), answer.get("params", {}))

    def _read(self, seconds: float = 30) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            assert select.select([self._messages], [], [], seconds)[0], "Chromium is silent"
            received = os.read(self._messages, 1 << 16)
            assert received, "Chromium is gone"
            self._buffer += received
        message, _, self._buffer = self._buffer.partition(b"\0")
        return dict(json.loads(message))

    def _note(self, event: str, details: dict[str, Any]) -> None:
        match event:
            case "Network.requestWillBeSent":
                self.requested.append(details["request"]["url"])
            # Its other issues are advice: labels of form fields and the like.
            case "Audits.issueAdded" if "ContentSecurityPolicy" not in details["issue"]["code"]:
                pass
            case "Network.loadingFailed" | "Runtime.exceptionThrown" | "Audits.issueAdded":
                self.complaints.append(f"{event}: {json.dumps(details)[:500]}")
            case "Runtime.consoleAPICalled" if details["type"] in ("error", "warning", "assert"):
                self.complaints.append(json.dumps(details["args"])[:500])
            case "Log.entryAdded" if details["entry"]["level"] in ("error", "warning"):
                self.complaints.append(details["entry"]["text"])

    def close(self) -> None:
        with suppress(AssertionError, OSError):
            self._session = None
            self.call("Browser.close")
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._commands)
        os.close(self._messages)
