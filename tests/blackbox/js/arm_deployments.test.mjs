// SPDX-License-Identifier: Apache-2.0
// Deployments of templates through the resource manager's client that has them.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ResourceManagementClient } from "arm-resources-5.2";
import { clientOf, groupId, location, named, soon, vaultId } from "./arm_kit.mjs";
import { all, refused } from "./kit.mjs";

const arm = clientOf(ResourceManagementClient);
const template = (resources, more = {}) => ({
  $schema: "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  contentVersion: "1.0.0.0", resources, ...more });
const vault = (name) => ({
  type: "Microsoft.KeyVault/vaults", apiVersion: "2023-07-01", name, location,
  properties: { tenantId: "[subscription().tenantId]", sku: { family: "A", name: "standard" },
    enableRbacAuthorization: true } });
const deployment = (resources, more, parameters = {}) =>
  ({ properties: { mode: "Incremental", template: template(resources, more), parameters } });

async function group() {
  const name = named("g");
  await arm.resourceGroups.createOrUpdate(name, { location });
  return name;
}

describe("deployments", () => {
  test("of a group: validated, tried, made, shown, listed, exported, deleted", async () => {
    const [where, name, kv] = [await group(), named("d"), named("v")];
    const body = deployment([vault("[parameters('vault')]"), {
      type: "Microsoft.KeyVault/vaults/secrets", apiVersion: "2023-07-01",
      name: "[format('{0}/db', parameters('vault'))]", dependsOn: ["[parameters('vault')]"],
      properties: { value: "[parameters('pw')]" } }], {
      parameters: { vault: { type: "string" }, pw: { type: "securestring" } },
      outputs: { uri: { type: "string", value: "[reference(parameters('vault')).vaultUri]" } },
    }, { vault: { value: kv }, pw: { value: "hidden" } });
    const valid = await arm.deployments.beginValidateAndWait(where, name, body, soon);
    assert.equal(valid.properties.provisioningState, "Succeeded");
    const tried = await arm.deployments.beginWhatIfAndWait(where, name, body, soon);
    assert.deepEqual(tried.changes.map((c) => c.changeType), ["Create", "Create"]);
    const made = await arm.deployments.beginCreateOrUpdateAndWait(where, name, body, soon);
    assert.equal(made.properties.provisioningState, "Succeeded");
    assert.match(made.properties.outputs.uri.value, new RegExp(`^https://${kv}\\.vault\\.`));
    assert.deepEqual(made.properties.parameters.pw, { type: "SecureString" });
    assert.equal(made.properties.outputResources[0].id, vaultId(where, kv));
    assert.ok(made.properties.timestamp instanceof Date);
    assert.equal((await arm.deployments.get(where, name)).name, name);
    assert.equal((await arm.deployments.checkExistence(where, name)).body, true);
    assert.deepEqual((await all(arm.deployments.listByResourceGroup(where))).map((d) => d.name), [name]);
    const exported = await arm.deployments.exportTemplate(where, name);
    assert.equal(exported.template.resources.length, 2);
    const done = await all(arm.deploymentOperations.list(where, name));
    assert.equal(done.length, 2);
    assert.equal((await arm.deploymentOperations.get(where, name, done[0].operationId)).id, done[0].id);
    await arm.deployments.beginDeleteAndWait(where, name, soon);
    assert.equal((await arm.deployments.checkExistence(where, name)).body, false);
  });

  test("of the subscription, with a group and what is in it", async () => {
    const [where, name, kv] = [named("g"), named("d"), named("v")];
    const body = { location, ...deployment([
      { type: "Microsoft.Resources/resourceGroups", apiVersion: "2021-04-01", name: where, location },
      { type: "Microsoft.Resources/deployments", apiVersion: "2021-04-01", name: "inside", resourceGroup: where,
        dependsOn: [where], properties: { mode: "Incremental", template: template([vault(kv)]) } }]) };
    const made = await arm.deployments.beginCreateOrUpdateAtSubscriptionScopeAndWait(name, body, soon);
    assert.equal(made.properties.provisioningState, "Succeeded");
    assert.equal(made.location, location);
    assert.equal((await arm.deployments.get(where, "inside")).properties.outputResources[0].id, vaultId(where, kv));
    assert.ok((await all(arm.deployments.listAtSubscriptionScope())).some((d) => d.name === name));
  });

  test("that fail say why", async () => {
    const where = await group();
    await refused(arm.deployments.beginCreateOrUpdateAndWait(where, named("d"), deployment([vault("[nothing()]")]), soon),
      400, "InvalidTemplate");
    const name = named("d");
    await assert.rejects(arm.deployments.beginCreateOrUpdateAndWait(where, name, deployment([vault("alpha")]), soon));
    const failed = await arm.deployments.get(where, name);
    assert.equal(failed.properties.provisioningState, "Failed");
    assert.equal(failed.properties.error.details[0].code, "VaultAlreadyExists");
    assert.equal(failed.properties.error.details[0].target, vaultId(where, "alpha"));
    assert.ok(failed.id.startsWith(groupId(where)));
  });
});
