# SPDX-License-Identifier: Apache-2.0
"""What takes long: many crashes in a row, many objects, many versions, full files."""
import glob
import os
import random
import signal
import threading
import unittest

from kit import wire
from kit.server import Server, is_running, wait_for

ROUNDS = int(os.environ.get("KEYHOLD_BLACKBOX_ROUNDS", "25"))


def client(s, token=None):
    return wire.Client(s, "dev.vault", token or wire.get_token(s), "7.6")


class Crashes(unittest.TestCase):
    def setUp(self):
        self.s = Server("crashes", expect_trouble=True).start()
        self.addCleanup(self.s.discard)

    def writers(self, kept, stop, turn, count=4):
        """Threads that set, delete and recover; kept: name -> whether it is live."""
        token = wire.get_token(self.s)

        def work(n):
            c, i = client(self.s, token), 0
            while not stop.is_set():
                i += 1
                name = f"t{turn}-{n}-{i}"
                try:
                    if c.put(f"/secrets/{name}", {"value": name}).status != 200:
                        continue
                    kept[name] = "live"
                    if i % 3 == 0:
                        kept[name] = "unknown"
                        if c.delete(f"/secrets/{name}").status == 200:
                            kept[name] = "deleted"
                except (OSError, wire.Closed):
                    c.close()

        threads = [threading.Thread(target=work, args=(n,)) for n in range(count)]
        for t in threads:
            t.start()
        return threads

    def check(self, kept):
        c = client(self.s)
        for name, state in kept.items():
            live = c.get(f"/secrets/{name}").status
            if state == "live":
                self.assertEqual(live, 200, name)
            elif state == "deleted":
                self.assertEqual((live, c.get(f"/deletedsecrets/{name}").status), (404, 200), name)
        c.close()
        self.assertEqual(self.s.admin("audit", "verify").returncode, 0)

    def test_the_whole_tree_is_killed_again_and_again(self):
        seed = random.randrange(1 << 30)
        rng = random.Random(seed)
        print(f"# seed {seed}")
        for turn in range(ROUNDS):
            kept, stop = {}, threading.Event()
            threads = self.writers(kept, stop, turn)
            want = rng.randrange(5, 120)
            wait_for(lambda k=kept, n=want: len(k) > n, "writes flow")
            self.s.kill()
            stop.set()
            for t in threads:
                t.join()
            self.s.start()
            self.check(kept)

    def test_one_process_after_another_is_killed_under_load(self):
        seed = random.randrange(1 << 30)
        rng = random.Random(seed)
        print(f"# seed {seed}")
        kept, stop = {}, threading.Event()
        threads = self.writers(kept, stop, "p")
        try:
            for _ in range(ROUNDS):
                role = rng.choice(["front", "keeper", "scribe", "clerk"])
                pid = wait_for(lambda r=role: self.s.pid_of(r), f"{role} runs")
                os.kill(pid, signal.SIGKILL)
                wait_for(lambda p=pid: not is_running(p), f"{role} is gone")
                mark = len(kept)
                wait_for(lambda m=mark: len(kept) > m + 20, f"writes flow without {role}")
        finally:
            stop.set()
            for t in threads:
                t.join()
        self.check(kept)


class Many(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.s = Server("many", sets={"audit.max_bytes": "1M"}).start()
        cls.token = wire.get_token(cls.s)

    @classmethod
    def tearDownClass(cls):
        cls.s.discard()

    def test_three_thousand_secrets_are_paged_through(self):
        names = [f"n{i:05}" for i in range(3000)]

        def put(part):
            c = client(self.s, self.token)
            for n in part:
                assert c.put(f"/secrets/{n}", {"value": n}).status == 200
            c.close()

        threads = [threading.Thread(target=put, args=(names[i::4],)) for i in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        c, seen, path = client(self.s, self.token), [], "/secrets?api-version=7.6"
        while path:
            page = c.call("GET", path, version=None).json()
            seen += [i["id"].rsplit("/", 1)[1] for i in page["value"]]
            path = page["nextLink"] and "/secrets" + page["nextLink"].partition("/secrets")[2]
        self.assertEqual([n for n in seen if n.startswith("n")], names)

    def test_a_backup_holds_five_hundred_versions_and_not_one_more(self):
        c = client(self.s, self.token)
        for i in range(500):
            self.assertEqual(c.put("/secrets/versions", {"value": str(i)}).status, 200)
        a = c.post("/secrets/versions/backup")
        self.assertEqual(a.status, 200)
        c.put("/secrets/versions", {"value": "one more"})
        b = c.post("/secrets/versions/backup")
        self.assertEqual((b.status, b.error["code"]), (400, "BadParameter"))
        c.delete("/secrets/versions")
        c.delete("/deletedsecrets/versions")
        self.assertEqual(c.post("/secrets/restore", a.json()).status, 200)
        self.assertEqual(c.get("/secrets/versions").json()["value"], "499")

    def test_the_log_is_cut_into_files_by_size_and_whole_all_the_same(self):
        c = client(self.s, self.token)
        for _ in range(3000):
            c.get("/secrets/absent")
        self.assertGreater(len(glob.glob(os.path.join(self.s.data_dir, "audit", "audit-*"))), 1)
        self.assertEqual(self.s.admin("audit", "verify").returncode, 0)
