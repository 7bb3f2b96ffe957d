// SPDX-License-Identifier: Apache-2.0
// @azure/arm-managementgroups: the tree, what moves in it, and who may.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { AuthorizationManagementClient } from "@azure/arm-authorization";
import { ManagementGroupsAPI } from "@azure/arm-managementgroups";
import { randomUUID } from "node:crypto";
import { clientOf, named, options, soon, subscription } from "./arm_kit.mjs";
import { all, credentialOf, refused, world } from "./kit.mjs";

const api = new ManagementGroupsAPI(credentialOf("top"), options);
const nobody = new ManagementGroupsAPI(credentialOf("nobody"), options);
const groups = api.managementGroups;
const idOf = (group) => `/providers/Microsoft.Management/managementGroups/${group}`;
const made = [];

async function group(parent, displayName) {
  const name = named("mg");
  const details = parent ? { parent: { id: idOf(parent) } } : undefined;
  const got = await groups.beginCreateOrUpdateAndWait(name, { name, displayName, details }, soon);
  assert.equal(got.name, name);
  made.unshift(name);
  return name;
}

after(async () => {
  await api.managementGroupSubscriptions.create(world.tenant, subscription);
  for (const name of made) await groups.beginDeleteAndWait(name, soon);
});

describe("a management group", () => {
  test("is made, read, renamed, moved and deleted", async () => {
    const top = await group(undefined, "The top");
    const low = await group(top);
    let got = await groups.get(top, { expand: "children", recurse: true });
    assert.equal(got.displayName, "The top");
    assert.equal(got.tenantId, world.tenant);
    assert.equal(got.type, "Microsoft.Management/managementGroups");
    assert.deepEqual(got.children.map((c) => c.name), [low]);
    got = await groups.get(low, { expand: "path" });
    assert.deepEqual(got.details.path.map((p) => p.name), [world.tenant, top, low]);
    got = await groups.get(low, { expand: "ancestors" });
    assert.deepEqual(got.details.managementGroupAncestors, [top, world.tenant]);
    assert.ok(got.details.updatedTime instanceof Date);
    assert.equal((await groups.update(low, { displayName: "Other" })).displayName, "Other");
    const side = await group();
    got = await groups.update(low, { parentGroupId: idOf(side) });
    assert.equal(got.details.parent.id, idOf(side));
    const again = await groups.beginCreateOrUpdateAndWait(low, { details: { parent: { id: idOf(top) } } }, soon);
    assert.equal(again.details.parent.name, top);
    await refused(groups.beginDeleteAndWait(top, soon), 400, "BadRequest");
    await refused(groups.get(named("none")), 404, "NotFound");
  });

  test("is listed with its descendants and entities", async () => {
    const top = await group();
    const below = [await group(top), await group(top), await group(top)].sort();
    const listed = (await all(groups.list())).map((g) => g.name);
    for (const name of [world.tenant, top, ...below]) assert.ok(listed.includes(name), name);
    const got = await all(groups.listDescendants(top, { top: 2 }));
    assert.deepEqual(got.map((d) => d.name), below);
    assert.equal(got[0].parent.id, idOf(top));
    const entities = await all(api.entities.list({ groupName: top }));
    assert.deepEqual(entities.map((e) => e.name).sort(), [top, ...below].sort());
    const self = entities.find((e) => e.name === top);
    assert.deepEqual([self.numberOfChildGroups, self.numberOfDescendants, self.permissions], [3, 3, "delete"]);
    assert.deepEqual(self.parentNameChain, [world.tenant]);
  });

  test("is nothing to those without a right", async () => {
    const name = await group();
    assert.deepEqual(await all(nobody.managementGroups.list()), []);
    await refused(nobody.managementGroups.get(name), 403, "AuthorizationFailed");
    await refused(nobody.managementGroups.update(name, { displayName: "x" }), 403, "AuthorizationFailed");
    await refused(nobody.managementGroups.beginDeleteAndWait(name, soon), 403, "AuthorizationFailed");
    await refused(nobody.managementGroups.beginCreateOrUpdateAndWait(named("mg"), {}, soon), 403, "AuthorizationFailed");
  });
});

describe("subscriptions in the tree", () => {
  test("come, bring rights, and go", async () => {
    const name = await group();
    const authorization = clientOf(AuthorizationManagementClient, "top");
    await authorization.roleAssignments.create(idOf(name), randomUUID(), {
      roleDefinitionId: "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7",
      principalId: world.apps.user.objectId, principalType: "ServicePrincipal" });
    const inherited = async () => (await all(authorization.roleAssignments.listForSubscription(
      { filter: `principalId eq '${world.apps.user.objectId}'` }))).filter((a) => a.scope.includes(name.toLowerCase())).length;
    assert.equal(await inherited(), 0);
    const got = await api.managementGroupSubscriptions.create(name, subscription);
    assert.equal(got.parent.id, idOf(name));
    assert.equal(got.state, "Active");
    assert.equal(await inherited(), 1);
    assert.equal((await api.managementGroupSubscriptions.getSubscription(name, subscription)).name, subscription);
    assert.deepEqual((await all(api.managementGroupSubscriptions.listSubscriptionsUnderManagementGroup(name)))
      .map((s) => s.name), [subscription]);
    await refused(nobody.managementGroupSubscriptions.create(name, subscription), 403, "AuthorizationFailed");
    await api.managementGroupSubscriptions.delete(name, subscription);
    assert.equal(await inherited(), 0);
    await api.managementGroupSubscriptions.delete(name, subscription); // 204
  });
});

describe("the tree", () => {
  test("has settings, and tells which names are free", async () => {
    const name = await group();
    const settings = api.hierarchySettingsOperations;
    const got = await settings.createOrUpdate(world.tenant, {
      requireAuthorizationForGroupCreation: true, defaultManagementGroup: idOf(name) });
    assert.equal(got.defaultManagementGroup, idOf(name));
    assert.equal((await settings.get(world.tenant)).requireAuthorizationForGroupCreation, true);
    assert.equal((await settings.list(world.tenant)).value.length, 1);
    await settings.update(world.tenant, { defaultManagementGroup: idOf(world.tenant) });
    await settings.delete(world.tenant);
    await refused(settings.get(world.tenant), 404, "NotFound");
    assert.equal((await api.checkNameAvailability({ name })).nameAvailable, false);
    assert.equal((await api.checkNameAvailability({ name: named("free") })).nameAvailable, true);
    assert.equal((await api.tenantBackfillStatus()).status, "Completed");
    assert.equal((await api.startTenantBackfill()).status, "Completed");
  });
});
