# SPDX-License-Identifier: Apache-2.0
"""What people type: dev, init, serve, seal, audit, tls, config, routes, doctor."""
import glob
import hashlib
import json
import os
import shutil
import signal
import subprocess
import threading
import unittest
import uuid

from kit import wire, world
from kit.server import (PROGRAM, Server, clean_env, descendants, fresh_dir, is_running, keyhold,
                        wait_for)
from kit.service import Service

VARIABLES = ["AZURE_KEYVAULT_URL", "AZURE_TENANT_ID", "KEYHOLD_TENANT_ID", "AZURE_CLIENT_ID",
             "AZURE_CLIENT_SECRET", "AZURE_AUTHORITY_HOST", "AZURE_SUBSCRIPTION_ID",
             "AZURE_RESOURCE_GROUP", "KEYHOLD_MANAGEMENT_URL", "KEYHOLD_GRAPH_URL",
             "KEYHOLD_PORTAL_URL", "KEYHOLD_CA", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE",
             "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "IDENTITY_ENDPOINT", "IDENTITY_HEADER"]


def tree(top):
    """Every file below top with a digest of its bytes."""
    found = {}
    for folder, _, files in os.walk(top):
        for name in files:
            path = os.path.join(folder, name)
            if os.path.islink(path) or not os.path.isfile(path) or name == "lock.mdb":
                continue
            with open(path, "rb") as f:
                found[os.path.relpath(path, top)] = hashlib.sha256(f.read()).hexdigest()
    return found


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
        process = subprocess.Popen(
            [PROGRAM, "dev", "--", "sh", "-c", 'dirname "$KEYHOLD_CA"; echo $$; exec sleep 100'],
            env=clean_env(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, start_new_session=True)
        folder, pid = process.stdout.readline().strip(), int(process.stdout.readline())
        family = [process.pid, *descendants(process.pid)]
        self.assertGreaterEqual(len(family), 7)
        deliver(process)
        try:
            code = process.wait(20)
        finally:
            if process.poll() is None:
                os.kill(pid, signal.SIGKILL)
                process.wait(20)
            process.stdout.close()
        self.assertEqual(code, want)
        wait_for(lambda: not any(is_running(p) for p in family), "all processes are gone")
        return folder

    def test_ctrl_c_ends_command_and_server(self):
        folder = self.ended_by(lambda p: os.killpg(p.pid, signal.SIGINT), 128 + signal.SIGINT)
        self.assertFalse(os.path.exists(folder))

    def test_a_term_signal_ends_command_and_server(self):
        folder = self.ended_by(lambda p: p.terminate(), 128 + signal.SIGTERM)
        self.assertFalse(os.path.exists(folder))

    def test_killed_outright_it_takes_the_server_along(self):
        def kill(process):
            command = [p for p in descendants(process.pid)
                       if open(f"/proc/{p}/cmdline", "rb").read().startswith(b"sleep")]
            process.kill()
            for p in command:
                os.kill(p, signal.SIGKILL)
        folder = self.ended_by(kill, -signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)

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
                     "new SecretClient("):
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


class Operator(unittest.TestCase):
    """init and serve, and what refuses to be served."""

    def setUp(self):
        self.s = Service()
        self.addCleanup(self.s.discard)

    def founded(self, *more):
        done = self.s.init(*more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.s

    def client(self):
        return wire.Client(self.s, "main.vault", wire.get_token(self.s))

    def refuses(self, code, *words):
        """serve ends by itself, says why, and changes nothing."""
        before = tree(self.s.data_dir)
        got, text = self.s.run_to_the_end(40)
        self.assertIsNotNone(got, f"still running:\n{text}")
        self.assertNotEqual(got, 0)
        if code:
            self.assertEqual(got, code, text)
        for word in words:
            self.assertRegex(text, word)
        after = tree(self.s.data_dir)
        self.assertEqual({k: v for k, v in after.items() if k in before}, before)

    def test_init_then_serve_then_a_term_signal(self):
        s = self.founded()
        self.assertEqual(sorted(s.founding), sorted(
            ["tenantId", "subscriptionId", "resourceGroup", "clientId", "objectId", "clientSecret",
             "vault", "dataDir"]))
        s.start()
        c = self.client()
        self.assertEqual(c.put("/secrets/a", {"value": "b"}).status, 200)
        self.assertEqual(s.stop(), 0)
        s.start()
        self.assertEqual(self.client().get("/secrets/a").json()["value"], "b")

    def test_an_open_request_is_finished_before_the_end(self):
        s = self.founded().start()
        token = wire.get_token(s)
        w = wire.Wire(s.port, s.host("main.vault"), s.ca)
        w.send(f"PUT /secrets/drained?api-version=7.4 HTTP/1.1\r\nHost: {s.host('main.vault')}\r\n"
               f"Authorization: Bearer {token}\r\nContent-Length: 13\r\n\r\n{{\"value\"")
        process = s.process
        process.send_signal(signal.SIGTERM)
        # The supervisor has said it: nobody new is let in from here on.
        wait_for(lambda: "stopping" in s.log(), "it begins to stop")
        w.send(':"v"}')
        a = w.read()
        w.close()
        self.assertEqual(a.status, 200)
        self.assertEqual(process.wait(30), 0, s.log())
        s.restart()
        self.assertEqual(self.client().get("/secrets/drained").json()["value"], "v")

    def test_an_idle_connection_does_not_hold_up_the_end(self):
        s = self.founded().start()
        w = wire.Wire(s.port, s.host("main.vault"), s.ca)
        self.assertEqual(w.request("GET", "/healthstatus").status, 200)
        self.assertEqual(s.stop(), 0)
        self.assertTrue(w.is_closed())
        w.close()

    def test_serve_without_a_store_refuses(self):
        os.makedirs(self.s.data_dir)
        self.s.founding = {}
        self.refuses(78, "run `keyhold init` first")
        self.assertEqual(os.listdir(self.s.data_dir), [])

    def test_init_over_a_store_refuses(self):
        s = self.founded()
        before = tree(s.data_dir)
        done = keyhold("init", *s.flags())
        self.assertEqual(done.returncode, 73)
        self.assertIn("nothing was changed", done.stderr)
        self.assertEqual(tree(s.data_dir), before)

    def test_another_root_key_is_refused(self):
        s = self.founded()
        other = Service("other")
        self.addCleanup(other.discard)
        self.assertEqual(other.init().returncode, 0)
        mine = os.path.join(s.data_dir, "root.key")
        os.rename(mine, mine + ".mine")
        shutil.copy2(os.path.join(other.data_dir, "root.key"), mine)
        self.own_like(mine + ".mine", mine)
        self.refuses(None, "(?i)root key|wrong key")
        os.rename(mine + ".mine", mine)
        s.start()
        self.assertEqual(self.client().put("/secrets/a", {"value": "b"}).status, 200)

    @staticmethod
    def own_like(model, path):
        st = os.stat(model)
        os.chown(path, st.st_uid, st.st_gid)

    def test_a_missing_or_broken_root_key_is_refused(self):
        s = self.founded()
        path = os.path.join(s.data_dir, "root.key")
        good = world.text_of(path)
        for text in (None, "", "keyhold-root-key-v1 AAAA\n", good.replace("v1", "v9"), good[:-10]):
            with self.subTest(text=(text or "")[:24]):
                if text is None:
                    os.unlink(path)
                else:
                    with open(path, "w", encoding="ascii") as f:
                        f.write(text)
                    os.chmod(path, 0o600)
                self.refuses(None, "root.key|root key")

    def test_a_root_key_that_others_can_read_is_refused(self):
        s = self.founded()
        path = os.path.join(s.data_dir, "root.key")
        for mode in (0o644, 0o640, 0o604):
            os.chmod(path, mode)
            self.refuses(None, "root.key")
        os.chmod(path, 0o600)
        os.rename(path, path + ".real")
        os.symlink(path + ".real", path)
        self.refuses(None, "root.key")

    def test_a_passphrase_opens_what_it_sealed_and_another_does_not(self):
        s = self.s
        path = os.path.join(s.top, "passphrase")
        s.sets.update({"seal": "passphrase", "seal.passphrase": path})

        def write(text):
            with open(path, "w", encoding="utf-8") as f:
                f.write(text + "\n")
            os.chmod(path, 0o600)

        write("correct horse battery")
        self.founded().start()
        self.assertEqual(self.client().put("/secrets/a", {"value": "b"}).status, 200)
        s.stop()
        self.assertIn("keyhold-sealed-root-v1 scrypt:",
                      world.text_of(os.path.join(s.data_dir, "root.key")))
        write("wrong horse battery")
        self.refuses(None, "(?i)passphrase|root key")
        write("correct horse battery")
        s.start()
        self.assertEqual(self.client().get("/secrets/a").json()["value"], "b")
        self.assertEqual(s.admin("seal", "rotate").returncode, 0)
        s.restart()
        self.assertEqual(self.client().get("/secrets/a").json()["value"], "b")

    def test_the_root_key_is_rotated_while_requests_flow(self):
        s = self.founded().start()
        path = os.path.join(s.data_dir, "root.key")
        old, token, stop, bad, done = world.text_of(path), wire.get_token(s), threading.Event(), [], []

        def flow(n):
            c, i = wire.Client(s, "main.vault", token), 0
            while not stop.is_set():
                i += 1
                name = f"flow-{n}-{i}"
                for a in (c.put(f"/secrets/{name}", {"value": name}), c.get(f"/secrets/{name}")):
                    (done if a.status == 200 and a.json()["value"] == name else bad).append((name, a))
            c.close()

        workers = [threading.Thread(target=flow, args=(n,)) for n in range(3)]
        for t in workers:
            t.start()
        try:
            wait_for(lambda: len(done) > 20, "requests flow")
            for _ in range(2):
                result = s.admin("seal", "rotate")
                self.assertEqual(result.returncode, 0, result.stderr)
                mark = len(done)
                wait_for(lambda m=mark: len(done) > m + 20, "requests flow on")
        finally:
            stop.set()
            for t in workers:
                t.join()
        self.assertEqual(bad[:3], [])
        new = world.text_of(path)
        self.assertNotEqual(new, old)
        self.assertFalse(os.path.exists(path + ".next"))
        s.restart()
        c = self.client()
        for name, _ in done[::50]:
            self.assertEqual(c.get(f"/secrets/{name}").json()["value"], name)
        self.assertEqual(s.admin("audit", "verify").returncode, 0)
        s.stop()
        with open(path, "w", encoding="ascii") as f:
            f.write(old)
        self.refuses(None, "(?i)root key|wrong key")

    def test_commands_to_a_server_that_is_not_there_say_so(self):
        s = self.founded()
        for words in (("seal", "rotate"), ("audit", "rotate"), ("tls", "reload")):
            with self.subTest(words=words):
                done = s.admin(*words)
                self.assertEqual(done.returncode, 69)
                self.assertTrue(done.stderr.startswith("keyhold: "))
        self.assertFalse(os.path.exists(os.path.join(s.data_dir, "root.key.next")))

    def test_the_ca_is_printed(self):
        s = self.founded()
        done = s.admin("tls", "ca")
        self.assertEqual(done.stdout, world.text_of(os.path.join(s.data_dir, "ca.pem")))

    def test_an_operators_own_certificate_is_shown_and_reloaded(self):
        s = self.s
        self.make_ca()
        self.make_leaf("first")
        self.founded()
        s.sets.update({"tls.chain": os.path.join(s.top, "leaf.crt"),
                       "tls.key": os.path.join(s.top, "leaf.key")})
        s.start()
        s.env["KEYHOLD_CA"] = os.path.join(s.top, "own-ca.crt")
        self.assertEqual(self.client().put("/secrets/a", {"value": "b"}).status, 200)
        self.assertEqual(self.shown(), "first")
        kept = wire.Wire(s.port, s.host("main.vault"), s.ca)
        self.make_leaf("second")
        self.assertEqual(s.admin("tls", "reload").returncode, 0)
        wait_for(lambda: self.shown() == "second", "the new certificate is shown")
        self.assertEqual(kept.request("GET", "/healthstatus").status, 200)
        kept.close()

    def make_ca(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=own ca",
                        "-keyout", os.path.join(self.s.top, "own-ca.key"),
                        "-out", os.path.join(self.s.top, "own-ca.crt")],
                       check=True, capture_output=True)

    def make_leaf(self, name):
        top = self.s.top
        conf = os.path.join(top, "leaf.cnf")
        with open(conf, "w", encoding="ascii") as f:
            f.write("subjectAltName=DNS:login.keyhold.localhost,DNS:*.vault.keyhold.localhost\n")
        subprocess.run(["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
                        "-keyout", os.path.join(top, "leaf.key"),
                        "-out", os.path.join(top, "leaf.csr")], check=True, capture_output=True)
        subprocess.run(["openssl", "x509", "-req", "-in", os.path.join(top, "leaf.csr"),
                        "-CA", os.path.join(top, "own-ca.crt"), "-CAkey",
                        os.path.join(top, "own-ca.key"), "-CAcreateserial", "-days", "20",
                        "-extfile", conf, "-out", os.path.join(top, "leaf.crt")],
                       check=True, capture_output=True)
        for part in ("leaf.key", "leaf.crt"):
            os.chmod(os.path.join(top, part), 0o600)

    def shown(self):
        try:
            with wire.Wire(self.s.port, self.s.host("main.vault"), self.s.ca) as w:
                return dict(x[0] for x in w.sock.getpeercert()["subject"])["commonName"]
        except OSError:
            return None


class Seed(unittest.TestCase):
    def revision(self, s):
        for line in wire.figures(s).splitlines():
            if line.startswith("keyhold_store_revision "):
                return int(line.split()[1])
        return None

    def test_applied_again_it_changes_nothing(self):
        w = world.standard()
        w.groups.append({"name": "g", "members": ["reader"]})
        w.role("g", world.ROLES["user"], vault="alpha")
        w.vault("policy", rbac=False, accessPolicies=[{"principal": "user", "secrets": ["get"]}])
        w.secrets.append({"vault": "alpha", "name": "seeded", "value": "v", "tags": {"a": "b"}})
        s = Server("seed", seed=w.seed()).start()
        self.addCleanup(s.discard)
        self.assertRegex(s.log(), r"seed applied: [1-9]\d* changes")
        s.restart()
        self.assertIn("seed applied: 0 changes", s.log())
        admin = w.apps["admin"]
        c = wire.Client(s, "alpha.vault", wire.get_token(s, admin.app_id, admin.secret))
        self.assertEqual(c.get("/secrets/seeded").json()["tags"], {"a": "b"})
        self.assertEqual(len(c.get("/secrets/seeded/versions").json()["value"]), 1)
        c.put("/secrets/seeded", {"value": "newer"})
        s.restart()
        c = wire.Client(s, "alpha.vault", wire.get_token(s, admin.app_id, admin.secret))
        self.assertEqual(c.get("/secrets/seeded").json()["value"], "newer")

    def test_yaml_says_the_same(self):
        top = fresh_dir("yaml")
        path, sub = os.path.join(top, "seed.yaml"), str(uuid.uuid4())
        with open(path, "w", encoding="utf-8") as f:
            f.write(f"""# a comment
subscriptions:
  - {{ id: {sub}, name: yaml }}
resourceGroups:
  - name: group
    subscription: {sub}
vaults:
  - name: from-yaml
    subscription: {sub}
    resourceGroup: group
    retentionDays: 7
applications:
  - name: app
    appId: {sub}
    secrets: [ {{ value: "a secret of yaml" }} ]
roleAssignments:
  - {{ principal: app, role: Key Vault Secrets Officer, vault: from-yaml }}
secrets:
  - vault: from-yaml
    name: hello
    value: "world"
""")
        with Server("yaml", args=["--seed", path]) as s:
            c = wire.Client(s, "from-yaml.vault", wire.get_token(s, sub, "a secret of yaml"))
            self.assertEqual(c.get("/secrets/hello").json()["value"], "world")

    def test_one_that_is_wrong_is_refused_with_the_place(self):
        top = fresh_dir("bad")
        for text, words in (('{"vaultz":[]}', "vaultz"), ("{", "seed"), ("a: &x 1", "seed"),
                            ('{"vaults":[{"name":"_"}]}', r"vaults\[0\]"),
                            ('{"roleAssignments":[{"principal":"x","role":"y"}]}',
                             r"roleAssignments\[0\]")):
            with self.subTest(text=text):
                path = os.path.join(top, "seed.json")
                with open(path, "w", encoding="utf-8") as f:
                    f.write(text)
                s = Service("bad", expect_trouble=True)
                self.addCleanup(s.discard)
                done = keyhold("init", "--json", *s.flags(), "--seed", path)
                self.assertNotEqual(done.returncode, 0, done.stderr)
                self.assertRegex(done.stderr, words)


class Audit(unittest.TestCase):
    """`audit verify` on copies that were meddled with."""

    @classmethod
    def setUpClass(cls):
        cls.s = Server("audit").start()
        token = wire.get_token(cls.s)
        c = wire.Client(cls.s, "dev.vault", token)
        for i in range(40):
            c.put(f"/secrets/s{i}", {"value": "v"})
            c.get(f"/secrets/s{i}")
            c.get("/secrets/absent")
            c.call("GET", "/secrets", token=None)
        assert cls.s.admin("audit", "verify").returncode == 0  # while it runs
        assert cls.s.admin("audit", "rotate").returncode == 0
        for i in range(40):
            c.delete(f"/secrets/s{i}")
            if i == 20:
                assert cls.s.admin("audit", "rotate").returncode == 0
        c.close()
        cls.s.stop()

    @classmethod
    def tearDownClass(cls):
        cls.s.discard()

    def verify(self, meddle=None):
        copy = os.path.join(fresh_dir("copy"), "data")
        shutil.copytree(self.s.data_dir, copy, ignore=lambda *_: ["admin.sock"])
        if meddle:
            files = sorted(glob.glob(os.path.join(copy, "audit", "audit-*.jsonl")))
            meddle(files[0], os.path.join(copy, "audit", "audit.jsonl"))
        done = keyhold("audit", "verify", "--json", "--set", f"data_dir={copy}")
        return done.returncode, json.loads(done.stdout)

    @staticmethod
    def edit(path, change):
        with open(path, "rb") as f:
            lines = f.read().splitlines(keepends=True)
        with open(path, "wb") as f:
            f.write(b"".join(change(lines)))

    def found(self, meddle):
        code, report = self.verify(meddle)
        self.assertEqual((code, report["whole"]), (65, False), report)
        self.assertTrue(report["why"])
        return report

    def test_an_untouched_log_is_whole(self):
        code, report = self.verify()
        self.assertEqual((code, report["whole"], report["faults"]), (0, True, 0), report)
        self.assertEqual(report["files"], 3)
        self.assertGreater(report["lines"], 180)
        self.assertGreaterEqual(report["checkpoints"], 2)

    def test_every_request_has_its_record(self):
        records = []
        for path in glob.glob(os.path.join(self.s.data_dir, "audit", "*.jsonl")):
            with open(path, encoding="utf-8") as f:
                records += [json.loads(line) for line in f]
        names = [r.get("operationName") for r in records]
        self.assertEqual(names.count("SecretSet"), 40)
        self.assertEqual(names.count("SecretDelete"), 40)
        self.assertEqual(names.count("SecretGet"), 80)
        # Without a token: nobody asked for an operation yet.
        denied = [r for r in records if r.get("operationName") == "Authentication"]
        self.assertEqual([r["properties"]["httpStatusCode"] for r in denied], [401] * 40)
        self.assertEqual(sorted(r["seq"] for r in records), list(range(1, len(records) + 1)))

    def test_a_changed_line_is_found(self):
        def change(lines):
            lines[7] = lines[7].replace(b'"category"', b'"categorz"', 1)
            return lines
        for which in (0, 1):
            report = self.found(lambda a, b, w=which: self.edit((a, b)[w], change))
            self.assertIn(report["line"], (8, 9))

    def test_a_dropped_line_is_found(self):
        for at in (0, 5, -1):
            self.found(lambda a, b, n=at: self.edit(a, lambda x: [v for i, v in enumerate(x)
                                                                  if i != n % len(x)]))
            self.found(lambda a, b, n=at: self.edit(b, lambda x: [v for i, v in enumerate(x)
                                                                  if i != n % len(x)]))

    def test_swapped_lines_are_found(self):
        self.found(lambda a, b: self.edit(a, lambda x: [*x[:3], x[4], x[3], *x[5:]]))

    def test_a_repeated_line_is_found(self):
        self.found(lambda a, b: self.edit(a, lambda x: [*x[:4], x[3], *x[4:]]))

    def test_an_added_line_is_found(self):
        self.found(lambda a, b: self.edit(b, lambda x: [*x, b'{"seq":1000000}\n']))

    def test_a_cut_log_is_found(self):
        self.found(lambda a, b: self.edit(b, lambda x: x[:len(x) // 2]))
        self.found(lambda a, b: self.edit(b, lambda x: x[:-1]))
        self.found(lambda a, b: self.edit(b, lambda x: [*x[:-1], x[-1][:-20]]))

    def test_a_missing_file_is_found(self):
        self.found(lambda a, b: os.unlink(sorted(glob.glob(f"{os.path.dirname(a)}/audit-*"))[1]))
        # Old files may be moved away to an archive; the report says where it begins.
        code, report = self.verify(lambda a, b: os.unlink(a))
        self.assertEqual(code, 0)
        self.assertGreater(report["firstSeq"], 1)
        copy = os.path.join(fresh_dir("copy"), "data")
        shutil.copytree(self.s.data_dir, copy, ignore=lambda *_: ["admin.sock"])
        os.unlink(os.path.join(copy, "audit", "audit.jsonl"))
        self.assertNotEqual(keyhold("audit", "verify", "--set", f"data_dir={copy}").returncode, 0)

    def test_a_server_does_not_start_over_a_log_that_was_cut(self):
        copy = os.path.join(fresh_dir("copy"), "data")
        shutil.copytree(self.s.data_dir, copy, ignore=lambda *_: ["admin.sock"])
        for folder, _, files in os.walk(self.s.data_dir):
            for name in [".", *files]:
                model = os.path.join(folder, name)
                twin = os.path.join(copy, os.path.relpath(model, self.s.data_dir))
                if os.path.exists(twin):
                    st = os.stat(model)
                    os.chown(twin, st.st_uid, st.st_gid)
        self.edit(os.path.join(copy, "audit", "audit.jsonl"), lambda x: x[:len(x) // 2])
        s = Service("cut", data_dir=copy)
        self.addCleanup(s.discard)
        code, text = s.run_to_the_end(40)
        self.assertNotIn(code, (0, None), text)
        self.assertRegex(text, "(?i)audit")


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
        self.assertTrue(done.stdout or done.stderr)
