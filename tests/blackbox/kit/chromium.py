# SPDX-License-Identifier: Apache-2.0
"""
A headless Chromium, driven over its debugging pipe: no driver, no network port.
Scripts of pages are off unless asked for.
"""
import json
import os
import select
import shutil
import signal
import subprocess
import time

PROGRAM = shutil.which("chromium")


class Chromium:
    """One tab. Certificates are not checked: that the CA is right is others' to test."""

    def __init__(self, folder, scripts=False, deadline=60):
        self.deadline, self.count, self.rest = deadline, 0, b""
        self.folder = str(folder).encode()
        self.events = []
        to_read, self.out = os.pipe()
        self.into, to_write = os.pipe()

        def arrange():
            # The pipe is descriptors 3 and 4; what stands there must not be lost on the way.
            a, b = os.dup(to_read), os.dup(to_write)
            os.dup2(a, 3)
            os.dup2(b, 4)

        self.process = subprocess.Popen(
            [PROGRAM, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
             "--disable-dev-shm-usage", "--disable-background-networking",
             "--ignore-certificate-errors", "--remote-debugging-pipe",
             f"--user-data-dir={folder}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=arrange, close_fds=False, start_new_session=True)
        os.close(to_read)
        os.close(to_write)
        target = next(t for t in self.ask("Target.getTargets", session=False)["targetInfos"]
                      if t["type"] == "page")
        self.session = self.ask("Target.attachToTarget", session=False,
                                targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.ask(f"{domain}.enable")
        if not scripts:
            self.ask("Emulation.setScriptExecutionDisabled", value=True)

    # ------------------------------------------------------------ the pipe

    def receive(self, end):
        while b"\0" not in self.rest:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.into], [], [], left)[0]:
                raise TimeoutError("the browser does not answer")
            more = os.read(self.into, 1 << 16)
            if not more:
                raise EOFError("the browser has ended")
            self.rest += more
        message, _, self.rest = self.rest.partition(b"\0")
        return json.loads(message)

    def ask(self, method, session=True, **params):
        self.count += 1
        message = {"id": self.count, "method": method, "params": params}
        if session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + self.deadline
        while True:
            got = self.receive(end)
            if got.get("id") == message["id"]:
                if "error" in got:
                    raise RuntimeError(f"{method}: {got['error']}")
                return got["result"]
            self.events.append(got)

    # ------------------------------------------------------------ pages

    def eval(self, expression):
        """Of the inspector's own, which runs where a page's scripts do not."""
        got = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in got:
            raise RuntimeError(got["exceptionDetails"]["text"])
        return got["result"].get("value")

    def wait_for(self, expression, text="the page"):
        end = time.monotonic() + self.deadline
        while True:
            try:
                value = self.eval(expression)
            except RuntimeError:
                value = None  # between two pages
            if value:
                return value
            if time.monotonic() > end:
                raise TimeoutError(f"waited in vain for {text}: {self.eval('document.URL')}")
            time.sleep(0.05)

    def go(self, url):
        self.ask("Page.navigate", url=url)
        self.wait_for("document.readyState === 'complete' && document.URL !== 'about:blank'")

    def type(self, field, text):
        """By the keyboard, into the field of that id."""
        self.wait_for(f"!!document.getElementById({json.dumps(field)})", f"the field {field}")
        self.eval(f"document.getElementById({json.dumps(field)}).focus()")
        self.ask("Input.insertText", text=text)

    def key(self, name, code):
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=name, code=name,
                     windowsVirtualKeyCode=code, text="\r" if name == "Enter" else "")

    def press(self, label):
        """The button that says so."""
        self.wait_for("[...document.querySelectorAll('button')].some(b => b.textContent === "
                      f"{json.dumps(label)})", f"the button {label}")
        self.eval("[...document.querySelectorAll('button')].find(b => b.textContent === "
                  f"{json.dumps(label)}).click()")

    def heading(self, text):
        self.wait_for(f"document.querySelector('h1')?.textContent === {json.dumps(text)}",
                      f"the heading {text}")

    def complaints(self):
        """What the browser said of policies and errors."""
        return [e["params"]["entry"]["text"] for e in self.events
                if e.get("method") == "Log.entryAdded" and
                "Security Policy" in e["params"]["entry"]["text"]]

    def failures(self):
        """What was asked for and not shown."""
        return [e["params"] for e in self.events if e.get("method") == "Network.loadingFailed"]

    def close(self):
        try:
            self.ask("Browser.close", session=False)
            self.process.wait(10)
        except (OSError, EOFError, TimeoutError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        finally:
            os.close(self.out)
            os.close(self.into)
            self.end_helpers()

    def end_helpers(self):
        """What the browser started goes with it: all of its session, whatever it waits for."""
        end = time.monotonic() + self.deadline
        while time.monotonic() < end:
            mine = []
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try:
                    with open(f"/proc/{pid}/cmdline", "rb") as f:
                        if os.getsid(int(pid)) == self.process.pid or self.folder in f.read():
                            mine.append(int(pid))
                except OSError:
                    continue
            for pid in mine:
                try:
                    os.kill(pid, signal.SIGKILL)
                except OSError:
                    continue
            if not mine:
                return
