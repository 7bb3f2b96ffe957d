# SPDX-License-Identifier: Apache-2.0
"""What people type first: dev, and the commands that need no server."""
import json
import os
import pty
import select
import shutil
import signal
import subprocess
import unittest

from kit import wire
from kit.server import (PROGRAM, Failed, Server, clean_env, comm_of, descendants, fresh_dir,
                        is_running, keyhold, wait_for)
from kit.service import Service
from kit.world import text_of

VARIABLES = ["AZURE_KEYVAULT_URL", "AZURE_TENANT_ID", "KEYHOLD_TENANT_ID", "AZURE_CLIENT_ID",
             "AZURE_CLIENT_SECRET", "AZURE_AUTHORITY_HOST", "AZURE_SUBSCRIPTION_ID",
             "AZURE_RESOURCE_GROUP", "KEYHOLD_MANAGEMENT_URL", "KEYHOLD_GRAPH_URL",
             "KEYHOLD_PORTAL_URL", "KEYHOLD_USERNAME", "KEYHOLD_PASSWORD", "KEYHOLD_CA",
             "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE",
             "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "IDENTITY_ENDPOINT", "IDENTITY_HEADER"]


class Dev(unittest.TestCase):
    """`keyhold dev -- COMMAND`."""

    def dev(self, *command, **more):
        return subprocess.run([PROGRAM, "dev", "--", *command], env=clean_env(), text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False,
                              timeout=60, **more)

    def test_exits_with_what_the_command_exits_with(self):
        for code in (0, 1, 77):
            self.assertEqual(self.dev("sh", "-c", f"exit {code}").returncode, code)
        self.assertEqual(self.dev("sh", "-c", "kill -TERM $$").returncode, 128 + signal.SIGTERM)
        self.assertEqual(self.dev("/does/not/exist").returncode, 127)
        self.assertEqual(self.dev("/etc/passwd").returncode, 126)

    def test_gives_the_whole_environment_and_leaves_nothing_behind(self):
        script = "env -0; printf '\\0FOLDER=%s' \"$(dirname \"$KEYHOLD_CA\")\"; ps -o ppid= -p $$"
        done = self.dev("sh", "-c", script)
        self.assertEqual(done.returncode, 0, done.stderr)
        env = dict(x.split("=", 1) for x in done.stdout.split("\0") if "=" in x)
        for name in VARIABLES:
            self.assertTrue(env.get(name), name)
        self.assertEqual(env["AZURE_TENANT_ID"], "adfs")
        self.assertTrue(env["AZURE_KEYVAULT_URL"].startswith("https://dev.vault.keyhold.localhost:"))
        folder = env["FOLDER"].split("\n")[0].strip().split()[0]
        self.assertTrue(folder.startswith("/tmp/keyhold-"))
        self.assertFalse(os.path.exists(folder), "the folder is still there")

    def test_serves_while_the_command_runs(self):
        done = self.dev("sh", "-c", 'curl -sS "$AZURE_KEYVAULT_URL/healthstatus" -o /dev/null '
                        '-w "%{http_code} %{ssl_verify_result}"')
        self.assertEqual((done.returncode, done.stdout), (0, "200 0"), done.stderr)

    def test_words_behind_dashes_are_the_commands(self):
        done = self.dev("sh", "-c", 'echo "$0 $*"', "--json", "--", "--set")
        self.assertEqual(done.stdout, "--json -- --set\n")
        self.assertEqual(keyhold("dev", "ls").returncode, 64)

    def ended_by(self, deliver, want):
        said = os.path.join(fresh_dir("ended"), "stderr.log")
        with open(said, "wb") as log:
            process = subprocess.Popen(
                [PROGRAM, "dev", "--set", "log.level=info", "--", "sh", "-c",
                 'dirname "$KEYHOLD_CA"; echo $$; exec sleep 100'],
                env=clean_env(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=log, text=True, start_new_session=True)
        folder, pid = process.stdout.readline().strip(), process.stdout.readline().strip()
        self.assertTrue(pid, f"it did not start:\n{text_of(said)}")
        pid = int(pid)
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        family = [process.pid, *descendants(process.pid)]
        self.assertGreaterEqual(len(family), 7, f"{[comm_of(p) for p in family]}\n{text_of(said)}")
        deliver(process, pid)
        try:
            code = process.wait(20)
        finally:
            if process.poll() is None:
                os.kill(pid, signal.SIGKILL)
                process.wait(20)
            process.stdout.close()
        self.assertEqual(code, want)
        try:
            wait_for(lambda: not any(is_running(p) for p in family), "all processes are gone")
        except Failed as e:
            left = [f"{p} {comm_of(p)}" for p in family if is_running(p)]
            self.fail(f"{e}: {left}\n{text_of(said)}")
        return folder

    def test_ctrl_c_ends_command_and_server(self):
        folder = self.ended_by(lambda p, _: os.killpg(p.pid, signal.SIGINT), 128 + signal.SIGINT)
        self.assertFalse(os.path.exists(folder))

    def test_a_term_signal_ends_command_and_server(self):
        folder = self.ended_by(lambda p, _: p.terminate(), 128 + signal.SIGTERM)
        self.assertFalse(os.path.exists(folder))

    def test_an_interrupt_to_it_alone_ends_command_and_server(self):
        folder = self.ended_by(lambda p, _: p.send_signal(signal.SIGINT), 128 + signal.SIGINT)
        self.assertFalse(os.path.exists(folder))

    def test_an_interrupt_or_hang_up_ends_a_server_without_a_command(self):
        for sig in (signal.SIGINT, signal.SIGHUP):
            s = Server("interrupted").start()
            family = [s.process.pid, *descendants(s.process.pid)]
            self.assertEqual(s.stop(sig=sig), 0)
            wait_for(lambda: not any(is_running(p) for p in family), "all processes are gone")
            s.discard()

    def test_ctrl_c_at_a_terminal_reaches_the_command_once_and_leaves_it_its_server(self):
        # The command handles the first one, then still reaches its server, then ends.
        command = ('trap \'n=$((n+1)); echo got $n; curl -sS "$AZURE_KEYVAULT_URL/healthstatus" '
                   '-o /dev/null -w "%{http_code}\\n"; sleep 0.3; exit $((n+40))\' INT; '
                   'echo begun; while :; do sleep 0.05; done')
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(PROGRAM, [PROGRAM, "dev", "--", "sh", "-c", command], clean_env())
        text = b""

        def seen(what):
            nonlocal text
            if select.select([terminal], [], [], 0.1)[0]:
                try:
                    text += os.read(terminal, 4096)
                except OSError:  # it has closed its side
                    return True
            return what is not None and what in text

        wait_for(lambda: seen(b"begun"), "the command runs")
        os.write(terminal, b"\x03")
        code = wait_for(lambda: seen(None) and os.waitpid(pid, 0), "it ends")[1]
        os.close(terminal)
        self.assertIn(b"got 1\r\n200", text)
        self.assertNotIn(b"got 2", text)
        self.assertEqual(os.waitstatus_to_exitcode(code), 41, text)

    def test_what_a_kill_left_behind_is_removed_at_the_next_start(self):
        def kill(process, command):
            process.kill()
            os.kill(command, signal.SIGKILL)

        folder = self.ended_by(kill, -signal.SIGKILL)
        self.assertTrue(os.path.exists(folder))
        with Server("bystander") as other:
            self.assertEqual(self.dev("true").returncode, 0)
            self.assertFalse(os.path.exists(folder))
            self.assertTrue(os.path.exists(other.ca))

    def test_a_folder_in_use_is_not_removed_by_another_start(self):
        done = self.dev("sh", "-c", f"{PROGRAM} dev -- true && test -f $KEYHOLD_CA")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_others_can_read_the_ca_and_nothing_else(self):
        script = 'cd "$(dirname "$KEYHOLD_CA")" && find . -printf "%m %y %P\n"'
        done = self.dev("sh", "-c", script)
        self.assertEqual(done.returncode, 0, done.stderr)
        modes = {}
        for line in done.stdout.splitlines():
            mode, kind, path = line.split(" ", 2)
            modes[path] = (int(mode, 8), kind)
        self.assertEqual(modes[""], (0o755, "d"))
        for name in ("ca.pem", "ca-bundle.pem"):
            self.assertEqual(modes.pop(name), (0o644, "f"))
        for name in ("root.key", "dev.json", "store", "audit", "store/data.mdb", "admin.sock"):
            self.assertIn(name, modes)
        open_to_others = {p: oct(m) for p, (m, _) in modes.items() if p and "/" not in p and m & 0o077}
        self.assertEqual(open_to_others, {})

    def test_killed_outright_it_takes_the_server_along(self):
        def kill(process, command):
            process.kill()
            os.kill(command, signal.SIGKILL)  # it is not the server's to end

        self.ended_by(kill, -signal.SIGKILL)

    def test_json_is_one_object_with_the_same_names(self):
        with Server("json") as s:
            self.assertEqual(sorted(s.env), sorted(VARIABLES))

    def test_printed_words_have_all_that_a_person_needs(self):
        top = fresh_dir("words")
        process = subprocess.Popen(
            [PROGRAM, "dev", "--ephemeral", "--data-dir", os.path.join(top, "data")],
            env=clean_env(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)
        text = ""
        for line in process.stdout:
            text += line
            if "Ctrl-C" in line:
                break
        process.terminate()
        self.assertEqual(process.wait(30), 0)
        process.stdout.close()
        for word in ("vault URI", "tenant", "client id", "client secret", "private CA",
                     "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE",
                     "new SecretClient(", "Node.js 20 or newer"):
            self.assertIn(word, text)

    def test_what_was_stored_is_there_again_at_the_next_start(self):
        s = Server("again").start()
        before = s.env
        c = wire.Client(s, "dev.vault", wire.get_token(s))
        c.put("/secrets/kept", {"value": "kept"})
        s.restart()
        self.assertEqual(s.env["AZURE_CLIENT_SECRET"], before["AZURE_CLIENT_SECRET"])
        c = wire.Client(s, "dev.vault", wire.get_token(s))
        self.assertEqual(c.get("/secrets/kept").json()["value"], "kept")
        s.discard()


class Words(unittest.TestCase):
    """Commands that need no server."""

    def test_version(self):
        done = keyhold("version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"^(keyhold )?\d+\.\d+")

    def test_no_command_and_an_unknown_one(self):
        for words in ((), ("frobnicate",), ("serve", "--frob"), ("audit",), ("seal", "x")):
            with self.subTest(words=words):
                done = keyhold(*words)
                self.assertEqual(done.returncode, 64)
                self.assertTrue(done.stderr)
                self.assertEqual(done.stdout, "")

    def test_routes(self):
        done = keyhold("routes")
        self.assertEqual(done.returncode, 0)
        self.assertIn("/secrets/{name}", done.stdout)
        listed = json.loads(keyhold("routes", "--json").stdout)["routes"]
        self.assertTrue({"vault", "login", "local"} <= {r["plane"] for r in listed})

    def test_config_check(self):
        top = fresh_dir("config")
        path = os.path.join(top, "keyhold.conf")

        def check(text):
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
            return keyhold("config", "check", "--config", path)

        self.assertEqual(check(f"# fine\ndomain = example.org\ndata_dir = {top}\n").returncode, 0)
        done = check("domain = a b\nfrob = 1\nloops = many\ndomain = x.y\n")
        self.assertEqual(done.returncode, 78)
        for line in (1, 2, 3, 4):
            self.assertRegex(done.stderr + done.stdout, rf"\b{line}\b")
        self.assertEqual(check("clock_offset = 5\n").returncode, 78)
        self.assertNotEqual(keyhold("config", "check", "--config", "/does/not/exist").returncode, 0)

    def test_doctor(self):
        s = Service("doctor")
        self.addCleanup(s.discard)
        self.assertEqual(s.init().returncode, 0)
        done = keyhold("doctor", *s.flags())
        self.assertIn(done.returncode, (0, 1, 69, 78), done.stderr)
        self.assertRegex(done.stdout, r"(?m)^ok +algorithms")
        # A library that has none of what we need: only FIPS algorithms, and no provider of them.
        settings = os.path.join(s.data_dir, "openssl.cnf")
        with open(settings, "w", encoding="utf-8") as f:
            f.write("openssl_conf = a\n[a]\nalg_section = b\n[b]\ndefault_properties = fips=yes\n")
        done = keyhold("doctor", *s.flags(), env={**clean_env(), "OPENSSL_CONF": settings})
        self.assertRegex(done.stdout, r"(?m)^PROBLEM +algorithms")
