// SPDX-License-Identifier: Apache-2.0
// The same life of a secret through older packages and older api-versions.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import { all, credentialOf, fresh, refused, soon, world } from "./kit.mjs";

const require = createRequire(import.meta.url);
const SERVICE_VERSIONS = ["7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "2025-07-01", "2026-04-01"];
const packages = {
  "4.0": require("secrets-4.0"),
  "4.4": require("secrets-4.4"),
  "4.7": require("secrets-4.7"),
  "4.9": require("secrets-4.9"),
  newest: require("@azure/keyvault-secrets"),
};
const { ClientSecretCredential: OldCredential } = require("identity-1.5");

/** What every program does sooner or later, from set to purge, by that client. */
async function life(client) {
  const name = fresh("life");
  const one = await client.setSecret(name, "one", { tags: { t: "1" }, contentType: "a/b" });
  const two = await client.setSecret(name, "two");
  assert.equal((await client.getSecret(name)).value, "two");
  const old = await client.getSecret(name, { version: one.properties.version });
  assert.equal(old.value, "one");
  assert.deepEqual({ ...old.properties.tags }, { t: "1" });
  assert.equal(old.properties.contentType, "a/b");
  const changed = await client.updateSecretProperties(name, two.properties.version, { enabled: false });
  assert.equal(changed.enabled, false);
  await refused(client.getSecret(name), 403, "Forbidden");
  await client.updateSecretProperties(name, two.properties.version, { enabled: true });
  assert.ok((await all(client.listPropertiesOfSecrets())).some((p) => p.name === name));
  assert.equal((await all(client.listPropertiesOfSecretVersions(name))).length, 2);
  const blob = await client.backupSecret(name);

  const poller = await client.beginDeleteSecret(name, soon);
  const deleted = await poller.pollUntilDone();
  assert.equal(deleted.name, name);
  assert.ok(deleted.recoveryId ?? deleted.properties.recoveryId);
  assert.equal((await client.getDeletedSecret(name)).name, name);
  assert.ok((await all(client.listDeletedSecrets())).some((s) => s.name === name));
  await refused(client.setSecret(name, "three"), 409);
  await (await client.beginRecoverDeletedSecret(name, soon)).pollUntilDone();
  assert.equal((await client.getSecret(name)).value, "two");

  await (await client.beginDeleteSecret(name, soon)).pollUntilDone();
  await client.purgeDeletedSecret(name);
  await refused(client.getSecret(name), 404);
  await client.restoreSecretBackup(blob);
  assert.equal((await client.getSecret(name)).value, "two");
  return one;
}

for (const [label, { SecretClient }] of Object.entries(packages)) {
  describe(`@azure/keyvault-secrets ${label}`, () => {
    const client = (options) => new SecretClient(world.vaults.alpha, credentialOf("admin"), options);

    test("does everything with the api-version that it was made for", () => life(client()));

    test("pages, and goes on from a continuation token", async () => {
      const prefix = fresh("pages");
      const names = Array.from({ length: 7 }, (_, i) => `${prefix}-${i}`);
      await Promise.all(names.map((n) => client().setSecret(n, "v")));
      const pages = await all(client().listPropertiesOfSecrets().byPage({ maxPageSize: 3 }));
      assert.ok(pages.every((p) => p.length <= 3));
      const mine = pages.flat().map((p) => p.name).filter((n) => n.startsWith(prefix));
      assert.deepEqual(mine, names);
      const token = pages[0].continuationToken;
      if (token === undefined) return; // 4.12 hides it
      const rest = await all(client().listPropertiesOfSecrets().byPage({ continuationToken: token }));
      assert.deepEqual([...pages[0], ...rest.flat()].map((p) => p.name), pages.flat().map((p) => p.name));
    });

    test("says why it was refused", async () => {
      const e = await refused(client().getSecret(fresh("absent")), 404, "SecretNotFound");
      assert.match(e.message, /was not found in this key vault/);
    });

    if (label === "newest" || label === "4.7")
      for (const serviceVersion of SERVICE_VERSIONS)
        test(`does everything with api-version ${serviceVersion}`, async () => {
          const { properties } = await life(client({ serviceVersion }));
          if (label === "newest")
            assert.equal(properties.recoverableDays, serviceVersion === "7.0" ? undefined : 90);
        });

    // 4.0 speaks 7.0 and nothing else.
    if (label !== "4.0") test("is told when its api-version is not known", async () => {
      const e = await refused(client({ serviceVersion: "7.99" }).getSecret("x"), 400, "BadParameter");
      assert.match(e.message, /The specified version \(7\.99\) is not recognized\./);
    });
  });
}

describe("@azure/identity 1.5, before MSAL", () => {
  for (const tenant of ["adfs", world.tenant])
    test(`gets a token from the authority of ${tenant === "adfs" ? "adfs" : "the tenant"}`, async () => {
      const { clientId, secret } = world.apps.admin;
      const credential = new OldCredential(tenant, clientId, secret, { authorityHost: world.login });
      const client = new packages["4.0"].SecretClient(world.vaults.alpha, credential);
      const name = fresh("old");
      await client.setSecret(name, "v");
      assert.equal((await client.getSecret(name)).value, "v");
    });
});

describe("azure-keyvault 3.0, API 7.0, with tokens from adal-node (v1)", () => {
  const KeyVault = require("azure-keyvault");
  const { AuthenticationContext } = require("adal-node");
  const { clientId, secret } = world.apps.admin;
  const seen = [];
  const vault = world.vaults.alpha;
  const client = new KeyVault.KeyVaultClient(new KeyVault.KeyVaultCredentials((challenge, done) => {
    seen.push(challenge);
    new AuthenticationContext(`${world.login}/adfs`, false).acquireTokenWithClientCredentials(
      challenge.resource, clientId, secret,
      (e, t) => (e ? done(e) : done(null, `${t.tokenType} ${t.accessToken}`)));
  }));

  test("sets, reads and lists versions", async () => {
    const name = fresh("v7");
    const set = await client.setSecret(vault, name, "v", { tags: { a: "b" } });
    assert.equal(seen[0].resource, world.resource);
    const got = await client.getSecret(vault, name, "");
    assert.equal(got.value, "v");
    assert.equal(got.id, set.id);
    assert.deepEqual(got.tags, { a: "b" });
    assert.equal(got.attributes.recoveryLevel, "Recoverable+Purgeable");
    assert.equal((await client.getSecretVersions(vault, name)).length, 1);
  });

  test("pages with its own next-page call", async () => {
    for (let i = 0; i < 3; i++) await client.setSecret(vault, fresh("v7p"), "v");
    const first = await client.getSecrets(vault, { maxresults: 2 });
    assert.equal(first.length, 2);
    assert.ok(first.nextLink);
    const second = await client.getSecretsNext(first.nextLink);
    assert.ok(second.length > 0 && second[0].id !== first[0].id);
  });

  test("updates, backs up, deletes, recovers, purges and restores", async () => {
    const name = fresh("v7");
    const { id } = await client.setSecret(vault, name, "v");
    const version = id.split("/").pop();
    const changed = await client.updateSecret(vault, name, version, { contentType: "x" });
    assert.equal(changed.contentType, "x");
    const { value: blob } = await client.backupSecret(vault, name);
    const gone = await client.deleteSecret(vault, name);
    assert.ok(gone.recoveryId.endsWith(`/deletedsecrets/${name}`));
    assert.ok((await client.getDeletedSecrets(vault)).some((s) => s.recoveryId === gone.recoveryId));
    assert.equal((await client.getDeletedSecret(vault, name)).id, id);
    await client.recoverDeletedSecret(vault, name);
    assert.equal((await client.getSecret(vault, name, version)).value, "v");
    await client.deleteSecret(vault, name);
    await client.purgeDeletedSecret(vault, name);
    await assert.rejects(client.getSecret(vault, name, ""),
      (e) => e.statusCode === 404 && e.code === "SecretNotFound");
    assert.equal((await client.restoreSecret(vault, blob)).id, id);
  });
});
