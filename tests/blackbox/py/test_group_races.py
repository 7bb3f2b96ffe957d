# SPDX-License-Identifier: Apache-2.0
"""
What comes into a group, or upon a vault or an identity, while somebody deletes that: afterwards
both are there, or neither is. What is left would hold for the next thing of that name.
"""
import threading
import unittest
import uuid

from kit import wire, world
from kit.server import Server

SERVER, WORLD, TOKEN, TENANT = None, None, None, None
ROUNDS, MAKERS, CROWD = 6, 3, 24
LOCK_ROUNDS = 100  # while door and handler each had a view, half of such runs met the gap


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

    @staticmethod
    def crowd(work, where):
        """CROWD times work(where, start, answers) side by side: what was answered."""
        answers, start = {}, threading.Barrier(CROWD)
        workers = [threading.Thread(target=work, args=(where, start, answers)) for _ in range(CROWD)]
        for t in workers:
            t.start()
        for t in workers:
            t.join()
        return answers

    def test_many_come_into_a_group_at_once(self):
        """More than a write has attempts: none of them is in another one's way."""
        group = f"g{uuid.uuid4().hex[:8]}"
        self.assertEqual(ask("PUT", group_id(group), {"location": "local"}).status, 201)
        answers = self.crowd(self.make_many, group)
        self.assertEqual(set(answers.values()), {200, 201}, answers)
        self.assertEqual({ask("GET", path).status for path in answers}, {200})

    def test_many_change_one_vault_at_once(self):
        group = f"g{uuid.uuid4().hex[:8]}"
        path = f"{group_id(group)}{VAULTS}/p{uuid.uuid4().hex[:12]}"
        self.assertEqual(ask("PUT", group_id(group), {"location": "local"}).status, 201)
        self.assertEqual(ask("PUT", path, vault_body()).status, 200)
        answers = self.crowd(self.permit_many, path)
        self.assertLessEqual(set(answers.values()), {200, 201}, answers)
        policies = ask("GET", path).json()["properties"]["accessPolicies"]
        self.assertEqual({p["objectId"] for p in policies}, set(answers))

    def permit_many(self, path, start, answers):
        client = wire.Client(SERVER, "management", TOKEN, None)
        client.call("GET", "/tenants?api-version=2023-07-01")
        start.wait()
        for _ in range(3):
            oid = str(uuid.uuid4())
            answers[oid] = client.call("PUT", f"{path}/accessPolicies/add?api-version=2023-07-01", {
                "properties": {"accessPolicies": [{"tenantId": TENANT, "objectId": oid,
                                                   "permissions": {"secrets": ["get"]}}]}}).status
        client.close()

    def make_many(self, group, start, answers):
        client = wire.Client(SERVER, "management", TOKEN, None)
        client.call("GET", "/tenants?api-version=2023-07-01")  # the connection stands
        start.wait()
        for kind, body in ((VAULTS, vault_body()), (IDENTITIES, {"location": "local"})) * 2:
            path = f"{group_id(group)}{kind}/c{uuid.uuid4().hex[:12]}"
            answers[path] = client.call("PUT", f"{path}?api-version=2023-07-01", body).status
        client.close()


READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
VAULTS = "/providers/Microsoft.KeyVault/vaults"
IDENTITIES = "/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
GRANTS, LOCK = "/providers/Microsoft.Authorization/roleAssignments", "/providers/Microsoft.Authorization/locks/keep"
SETTING = "/providers/Microsoft.Insights/diagnosticSettings/one"


def vault_body():
    return {"location": "local", "properties": {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"},
                                                "accessPolicies": [], "enableRbacAuthorization": True}}


class Fences(unittest.TestCase):
    """Role assignments, locks, diagnostic settings against the deletion of what they stand upon."""

    def setUp(self):
        self.group = group_id(f"f{uuid.uuid4().hex[:8]}")
        self.must("PUT", self.group, {"location": "local"}, 201)

    def must(self, method, path, body=None, *statuses):
        a = ask(method, path, body)
        self.assertIn(a.status, statuses or (200,), (method, path, a))
        return a

    def race(self, target, upon):
        """[(path, body)] put upon the target by one thread each, while it is deleted: statuses."""
        answers, start = {}, threading.Barrier(len(upon) + 1)

        def put(path, body):
            client = wire.Client(SERVER, "management", TOKEN, None)
            client.call("GET", "/tenants?api-version=2023-07-01")  # the connection stands
            start.wait()
            answers[path] = client.call("PUT", f"{path}?api-version=2023-07-01", body).status
            client.close()

        threads = [threading.Thread(target=put, args=one) for one in upon]
        for t in threads:
            t.start()
        start.wait()
        gone = ask("DELETE", target).status
        for t in threads:
            t.join()
        return gone, answers

    @staticmethod
    def upon(scope, below, settings=False):
        grant = {"properties": {"roleDefinitionId": READER, "principalId": str(uuid.uuid4()),
                                "principalType": "ServicePrincipal"}}
        out = [(f"{scope}{GRANTS}/{uuid.uuid4()}", grant), (f"{scope}{below}{GRANTS}/{uuid.uuid4()}", grant)]
        if settings:
            out.append((f"{scope}{SETTING}", {"properties": {"workspaceId": "/w", "logs": []}}))
        return out

    def left(self, scope):
        """What stands upon the scope, or below it."""
        found = [x for kind in (GRANTS, LOCK[:-5]) for x in ask("GET", f"{self.group}{kind}").json()["value"]]
        return [x["id"] for x in found if x["id"].lower().startswith(scope.lower() + "/")]

    def clean(self, target, make, upon, gone):
        for _ in range(ROUNDS):
            make()
            status, answers = self.race(target, upon)
            self.assertEqual(status, gone)
            self.assertLessEqual(set(answers.values()), {200, 201, 404}, answers)
            self.must("GET", target, None, 404)
            if target == self.group:
                self.must("PUT", self.group, {"location": "local"}, 201)
            self.assertEqual(self.left(target), [])
            make(again=True)
            self.assertEqual(self.left(target), [])
            for path, _ in upon:
                self.must("GET", path, None, 404)
            self.must("DELETE", target, None, gone)
            if target == self.group:
                self.must("PUT", self.group, {"location": "local"}, 201)

    def test_nothing_outlives_a_vault_and_none_is_upon_the_next_of_its_name(self):
        name = f"v{uuid.uuid4().hex[:10]}"
        at = f"{self.group}{VAULTS}/{name}"
        purge = (f"/subscriptions/{WORLD.subscription}/providers/Microsoft.KeyVault/locations/local/deletedVaults/"
                 f"{name}/purge")

        def make(again=False):
            if ask("GET", purge[:-6]).status == 200:
                if again:  # as it was
                    body = vault_body()
                    body["properties"]["createMode"] = "recover"
                    self.must("PUT", at, body)
                    return
                self.must("POST", purge, None, 202)
            self.must("PUT", at, vault_body())

        self.clean(at, make, self.upon(at, "/secrets/one", True), 200)

    def test_nothing_outlives_an_identity(self):
        at = f"{self.group}{IDENTITIES}/one"
        self.clean(at, lambda again=False: self.must("PUT", at, {"location": "local"}, 201),
                   self.upon(at, "/federatedIdentityCredentials/one"), 200)

    def test_nothing_outlives_a_group(self):
        at = f"{self.group}{IDENTITIES}/one"
        upon = self.upon(self.group, "/providers/Microsoft.Network/virtualNetworks/net") + self.upon(at, "/x/y")
        self.clean(self.group, lambda again=False: self.must("PUT", at, {"location": "local"}, 201), upon, 202)

    def test_a_lock_holds_or_was_too_late(self):
        for make, at, gone in ((vault_body, f"{self.group}{VAULTS}/v{{}}", 200),
                               (lambda: {"location": "local"}, f"{self.group}{IDENTITIES}/i{{}}", 200)):
            for _ in range(LOCK_ROUNDS):
                target = at.format(uuid.uuid4().hex[:10])
                self.must("PUT", target, make(), 200, 201)
                status, answers = self.race(target, [(target + LOCK, {"properties": {"level": "CanNotDelete"}})])
                held = answers[target + LOCK] == 201
                self.assertEqual(status, 409 if held else gone)
                self.must("GET", target, None, 200 if held else 404)
                self.assertEqual(len(self.left(target)), 1 if held else 0)
                if held:
                    self.must("DELETE", target + LOCK)
                    self.must("DELETE", target)


if __name__ == "__main__":
    unittest.main()
