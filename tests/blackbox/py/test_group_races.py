# SPDX-License-Identifier: Apache-2.0
"""
Vaults that come into a group while somebody deletes it: afterwards the group is
there with its vaults, or neither is.
"""
import threading
import unittest
import uuid

from kit import wire, world
from kit.server import Server

SERVER, WORLD, TOKEN, TENANT = None, None, None, None
ROUNDS, MAKERS = 6, 3


def setUpModule():
    global SERVER, WORLD, TOKEN, TENANT
    WORLD = world.World()
    WORLD.app("owner")
    WORLD.role("owner", "Owner", scope=f"/subscriptions/{WORLD.subscription}")
    SERVER = Server("group_races", seed=WORLD.seed()).start()
    a = WORLD.apps["owner"]
    TOKEN = wire.get_token(SERVER, a.app_id, a.secret, scope=f"https://{SERVER.host('management')}/.default")
    TENANT = ask("GET", "/tenants").json()["value"][0]["tenantId"]


def tearDownModule():
    SERVER.discard()


def ask(method, path, body=None):
    client = wire.Client(SERVER, "management", TOKEN, None)
    try:
        return client.call(method, f"{path}?api-version=2023-07-01", body)
    finally:
        client.close()


def group_id(name):
    return f"/subscriptions/{WORLD.subscription}/resourceGroups/{name}"


class Races(unittest.TestCase):
    def make(self, group, name, start, answers):
        start.wait()
        answers[name] = ask("PUT", f"{group_id(group)}/providers/Microsoft.KeyVault/vaults/{name}", {
            "location": "local", "properties": {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"},
                                                "accessPolicies": []}}).status

    def race(self):
        group, answers, start = f"g{uuid.uuid4().hex[:8]}", {}, threading.Barrier(MAKERS + 1)
        self.assertEqual(ask("PUT", group_id(group), {"location": "local"}).status, 201)
        makers = [threading.Thread(target=self.make, args=(group, f"v{uuid.uuid4().hex[:12]}", start, answers))
                  for _ in range(MAKERS)]
        for t in makers:
            t.start()
        start.wait()
        gone = ask("DELETE", group_id(group)).status
        for t in makers:
            t.join()
        self.assertEqual(gone, 202)
        return group, answers

    def test_no_vault_is_left_in_a_group_that_is_gone(self):
        for _ in range(ROUNDS):
            group, answers = self.race()
            self.assertEqual(ask("GET", group_id(group)).status, 404)
            for name, status in answers.items():
                self.assertIn(status, (200, 404))
            left = ask("GET", f"/subscriptions/{WORLD.subscription}/resources").json()["value"]
            self.assertEqual([r["id"] for r in left if r["name"] in answers], [])


if __name__ == "__main__":
    unittest.main()
