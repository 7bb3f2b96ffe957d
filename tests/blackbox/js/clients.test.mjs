// SPDX-License-Identifier: Apache-2.0
// Every public method of the newest @azure/keyvault-secrets, with challenge
// verification as the package has it.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SecretClient } from "@azure/keyvault-secrets";
import { all, credentialOf, fresh, innerCode, refused, soon, world } from "./kit.mjs";

const vault = world.vaults.alpha;
const client = new SecretClient(vault, credentialOf("admin"));
const week = new SecretClient(world.vaults.week, credentialOf("admin"));
const VERSION = /^[0-9a-f]{32}$/;

describe("set and get", () => {
  test("a secret that was set is read back with its properties", async () => {
    const name = fresh();
    const notBefore = new Date("2026-01-01T00:00:00Z");
    const expiresOn = new Date("2036-01-01T00:00:00Z");
    const set = await client.setSecret(name, "välue ✓ 🔑", {
      contentType: "text/plain", tags: { a: "1", b: "zwei" }, notBefore, expiresOn,
    });
    assert.equal(set.value, "välue ✓ 🔑");
    assert.match(set.properties.version, VERSION);
    const got = await client.getSecret(name);
    assert.equal(got.name, name);
    assert.equal(got.value, "välue ✓ 🔑");
    assert.deepEqual({ ...got.properties.tags }, { a: "1", b: "zwei" });
    assert.equal(got.properties.contentType, "text/plain");
    assert.deepEqual(got.properties.notBefore, notBefore);
    assert.deepEqual(got.properties.expiresOn, expiresOn);
    assert.equal(got.properties.enabled, true);
    assert.equal(got.properties.recoveryLevel, "Recoverable+Purgeable");
    assert.equal(got.properties.recoverableDays, 90);
    assert.equal(got.properties.vaultUrl, vault);
    assert.equal(got.properties.id, `${vault}/secrets/${name}/${set.properties.version}`);
    assert.ok(Math.abs(got.properties.createdOn - Date.now()) < 60_000);
  });

  test("the empty string is a value", async () => {
    const name = fresh();
    await client.setSecret(name, "");
    assert.equal((await client.getSecret(name)).value, "");
  });

  test("an older version can still be read, the newest is the current one", async () => {
    const name = fresh();
    const one = await client.setSecret(name, "one");
    const two = await client.setSecret(name, "two");
    assert.notEqual(one.properties.version, two.properties.version);
    assert.equal((await client.getSecret(name)).value, "two");
    const old = await client.getSecret(name, { version: one.properties.version });
    assert.equal(old.value, "one");
    assert.equal(old.properties.version, one.properties.version);
  });

  test("the newest api-version names the version before", async () => {
    const name = fresh();
    const one = await client.setSecret(name, "one");
    const two = await client.setSecret(name, "two");
    const raw = await fetchRaw(`/secrets/${name}`);
    assert.equal(raw.previousVersion, one.properties.version);
    assert.ok(raw.id.endsWith(two.properties.version));
  });

  test("names are found in any case and keep their first spelling", async () => {
    const name = fresh("Mixed-Case");
    await client.setSecret(name, "v");
    const got = await client.getSecret(name.toUpperCase());
    assert.equal(got.value, "v");
    assert.equal(got.name, name);
  });

  test("a week's retention shows in the recovery level", async () => {
    const { properties } = await week.setSecret(fresh(), "v");
    assert.equal(properties.recoveryLevel, "CustomizedRecoverable+Purgeable");
    assert.equal(properties.recoverableDays, 7);
  });

  test("twenty secrets can be set and read at the same time", async () => {
    const names = Array.from({ length: 20 }, () => fresh("par"));
    await Promise.all(names.map((n) => client.setSecret(n, n)));
    const got = await Promise.all(names.map((n) => client.getSecret(n)));
    assert.deepEqual(got.map((s) => s.value), names);
  });
});

/** A GET by hand, for members that the client drops. */
async function fetchRaw(path, version = "2026-04-01") {
  const { token } = await credentialOf("admin").getToken(`${world.resource}/.default`);
  const r = await fetch(`${vault}${path}?api-version=${version}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  assert.equal(r.status, 200);
  return r.json();
}

describe("update", () => {
  test("properties of the current version change, the value stays", async () => {
    const name = fresh();
    const { properties } = await client.setSecret(name, "v", { tags: { a: "1" } });
    // Not later: 4.12 squeezes times into 32 bits with a sign.
    const expiresOn = new Date("2037-12-31T00:00:00Z");
    const updated = await client.updateSecretProperties(name, properties.version, {
      expiresOn, contentType: "x/y", tags: { b: "2" },
    });
    assert.deepEqual(updated.expiresOn, expiresOn);
    const got = await client.getSecret(name);
    assert.equal(got.value, "v");
    assert.equal(got.properties.contentType, "x/y");
    assert.deepEqual({ ...got.properties.tags }, { b: "2" });
    assert.equal(got.properties.version, properties.version);
  });

  test("an empty version means the current one", async () => {
    const name = fresh();
    await client.setSecret(name, "v");
    await client.updateSecretProperties(name, "", { tags: { t: "u" } });
    assert.deepEqual({ ...(await client.getSecret(name)).properties.tags }, { t: "u" });
  });

  test("what is not mentioned is left alone", async () => {
    const name = fresh();
    await client.setSecret(name, "v", { contentType: "keep/me", tags: { keep: "me" } });
    await client.updateSecretProperties(name, "", { enabled: true });
    const { properties } = await client.getSecret(name);
    assert.equal(properties.contentType, "keep/me");
    assert.deepEqual({ ...properties.tags }, { keep: "me" });
  });

  test("a disabled version is not given out and can be enabled again", async () => {
    const name = fresh();
    await client.setSecret(name, "v");
    await client.updateSecretProperties(name, "", { enabled: false });
    await refused(client.getSecret(name), 403, "Forbidden",
      /Operation get is not allowed on a disabled secret\./);
    await client.updateSecretProperties(name, "", { enabled: true });
    assert.equal((await client.getSecret(name)).value, "v");
  });

  test("a disabled current version hides an older one that is not", async () => {
    const name = fresh();
    const one = await client.setSecret(name, "one");
    await client.setSecret(name, "two", { enabled: false });
    await refused(client.getSecret(name), 403, "Forbidden");
    assert.equal((await client.getSecret(name, { version: one.properties.version })).value, "one");
  });

  test("an unknown version cannot be updated", async () => {
    const name = fresh();
    await client.setSecret(name, "v");
    await refused(client.updateSecretProperties(name, "0".repeat(32), { enabled: false }),
      404, "SecretNotFound");
  });
});

describe("lists", () => {
  const prefix = fresh("list");
  const names = Array.from({ length: 60 }, (_, i) => `${prefix}-${String(i).padStart(2, "0")}`);
  const mine = (list) => list.filter((p) => p.name.startsWith(prefix)).map((p) => p.name);
  test("sixty secrets are set", async () => {
    for (let i = 0; i < names.length; i += 15)
      await Promise.all(names.slice(i, i + 15).map((n) => client.setSecret(n, "v")));
  });

  test("all of them are listed once, in order, without values", async () => {
    const list = await all(client.listPropertiesOfSecrets());
    assert.deepEqual(mine(list), names);
    assert.ok(list.every((p) => p.value === undefined && p.version === undefined));
  });

  test("pages have at most the wanted size", async () => {
    const pages = await all(client.listPropertiesOfSecrets().byPage({ maxPageSize: 7 }));
    assert.ok(pages.every((p) => p.length <= 7));
    assert.ok(pages.length >= 9);
    assert.deepEqual(mine(pages.flat()), names);
  });

  test("a page is continued from its token by another client", async () => {
    // 4.12 takes a token but does not show one on its pages; old_clients has those that do.
    const page = await fetchRaw("/secrets");
    const continuationToken = page.nextLink;
    assert.match(continuationToken, /\$skiptoken=/);
    const other = new SecretClient(vault, credentialOf("reader"));
    const rest = await all(other.listPropertiesOfSecrets().byPage({ continuationToken }));
    const seen = page.value.map((s) => ({ name: s.id.split("/")[4] }));
    assert.deepEqual(mine([...seen, ...rest.flat()]), names);
  });

  test("versions are all listed, the old ones too, with their properties", async () => {
    const name = fresh();
    const versions = [];
    for (let i = 0; i < 8; i++)
      versions.push((await client.setSecret(name, `v${i}`, { tags: { n: `${i}` } })).properties);
    const list = await all(client.listPropertiesOfSecretVersions(name));
    const newestFirst = versions.map((p) => p.version).reverse();
    assert.deepEqual(list.map((p) => p.version), newestFirst);
    for (const p of list)
      assert.deepEqual({ ...p.tags },
        { ...versions.find((v) => v.version === p.version).tags });
    const pages = await all(client.listPropertiesOfSecretVersions(name).byPage({ maxPageSize: 3 }));
    assert.deepEqual(pages.map((p) => p.length), [3, 3, 2]);
    assert.deepEqual(pages.flat().map((p) => p.version), newestFirst);
  });

  test("versions of a name that is not there are none", async () => {
    assert.deepEqual(await all(client.listPropertiesOfSecretVersions(fresh("none"))), []);
  });

  test("a disabled secret is listed as one", async () => {
    const name = fresh();
    await client.setSecret(name, "v", { enabled: false });
    const found = (await all(client.listPropertiesOfSecrets())).find((p) => p.name === name);
    assert.equal(found.enabled, false);
  });
});

describe("delete, recover, purge", () => {
  test("a deleted secret is gone until its poller is done, and can be looked at", async () => {
    const name = fresh();
    const { properties } = await week.setSecret(name, "v", { tags: { a: "b" } });
    const poller = await week.beginDeleteSecret(name, soon);
    const deleted = await poller.pollUntilDone();
    assert.equal(deleted.name, name);
    assert.equal(deleted.recoveryId, `${world.vaults.week}/deletedsecrets/${name}`);
    assert.ok(poller.isDone());
    await refused(week.getSecret(name), 404, "SecretNotFound", /was not found in this key vault/);
    const seen = await week.getDeletedSecret(name);
    assert.equal(seen.properties.version, properties.version);
    assert.deepEqual({ ...seen.properties.tags }, { a: "b" });
    assert.equal(seen.value, undefined);
    assert.equal(seen.scheduledPurgeDate - seen.deletedOn, 7 * 86_400_000);
  });

  test("recovering brings back all versions", async () => {
    const name = fresh();
    const one = await client.setSecret(name, "one");
    await client.setSecret(name, "two");
    await (await client.beginDeleteSecret(name, soon)).pollUntilDone();
    const poller = await client.beginRecoverDeletedSecret(name, soon);
    const back = await poller.pollUntilDone();
    assert.equal(back.name, name);
    assert.equal((await client.getSecret(name)).value, "two");
    assert.equal((await client.getSecret(name, { version: one.properties.version })).value, "one");
    await refused(client.getDeletedSecret(name), 404, "SecretNotFound", /Deleted Secret not found/);
  });

  test("the name of a deleted secret is taken until it is purged", async () => {
    const name = fresh();
    await client.setSecret(name, "v");
    await (await client.beginDeleteSecret(name, soon)).pollUntilDone();
    const e = await refused(client.setSecret(name, "w"), 409, "Conflict",
      /currently in a deleted but recoverable state/);
    assert.equal(innerCode(e), "ObjectIsDeletedButRecoverable");
    await client.purgeDeletedSecret(name);
    await refused(client.getDeletedSecret(name), 404, "SecretNotFound");
    await client.setSecret(name, "new");
    assert.equal((await client.getSecret(name)).value, "new");
    assert.equal((await all(client.listPropertiesOfSecretVersions(name))).length, 1);
  });

  test("deleted secrets are listed, in pages too", async () => {
    const names = Array.from({ length: 6 }, () => fresh("gone"));
    for (const n of names) await client.setSecret(n, "v");
    for (const n of names) await (await client.beginDeleteSecret(n, soon)).pollUntilDone();
    const list = await all(client.listDeletedSecrets());
    for (const n of names) {
      const found = list.find((s) => s.name === n);
      assert.ok(found?.deletedOn && found.scheduledPurgeDate && found.recoveryId);
    }
    const pages = await all(client.listDeletedSecrets().byPage({ maxPageSize: 2 }));
    assert.ok(pages.every((p) => p.length <= 2));
    assert.deepEqual(pages.flat().map((s) => s.name), list.map((s) => s.name));
    await Promise.all(names.map((n) => client.purgeDeletedSecret(n)));
  });

  test("a poller can go on from another's state", async () => {
    const name = fresh();
    await client.setSecret(name, "v");
    const first = await client.beginDeleteSecret(name, soon);
    const second = await client.beginDeleteSecret(name, { ...soon, resumeFrom: first.toString() });
    assert.equal((await second.pollUntilDone()).name, name);
  });

  test("where purge protection is on, nobody purges", async () => {
    const guard = new SecretClient(world.vaults.guard, credentialOf("admin"));
    const name = fresh();
    const { properties } = await guard.setSecret(name, "v");
    assert.equal(properties.recoveryLevel, "CustomizedRecoverable");
    await (await guard.beginDeleteSecret(name, soon)).pollUntilDone();
    await refused(guard.purgeDeletedSecret(name), 403, "Forbidden",
      /"purge" is not allowed because purge protection is enabled/);
    await (await guard.beginRecoverDeletedSecret(name, soon)).pollUntilDone();
    assert.equal((await guard.getSecret(name)).value, "v");
  });
});

describe("backup and restore", () => {
  test("a backup brings a purged secret back with versions, tags and state", async () => {
    const name = fresh();
    const one = await client.setSecret(name, "one", { tags: { a: "1" }, enabled: false });
    const two = await client.setSecret(name, "two", { contentType: "c/t" });
    const blob = await client.backupSecret(name);
    assert.ok(blob instanceof Uint8Array && blob.length > 100);
    assert.ok(!Buffer.from(blob).includes("one"));
    await (await client.beginDeleteSecret(name, soon)).pollUntilDone();
    await client.purgeDeletedSecret(name);
    const restored = await client.restoreSecretBackup(blob);
    assert.equal(restored.name, name);
    assert.equal(restored.version, two.properties.version);
    const got = await client.getSecret(name);
    assert.equal(got.value, "two");
    assert.equal(got.properties.contentType, "c/t");
    const list = await all(client.listPropertiesOfSecretVersions(name));
    const old = list.find((p) => p.version === one.properties.version);
    assert.equal(old.enabled, false);
    assert.deepEqual({ ...old.tags }, { a: "1" });
    assert.deepEqual(old.createdOn, one.properties.createdOn);
  });

  test("it can be restored into another vault of the subscription", async () => {
    const name = fresh();
    await client.setSecret(name, "travels");
    await week.restoreSecretBackup(await client.backupSecret(name));
    const got = await week.getSecret(name);
    assert.equal(got.value, "travels");
    assert.equal(got.properties.vaultUrl, world.vaults.week);
    assert.equal(got.properties.recoverableDays, 7);
  });

  test("not over a secret that is there, live or deleted", async () => {
    const name = fresh();
    await client.setSecret(name, "v");
    const blob = await client.backupSecret(name);
    await refused(client.restoreSecretBackup(blob), 409, "Conflict", /conflict restoring the secret/);
    await (await client.beginDeleteSecret(name, soon)).pollUntilDone();
    await refused(client.restoreSecretBackup(blob), 409, "Conflict");
  });

  test("not when a byte of it was changed, nor cut, nor made up", async () => {
    const name = fresh();
    await client.setSecret(name, "v");
    const blob = await client.backupSecret(name);
    await (await client.beginDeleteSecret(name, soon)).pollUntilDone();
    await client.purgeDeletedSecret(name);
    const bad = Uint8Array.from(blob);
    bad[bad.length >> 1] ^= 1;
    await refused(client.restoreSecretBackup(bad), 400, "BadParameter");
    await refused(client.restoreSecretBackup(blob.subarray(0, blob.length - 1)), 400, "BadParameter");
    await refused(client.restoreSecretBackup(new Uint8Array(64)), 400, "BadParameter");
    await refused(client.restoreSecretBackup(new Uint8Array(0)), 400, "BadParameter");
    await refused(client.getSecret(name), 404, "SecretNotFound");
    await client.restoreSecretBackup(blob);
    assert.equal((await client.getSecret(name)).value, "v");
  });
});

describe("refusals", () => {
  test("what is not there is not found, whatever is asked of it", async () => {
    const name = fresh("absent");
    for (const ask of [
      () => client.getSecret(name),
      () => client.getSecret(name, { version: "0".repeat(32) }),
      () => client.updateSecretProperties(name, "", { enabled: true }),
      () => client.beginDeleteSecret(name, soon),
      () => client.getDeletedSecret(name),
      () => client.beginRecoverDeletedSecret(name, soon),
      () => client.purgeDeletedSecret(name),
      () => client.backupSecret(name),
    ])
      await refused(ask(), 404, "SecretNotFound");
  });

  test("the not-found text is Azure's", async () => {
    const name = fresh("absent");
    const e = await refused(client.getSecret(name), 404, "SecretNotFound");
    assert.ok(e.message.startsWith(`A secret with (name/id) ${name} was not found in this key vault. `
      + "If you recently deleted this secret you may be able to recover it using the correct recovery "
      + "command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182"));
  });

  test("a name that Azure would not take is refused", async () => {
    await refused(client.getSecret("bad_name"), 400, "BadParameter",
      /The request URI contains an invalid name: bad_name/);
    await refused(client.setSecret("bad name", "v"), 400, "BadParameter");
    await refused(client.setSecret("x".repeat(128), "v"), 400, "BadParameter");
    await client.setSecret("x".repeat(127), "v");
  });

  test("a value that is too long is refused with its own inner code", async () => {
    const name = fresh();
    await client.setSecret(name, "x".repeat(25_600));
    const e = await refused(client.setSecret(name, "x".repeat(25_601)), 400, "BadParameter",
      /beyond the maximum permitted length of 25600 characters/);
    assert.equal(innerCode(e), "SecretTooLarge");
    assert.equal((await client.getSecret(name)).value.length, 25_600);
  });

  test("who has no role is told what is missing, and sees nothing", async () => {
    const name = fresh();
    await client.setSecret(name, "v");
    const nobody = new SecretClient(vault, credentialOf("nobody"));
    const e = await refused(nobody.getSecret(name), 403, "Forbidden",
      /Caller is not authorized to perform action on resource/);
    assert.match(e.message, /Microsoft\.KeyVault\/vaults\/secrets\/getSecret\/action/);
    assert.match(e.message, new RegExp(world.apps.nobody.clientId));
    assert.equal(innerCode(e), "ForbiddenByRbac");
    await refused(all(nobody.listPropertiesOfSecrets()), 403, "Forbidden");
  });

  test("a reader lists but does not read; a user reads but does not set", async () => {
    const name = fresh();
    await client.setSecret(name, "v");
    const reader = new SecretClient(vault, credentialOf("reader"));
    const user = new SecretClient(vault, credentialOf("user"));
    assert.ok((await all(reader.listPropertiesOfSecrets())).some((p) => p.name === name));
    await refused(reader.getSecret(name), 403, "Forbidden");
    assert.equal((await user.getSecret(name)).value, "v");
    await refused(user.setSecret(name, "w"), 403, "Forbidden");
    await refused(user.beginDeleteSecret(name, soon), 403, "Forbidden");
    assert.equal((await client.getSecret(name)).value, "v");
  });

  test("verification of the challenge is on and would catch a foreign resource", async () => {
    // The same server under an address that the challenge's resource does not cover.
    const elsewhere = new SecretClient(`https://login.keyhold.localhost:${world.port}`,
      credentialOf("admin"), { retryOptions: { maxRetries: 0 } });
    await assert.rejects(elsewhere.getSecret("x"));
  });
});
