# SPDX-License-Identifier: Apache-2.0
"""The real az and deployments of templates: the newest of PyPI, and Debian's 2.45."""
import json
import unittest

from kit import az, az_case
from kit.az_case import Case, fresh

TOWN = None
SCHEMA = "https://schema.management.azure.com/schemas/{}/{}.json#"


def setUpModule():
    global TOWN
    TOWN = az_case.Town()
    Case.town = TOWN


def tearDownModule():
    TOWN.close()


def template(resources, parameters=None, outputs=None, kind=("2019-04-01", "deploymentTemplate")):
    return {"$schema": SCHEMA.format(*kind), "contentVersion": "1.0.0.0", "parameters": parameters or {},
            "resources": resources, "outputs": outputs or {}}


VAULT = {"type": "Microsoft.KeyVault/vaults", "apiVersion": "2023-07-01", "name": "[parameters('vault')]",
         "location": "[resourceGroup().location]", "tags": {"by": "template"}, "properties": {
             "tenantId": "[subscription().tenantId]", "sku": {"family": "A", "name": "standard"},
             "enableRbacAuthorization": True, "enabledForTemplateDeployment": True}}
SECRET = {"type": "Microsoft.KeyVault/vaults/secrets", "apiVersion": "2023-07-01",
          "name": "[format('{0}/db', parameters('vault'))]",
          "dependsOn": ["[resourceId('Microsoft.KeyVault/vaults', parameters('vault'))]"],
          "properties": {"value": "[parameters('pw')]"}}
PARAMETERS = {"vault": {"type": "string"}, "pw": {"type": "securestring"}}
URI = {"uri": {"type": "string", "value": "[reference(parameters('vault')).vaultUri]"}}


class Deployments:
    """For both az."""

    def file_of(self, body):
        return self.file(f"{fresh('t')}.json", json.dumps(body).encode())

    def parameters(self, **given):
        return self.file_of({"$schema": SCHEMA.format("2019-04-01", "deploymentParameters"),
                             "contentVersion": "1.0.0.0", "parameters": given})

    def test_of_a_group(self):
        group, name, vault = self.group(), fresh("d"), fresh()
        path = self.file_of(template([VAULT, SECRET], PARAMETERS, URI))
        words = ("-g", group, "-n", name, "--template-file", path, "--parameters", f"vault={vault}", "pw=hidden")
        self.assertIsNone(self.az("deployment", "group", "validate", *words).get("error"))
        changes = self.az("deployment", "group", "what-if", *words, "--no-pretty-print")["changes"]
        self.assertEqual([c["changeType"] for c in changes], ["Create", "Create"])
        self.assertEqual(self.az.run("deployment", "group", "what-if", *words).code, 0)
        got = self.az("deployment", "group", "create", *words)["properties"]
        self.assertEqual(got["provisioningState"], "Succeeded")
        self.assertTrue(got["outputs"]["uri"]["value"].startswith(f"https://{vault}.vault."))
        self.assertNotIn("hidden", json.dumps(got))
        show = self.az("deployment", "group", "show", "-g", group, "-n", name)
        self.assertEqual(show["properties"]["parameters"]["vault"]["value"], vault)
        self.assertEqual([d["name"] for d in self.az("deployment", "group", "list", "-g", group)], [name])
        ops = self.az("deployment", "operation", "group", "list", "-g", group, "-n", name)
        self.assertEqual({o["properties"]["targetResource"]["resourceName"] for o in ops}, {vault, f"{vault}/db"})
        one = self.az("deployment", "operation", "group", "show", "-g", group, "-n", name, "--operation-ids",
                      ops[0]["operationId"])
        self.assertEqual(one[0]["operationId"], ops[0]["operationId"])
        exported = self.az("deployment", "group", "export", "-g", group, "-n", name)
        self.assertEqual(exported["parameters"], PARAMETERS)
        self.az("deployment", "group", "wait", "-g", group, "-n", name, "--created")
        self.az.refused("DeploymentCannotBeCancelled", "deployment", "group", "cancel", "-g", group, "-n", name)
        self.az("deployment", "group", "delete", "-g", group, "-n", name)
        self.az.refused("DeploymentNotFound", "deployment", "group", "show", "-g", group, "-n", name)

    def test_a_secret_of_a_vault_as_a_parameter(self):
        group, vault, other = self.group(), fresh(), fresh()
        path = self.file_of(template([VAULT, SECRET], PARAMETERS, URI))
        first = self.az("deployment", "group", "create", "-g", group, "--template-file", path, "--parameters",
                        f"vault={vault}", "pw=hidden")["properties"]
        at = next(r["id"] for r in first["outputResources"] if r["id"].endswith(f"/vaults/{vault}"))
        given = self.parameters(vault={"value": other}, pw={"reference": {"keyVault": {"id": at}, "secretName": "db"}})
        got = self.az("deployment", "group", "create", "-g", group, "--template-file", path, "--parameters",
                      f"@{given}")["properties"]
        self.assertEqual(got["provisioningState"], "Succeeded")
        missing = self.parameters(vault={"value": other},
                                  pw={"reference": {"keyVault": {"id": at}, "secretName": "none"}})
        self.az.refused("KeyVaultParameterReferenceSecretRetrieveFailed", "deployment", "group", "create", "-g", group,
                        "--template-file", path, "--parameters", f"@{missing}")

    def test_refusals(self):
        group = self.group()
        for resources, code in (([{**VAULT, "name": "[nothing()]"}], "InvalidTemplate"),
                                ([{**VAULT, "type": "A.B/c"}], "InvalidTemplateDeployment")):
            path = self.file_of(template(resources, {"vault": {"type": "string", "defaultValue": "v"}}))
            for verb in ("create", "validate", "what-if"):
                self.az.refused(code, "deployment", "group", verb, "-g", group, "--template-file", path)
        path = self.file_of(template([{**VAULT, "name": "desk"}]))
        self.az.refused("VaultAlreadyExists", "deployment", "group", "create", "-g", group, "-n", "fails",
                        "--template-file", path)
        self.assertEqual(self.az("deployment", "group", "show", "-g", group, "-n", "fails")["properties"]
                         ["provisioningState"], "Failed")

    def test_of_the_subscription(self):
        group, name, vault = fresh("g"), fresh("d"), fresh()
        inside = {"type": "Microsoft.Resources/deployments", "apiVersion": "2021-04-01", "name": "inside",
                  "resourceGroup": group, "dependsOn": [group], "properties": {
                      "mode": "Incremental", "expressionEvaluationOptions": {"scope": "inner"},
                      "parameters": {"vault": {"value": vault}},
                      "template": template([VAULT], {"vault": {"type": "string"}})}}
        path = self.file_of(template([
            {"type": "Microsoft.Resources/resourceGroups", "apiVersion": "2021-04-01", "name": group,
             "location": "local"}, inside], kind=("2018-05-01", "subscriptionDeploymentTemplate")))
        words = ("-n", name, "-l", "local", "--template-file", path)
        self.assertIsNone(self.az("deployment", "sub", "validate", *words).get("error"))
        changes = self.az("deployment", "sub", "what-if", *words, "--no-pretty-print")["changes"]
        self.assertEqual(sorted(c["changeType"] for c in changes), ["Create", "Unsupported"])
        self.assertEqual(self.az("deployment", "sub", "create", *words)["properties"]["provisioningState"],
                         "Succeeded")
        self.assertEqual(self.az("keyvault", "show", "-n", vault, "-g", group)["tags"], {"by": "template"})
        self.assertEqual(self.az("deployment", "sub", "show", "-n", name)["location"], "local")
        self.assertIn(name, [d["name"] for d in self.az("deployment", "sub", "list")])
        self.assertEqual(len(self.az("deployment", "operation", "sub", "list", "-n", name)), 2)
        self.az("deployment", "sub", "delete", "-n", name)


class Newest(Deployments, Case):
    pass


class Debian(Deployments, Case):
    which = staticmethod(az.debian)


if __name__ == "__main__":
    unittest.main()
