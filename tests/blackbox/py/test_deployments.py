# SPDX-License-Identifier: Apache-2.0
"""
Deployments of templates: everything in one is done as the caller, in order; what is
secure in it is nowhere to be read. Sections in comments are those of the management
plane's reference.
"""
import base64
import glob
import json
import os
import threading
import time
import unittest
import urllib.parse
import uuid

from kit import wire, world
from kit.server import Server, wait_for

SERVER, WORLD, TOKENS, DATA = None, None, {}, {}
VERSION = "2021-04-01"
ENDS, ASKING = 100, 6  # a program that took the snapshot of before for a run that was cut off met the gap in one of 250
TENANT = None
SUB_ROLES = {"owner": "Owner", "contributor": "Contributor", "reader": "Reader"}
DEPLOYER = {"Name": "Deployer", "IsCustom": True, "Description": "", "Actions": [
    "Microsoft.Resources/deployments/*", "Microsoft.Resources/subscriptions/resourceGroups/read"],
            "NotActions": [], "DataActions": [], "NotDataActions": []}
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"


def setUpModule():
    global SERVER, WORLD, TENANT
    WORLD = world.standard()
    WORLD.tenants.append({"name": "Other", "domain": "other.example"})
    for name, role in SUB_ROLES.items():
        WORLD.app(name)
        WORLD.role(name, role, scope=f"/subscriptions/{WORLD.subscription}")
    for name in ("deployer", "officer2"):
        WORLD.app(name)
    SERVER = Server("deployments", seed=WORLD.seed()).start()
    for name in (*SUB_ROLES, "deployer", "nobody", "admin"):
        a = WORLD.apps[name]
        TOKENS[name] = wire.get_token(SERVER, a.app_id, a.secret, scope=f"{origin()}/.default")
    admin = WORLD.apps["admin"]
    DATA["admin"] = wire.get_token(SERVER, admin.app_id, admin.secret)
    TENANT = SERVER.tenant
    role = str(uuid.uuid4())
    at = f"{sub()}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    a = Arm("owner").put(at, {"properties": {
        "roleName": "Deployer", "type": "CustomRole", "assignableScopes": [sub()], "permissions": [{
            "actions": DEPLOYER["Actions"], "notActions": []}]}})
    assert a.status == 201, a
    grant(sub(), role, "deployer")


def tearDownModule():
    SERVER.discard()


def origin():
    return f"https://{SERVER.host('management')}"


def sub(path=""):
    return f"/subscriptions/{WORLD.subscription}{path}"


def group_id(name):
    return sub(f"/resourceGroups/{name}")


def vault_id(name, group="bench"):
    return f"{group_id(group)}/providers/Microsoft.KeyVault/vaults/{name}"


def fresh(prefix="v"):
    return f"{prefix}{uuid.uuid4().hex[:10]}"


def grant(scope, role, who):
    role = role if "/" in role else f"{sub()}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    a = Arm("owner").put(f"{scope}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}",
                         {"properties": {"roleDefinitionId": role, "principalId": WORLD.apps[who].object_id,
                                         "principalType": "ServicePrincipal"}})
    assert a.status == 201, a


class Arm:
    """Requests of one caller."""

    def __init__(self, who):
        self.c = wire.Client(SERVER, "management", TOKENS.get(who), None)

    def ask(self, method, path, body=None, query="", version=VERSION, headers=None):
        query = "&".join(q for q in (f"api-version={version}", query) if q)
        try:
            return self.c.call(method, f"{path}?{query}", body, headers=headers or [])
        finally:
            self.c.close()

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def put(self, path, body, **more):
        return self.ask("PUT", path, body, **more)

    def post(self, path, body=None, **more):
        return self.ask("POST", path, body, **more)


def hear(at, heard, start):
    """Asks for a deployment until it has ended, as fast as may be."""
    client = wire.Client(SERVER, "management", TOKENS["owner"], None)
    start.wait()
    while not heard - {"Running"}:
        answer = client.call("GET", f"{at}?api-version={VERSION}")
        if answer.status == 200:
            heard.add(answer.json()["properties"]["provisioningState"])
    client.close()


def template(resources=(), **more):
    return {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": list(resources)
            if not isinstance(resources, dict) else resources, **more}


def vault(name="[parameters('vault')]", **more):
    return {"type": "Microsoft.KeyVault/vaults", "apiVersion": "2023-07-01", "name": name,
            "location": "[resourceGroup().location]", **more, "properties": {
                "tenantId": "[subscription().tenantId]", "sku": {"family": "A", "name": "standard"},
                "enableRbacAuthorization": True, **more.get("properties", {})}}


def secret(name, value, **more):
    return {"type": "Microsoft.KeyVault/vaults/secrets", "apiVersion": "2023-07-01", "name": name,
            "properties": {"value": value}, **more}


def strings(*names, **types):
    return {**{n: {"type": "string"} for n in names}, **{n: {"type": t} for n, t in types.items()}}


def values(**given):
    return {n: {"value": v} for n, v in given.items()}


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.owner = Arm("owner")

    def group(self, **more):
        name = fresh("g")
        self.assertEqual(self.owner.put(group_id(name), {"location": "local", **more}).status, 201)
        return name

    def at(self, group=None, name=None):
        scope = sub() if group is None else group_id(group)
        return f"{scope}/providers/Microsoft.Resources/deployments/{name or fresh('d')}"

    def body(self, t, parameters=None, mode="Incremental", location=None, **more):
        body = {"properties": {"template": t, "mode": mode, "parameters": parameters or {}, **more}}
        return {**body, "location": location} if location else body

    def wait(self, at):
        def ended():
            a = self.owner.get(at)
            self.assertEqual(a.status, 200, a)
            return a.json() if a.json()["properties"]["provisioningState"] != "Running" else None
        return wait_for(ended, f"{at} ends")

    def deploy(self, t, parameters=None, group=None, who="owner", at=None, state="Succeeded", **more):
        group = group or (self.group() if at is None else None)
        at = at or self.at(group)
        a = Arm(who).put(at, self.body(t, parameters, **more))
        self.assertIn(a.status, (200, 201), a)
        self.assertEqual(a.json()["properties"]["provisioningState"], "Running")
        end = self.wait(at)
        self.assertEqual(end["properties"]["provisioningState"], state, end)
        return end["properties"]

    def outputs(self, t, parameters=None, **more):
        got = self.deploy(t, parameters, **more)
        return {k: v.get("value") for k, v in got["outputs"].items()}

    def refused(self, answer, status, code, text=""):
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.error["code"], code, answer)
        self.assertIn(text, answer.error["message"])
        return answer

    def details(self, t, parameters=None, **more):
        got = self.deploy(t, parameters, state="Failed", **more)
        self.assertEqual(got["error"]["code"], "DeploymentFailed")
        return got["error"]["details"]

    def exists(self, path, version="2023-07-01"):
        status = self.owner.get(path, version=version).status
        self.assertIn(status, (200, 404))
        return status == 200


class Rights(Case):
    """Nothing is done that the caller could not do by itself."""

    def test_a_deployer_cannot_make_a_vault(self):
        group, name = self.group(), fresh()
        t = template([vault()], parameters=strings("vault"))
        body = self.body(t, values(vault=name))
        for ask in (lambda: Arm("deployer").put(self.at(group), body),
                    lambda: Arm("deployer").post(self.at(group) + "/validate", body),
                    lambda: Arm("deployer").post(self.at(group) + "/whatIf", body)):
            a = self.refused(ask(), 403, "InvalidTemplateDeployment", "Microsoft.KeyVault/vaults/write")
            self.assertEqual([d["code"] for d in a.error["details"]], ["AuthorizationFailed"])
        self.assertFalse(self.exists(vault_id(name, group)))

    def test_each_door_is_asked_when_it_comes_to_it(self):
        """A role assignment is judged by its own handler: a Contributor has no right to it."""
        group, name = self.group(), fresh()
        role = f"{sub()}/providers/Microsoft.Authorization/roleDefinitions/{SECRETS_USER}"
        t = template([vault(name), {
            "type": "Microsoft.Authorization/roleAssignments", "apiVersion": "2022-04-01",
            "scope": f"Microsoft.KeyVault/vaults/{name}", "name": "[guid(resourceGroup().id)]",
            "dependsOn": [f"[resourceId('Microsoft.KeyVault/vaults', '{name}')]"], "properties": {
                "roleDefinitionId": role, "principalId": WORLD.apps["nobody"].object_id,
                "principalType": "ServicePrincipal"}}])
        details = self.details(t, group=group, who="contributor")
        self.assertEqual([d["code"] for d in details], ["AuthorizationFailed"])
        self.assertTrue(self.exists(vault_id(name, group)))
        self.deploy(t, group=group)

    def test_readers_deploy_nothing(self):
        group = self.group()
        body = self.body(template())
        for who in ("reader", "nobody"):
            self.refused(Arm(who).put(self.at(group), body), 403, "AuthorizationFailed")
            for end in ("validate", "whatIf", "cancel", "exportTemplate"):
                self.refused(Arm(who).post(f"{self.at(group)}/{end}", body), 403, "AuthorizationFailed")
        at = self.at(group)
        self.deploy(template(), at=at)
        self.assertEqual(Arm("reader").get(at).status, 200)
        self.refused(Arm("nobody").get(at), 403, "AuthorizationFailed")
        self.refused(Arm("nobody").get(f"{at}/operations"), 403, "AuthorizationFailed")
        self.refused(Arm("reader").ask("DELETE", at), 403, "AuthorizationFailed")

    def test_another_groups_resources_are_asked_for_there(self):
        """A nested deployment into a group where the caller has no right."""
        home, other = self.group(), self.group()
        owner = Arm("owner").get(f"{sub()}/providers/Microsoft.Authorization/roleDefinitions",
                                 query="$filter=" + urllib.parse.quote("roleName eq 'Owner'")).json()["value"][0]["id"]
        grant(group_id(home), owner, "nobody")
        name = fresh()
        t = template([{"type": "Microsoft.Resources/deployments", "apiVersion": "2021-04-01", "name": "inside",
                       "resourceGroup": other, "properties": {"mode": "Incremental", "template": template(
                           [vault(name)])}}])
        self.refused(Arm("nobody").put(self.at(home), self.body(t)), 403, "InvalidTemplateDeployment")
        self.assertFalse(self.exists(vault_id(name, other)))

    def test_a_read_only_lock_holds_against_deployments(self):
        group, name = self.group(), fresh()
        lock = f"{group_id(group)}/providers/Microsoft.Authorization/locks/l"
        self.assertEqual(self.owner.put(lock, {"properties": {"level": "ReadOnly"}}).status, 201)
        self.refused(self.owner.put(self.at(group), self.body(template([vault(name)]))), 409, "ScopeLocked")
        # From a deployment elsewhere neither.
        t = template([{"type": "Microsoft.Resources/deployments", "apiVersion": "2021-04-01", "name": "inside",
                       "resourceGroup": group, "properties": {"mode": "Incremental", "template": template(
                           [vault(name)])}}])
        self.assertEqual([d["code"] for d in self.details(t)], ["ScopeLocked"])
        self.assertEqual(self.owner.ask("DELETE", lock).status, 200)


class Secure(Case):
    """Secure values are in the resource, and nowhere else."""

    def everything(self, at):
        texts = [SERVER.log()]
        for path in (at, f"{at}/operations", at.rpartition("/")[0],
                     at.replace("/providers/Microsoft.Resources", "") + "/operations"):
            texts.append(self.owner.get(path).body.decode())
        texts.append(self.owner.post(f"{at}/exportTemplate").body.decode())
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 600))
        events = self.owner.get(f"{sub()}/providers/Microsoft.Insights/eventtypes/management/values",
                                version="2015-04-01",
                                query="$filter=" + urllib.parse.quote(f"eventTimestamp ge '{now}'"))
        self.assertEqual(events.status, 200, events)
        texts.append(events.body.decode())
        for path in glob.glob(os.path.join(SERVER.data_dir, "**", "*.jsonl"), recursive=True):
            with open(path, encoding="utf-8") as f:
                texts.append(f.read())
        for path in glob.glob(os.path.join(SERVER.data_dir, "**", "data.mdb"), recursive=True):
            with open(path, "rb") as f:
                texts.append(f.read().decode("latin-1"))
        return texts

    def test_a_secure_string_is_in_no_answer_and_in_no_log(self):
        canary = f"canary-{uuid.uuid4().hex}"
        group, name = self.group(), fresh()
        at = self.at(group)
        t = template([vault(name), secret(f"{name}/db", "[concat('x', parameters('pw'), 'y')]", dependsOn=[name],
                                          tags={"kind": "db"})],
                     parameters={"pw": {"type": "securestring"}, "o": {"type": "secureObject"},
                                 "d": {"type": "secureString", "defaultValue": f"default-{canary}"}},
                     outputs={"plain": {"type": "string", "value": "[parameters('pw')]"},
                              "hidden": {"type": "securestring", "value": "[parameters('o').a]"},
                              "made": {"type": "string", "value": "[base64(parameters('pw'))]"}})
        given = values(pw=canary, o={"a": canary, "b": [canary]})
        self.assertEqual(self.owner.post(f"{at}/validate", self.body(t, given)).status, 200)
        what_if = self.owner.post(f"{at}/whatIf", self.body(t, given))
        self.assertEqual(what_if.status, 200)
        self.assertNotIn(canary, what_if.body.decode())
        got = self.deploy(t, given, at=at)
        self.assertEqual(got["parameters"], {"pw": {"type": "SecureString"}, "o": {"type": "SecureObject"},
                                             "d": {"type": "SecureString"}})
        self.assertEqual(got["outputs"], {"plain": {"type": "string"}, "hidden": {"type": "securestring"},
                                          "made": {"type": "string"}})
        coded = base64.b64encode(canary.encode()).decode()
        for text in self.everything(at):
            self.assertFalse(canary in text or coded in text)

    def test_nor_when_it_fails(self):
        canary = f"canary-{uuid.uuid4().hex}"
        group, name = self.group(), fresh()
        at = self.at(group)
        t = template([{**vault(name), "location": "[concat(parameters('pw'), parameters('pw'))]"}, {
            **vault(fresh()), "tags": {"a": "[parameters('pw')]"}, "properties": {"sku": "[parameters('pw')]"}}],
            parameters=strings(pw="secureString"))
        self.deploy(t, values(pw=canary), at=at, state="Failed")
        for text in self.everything(at):
            self.assertFalse(canary in text)
        # A mistake of the template does not quote it.
        for bad in ("[int(parameters('pw'))]", "[createObject(parameters('pw'), 1)]", "[json(parameters('pw'))]",
                    "[resourceId('A.B/c', parameters('pw'))]", "[parameters('pw').x]"):
            a = self.owner.put(self.at(group), self.body(template(
                [secret(f"{name}/s", bad)], parameters=strings(pw="secureString")), values(pw=canary)))
            self.refused(a, 400, "InvalidTemplate")
            self.assertNotIn(canary, a.body.decode())

    def test_it_cannot_become_a_name(self):
        for resource in (vault("[parameters('pw')]"), vault("[concat('v', uniqueString(parameters('pw')))]"),
                         vault("v", dependsOn=["[parameters('pw')]"]), vault("v", scope="[parameters('pw')]")):
            a = self.owner.put(self.at(self.group()), self.body(
                template([resource], parameters=strings(pw="securestring")), values(pw="vault-name")))
            self.refused(a, 400, "InvalidTemplate")

    def test_nor_go_into_a_nested_template_by_the_outer_scope(self):
        def nest(scope, **more):
            return template([{"type": "Microsoft.Resources/deployments", "apiVersion": "2021-04-01", "name": "n",
                              "properties": {"mode": "Incremental", "expressionEvaluationOptions": {"scope": scope},
                                             "template": template(outputs={"o": {
                                                 "type": "string", "value": "[parameters('pw')]"}},
                                                 parameters=strings(pw="securestring")), **more}}],
                            parameters=strings(pw="securestring"))
        given = values(pw=f"canary-{uuid.uuid4().hex}")
        self.refused(self.owner.put(self.at(self.group()), self.body(nest("outer"), given)), 400, "InvalidTemplate")
        group = self.group()
        self.deploy(nest("inner", parameters={"pw": {"value": "[parameters('pw')]"}}), given, group=group)
        inside = self.owner.get(self.at(group, "n")).json()["properties"]
        self.assertEqual((inside["parameters"], inside["outputs"]),
                         ({"pw": {"type": "SecureString"}}, {"o": {"type": "string"}}))


class References(Case):
    """Parameters that name a secret of a vault."""

    def vault_with_secret(self, enabled=True, group=None):
        group, name, value = group or self.group(), fresh(), f"canary-{uuid.uuid4().hex}"
        self.deploy(template([vault(name, properties={"enabledForTemplateDeployment": enabled}),
                              secret(f"{name}/db", "[parameters('v')]", dependsOn=[name])],
                             parameters=strings(v="securestring")), values(v=value), group=group)
        return vault_id(name, group), value

    def ask(self, at, who="owner", secret_name="db", **more):
        group, name = self.group(), fresh()
        grant_id = next(r["id"] for r in Arm("owner").get(
            f"{sub()}/providers/Microsoft.Authorization/roleDefinitions").json()["value"]
            if r["properties"]["roleName"] == "Owner")
        if who != "owner":
            grant(group_id(group), grant_id, who)
        t = template([vault(name), secret(f"{name}/copy", "[parameters('pw')]", dependsOn=[name])],
                     parameters=strings(pw="securestring"))
        body = self.body(t, {"pw": {"reference": {"keyVault": {"id": at}, "secretName": secret_name, **more}}})
        return Arm(who).put(self.at(group), body), group, name

    def test_a_secret_is_fetched(self):
        at, value = self.vault_with_secret()
        a, group, name = self.ask(at)
        self.assertEqual(a.status, 201, a)
        end = self.wait(a.json()["id"])
        self.assertEqual(end["properties"]["provisioningState"], "Succeeded", end)
        self.assertNotIn(value, json.dumps(end))
        records = []
        for path in glob.glob(os.path.join(SERVER.data_dir, "**", "audit.jsonl"), recursive=True):
            with open(path, encoding="utf-8") as f:
                records += [r for r in map(json.loads, f) if "templateSecrets" in r.get("properties", {})]
        self.assertIn([f"{at.lower()}/secrets/db"], [r["properties"]["templateSecrets"] for r in records])
        admin = next(r["id"] for r in self.owner.get(
            f"{sub()}/providers/Microsoft.Authorization/roleDefinitions").json()["value"]
            if r["properties"]["roleName"] == "Key Vault Administrator")
        grant(vault_id(name, group), admin, "admin")
        got = wire.Client(SERVER, f"{name}.vault", DATA["admin"]).get("/secrets/copy")
        self.assertEqual(got.json()["value"], value)
        version = got.json()["id"].rpartition("/")[2]
        self.assertEqual(self.owner.put(at, {"location": "local", "properties": {
            "tenantId": TENANT, "sku": {"family": "A", "name": "standard"}, "enableRbacAuthorization": True,
            "enabledForTemplateDeployment": True}}, version="2023-07-01").status, 200)
        self.refused(self.ask(at, secretVersion=version)[0], 404, "KeyVaultParameterReferenceSecretRetrieveFailed")

    def test_not_from_a_vault_that_does_not_allow_it(self):
        at, _ = self.vault_with_secret(enabled=False)
        a, group, name = self.ask(at)
        self.refused(a, 403, "KeyVaultParameterReferenceSecretRetrieveFailed", "not enabled")
        self.assertFalse(self.exists(vault_id(name, group)))

    def test_not_without_the_right_to_deploy_with_it(self):
        at, _ = self.vault_with_secret()
        for target in (at, at + "x"):  # whether it exists is not told
            a, group, name = self.ask(target, who="deployer")
            self.refused(a, 403, "KeyVaultParameterReferenceAuthorizationFailed", "vaults/deploy/action")
            self.assertFalse(self.exists(vault_id(name, group)))
        # A right on the data plane is none.
        a, _, _ = self.ask(vault_id("alpha"), who="admin")
        self.refused(a, 403, "KeyVaultParameterReferenceAuthorizationFailed")

    def test_not_by_an_id_of_another_place(self):
        at, _ = self.vault_with_secret()
        other = self.group()
        for bad in (vault_id(at.rpartition("/")[2], other), vault_id(fresh(), other)):
            self.refused(self.ask(bad)[0], 404, "KeyVaultParameterReferenceNotFound")
        foreign = f"/subscriptions/{uuid.uuid4()}/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v"
        self.assertIn(self.ask(foreign)[0].status, (403, 404))
        for bad in ("", "x", sub(), at + "/secrets/db", 7):
            self.refused(self.ask(bad)[0], 400, "InvalidTemplate")

    def test_what_is_not_there_or_disabled(self):
        at, _ = self.vault_with_secret()
        code = "KeyVaultParameterReferenceSecretRetrieveFailed"
        self.refused(self.ask(at, secret_name="none")[0], 404, code)
        self.refused(self.ask(at, secret_name="a/b")[0], 404, code)
        self.refused(self.ask(at, secretVersion="0" * 32)[0], 404, code)
        self.assertEqual(self.owner.ask("PATCH", f"{at}/secrets/db", {"properties": {"attributes": {
            "enabled": False}}}, version="2023-07-01").status, 200)
        self.refused(self.ask(at)[0], 403, code)

    def test_a_value_that_was_fetched_is_secret_in_any_parameter(self):
        at, value = self.vault_with_secret()
        t = template(parameters=strings("plain"), outputs={"o": {"type": "string", "value": "[parameters('plain')]"}})
        got = self.deploy(t, {"plain": {"reference": {"keyVault": {"id": at}, "secretName": "db"}}})
        self.assertEqual((got["parameters"], got["outputs"]), ({"plain": {"type": "String"}}, {"o": {"type": "string"}}))


class Bounds(Case):
    """What a template may cost."""

    def bomb(self, **more):
        started = time.monotonic()
        a = self.owner.put(self.at(self.group()), self.body(template(**more)))
        self.assertLess(time.monotonic() - started, 5)
        self.refused(a, 400, "InvalidTemplate")
        return a

    def test_bombs(self):
        doubling = {f"v{i}": f"[concat(variables('v{i - 1}'), variables('v{i - 1}'))]" for i in range(1, 60)}
        self.bomb(variables={"v0": "aaaaaaaaaaaaaaaa", **doubling},
                  outputs={"o": {"type": "string", "value": "[variables('v59')]"}})
        pairs = {f"v{i}": f"[createArray(variables('v{i - 1}'), variables('v{i - 1}'))]" for i in range(1, 23)}
        self.bomb(variables={"v0": "a", **pairs}, outputs={"o": {"type": "array", "value": "[variables('v22')]"}})
        self.bomb(outputs={"o": {"type": "string", "value": "[" + "concat(" * 200 + "'a'" + ")" * 200 + "]"}})
        self.bomb(outputs={"o": {"type": "string", "value": "[concat('" + "a" * 30000 + "')]"}})
        self.bomb(variables={"a": "[variables('b')]", "b": "[variables('a')]"},
                  outputs={"o": {"type": "string", "value": "[variables('a')]"}})
        self.bomb(parameters={"a": {"type": "string", "defaultValue": "[parameters('a')]"}})
        chain = {f"v{i}": f"[variables('v{i + 1}')]" for i in range(500)}
        self.bomb(variables={**chain, "v500": "x"}, outputs={"o": {"type": "string", "value": "[variables('v0')]"}})
        self.bomb(variables={"r": "[range(0, 10000)]", "s": "[string(union(variables('r'), variables('r')))]"},
                  outputs={"o": {"type": "string", "value": "[variables('s')]"}})
        self.bomb(resources=[vault("[concat('v', copyIndex())]", copy={"name": "l", "count": 801})])
        self.bomb(resources=[{"type": "A.B/c", "apiVersion": "1", "name": f"{i}"} for i in range(801)])
        self.bomb(outputs={"o": {"type": "array", "copy": {"count": 800, "input": "[range(0, 10000)]"}}})

    def test_bodies_that_are_none(self):
        at = self.at(self.group())
        for body in ({}, [], {"properties": {}}, {"properties": []}, {"properties": {"template": []}},
                     {"properties": {"template": template(), "mode": "x"}},
                     {"properties": {"template": template(), "parameters": []}},
                     {"properties": {"template": template()}, "location": "local"},
                     {"properties": {"template": template()}, "tags": {"a": {}}}):
            for method, end in (("PUT", ""), ("POST", "/validate"), ("POST", "/whatIf")):
                self.assertEqual(self.owner.ask(method, at + end, body).status, 400, body)
        for member in ("templateLink", "parametersLink"):
            a = self.owner.put(at, self.body(template(), **{member: {"uri": f"https://127.0.0.1:{SERVER.port}/x"}}))
            self.refused(a, 400, "InvalidTemplateDeployment", member)
        self.refused(self.owner.put(self.at(self.group(), "a" * 65), self.body(template())), 400,
                     "DeploymentNameLengthLimitExceeded")
        self.refused(self.owner.put(self.at(self.group(), "a+b"), self.body(template())), 400,
                     "DeploymentNameInvalidCharacters")
        self.refused(self.owner.put(self.at(), self.body(template())), 400, "LocationRequired")
        self.refused(self.owner.put(self.at(), self.body(template(), mode="Complete", location="local")), 400,
                     "InvalidDeploymentMode")

    def test_templates_that_are_wrong(self):
        cases = [
            (template([{"name": "x", "apiVersion": "2023-07-01"}]), "type"),
            (template([vault("a/b")]), "segment lengths"),
            (template([vault("[resourceGroup(]")]), "parsed"),
            (template([vault("[nothing()]")]), "nothing"),
            (template([vault("[listKeys('x', 'y')]")]), "not supported"),
            (template([vault("[utcNow()]")]), "utcNow"),
            (template([vault("[reference('x')]")]), "reference"),
            (template([vault("[copyIndex()]")]), "copyIndex"),
            (template([vault("[parameters('x')]")]), "parameter 'x'"),
            (template([vault("[variables('x')]")]), "variable 'x'"),
            (template([vault("v"), vault("V")]), "multiple times"),
            (template([vault("v", dependsOn=["w"]), vault("w", dependsOn=["v"])]), "Circular"),
            (template([vault("v", dependsOn=["w"])]), "not defined in the template"),
            (template([vault("v", condition="yes")]), "condition"),
            (template([vault("..")]), "not valid"),
            (template([vault("a?b")]), "not valid"),
            (template([vault("v", tags={"t": "[reference('w')]"})]), "not defined"),
            (template(parameters={"p": {"type": "string"}}), "not provided"),
            (template(parameters={"p": {"type": "int", "defaultValue": "x"}}), "Expected 'int'"),
            (template(parameters={"p": {"type": "int", "defaultValue": 3, "maxValue": 2}}), "range"),
            (template(parameters={"p": {"type": "string", "defaultValue": "a", "allowedValues": ["b"]}}), "allowed"),
            (template(parameters={"p": {"type": "text", "defaultValue": "a"}}), "type of the template parameter"),
            (template(outputs={"o": {"type": "int", "value": "a"}}), "output 'o'"),
        ]
        at = self.at(self.group())
        for t, text in cases:
            for method, end in (("PUT", ""), ("POST", "/validate"), ("POST", "/whatIf")):
                a = self.owner.ask(method, at + end, self.body(t))
                self.assertEqual(a.status, 400, t)
                self.refused(a, 400, "InvalidTemplate", text)
                self.assertTrue(a.error["message"].startswith("Deployment template validation failed: '"))
        self.refused(self.owner.put(at, self.body(template(), values(x=1))), 400, "InvalidTemplate", "'x'")
        a = self.owner.put(at, self.body(template([{"type": "A.B/c", "apiVersion": "2020-01-01", "name": "x"}])))
        self.assertEqual(self.refused(a, 400, "InvalidTemplateDeployment").error["details"][0]["code"],
                         "InvalidResourceType")
        a = self.owner.put(at, self.body(template([{**vault("v"), "apiVersion": "new"}])))
        self.assertEqual(self.refused(a, 400, "InvalidTemplateDeployment").error["details"][0]["code"],
                         "InvalidApiVersionParameter")
        self.refused(self.owner.get(at), 404, "DeploymentNotFound")


class Deploying(Case):
    """A.16"""

    def test_the_smallest_template(self):
        """A.16.1: vault, secret, role assignment; the one of the reference."""
        group, name = self.group(), fresh()
        oid = WORLD.apps["nobody"].object_id
        t = template([
            vault(),
            {"type": "Microsoft.KeyVault/vaults/secrets", "apiVersion": "2023-07-01",
             "name": "[format('{0}/db', parameters('vault'))]",
             "dependsOn": ["[resourceId('Microsoft.KeyVault/vaults', parameters('vault'))]"],
             "properties": {"value": "[parameters('val')]"}},
            {"type": "Microsoft.Authorization/roleAssignments", "apiVersion": "2022-04-01",
             "scope": "[format('Microsoft.KeyVault/vaults/{0}', parameters('vault'))]",
             "name": "[guid(parameters('vault'), parameters('oid'), variables('role'))]",
             "dependsOn": ["[resourceId('Microsoft.KeyVault/vaults', parameters('vault'))]"],
             "properties": {"roleDefinitionId": "[variables('role')]", "principalId": "[parameters('oid')]",
                            "principalType": "ServicePrincipal"}}],
            parameters=strings("vault", "oid", val="securestring"),
            variables={"role": "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions',"
                               f"'{SECRETS_USER}')]"},
            outputs={"uri": {"type": "string", "value": "[reference(parameters('vault')).vaultUri]"}})
        at = self.at(group, "First")
        a = self.owner.put(at, self.body(t, values(vault=name, oid=oid, val="hidden")))
        self.assertEqual(a.status, 201)
        self.assertIn(f"{at}/operationStatuses/", a.header("Azure-AsyncOperation"))
        poll = a.header("Azure-AsyncOperation").removeprefix(origin()).partition("?")[0]
        wait_for(lambda: self.owner.get(poll).json()["status"] == "Succeeded", "it ends")
        got = self.owner.get(at).json()
        self.assertEqual((got["id"], got["name"], got["type"]), (at, "First", "Microsoft.Resources/deployments"))
        p = got["properties"]
        self.assertEqual(p["mode"], "Incremental")
        self.assertEqual(p["outputs"], {"uri": {"type": "string", "value": f"https://{name}.vault.keyhold.localhost:"
                                                                            f"{SERVER.port}/"}})
        self.assertEqual(p["parameters"]["vault"], {"type": "String", "value": name})
        self.assertEqual([x["namespace"] for x in p["providers"]],
                         ["Microsoft.KeyVault", "Microsoft.Authorization"])
        self.assertEqual(len(p["outputResources"]), 3)
        self.assertEqual({d["resourceType"] for d in p["dependencies"]},
                         {"Microsoft.KeyVault/vaults/secrets", "Microsoft.Authorization/roleAssignments"})
        self.assertTrue(self.exists(f"{vault_id(name, group)}/secrets/db"))
        token = wire.get_token(SERVER, WORLD.apps["nobody"].app_id, WORLD.apps["nobody"].secret)
        self.assertEqual(wire.Client(SERVER, f"{name}.vault", token).get("/secrets/db").json()["value"], "hidden")
        # Again: the same, as Azure's templates are.
        self.assertEqual(self.owner.put(at, self.body(t, values(vault=name, oid=oid, val="hidden"))).status, 200)
        self.assertEqual(self.wait(at)["properties"]["provisioningState"], "Succeeded")

    def test_keys_identities_locks_tags(self):
        group, name, identity = self.group(), fresh(), fresh("i")
        t = template([
            vault(name, tags={"a": "[uniqueString(resourceGroup().id)]"}),
            {"type": "Microsoft.KeyVault/vaults/keys", "apiVersion": "2023-07-01", "name": f"{name}/k",
             "dependsOn": [name], "properties": {"kty": "EC", "curveName": "P-256"}},
            {"type": "Microsoft.ManagedIdentity/userAssignedIdentities", "apiVersion": "2023-01-31", "name": identity,
             "location": "local"},
            {"type": "Microsoft.Authorization/roleAssignments", "apiVersion": "2022-04-01",
             "scope": f"[resourceId('Microsoft.KeyVault/vaults', '{name}')]", "dependsOn": [name],
             "name": f"[guid('{name}')]", "properties": {
                 "roleDefinitionId": "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', "
                                     f"'{SECRETS_USER}')]",
                 "principalId": f"[reference('{identity}').principalId]", "principalType": "ServicePrincipal"}},
            {"type": "Microsoft.KeyVault/vaults/providers/locks", "apiVersion": "2020-05-01",
             "name": f"{name}/Microsoft.Authorization/keep", "dependsOn": [name],
             "properties": {"level": "CanNotDelete"}}],
            outputs={"key": {"type": "string", "value": f"[reference('{name}/k').keyUri]"},
                     "who": {"type": "string", "value": f"[reference('{identity}', '2023-01-31', 'Full').id]"}})
        got = self.outputs(t, group=group)
        self.assertTrue(got["key"].startswith(f"https://{name}.vault."))
        self.assertEqual(got["who"], f"{group_id(group)}/providers/Microsoft.ManagedIdentity/"
                                     f"userAssignedIdentities/{identity}")
        self.assertTrue(self.exists(f"{vault_id(name, group)}/providers/Microsoft.Authorization/locks/keep"))
        self.refused(self.owner.ask("DELETE", vault_id(name, group), version="2023-07-01"), 409, "ScopeLocked")

    def test_loops_children_conditions(self):
        group, name = self.group(), fresh()
        t = template([
            vault("[format('{0}{1}', parameters('vault'), copyIndex(1))]", copy={"name": "all", "count": 3},
                  resources=[{"type": "secrets", "apiVersion": "2023-07-01", "name": "[concat('s', copyIndex())]",
                              "dependsOn": ["[resourceId('Microsoft.KeyVault/vaults', format('{0}{1}', "
                                            "parameters('vault'), copyIndex(1)))]"],
                              "properties": {"value": "[string(copyIndex())]"}}]),
            vault("[concat(parameters('vault'), 'z')]", condition="[parameters('more')]", dependsOn=["all"]),
            vault("[concat(parameters('vault'), 'y')]", condition="[not(parameters('more'))]", dependsOn=["all"])],
            parameters=strings("vault", more="bool"),
            outputs={"uris": {"type": "array", "copy": {
                "count": 3, "input": "[reference(format('{0}{1}', parameters('vault'), copyIndex(1))).vaultUri]"}}})
        got = self.outputs(t, values(vault=name, more=False), group=group)
        self.assertEqual(len(got["uris"]), 3)
        there = {v["name"] for v in self.owner.get(
            f"{group_id(group)}/providers/Microsoft.KeyVault/vaults", version="2023-07-01").json()["value"]}
        self.assertEqual(there, {f"{name}{x}" for x in "123y"})
        for i in range(3):
            self.assertTrue(self.exists(f"{vault_id(f'{name}{i + 1}', group)}/secrets/s{i}"))

    def test_symbolic_names_and_what_exists(self):
        group, name = self.group(), fresh()
        self.deploy(template([vault(name)]), group=group)
        t = template({"kv": {"existing": True, "type": "Microsoft.KeyVault/vaults", "apiVersion": "2023-07-01",
                             "name": name},
                      "s": secret(f"{name}/s", "[reference('kv').vaultUri]", dependsOn=["kv"])},
                     languageVersion="2.0",
                     outputs={"sku": {"type": "string", "value": "[reference('kv').sku.name]"},
                              "far": {"type": "string", "value":
                                      f"[reference('{vault_id('alpha')}', '2023-07-01').vaultUri]"}})
        got = self.outputs(t, group=group)
        self.assertEqual(got["sku"], "standard")
        self.assertIn("//alpha.vault.", got["far"])
        self.assertTrue(self.exists(f"{vault_id(name, group)}/secrets/s"))

    def test_a_reference_shows_what_its_caller_may_see(self):
        t = template(outputs={"far": {"type": "string", "value":
                                      f"[reference('{vault_id('alpha')}', '2023-07-01').vaultUri]"}})
        group = self.group()
        details = self.details(t, who="deployer", group=group)
        self.assertEqual([d["code"] for d in details], ["AuthorizationFailed"])
        details = self.details(template(outputs={"far": {
            "type": "string", "value": f"[reference('{vault_id('missing')}', '2023-07-01').vaultUri]"}}))
        self.assertEqual([d["code"] for d in details], ["ResourceNotFound"])

    def test_what_needs_a_failure_is_left_out(self):
        group, name = self.group(), fresh()
        t = template([vault("alpha"), secret("alpha/s", "x", dependsOn=["alpha"]), vault(name)])
        at = self.at(group)
        got = self.deploy(t, at=at, state="Failed")
        self.assertEqual([d["code"] for d in got["error"]["details"]], ["VaultAlreadyExists"])
        self.assertTrue(self.exists(vault_id(name, group)))
        ops = self.owner.get(f"{group_id(group)}/deployments/{at.rpartition('/')[2]}/operations").json()["value"]
        self.assertEqual(sorted(o["properties"]["provisioningState"] for o in ops), ["Failed", "Succeeded"])
        failed = next(o for o in ops if o["properties"]["provisioningState"] == "Failed")
        self.assertEqual(failed["properties"]["statusMessage"]["error"]["code"], "VaultAlreadyExists")
        one = self.owner.get(f"{at}/operations/{failed['operationId']}")
        self.assertEqual(one.json(), failed)
        self.refused(self.owner.get(f"{at}/operations/none"), 404, "DeploymentOperationNotFound")

    def test_mode_complete(self):
        group, keep, go, off, identity = self.group(), fresh(), fresh(), fresh(), fresh("i")
        both = template([vault(keep), vault(go), vault(off), {
            "type": "Microsoft.ManagedIdentity/userAssignedIdentities", "apiVersion": "2023-01-31", "name": identity,
            "location": "local"}])
        self.deploy(both, group=group)
        t = template([vault(keep), vault(off, condition=False)])
        self.deploy(t, group=group)
        self.assertTrue(self.exists(vault_id(go, group)))
        what_if = self.owner.post(self.at(group) + "/whatIf", self.body(t, mode="Complete")).json()["properties"]
        self.assertEqual({c["resourceId"].rpartition("/")[2]: c["changeType"] for c in what_if["changes"]},
                         {keep: "NoChange", go: "Delete", off: "Delete", identity: "Delete"})
        self.deploy(t, group=group, mode="Complete")
        self.assertEqual([self.exists(vault_id(v, group)) for v in (keep, go, off)], [True, False, False])
        self.assertFalse(self.exists(f"{group_id(group)}/providers/Microsoft.ManagedIdentity/"
                                     f"userAssignedIdentities/{identity}", version="2023-01-31"))

    def test_mode_complete_deletes_only_what_the_caller_may(self):
        group, name = self.group(), fresh()
        self.deploy(template([vault(name)]), group=group)
        lock = f"{vault_id(name, group)}/providers/Microsoft.Authorization/locks/l"
        self.assertEqual(self.owner.put(lock, {"properties": {"level": "CanNotDelete"}}).status, 201)
        details = self.details(template(), group=group, mode="Complete")
        self.assertEqual([d["code"] for d in details], ["ScopeLocked"])
        self.assertTrue(self.exists(vault_id(name, group)))
        self.assertEqual(self.owner.ask("DELETE", lock).status, 200)
        # One who cannot see it deletes nothing.
        self.deploy(template(), group=group, mode="Complete", who="deployer")
        self.assertTrue(self.exists(vault_id(name, group)))

    def test_the_subscription_and_groups_in_it(self):
        group, name = fresh("g"), fresh()
        inside = {"type": "Microsoft.Resources/deployments", "apiVersion": "2021-04-01", "name": "inside",
                  "resourceGroup": group, "dependsOn": [group], "properties": {
                      "mode": "Incremental", "expressionEvaluationOptions": {"scope": "inner"},
                      "parameters": {"vault": {"value": "[parameters('vault')]"}},
                      "template": template([vault()], parameters=strings("vault"), outputs={
                          "id": {"type": "string",
                                 "value": "[resourceId('Microsoft.KeyVault/vaults', parameters('vault'))]"}})}}
        t = template([{"type": "Microsoft.Resources/resourceGroups", "apiVersion": "2021-04-01", "name": group,
                       "location": "[deployment().location]"}, inside], parameters=strings("vault"),
                     outputs={"id": {"type": "string", "value": "[reference('inside').outputs.id.value]"},
                              "rg": {"type": "string",
                                     "value": f"[subscriptionResourceId('Microsoft.Resources/resourceGroups', '{group}')]"}})
        at = self.at()
        got = self.outputs(t, values(vault=name), at=at, location="local")
        self.assertEqual(got, {"id": vault_id(name, group), "rg": group_id(group)})
        self.assertEqual(self.owner.get(at).json()["location"], "local")
        nested = self.owner.get(self.at(group, "inside")).json()["properties"]
        self.assertEqual(nested["provisioningState"], "Succeeded")
        self.refused(self.owner.post(self.at(group, "inside") + "/exportTemplate"), 404, "DeploymentTemplateNotFound")
        self.assertIn(at.rpartition("/")[2], [d["name"] for d in self.owner.get(self.at().rpartition("/")[0])
                                              .json()["value"]])
        self.assertEqual(len(self.owner.get(f"{at}/operations").json()["value"]), 2)

    def test_nested_ones_fail_their_parent(self):
        t = template([{"type": "Microsoft.Resources/deployments", "apiVersion": "2021-04-01", "name": "inside",
                       "properties": {"mode": "Incremental", "template": template([vault("alpha")])}}])
        group = self.group()
        details = self.details(t, group=group)
        self.assertEqual([d["code"] for d in details], ["DeploymentFailed"])
        inside = self.owner.get(self.at(group, "inside")).json()["properties"]
        self.assertEqual(inside["error"]["details"][0]["code"], "VaultAlreadyExists")

    def test_what_was_computed_is_not_computed_again(self):
        """A text of the outer scope that looks like an expression stays one in the nested template."""
        t = template([{"type": "Microsoft.Resources/deployments", "apiVersion": "2021-04-01", "name": "inside",
                       "properties": {"mode": "Incremental", "template": template(outputs={
                           "o": {"type": "string", "value": "[parameters('p')]"}})}}], parameters=strings("p"),
                     outputs={"o": {"type": "string", "value": "[reference('inside').outputs.o.value]"}})
        for text in ("[subscription().id]", "[[x]", "[", "plain"):
            self.assertEqual(self.outputs(t, values(p=text)), {"o": text})

    def test_get_list_delete_export(self):
        group = self.group()
        at = self.at(group, "One")
        t = template(parameters={"p": {"type": "string", "defaultValue": "x"}})
        self.refused(self.owner.get(at), 404, "DeploymentNotFound")
        self.assertEqual(self.owner.ask("HEAD", at).status, 404)
        self.deploy(t, at=at, state="Succeeded")
        self.assertEqual(self.owner.ask("HEAD", at).status, 204)
        self.assertEqual(self.owner.get(at.replace("/One", "/ONE")).json()["name"], "One")
        self.assertEqual(self.owner.post(at + "/exportTemplate").json(), {"template": t})
        self.assertEqual([d["name"] for d in self.owner.get(at.rpartition("/")[0] + "/").json()["value"]], ["One"])
        for state, names in (("Succeeded", ["One"]), ("Failed", [])):
            a = self.owner.get(at.rpartition("/")[0], query="$filter=" + urllib.parse.quote(
                f"provisioningState eq '{state}'"))
            self.assertEqual([d["name"] for d in a.json()["value"]], names)
        self.refused(self.owner.post(at + "/cancel"), 409, "DeploymentCannotBeCancelled")
        self.assertEqual(self.owner.ask("DELETE", at).status, 204)
        self.refused(self.owner.ask("DELETE", at), 404, "DeploymentNotFound")
        self.refused(self.owner.post(at + "/exportTemplate"), 404, "DeploymentNotFound")
        # They go with their group.
        self.deploy(t, at=at)
        self.assertEqual(self.owner.ask("DELETE", group_id(group)).status, 202)
        self.refused(self.owner.get(at), 404, "ResourceGroupNotFound")
        self.assertEqual(self.owner.put(group_id(group), {"location": "local"}).status, 201)
        self.assertEqual(self.owner.get(at.rpartition("/")[0]).json()["value"], [])

    def test_one_that_runs_is_left_alone_or_cancelled(self):
        group, name = self.group(), fresh()
        at = self.at(group)
        t = template([vault(name), {
            "type": "Microsoft.KeyVault/vaults/keys", "apiVersion": "2023-07-01", "dependsOn": [name],
            "name": f"[format('{name}/k{{0}}', copyIndex())]", "copy": {"name": "keys", "count": 60},
            "properties": {"kty": "RSA", "keySize": 4096}}])
        begun = self.owner.put(at, self.body(t))
        self.assertEqual(begun.status, 201)
        poll = begun.header("Azure-AsyncOperation").removeprefix(origin()).partition("?")[0]
        running = self.owner.get(poll)
        self.assertEqual((running.json(), running.header("Retry-After")), ({"status": "Running"}, "1"))
        self.refused(self.owner.put(at, self.body(t)), 409, "DeploymentActive")
        self.refused(self.owner.ask("DELETE", at), 409, "DeploymentActive")
        self.assertEqual(self.owner.post(at + "/cancel").status, 204)
        got = self.wait(at)["properties"]
        self.assertEqual(got["provisioningState"], "Canceled")
        self.assertIsNone(self.owner.get(poll).header("Retry-After"))
        made = wait_for(lambda: self.owner.get(f"{at}/operations").json()["value"], "operations are written")
        self.assertLess(len(made), 61)

    def test_whoever_asks_while_one_ends_hears_no_failure(self):
        group, t = self.group(), template(outputs={"a": {"type": "string", "value": "b"}})
        for _ in range(ENDS):
            at, heard, start = self.at(group), set(), threading.Barrier(ASKING + 1)
            asking = [threading.Thread(target=hear, args=(at, heard, start)) for _ in range(ASKING)]
            for a in asking:
                a.start()
            start.wait()
            self.assertEqual(self.owner.put(at, self.body(t)).status, 201)
            for a in asking:
                a.join()
            self.assertEqual(heard - {"Running"}, {"Succeeded"})

    def test_validate(self):
        group, name = self.group(), fresh()
        t = template([vault()], parameters=strings("vault"))
        at = self.at(group)
        a = self.owner.post(at + "/validate", self.body(t, values(vault=name)))
        self.assertEqual(a.status, 200)
        p = a.json()["properties"]
        self.assertEqual((p["provisioningState"], p["validatedResources"]),
                         ("Succeeded", [{"id": vault_id(name, group)}]))
        self.assertFalse(self.exists(vault_id(name, group)))
        self.refused(self.owner.get(at), 404, "DeploymentNotFound")

    def test_what_if(self):
        group, old, new = self.group(), fresh(), fresh()
        self.deploy(template([vault(old, tags={"a": "1"})]), group=group)
        t = template([vault(old, tags={"a": "2"}), vault(new), secret(f"{new}/s", "x", dependsOn=[new])])
        at = self.at(group) + "/whatIf"
        a = self.owner.post(at, self.body(t))
        self.assertEqual(a.status, 200)
        got = {c["resourceId"].rpartition("/")[2]: c for c in a.json()["properties"]["changes"]}
        self.assertEqual({k: c["changeType"] for k, c in got.items()}, {old: "Modify", new: "Create", "s": "Create"})
        self.assertEqual([(d["path"], d["propertyChangeType"], d["before"], d["after"]) for d in got[old]["delta"]],
                         [("tags.a", "Modify", "1", "2")])
        a = self.owner.post(at, self.body(t, whatIfSettings={"resultFormat": "ResourceIdOnly"}))
        self.assertNotIn("after", a.json()["properties"]["changes"][0])
        self.assertFalse(self.exists(vault_id(new, group)))

    def test_the_activity_log_has_the_deployment_and_its_parts(self):
        group, name, correlation = self.group(), fresh(), str(uuid.uuid4())
        at = self.at(group)
        a = self.owner.put(at, self.body(template([vault(name)])),
                           headers=[("x-ms-correlation-request-id", correlation)])
        self.assertEqual(a.status, 201)
        self.assertEqual(self.wait(at)["properties"]["correlationId"], correlation)
        since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 600))
        events = self.owner.get(f"{sub()}/providers/Microsoft.Insights/eventtypes/management/values",
                                version="2015-04-01", query="$filter=" + urllib.parse.quote(
                                    f"eventTimestamp ge '{since}' and correlationId eq '{correlation}'")).json()
        self.assertEqual(sorted({e["operationName"]["value"] for e in events["value"]}),
                         ["Microsoft.KeyVault/vaults/write", "Microsoft.Resources/deployments/write"])

    def test_a_run_that_was_cut_off_has_failed(self):
        group, name = self.group(), fresh()
        at = self.at(group)
        t = template([vault(name), {
            "type": "Microsoft.KeyVault/vaults/keys", "apiVersion": "2023-07-01", "dependsOn": [name],
            "name": f"[format('{name}/k{{0}}', copyIndex())]", "copy": {"name": "keys", "count": 60},
            "properties": {"kty": "RSA", "keySize": 4096}}])
        self.assertEqual(self.owner.put(at, self.body(t)).status, 201)
        SERVER.expect_trouble = True
        before = SERVER.pid_of("front")
        os.kill(before, 9)
        wait_for(lambda: SERVER.pid_of("front") not in (None, before), "front is back")

        def answer():
            try:
                a = Arm("owner").get(at)
                return a if a.status == 200 else None
            except (OSError, wire.Closed):
                return None
        got = wait_for(answer, "front answers").json()["properties"]
        self.assertEqual((got["provisioningState"], got["error"]["code"]), ("Failed", "DeploymentFailed"))
        self.deploy(template([vault(name)]), at=at)


class Functions(Case):
    """A.16.1; the engine's own tests have more."""

    def test_vectors(self):
        cases = {
            "[guid('a','b','c')]": "a98fa280-e03f-5afa-8d8e-92d0a9c201e8",
            "[uniqueString('test')]": "rbgf3xv4ufgzg",
            "[uniqueString('hello','world')]": "a7wkljktk6wne",
            "[toLower(concat('A', 1, true()))]": "a1true",
            "[if(equals(length(createArray(1,2)), 2), 'yes', variables('none'))]": "yes",
            "[[literal]": "[literal]",
            "[join(split('a,b', ','), '-')]": "a-b",
            "[string(union(createObject('a', 1), createObject('b', createArray(2))))]": '{"a":1,"b":[2]}',
            "[coalesce(null(), 'x')]": "x",
            "[substring('hello', 1, 3)]": "ell",
            "[base64('abc')]": "YWJj",
            "[environment().suffixes.keyvaultDns]": ".vault.keyhold.localhost",
            "[tenant().tenantId]": TENANT,
            "[resourceId('A.B/c/d', 'x', 'y')]": None,
            "[extensionResourceId('/x', 'A.B/c', 'y')]": "/x/providers/A.B/c/y",
        }
        t = template(outputs={f"o{i}": {"type": "string", "value": e} for i, e in enumerate(cases)})
        group = self.group()
        got = self.outputs(t, group=group)
        for i, (e, want) in enumerate(cases.items()):
            want = want or f"{group_id(group)}/providers/A.B/c/x/d/y"
            self.assertEqual(got[f"o{i}"], want, e)


if __name__ == "__main__":
    unittest.main()
