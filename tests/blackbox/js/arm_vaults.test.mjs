// SPDX-License-Identifier: Apache-2.0
// @azure/arm-keyvault, the newest and one of before: every operation of what is here.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { KeyVaultManagementClient } from "@azure/arm-keyvault";
import { ResourceManagementClient } from "@azure/arm-resources";
import { KeyClient } from "@azure/keyvault-keys";
import { SecretClient } from "@azure/keyvault-secrets";
import { KeyVaultManagementClient as OldClient } from "arm-keyvault-3.2";
import { clientOf, location, named, pages, soon, vaultBody, vaultId } from "./arm_kit.mjs";
import { all, credentialOf, refused, world } from "./kit.mjs";

const client = clientOf(KeyVaultManagementClient);
const guest = clientOf(KeyVaultManagementClient, "guest");
const stranger = clientOf(KeyVaultManagementClient, "nobody");
const old = clientOf(OldClient);
const group = named("g");
const mine = (permissions) => ({ tenantId: world.tenant, objectId: world.apps.owner.objectId, permissions });

/** A new vault of the suite's group; with data, the owner may do everything in it. */
async function vault(more = {}, with_data = true) {
  const name = named("v");
  const accessPolicies = with_data ? [mine({ secrets: ["all", "purge"], keys: ["all", "purge"] })] : [];
  const made = await client.vaults.createOrUpdate(group, name, vaultBody({ accessPolicies, ...more }), soon);
  return { name, made };
}

before(() => clientOf(ResourceManagementClient).resourceGroups.createOrUpdate(group, { location }));

describe("a vault", () => {
  test("is made, with everything that was asked for, and answers at once", async () => {
    const { name, made } = await vault({ enabledForDeployment: true, enabledForTemplateDeployment: true });
    assert.equal(made.id, vaultId(group, name));
    assert.equal(made.name, name);
    assert.equal(made.type, "Microsoft.KeyVault/vaults");
    const p = made.properties;
    assert.equal(p.provisioningState, "Succeeded");
    assert.equal(p.tenantId, world.tenant);
    assert.deepEqual({ ...p.sku }, { family: "A", name: "standard" });
    assert.equal(p.softDeleteRetentionInDays, 7);
    assert.equal(p.enableSoftDelete, true);
    assert.equal(p.enableRbacAuthorization, false);
    assert.equal(p.enabledForDeployment, true);
    assert.equal(p.enabledForTemplateDeployment, true);
    assert.ok(made.systemData.createdAt instanceof Date);
    assert.equal(made.systemData.createdByType, "Application");
    const secrets = new SecretClient(p.vaultUri, credentialOf("owner"));
    await secrets.setSecret("first", "value");
    assert.equal((await secrets.getSecret("first")).value, "value");
  });

  test("is made by a poller that is begun, and by one that is waited for", async () => {
    const [a, b] = [named("v"), named("v")];
    const poller = await client.vaults.beginCreateOrUpdate(group, a, vaultBody(), soon);
    assert.equal((await poller.pollUntilDone()).name, a);
    assert.ok(poller.isDone());
    assert.equal((await client.vaults.beginCreateOrUpdateAndWait(group, b, vaultBody(), soon)).name, b);
  });

  test("is read back as it was made", async () => {
    const { name, made } = await vault({ networkAcls: { defaultAction: "Deny", bypass: "None",
      ipRules: [{ value: "203.0.113.0/24" }] }, publicNetworkAccess: "Disabled" });
    assert.deepEqual(await client.vaults.get(group, name), made);
    const again = await client.vaults.createOrUpdate(group, name,
      { location, tags: made.tags, properties: made.properties }, soon);
    assert.deepEqual(again.properties, made.properties);
  });

  test("takes a patch of what is named, and keeps the rest", async () => {
    const { name, made } = await vault();
    const got = await client.vaults.update(group, name, { tags: { a: "1" },
      properties: { enabledForDiskEncryption: true } });
    assert.deepEqual({ ...got.tags }, { a: "1" });
    assert.equal(got.properties.enabledForDiskEncryption, true);
    assert.deepEqual(got.properties.accessPolicies, made.properties.accessPolicies);
    await refused(client.vaults.update(group, name, { properties: { enableSoftDelete: false } }), 400, "BadRequest");
    await refused(client.vaults.update(group, named("v"), { tags: {} }), 404, "ResourceNotFound");
  });

  test("that cannot be is refused with its code", async () => {
    await refused(client.vaults.createOrUpdate(group, "1bad", vaultBody()), 400);
    await refused(client.vaults.createOrUpdate(group, named("v"), vaultBody({ sku: { family: "A", name: "gold" } })),
      400, "SkuNotSupported");
    await refused(client.vaults.createOrUpdate(named("g"), named("v"), vaultBody()), 404, "ResourceGroupNotFound");
    await refused(client.vaults.createOrUpdate(group, "alpha", vaultBody()), 409, "VaultAlreadyExists");
    await refused(client.vaults.get(group, named("v")), 404, "ResourceNotFound");
  });

  test("is made and read by those who may alone", async () => {
    const { name } = await vault();
    assert.equal((await guest.vaults.get(group, name)).name, name);
    await refused(guest.vaults.createOrUpdate(group, named("v"), vaultBody()), 403, "AuthorizationFailed");
    await refused(guest.vaults.update(group, name, { tags: {} }), 403, "AuthorizationFailed");
    await refused(guest.vaults.delete(group, name), 403, "AuthorizationFailed");
    await refused(stranger.vaults.get(group, name), 403, "AuthorizationFailed");
    await refused(guest.vaults.updateAccessPolicy(group, name, "add",
      { properties: { accessPolicies: [mine({ secrets: ["get"] })] } }), 403, "AuthorizationFailed");
  });
});

describe("lists of vaults", () => {
  const names = [];
  before(async () => {
    for (let i = 0; i < 5; i++) names.push((await vault({}, false)).name);
  });
  const kinds = {
    "of the group": (c, o) => c.vaults.listByResourceGroup(group, o),
    "of the subscription": (c, o) => c.vaults.listBySubscription(o),
    "as resources": (c, o) => c.vaults.list(o),
  };
  for (const [what, list] of Object.entries(kinds))
    for (const [which, c] of Object.entries({ newest: client, old }))
      test(`${what} come whole and in pages (${which})`, async () => {
        const whole = (await all(list(c))).map((v) => v.name);
        for (const name of names) assert.ok(whole.includes(name), name);
        const paged = (await pages(list(c, { top: 2 }).byPage(), 2)).flat().map((v) => v.name);
        assert.deepEqual(paged, whole);
        assert.equal(new Set(paged).size, paged.length);
      });

  test("go on from a continuation token", async () => {
    const one = client.vaults.listByResourceGroup(group, { top: 2 }).byPage();
    const first = (await one.next()).value;
    const { continuationToken } = first;
    assert.ok(continuationToken.startsWith(world.management));
    const rest = (await pages(client.vaults.listByResourceGroup(group)
      .byPage({ continuationToken }))).flat();
    const whole = await all(client.vaults.listByResourceGroup(group));
    assert.deepEqual([...first, ...rest].map((v) => v.name), whole.map((v) => v.name));
  });

  test("are empty for who may see none, and refused in a group that is not there", async () => {
    assert.deepEqual(await all(stranger.vaults.list()), []);
    assert.deepEqual(await all(stranger.vaults.listByResourceGroup(group)), []);
    await refused(all(client.vaults.listByResourceGroup(named("g"))), 404, "ResourceGroupNotFound");
  });
});

describe("access policies", () => {
  const policies = async (name) => (await client.vaults.get(group, name)).properties.accessPolicies;
  const other = { tenantId: world.tenant, objectId: world.apps.guest.objectId };

  test("are added, replaced and removed", async () => {
    const { name } = await vault();
    const ask = (kind, accessPolicies) =>
      client.vaults.updateAccessPolicy(group, name, kind, { properties: { accessPolicies } });
    const answer = await ask("add", [{ ...other, permissions: { secrets: ["get"] } }]);
    assert.equal(answer.type, "Microsoft.KeyVault/vaults/accessPolicies");
    await ask("add", [{ ...other, permissions: { secrets: ["list"] } }]);
    assert.equal((await policies(name)).length, 2);
    const of = async () => (await policies(name)).find((p) => p.objectId === other.objectId);
    assert.deepEqual([...(await of()).permissions.secrets].sort(), ["get", "list"]);
    const reader = new SecretClient(world.vaults.alpha.replace("alpha", name), credentialOf("guest"));
    assert.deepEqual(await all(reader.listPropertiesOfSecrets()), []);
    await ask("replace", [{ ...other, permissions: { secrets: ["get"] } }]);
    assert.deepEqual((await of())?.permissions.secrets, ["get"]);
    await refused(all(reader.listPropertiesOfSecrets()), 403, "Forbidden");
    await ask("add", [mine({ secrets: ["all"] })]);
    await ask("remove", [{ ...other, permissions: { secrets: ["get"] } }]);
    assert.equal(await of(), undefined);
  });

  test("with a word that is none are refused", async () => {
    const { name } = await vault();
    await refused(client.vaults.updateAccessPolicy(group, name, "add", { properties: { accessPolicies: [
      { ...other, permissions: { secrets: ["peek"] } }] } }), 400, "BadRequest");
    await refused(client.vaults.updateAccessPolicy(group, named("v"), "add", { properties: {
      accessPolicies: [] } }), 404, "ResourceNotFound");
  });
});

describe("a vault that goes", () => {
  test("is deleted, found among the deleted, recovered, deleted and purged", async () => {
    const { name, made } = await vault();
    await client.vaults.delete(group, name);
    await client.vaults.delete(group, name);
    await refused(client.vaults.get(group, name), 404, "ResourceNotFound");
    const gone = await client.vaults.getDeleted(name, location);
    assert.equal(gone.properties.vaultId, made.id);
    assert.equal(gone.properties.location, location);
    const days = (gone.properties.scheduledPurgeDate - gone.properties.deletionDate) / 86_400_000;
    assert.equal(days, 7);
    assert.ok((await all(client.vaults.listDeleted())).some((d) => d.name === name));
    await refused(client.vaults.createOrUpdate(group, name, vaultBody()), 409, "ConflictError");
    const back = await client.vaults.createOrUpdate(group, name, { location, properties: {
      tenantId: world.tenant, sku: { family: "A", name: "standard" }, createMode: "recover" } }, soon);
    assert.deepEqual(back.properties.accessPolicies, made.properties.accessPolicies);
    await client.vaults.delete(group, name);
    await refused(guest.vaults.purgeDeleted(name, location, soon), 403, "AuthorizationFailed");
    await client.vaults.purgeDeleted(name, location, soon);
    await refused(client.vaults.getDeleted(name, location), 404);
  });

  test("is purged by a poller that another process goes on with", async () => {
    const { name } = await vault();
    await client.vaults.delete(group, name);
    const poller = await client.vaults.beginPurgeDeleted(name, location, soon);
    await poller.pollUntilDone();
    assert.ok(poller.isDone());
    await refused(client.vaults.getDeleted(name, location), 404);
    await refused(client.vaults.beginPurgeDeletedAndWait(name, location, soon), 404);
  });

  test("is kept where purging is forbidden", async () => {
    const { name } = await vault({ enablePurgeProtection: true });
    await client.vaults.delete(group, name);
    assert.equal((await client.vaults.getDeleted(name, location)).properties.purgeProtectionEnabled, true);
    await refused(client.vaults.purgeDeleted(name, location, soon), 405, "MethodNotAllowed");
  });
});

test("a name's being free is told", async () => {
  const type = "Microsoft.KeyVault/vaults";
  const ask = (name) => client.vaults.checkNameAvailability({ name, type });
  assert.equal((await ask(named("v"))).nameAvailable, true);
  const taken = await ask("Alpha");
  assert.equal(taken.nameAvailable, false);
  assert.equal(taken.reason, "AlreadyExists");
  assert.equal((await ask("-")).reason, "AccountNameInvalid");
});

describe("secrets through the manager", () => {
  test("are written, patched and listed, and read without their values", async () => {
    const { name } = await vault();
    const expires = new Date("2036-01-01T00:00:00Z"); // this client counts in 32 bits
    const made = await client.secrets.createOrUpdate(group, name, "one", { tags: { a: "b" },
      properties: { value: "hidden", contentType: "text/plain", attributes: { enabled: true, expires } } });
    assert.equal(made.id, `${vaultId(group, name)}/secrets/one`);
    assert.equal(made.properties.value, undefined);
    assert.equal(made.properties.contentType, "text/plain");
    assert.deepEqual(made.properties.attributes.expires, expires);
    assert.ok(made.properties.secretUriWithVersion.startsWith(made.properties.secretUri));
    const secrets = new SecretClient(world.vaults.alpha.replace("alpha", name), credentialOf("owner"));
    assert.equal((await secrets.getSecret("one")).value, "hidden");
    await client.secrets.update(group, name, "one", { properties: { value: "other" } });
    assert.equal((await secrets.getSecret("one")).value, "other");
    const kept = await client.secrets.get(group, name, "one");
    assert.equal(kept.properties.contentType, "text/plain");
    assert.deepEqual(kept.properties.attributes.expires, expires);
    assert.deepEqual({ ...kept.tags }, { a: "b" });
    assert.notEqual(kept.properties.secretUriWithVersion, made.properties.secretUriWithVersion);
    await refused(client.secrets.update(group, name, "none", { properties: { value: "x" } }), 404);
    for (const n of ["two", "three"])
      await client.secrets.createOrUpdate(group, name, n, { properties: { value: "x" } });
    const got = (await pages(client.secrets.list(group, name, { top: 2 }).byPage(), 2)).flat();
    assert.deepEqual(got.map((s) => s.name).sort(), ["one", "three", "two"]);
    await refused(client.secrets.get(group, name, "none"), 404);
    await refused(guest.secrets.createOrUpdate(group, name, "one", { properties: { value: "x" } }),
      403, "AuthorizationFailed");
    assert.equal((await guest.secrets.get(group, name, "one")).properties.value, undefined);
  });
});

describe("keys through the manager", () => {
  test("are made once, and listed with their versions", async () => {
    const { name } = await vault();
    const made = await client.keys.createIfNotExist(group, name, "one", { tags: { a: "b" },
      properties: { kty: "EC", curveName: "P-256", keyOps: ["sign", "verify"], attributes: { enabled: true } } });
    assert.equal(made.id, `${vaultId(group, name)}/keys/one`);
    assert.equal(made.kty, "EC");
    assert.equal(made.curveName, "P-256");
    assert.ok(made.attributes.created > 0);
    assert.deepEqual({ ...made.tags }, { a: "b" });
    const again = await client.keys.createIfNotExist(group, name, "one", { properties: { kty: "EC" } });
    assert.equal(again.keyUriWithVersion, made.keyUriWithVersion);
    assert.deepEqual(await client.keys.get(group, name, "one"), made);
    assert.deepEqual((await all(client.keys.list(group, name))).map((k) => k.name), ["one"]);
    const versions = await all(client.keys.listVersions(group, name, "one"));
    assert.equal(versions.length, 1);
    const version = made.keyUriWithVersion.split("/").at(-1);
    const one = await client.keys.getVersion(group, name, "one", version);
    assert.equal(one.keyUriWithVersion, made.keyUriWithVersion);
    const keys = new KeyClient(world.vaults.alpha.replace("alpha", name), credentialOf("owner"));
    assert.equal((await keys.getKey("one")).id, made.keyUriWithVersion);
    await refused(client.keys.get(group, name, "none"), 404);
    await refused(guest.keys.createIfNotExist(group, name, "two", { properties: { kty: "EC" } }),
      403, "AuthorizationFailed");
    await refused(client.keys.createIfNotExist(group, name, "two", { properties: { kty: "DSA" } }), 400);
  });
});

describe("what a vault has besides", () => {
  test("the operations of the provider come with their names", async () => {
    const got = await all(client.operations.list());
    assert.ok(got.some((o) => o.name === "Microsoft.KeyVault/vaults/read"), got.map((o) => o.name).join());
    assert.ok(got.every((o) => o.display.provider));
  });

  test("private links: what there would be, and that there are none", async () => {
    const { name } = await vault({}, false);
    const links = await client.privateLinkResources.listByVault(group, name);
    assert.deepEqual(links.value.map((l) => l.groupId), ["vault"]);
    assert.deepEqual(await all(client.privateEndpointConnections.listByResource(group, name)), []);
    await refused(client.privateEndpointConnections.get(group, name, "none"), 404);
  });

  test("managed HSMs: none", async () => {
    assert.deepEqual(await all(client.managedHsms.listBySubscription()), []);
    assert.deepEqual(await all(client.managedHsms.listByResourceGroup(group)), []);
    assert.deepEqual(await all(client.managedHsms.listDeleted()), []);
    await refused(client.managedHsms.get(group, "none"), 404);
  });
});

describe("a client of before", () => {
  test("makes, reads, patches, deletes and purges a vault", async () => {
    const name = named("v");
    const made = await old.vaults.beginCreateOrUpdateAndWait(group, name, vaultBody(), soon);
    assert.equal((await old.vaults.get(group, name)).id, made.id);
    const body = { properties: { accessPolicies: [mine({ secrets: ["get"] })] } };
    await old.vaults.updateAccessPolicy(group, name, "add", body);
    assert.equal((await old.vaults.update(group, name, { tags: { a: "b" } })).tags.a, "b");
    await refused(old.vaults.get(group, named("v")), 404, "ResourceNotFound");
    await old.vaults.delete(group, name);
    assert.equal((await old.vaults.getDeleted(name, location)).name, name);
    await old.vaults.beginPurgeDeletedAndWait(name, location, soon);
    await refused(old.vaults.getDeleted(name, location), 404);
  });
});
