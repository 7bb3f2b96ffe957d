# SPDX-License-Identifier: Apache-2.0
"""
Keys that rotate by policy: the clock is moved by restarting the server with
`--clock`, never waited for; what was due meanwhile is caught up, once.
"""
import datetime
import time
import unittest

from kit import wire, world
from kit.server import Server

SERVER = None
DAY = 86400


def setUpModule():
    global SERVER
    w = world.World()
    w.vault("turn")
    w.app("admin")
    w.role("admin", "Key Vault Administrator", vault="turn")
    SERVER = Server("rotation", seed=w.seed())
    SERVER.admin = w.apps["admin"]
    SERVER.start()


def tearDownModule():
    SERVER.discard()


def client():
    token = wire.get_token(SERVER, SERVER.admin.app_id, SERVER.admin.secret)
    return wire.Client(SERVER, "turn.vault", token, "7.6")


def move_to(days):
    """The server again, that many days from now."""
    SERVER.stop()
    then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
    SERVER.args = [a for a in SERVER.args if a != "--clock" and not a.startswith("20")]
    SERVER.args += ["--clock", then.strftime("%Y-%m-%dT%H:%M:%SZ")]
    SERVER.start()


def until(what, seconds=60):
    """Polls a condition that the clerk brings about."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = what()
        if got:
            return got
    raise AssertionError("it did not happen")


class Rotation(unittest.TestCase):
    maxDiff = None

    def versions(self, c, name):
        a = c.get(f"/keys/{name}/versions")
        self.assertEqual(a.status, 200, a)
        return sorted(a.json()["value"], key=lambda v: (v["attributes"]["created"], v["kid"]))

    def test_a_key_rotates_when_its_day_comes_and_once(self):
        c = client()
        for name, kty in (("ec", {"kty": "EC", "crv": "P-256"}), ("rsa", {"kty": "RSA"})):
            a = c.post(f"/keys/{name}/create", {**kty, "tags": {"a": "b"}})
            self.assertEqual(a.status, 200, a)
            a = c.put(f"/keys/{name}/rotationpolicy", {
                "lifetimeActions": [{"trigger": {"timeAfterCreate": "P30D"}, "action": {"type": "Rotate"}}],
                "attributes": {"expiryTime": "P90D"}})
            self.assertEqual(a.status, 200, a)
        a = c.post("/keys/still/create", {"kty": "EC"})
        self.assertEqual(a.status, 200, a)
        c.close()

        move_to(29)
        c = client()
        self.assertEqual(len(self.versions(c, "ec")), 1)
        c.close()

        move_to(31)
        c = client()
        for name in ("ec", "rsa"):
            until(lambda n=name: len(self.versions(c, n)) == 2)
            old, new = self.versions(c, name)
            self.assertEqual(new["tags"], {"a": "b"})
            self.assertTrue(new["attributes"]["enabled"])
            self.assertEqual(new["attributes"]["exp"] - new["attributes"]["created"], 90 * DAY)
            self.assertNotEqual(old["kid"], new["kid"])
        self.assertEqual(len(self.versions(c, "still")), 1)
        a = c.get("/keys/ec")
        self.assertEqual(a.json()["key"]["kid"], self.versions(c, "ec")[1]["kid"])
        c.close()

        # Nothing more is due; after a long time away one rotation makes up for all that were.
        move_to(32)
        c = client()
        self.assertEqual(len(self.versions(c, "ec")), 2)
        c.close()
        move_to(200)
        c = client()
        until(lambda: len(self.versions(c, "ec")) == 3)
        self.assertEqual(len(self.versions(c, "ec")), 3)
        c.close()


if __name__ == "__main__":
    unittest.main()
