// SPDX-License-Identifier: Apache-2.0
// The other clients of the resource manager: places and resources, tags, locks, rights, identities.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { before, describe, test } from "node:test";
import { AuthorizationManagementClient } from "@azure/arm-authorization";
import { KeyVaultManagementClient } from "@azure/arm-keyvault";
import { ManagementLockClient } from "@azure/arm-locks";
import { ManagedServiceIdentityClient } from "@azure/arm-msi";
import { ResourceManagementClient } from "@azure/arm-resources";
import { SubscriptionClient } from "@azure/arm-resources-subscriptions";
import { SubscriptionClient as OldSubscriptionClient } from "@azure/arm-subscriptions";
import { SecretClient } from "@azure/keyvault-secrets";
import { ResourceManagementClient as OldClient } from "arm-resources-5.2";
import { clientOf, groupId, location, named, options, pages, plain, soon, subscription, vaultBody,
  vaultId } from "./arm_kit.mjs";
import { all, credentialOf, refused, world } from "./kit.mjs";

const places = clientOf(ResourceManagementClient);
const guest = clientOf(ResourceManagementClient, "guest");
const vaults = clientOf(KeyVaultManagementClient);
const rights = clientOf(AuthorizationManagementClient);
const scope = `/subscriptions/${subscription}`;
const roleId = (guid) => `${scope}/providers/Microsoft.Authorization/roleDefinitions/${guid}`;
const SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6";
const SECRETS_OFFICER = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7";

/** A group of its own, empty. */
async function group(tags = {}) {
  const name = named("g");
  await places.resourceGroups.createOrUpdate(name, { location, tags });
  return name;
}

/** A vault with roles in that group. */
async function vault(of, more = {}) {
  const name = named("v");
  return vaults.vaults.createOrUpdate(of, name,
    { ...vaultBody({ enableRbacAuthorization: true }), ...more }, soon);
}

const secretsOf = (v, who) =>
  new SecretClient(v.properties.vaultUri, credentialOf(who), { retryOptions: { maxRetries: 0 } });

describe("subscriptions", () => {
  for (const [which, Kind] of Object.entries({ newest: SubscriptionClient, old: OldSubscriptionClient })) {
    const client = new Kind(credentialOf("owner"), options);
    test(`are those one has a role on, with their places (${which})`, async () => {
      const found = await all(client.subscriptions.list());
      assert.deepEqual(found.map((s) => s.subscriptionId), [subscription]);
      assert.equal(found[0].state, "Enabled");
      const one = await client.subscriptions.get(subscription);
      assert.equal(one.id, scope);
      assert.equal(one.displayName, "bench");
      const regions = await all(client.subscriptions.listLocations(subscription));
      assert.ok(regions.some((l) => l.name === location && l.displayName));
      assert.deepEqual((await pages(client.subscriptions.list().byPage())).length, 1);
    });

    test(`the tenant is told (${which})`, async () => {
      const found = await all(client.tenants.list());
      assert.deepEqual(found.map((t) => t.tenantId), [world.tenant]);
    });

    test(`are none of a stranger's (${which})`, async () => {
      const stranger = new Kind(credentialOf("nobody"), options);
      assert.deepEqual(await all(stranger.subscriptions.list()), []);
      await refused(stranger.subscriptions.get(subscription), 403, "AuthorizationFailed");
      await refused(client.subscriptions.get(randomUUID()), 403, "AuthorizationFailed");
    });
  }
});

describe("resource groups", () => {
  for (const [which, Kind] of Object.entries({ newest: ResourceManagementClient, old: OldClient })) {
    const client = clientOf(Kind);
    test(`are made, read, changed, looked for and deleted (${which})`, async () => {
      const name = named("G-");
      const made = await client.resourceGroups.createOrUpdate(name, { location, tags: { a: "b" } });
      assert.equal(made.id, groupId(name));
      assert.equal(made.properties.provisioningState, "Succeeded");
      assert.deepEqual(await client.resourceGroups.get(name), made);
      const there = (r) => (typeof r === "object" ? r.body : r);
      assert.equal(there(await client.resourceGroups.checkExistence(name)), true);
      assert.equal((await client.resourceGroups.update(name, { tags: { c: "d" } })).tags.c, "d");
      const filter = "tagName eq 'c' and tagValue eq 'd'";
      assert.ok((await all(client.resourceGroups.list({ filter }))).some((g) => g.name === name));
      await client.resourceGroups.beginDeleteAndWait(name, soon);
      await refused(client.resourceGroups.get(name), 404, "ResourceGroupNotFound");
      assert.equal(there(await client.resourceGroups.checkExistence(name)), false);
      await refused(client.resourceGroups.update(name, { tags: {} }), 404, "ResourceGroupNotFound");
    });
  }

  test("come in pages", async () => {
    for (let i = 0; i < 4; i++) await group();
    const whole = (await all(places.resourceGroups.list())).map((g) => g.name);
    const paged = (await pages(places.resourceGroups.list({ top: 3 }).byPage(), 3)).flat();
    assert.deepEqual(paged.map((g) => g.name), whole);
  });

  test("take the vaults in them along", async () => {
    const name = await group();
    const v = await vault(name);
    const poller = places.resourceGroups.delete(name, soon);
    await poller;
    assert.ok(poller.isDone);
    assert.equal((await vaults.vaults.getDeleted(v.name, location)).properties.vaultId, v.id);
  });

  test("are refused who may not, and where the name or the place is none", async () => {
    const name = await group();
    await refused(guest.resourceGroups.createOrUpdate(named("g"), { location }), 403, "AuthorizationFailed");
    await refused(guest.resourceGroups.update(name, { tags: {} }), 403, "AuthorizationFailed");
    await refused(guest.resourceGroups.delete(name, soon), 403, "AuthorizationFailed");
    await refused(places.resourceGroups.createOrUpdate(named("g"), {}), 400, "LocationRequired");
    await refused(places.resourceGroups.createOrUpdate(name, { location: "elsewhere" }), 409,
      "InvalidResourceGroupLocation");
  });
});

describe("resources of any type", () => {
  const VERSION = "2023-07-01";
  test("are listed by group, by type and by tag, in pages", async () => {
    const name = await group();
    const made = [await vault(name, { tags: { of: name } }), await vault(name), await vault(name)];
    const wanted = made.map((v) => v.name).sort();
    const names = (list) => list.map((r) => r.name).sort();
    assert.deepEqual(names(await all(places.resources.listByResourceGroup(name))), wanted);
    const paged = await pages(places.resources.listByResourceGroup(name, { top: 2 }).byPage(), 2);
    assert.deepEqual(names(paged.flat()), wanted);
    const filtered = (filter) => all(places.resources.list({ filter }));
    assert.deepEqual(names(await filtered(`tagName eq 'of' and tagValue eq '${name}'`)), [made[0].name]);
    assert.deepEqual(names(await filtered(`resourceGroup eq '${name}'`)), wanted);
    assert.deepEqual(names(await filtered(
      `resourceType eq 'Microsoft.KeyVault/vaults' and name eq '${made[1].name}'`)), [made[1].name]);
    const [one] = await all(places.resources.listByResourceGroup(name,
      { filter: `name eq '${made[2].name}'`, expand: "createdTime,changedTime,provisioningState" }));
    assert.equal(one.provisioningState, "Succeeded");
    assert.ok(one.createdTime instanceof Date);
    await refused(filtered("nonsense eq 'x'"), 400);
  });

  for (const [which, Kind] of Object.entries({ newest: ResourceManagementClient, old: OldClient })) {
    const client = clientOf(Kind);
    test(`are made, read, changed and deleted by id (${which})`, async () => {
      const id = vaultId(await group(), named("v"));
      const there = (r) => (typeof r === "object" ? r.body : r);
      assert.equal(there(await client.resources.checkExistenceById(id, VERSION)), false);
      const made = await client.resources.beginCreateOrUpdateByIdAndWait(id, VERSION, vaultBody(), soon);
      assert.equal(made.id, id);
      assert.equal(made.properties.provisioningState, "Succeeded");
      assert.equal(there(await client.resources.checkExistenceById(id, VERSION)), true);
      assert.equal((await client.resources.getById(id, VERSION)).name, made.name);
      const patched = await client.resources.beginUpdateByIdAndWait(id, VERSION, { tags: { a: "b" } }, soon);
      assert.equal(patched.tags.a, "b");
      await client.resources.beginDeleteByIdAndWait(id, VERSION, soon);
      await refused(client.resources.getById(id, VERSION), 404, "ResourceNotFound");
    });

    test(`are reached by their parts (${which})`, async () => {
      const name = await group();
      const v = await vault(name);
      const parts = [name, "Microsoft.KeyVault", "", "vaults", v.name, VERSION];
      assert.equal((await client.resources.get(...parts)).id, v.id);
      await client.resources.beginDeleteAndWait(...parts, soon);
      await refused(client.resources.get(...parts), 404, "ResourceNotFound");
    });
  }

  test("of a type that is not here are refused", async () => {
    const id = `${groupId(await group())}/providers/Microsoft.Nowhere/things/x`;
    await refused(places.resources.getById(id, VERSION), 404);
    await refused(places.resources.beginCreateOrUpdateByIdAndWait(id, VERSION, { location }, soon), 404);
  });
});

describe("providers", () => {
  for (const [which, Kind] of Object.entries({ newest: ResourceManagementClient, old: OldClient })) {
    const client = clientOf(Kind);
    test(`are there, registered, with their types and versions (${which})`, async () => {
      const one = await client.providers.get("Microsoft.KeyVault");
      assert.equal(one.registrationState, "Registered");
      const type = one.resourceTypes.find((t) => t.resourceType === "vaults");
      assert.ok(type.apiVersions.includes("2023-07-01"));
      const list = await all(client.providers.list());
      for (const ns of ["Microsoft.KeyVault", "Microsoft.Authorization", "Microsoft.ManagedIdentity"])
        assert.ok(list.some((p) => p.namespace === ns), ns);
      assert.equal((await client.providers.register("Microsoft.Network")).registrationState, "Registered");
    });
  }
});

describe("tags", () => {
  test("of a group and of a vault are set, merged, taken away and dropped", async () => {
    const name = await group({ a: "1" });
    const v = await vault(name, { tags: { a: "1" } });
    for (const at of [groupId(name), v.id]) {
      const api = places.tagsOperations;
      assert.deepEqual({ ...(await api.getAtScope(at)).properties.tags }, { a: "1" });
      const merged = await api.updateAtScope(at, { operation: "Merge", properties: { tags: { b: "2" } } }, soon);
      assert.deepEqual({ ...merged.properties.tags }, { a: "1", b: "2" });
      await api.updateAtScope(at, { operation: "Delete", properties: { tags: { a: "1" } } }, soon);
      const set = await api.createOrUpdateAtScope(at, { properties: { tags: { c: "3" } } }, soon);
      assert.deepEqual({ ...set.properties.tags }, { c: "3" });
      await refused(guest.tagsOperations.updateAtScope(at,
        { operation: "Merge", properties: { tags: { x: "y" } } }, soon), 403, "AuthorizationFailed");
      await api.deleteAtScope(at, soon);
      assert.deepEqual({ ...(await api.getAtScope(at)).properties.tags }, {});
    }
    await refused(places.tagsOperations.getAtScope(groupId(named("g"))), 404);
  });

  test("of before's client are the same", async () => {
    const at = groupId(await group({ a: "1" }));
    const api = clientOf(OldClient).tagsOperations;
    await (api.beginUpdateAtScopeAndWait ?? api.updateAtScope).call(api, at,
      { operation: "Merge", properties: { tags: { b: "2" } } });
    assert.deepEqual({ ...(await api.getAtScope(at)).properties.tags }, { a: "1", b: "2" });
  });
});

describe("locks", () => {
  const locks = clientOf(ManagementLockClient).managementLocks;
  const level = "CanNotDelete";

  test("of a group keep its vaults from going, and are listed at each place", async () => {
    const name = await group();
    const v = await vault(name);
    const made = await locks.createOrUpdateAtResourceGroupLevel(name, "keep", { level, notes: "why" });
    assert.equal(made.id, `${groupId(name)}/providers/Microsoft.Authorization/locks/keep`);
    assert.deepEqual([made.level, made.notes], [level, "why"]);
    await refused(vaults.vaults.delete(name, v.name), 409, "ScopeLocked");
    await refused(places.resourceGroups.delete(name, soon), 409, "ScopeLocked");
    assert.equal((await locks.getAtResourceGroupLevel(name, "keep")).level, level);
    for (const list of [locks.listAtResourceGroupLevel(name), locks.listAtSubscriptionLevel(),
      locks.listByScope(groupId(name))])
      assert.ok((await all(list)).some((l) => l.id === made.id));
    await refused(clientOf(ManagementLockClient, "guest").managementLocks
      .deleteAtResourceGroupLevel(name, "keep"), 403, "AuthorizationFailed");
    await locks.deleteAtResourceGroupLevel(name, "keep");
    await locks.deleteAtResourceGroupLevel(name, "keep");
    await refused(locks.getAtResourceGroupLevel(name, "keep"), 404);
    await vaults.vaults.delete(name, v.name);
  });

  test("of a vault are reached by its parts and by its id", async () => {
    const name = await group();
    const v = await vault(name);
    const parts = [name, "Microsoft.KeyVault", "", "vaults", v.name];
    const made = await locks.createOrUpdateAtResourceLevel(...parts, "still", { level: "ReadOnly" });
    // This client spells resourcegroups, and ids are echoed.
    assert.equal(made.id.toLowerCase(), `${v.id}/providers/Microsoft.Authorization/locks/still`.toLowerCase());
    await refused(vaults.vaults.update(name, v.name, { tags: {} }), 409, "ScopeLocked");
    assert.equal((await locks.getAtResourceLevel(...parts, "still")).id, made.id);
    assert.deepEqual((await all(locks.listAtResourceLevel(...parts))).map((l) => l.name), ["still"]);
    await locks.deleteAtResourceLevel(...parts, "still");
    await locks.createOrUpdateByScope(v.id, "again", { level });
    assert.equal((await locks.getByScope(v.id, "again")).level, level);
    await locks.deleteByScope(v.id, "again");
    assert.deepEqual(await all(locks.listByScope(v.id)), []);
  });

  test("with a level that is none are refused", async () => {
    const name = await group();
    await refused(locks.createOrUpdateAtResourceGroupLevel(name, "x", { level: "Maybe" }), 400);
    await refused(locks.createOrUpdateAtResourceGroupLevel(named("g"), "x", { level }), 404);
  });
});

describe("role definitions", () => {
  const { roleDefinitions } = rights;
  test("built in are found by name, by id and by kind", async () => {
    const [one] = await all(roleDefinitions.list(scope, { filter: "roleName eq 'Key Vault Secrets User'" }));
    assert.equal(one.name, SECRETS_USER);
    assert.equal(one.roleType, "BuiltInRole");
    assert.deepEqual(one.permissions[0].dataActions.length > 0, true);
    assert.equal((await roleDefinitions.get(scope, SECRETS_USER)).roleName, "Key Vault Secrets User");
    assert.equal((await roleDefinitions.getById(one.id)).name, SECRETS_USER);
    const builtIn = await all(roleDefinitions.list(scope, { filter: "type eq 'BuiltInRole'" }));
    assert.ok(builtIn.length > 10 && builtIn.every((r) => r.roleType === "BuiltInRole"));
    await refused(roleDefinitions.get(scope, randomUUID()), 404, "RoleDefinitionDoesNotExist");
  });

  test("of one's own are made, changed, used and deleted", async () => {
    const guid = randomUUID();
    const body = (more) => ({ roleName: `Lister ${guid}`, description: "lists", assignableScopes: [scope],
      roleType: "CustomRole", permissions: [{ actions: ["Microsoft.KeyVault/vaults/read"], notActions: [],
        dataActions: ["Microsoft.KeyVault/vaults/secrets/readMetadata/action"], notDataActions: [] }], ...more });
    const made = await roleDefinitions.createOrUpdate(scope, guid, body());
    assert.equal(made.id, roleId(guid));
    assert.equal(made.roleType, "CustomRole");
    assert.ok(made.createdOn instanceof Date);
    const changed = await roleDefinitions.createOrUpdate(scope, guid, body({ description: "lists all" }));
    assert.equal(changed.description, "lists all");
    const custom = await all(roleDefinitions.list(scope, { filter: "type eq 'CustomRole'" }));
    assert.ok(custom.some((r) => r.name === guid));
    await refused(clientOf(AuthorizationManagementClient, "guest").roleDefinitions
      .createOrUpdate(scope, randomUUID(), body()), 403, "AuthorizationFailed");
    await refused(roleDefinitions.createOrUpdate(scope, randomUUID(), body()), 409,
      "RoleDefinitionWithSameNameExists");
    assert.equal((await roleDefinitions.delete(scope, guid)).name, guid);
    assert.equal(await roleDefinitions.delete(scope, guid).then((r) => r?.name), undefined);
    await refused(roleDefinitions.get(scope, guid), 404, "RoleDefinitionDoesNotExist");
  });
});

describe("role assignments", () => {
  const { roleAssignments } = rights;
  const principalId = world.apps.nobody.objectId;

  test("are in force at the next request, and gone at the next", async () => {
    const v = await vault(await group());
    const secrets = secretsOf(v, "nobody");
    await refused(secrets.setSecret("a", "x"), 403, "Forbidden");
    const name = randomUUID();
    const made = await roleAssignments.create(v.id, name,
      { roleDefinitionId: roleId(SECRETS_OFFICER), principalId, principalType: "ServicePrincipal" });
    assert.equal(made.id, `${v.id}/providers/Microsoft.Authorization/roleAssignments/${name}`);
    assert.equal(made.scope, v.id);
    assert.equal(made.principalType, "ServicePrincipal");
    await secrets.setSecret("a", "x");
    assert.equal((await roleAssignments.get(v.id, name)).principalId, principalId);
    assert.equal((await roleAssignments.getById(made.id)).name, name);
    assert.equal((await roleAssignments.delete(v.id, name)).name, name);
    await refused(secrets.getSecret("a"), 403, "Forbidden");
    assert.equal((await roleAssignments.delete(v.id, name))?.name, undefined);
    await refused(roleAssignments.get(v.id, name), 404, "RoleAssignmentNotFound");
  });

  test("of one object alone, by id", async () => {
    const v = await vault(await group());
    await roleAssignments.create(v.id, randomUUID(), { roleDefinitionId: roleId(SECRETS_OFFICER),
      principalId: world.apps.owner.objectId });
    const mine = secretsOf(v, "owner");
    await mine.setSecret("a", "x");
    await mine.setSecret("b", "x");
    const id = `${v.id}/secrets/a/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}`;
    await roleAssignments.createById(id, { roleDefinitionId: roleId(SECRETS_USER), principalId });
    assert.equal((await secretsOf(v, "nobody").getSecret("a")).value, "x");
    await refused(secretsOf(v, "nobody").getSecret("b"), 403, "Forbidden");
    await roleAssignments.deleteById(id);
    await refused(secretsOf(v, "nobody").getSecret("a"), 403, "Forbidden");
  });

  test("are listed at each scope, by principal, in pages", async () => {
    const name = await group();
    const v = await vault(name);
    const at = async (where, roleDefinitionId) => (await roleAssignments.create(where, randomUUID(),
      { roleDefinitionId, principalId: world.apps.officer.objectId })).id;
    const ids = [await at(v.id, roleId(SECRETS_USER)), await at(groupId(name), roleId(SECRETS_USER)),
      await at(v.id, roleId(SECRETS_OFFICER))].sort();
    const of = async (list) => (await all(list)).map((a) => a.id).filter((id) => ids.includes(id)).sort();
    const filter = `principalId eq '${world.apps.officer.objectId}'`;
    assert.deepEqual(await of(roleAssignments.listForSubscription()), ids);
    assert.deepEqual(await of(roleAssignments.listForSubscription({ filter })), ids);
    assert.deepEqual(await of(roleAssignments.listForResourceGroup(name)), ids);
    assert.deepEqual(await of(roleAssignments.listForResource(name, "Microsoft.KeyVault", "vaults", v.name)), ids);
    assert.deepEqual(await of(roleAssignments.listForScope(v.id, { filter: "atScope()" })), ids);
    assert.deepEqual(await of(roleAssignments.listForScope(groupId(name), { filter: "atScope()" })),
      ids.filter((id) => !id.includes("/vaults/")));
    assert.deepEqual(await of(roleAssignments.listForScope(v.id,
      { filter: `assignedTo('${world.apps.officer.objectId}')` })), ids);
    assert.deepEqual(await of(roleAssignments.listForScope(v.id, { filter: `principalId eq '${randomUUID()}'` })), []);
  });

  test("are refused who may not make them, twice, and to nobody", async () => {
    const v = await vault(await group());
    const body = { roleDefinitionId: roleId(SECRETS_USER), principalId };
    await refused(clientOf(AuthorizationManagementClient, "guest").roleAssignments
      .create(v.id, randomUUID(), body), 403, "AuthorizationFailed");
    await roleAssignments.create(v.id, randomUUID(), body);
    await refused(roleAssignments.create(v.id, randomUUID(), body), 409, "RoleAssignmentExists");
    await refused(roleAssignments.create(v.id, randomUUID(), { ...body, principalId: randomUUID() }),
      400, "PrincipalNotFound");
    await refused(roleAssignments.create(v.id, randomUUID(), { ...body, roleDefinitionId: roleId(randomUUID()) }),
      404, "RoleDefinitionDoesNotExist");
    await refused(roleAssignments.create(v.id, "x", body), 400);
  });
});

describe("what one may", () => {
  test("is told of a group and of a vault", async () => {
    const name = await group();
    const v = await vault(name);
    const mine = await all(rights.permissions.listForResourceGroup(name));
    assert.ok(mine.some((p) => p.actions.includes("*")));
    const his = await all(clientOf(AuthorizationManagementClient, "guest").permissions
      .listForResource(name, "Microsoft.KeyVault", "", "vaults", v.name));
    assert.deepEqual(his.map((p) => p.actions), [["*/read"]]);
  });

  test("there are no deny assignments", async () => {
    const name = await group();
    const v = await vault(name);
    const { denyAssignments } = rights;
    assert.deepEqual(await all(denyAssignments.list()), []);
    assert.deepEqual(await all(denyAssignments.listForResourceGroup(name)), []);
    assert.deepEqual(await all(denyAssignments.listForScope(v.id, { filter: "atScope()" })), []);
    assert.deepEqual(await all(denyAssignments.listForResource(name, "Microsoft.KeyVault", "", "vaults", v.name)), []);
    await refused(denyAssignments.get(scope, randomUUID()), 404);
  });

  test("the operations of the providers are known", async () => {
    const list = await all(rights.providerOperationsMetadataOperations.list());
    assert.ok(list.some((p) => p.name === "Microsoft.KeyVault"));
    const one = await rights.providerOperationsMetadataOperations.get("Microsoft.KeyVault");
    const vaultType = one.resourceTypes.find((t) => t.name === "vaults");
    assert.ok(vaultType.operations.some((o) => o.name === "Microsoft.KeyVault/vaults/write"));
    await refused(rights.providerOperationsMetadataOperations.get("Microsoft.Nowhere"), 404);
  });
});

describe("managed identities", () => {
  const client = clientOf(ManagedServiceIdentityClient);
  const api = client.userAssignedIdentities;

  test("are made, given a role, changed, listed and deleted", async () => {
    const name = await group();
    const who = named("i");
    const made = await api.createOrUpdate(name, who, { location, tags: { a: "b" } });
    assert.equal(made.id, `${groupId(name)}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${who}`);
    assert.equal(made.tenantId, world.tenant);
    const v = await vault(name);
    await rights.roleAssignments.create(v.id, randomUUID(), { roleDefinitionId: roleId(SECRETS_USER),
      principalId: made.principalId, principalType: "ServicePrincipal" });
    const again = await api.createOrUpdate(name, who, { location, tags: { a: "b" } });
    assert.deepEqual([again.principalId, again.clientId], [made.principalId, made.clientId]);
    assert.equal((await api.update(name, who, { tags: { c: "d" } })).tags.c, "d");
    assert.equal((await api.get(name, who)).clientId, made.clientId);
    for (const list of [api.listByResourceGroup(name), api.listBySubscription()])
      assert.ok((await all(list)).some((i) => i.id === made.id));
    await refused(clientOf(ManagedServiceIdentityClient, "guest").userAssignedIdentities
      .createOrUpdate(name, named("i"), { location }), 403, "AuthorizationFailed");
    await api.delete(name, who);
    await api.delete(name, who);
    await refused(api.get(name, who), 404, "ResourceNotFound");
  });

  test("trust tokens of others", async () => {
    const name = await group();
    const who = named("i");
    await api.createOrUpdate(name, who, { location });
    const f = client.federatedIdentityCredentials;
    const body = { issuer: "https://issuer.example/x", subject: "system:serviceaccount:a:b",
      audiences: ["api://AzureADTokenExchange"] };
    const made = await f.createOrUpdate(name, who, "one", body);
    assert.deepEqual([made.issuer, made.subject, made.audiences], [body.issuer, body.subject, body.audiences]);
    await f.createOrUpdate(name, who, "two", { ...body, subject: "other" });
    assert.deepEqual(await f.get(name, who, "one"), made);
    assert.deepEqual((await pages(f.list(name, who, { top: 1 }).byPage(), 1)).flat().map((c) => c.name), ["one", "two"]);
    await refused(f.createOrUpdate(name, who, "three", body), 409);
    await refused(f.createOrUpdate(name, who, "four", { ...body, issuer: "x" }), 400);
    await f.delete(name, who, "one");
    await f.delete(name, who, "one");
    await refused(f.get(name, who, "one"), 404);
    await refused(all(f.list(name, named("i"))), 404);
  });
});

test("what every answer of the manager has", async () => {
  const r = await plain("GET", `${scope}?api-version=2022-12-01`);
  for (const name of ["x-ms-request-id", "x-ms-correlation-request-id", "x-ms-routing-request-id"])
    assert.ok(r.headers.get(name), name);
  assert.equal(r.headers.get("cache-control"), "no-cache");
});
