// SPDX-License-Identifier: Apache-2.0
// The same life of a key through older packages and every api-version.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import { all, credentialOf, fresh, innerCode, refused, soon, world } from "./kit.mjs";

const require = createRequire(import.meta.url);
const SERVICE_VERSIONS = ["7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "2025-07-01", "2026-04-01"];
const packages = {
  "4.0": require("keys-4.0"),
  "4.4": require("keys-4.4"),
  "4.7": require("keys-4.7"),
  newest: require("@azure/keyvault-keys"),
};
const digest = (hash) => createHash(hash).update("text").digest();
const same = (a, b) => assert.equal(Buffer.from(a).toString("hex"), Buffer.from(b).toString("hex"));

/** From the making of a key to its purge and back, by that client. */
async function life(client) {
  const name = fresh("life");
  const one = await client.createRsaKey(name, { keySize: 2048, tags: { t: "1" } });
  assert.equal(one.key.n.length, 256);
  const two = await client.createEcKey(name, { curve: "P-384" });
  assert.equal((await client.getKey(name)).id, two.id);
  const old = await client.getKey(name, { version: one.properties.version });
  same(old.key.n, one.key.n);
  assert.deepEqual({ ...old.properties.tags }, { t: "1" });
  // The newest clients send 32 bits of a date.
  const changed = await client.updateKeyProperties(name, two.properties.version,
    { enabled: false, expiresOn: new Date("2037-01-01T00:00:00Z"), tags: { t: "2" } });
  assert.equal(changed.properties.enabled, false);
  assert.equal(changed.properties.expiresOn.getTime(), Date.parse("2037-01-01T00:00:00Z"));
  assert.ok((await all(client.listPropertiesOfKeys())).some((p) => p.name === name));
  assert.equal((await all(client.listPropertiesOfKeyVersions(name))).length, 2);
  const blob = await client.backupKey(name);

  const deleted = await (await client.beginDeleteKey(name, soon)).pollUntilDone();
  assert.equal(deleted.name, name);
  assert.ok((deleted.recoveryId ?? deleted.properties.recoveryId).endsWith(`/deletedkeys/${name}`));
  same((await client.getDeletedKey(name)).key.x, two.key.x);
  assert.ok((await all(client.listDeletedKeys())).some((k) => k.name === name));
  await refused(client.createEcKey(name), 409);
  await (await client.beginRecoverDeletedKey(name, soon)).pollUntilDone();
  await (await client.beginDeleteKey(name, soon)).pollUntilDone();
  await client.purgeDeletedKey(name);
  await refused(client.getKey(name), 404);
  await client.restoreKeyBackup(blob);
  same((await client.getKey(name)).key.x, two.key.x);
  return one;
}

/** What a key is for. The newest clients do what needs no private half themselves. */
async function work(client, crypto) {
  const rsa = crypto(await client.createRsaKey(fresh("rsa"))), text = randomBytes(32);
  for (const alg of ["RSA1_5", "RSA-OAEP", "RSA-OAEP-256"]) {
    same((await rsa.decrypt(alg, (await rsa.encrypt(alg, text)).result)).result, text);
    same((await rsa.unwrapKey(alg, (await rsa.wrapKey(alg, text)).result)).result, text);
  }
  for (const [alg, hash] of [["RS256", "sha256"], ["RS512", "sha512"], ["PS256", "sha256"], ["PS384", "sha384"]]) {
    const { result } = await rsa.sign(alg, digest(hash));
    assert.equal((await rsa.verify(alg, digest(hash), result)).result, true);
    assert.equal((await rsa.verify(alg, digest(hash).reverse(), result)).result, false);
    // All but the oldest do verifyData locally, and there take PS* for RS*.
    if (alg.startsWith("RS"))
      assert.equal((await rsa.verifyData(alg, Buffer.from("text"), result)).result, true);
  }
  for (const [alg, curve, hash] of [["ES256", "P-256", "sha256"], ["ES384", "P-384", "sha384"],
    ["ES512", "P-521", "sha512"], ["ES256K", "P-256K", "sha256"]]) {
    const ec = crypto(await client.createEcKey(fresh("ec"), { curve }));
    const { result } = await ec.signData(alg, Buffer.from("text"));
    assert.equal((await ec.verify(alg, digest(hash), result)).result, true);
    assert.equal((await ec.verify(alg, digest(hash).reverse(), result)).result, false);
  }
  const key = await client.createEcKey(fresh("ec"), { curve: "P-256", keyOps: ["verify"] });
  const e = await refused(crypto(key).sign("ES256", digest("sha256")).catch((x) => {
    // These check the operation themselves where they know the key.
    if (x.statusCode === undefined) x.statusCode = 403;
    throw x;
  }), 403);
  if (e.response || e.details) assert.equal(innerCode(e), "KeyOperationForbidden");
}

for (const [label, { KeyClient, CryptographyClient }] of Object.entries(packages))
  describe(`@azure/keyvault-keys ${label}`, () => {
    const client = (options) => new KeyClient(world.vaults.alpha, credentialOf("admin"), options);
    const crypto = (options) => (key) => new CryptographyClient(key, credentialOf("admin"), options);

    test("does everything with the api-version that it was made for", () => life(client()));
    test("signs, encrypts and wraps", () => work(client(), crypto()));

    test("imports", async () => {
      const { privateKey } = await import("node:crypto").then((c) => c.generateKeyPairSync("rsa", { modulusLength: 2048 }));
      const jwk = privateKey.export({ format: "jwk" });
      const key = Object.fromEntries(Object.entries(jwk).map(([k, x]) =>
        [k, k === "kty" ? x : Buffer.from(x, "base64url")]));
      const made = await client().importKey(fresh("in"), key);
      same(made.key.n, key.n);
      assert.equal(made.key.d, undefined);
    });

    test("pages", async () => {
      const prefix = fresh("pages");
      const names = Array.from({ length: 7 }, (_, i) => `${prefix}-${i}`);
      await Promise.all(names.map((n) => client().createEcKey(n)));
      const pages = await all(client().listPropertiesOfKeys().byPage({ maxPageSize: 3 }));
      assert.ok(pages.every((p) => p.length <= 3));
      assert.deepEqual(pages.flat().map((p) => p.name).filter((n) => n.startsWith(prefix)), names);
    });

    test("says why it was refused", async () => {
      const e = await refused(client().getKey(fresh("absent")), 404, "KeyNotFound");
      assert.match(e.message, /was not found in this key vault/);
    });

    if (label !== "4.0") {
      if (label !== "4.4" || packages[label].KeyClient.prototype.rotateKey)
        test("rotates, by policy and by hand", async () => {
          const name = fresh("turn");
          await client().createRsaKey(name);
          const policy = await client().updateKeyRotationPolicy(name,
            { expiresIn: "P90D", lifetimeActions: [{ action: "Rotate", timeBeforeExpiry: "P30D" }] });
          assert.equal(policy.expiresIn, "P90D");
          assert.equal((await client().getKeyRotationPolicy(name)).lifetimeActions.length, 2);
          const turned = await client().rotateKey(name);
          assert.equal(turned.properties.expiresOn - turned.properties.createdOn, 90 * 86400e3);
          assert.equal((await client().getRandomBytes(16)).bytes?.length ?? 16, 16);
        });

      const gold = new KeyClient(world.vaults.prime, credentialOf("admin"));
      test("AES keys in hardware", async () => {
        const c = crypto()(await gold.createOctKey(fresh("oct"), { hsm: true, keySize: 256 }));
        const plaintext = randomBytes(32), iv = randomBytes(16);
        const cbc = await c.encrypt({ algorithm: "A256CBCPAD", plaintext, iv });
        same((await c.decrypt({ algorithm: "A256CBCPAD", ciphertext: cbc.result, iv })).result, plaintext);
        const gcm = await c.encrypt({ algorithm: "A256GCM", plaintext });
        same((await c.decrypt({ algorithm: "A256GCM", ciphertext: gcm.result, iv: gcm.iv,
          authenticationTag: gcm.authenticationTag })).result, plaintext);
      });
    }

    if (label === "newest" || label === "4.7")
      for (const serviceVersion of SERVICE_VERSIONS)
        test(`does everything with api-version ${serviceVersion}`, async () => {
          const { properties } = await life(client({ serviceVersion }));
          if (label === "newest")
            assert.equal(properties.recoverableDays, serviceVersion === "7.0" ? undefined : 90);
          if (label === "newest") await work(client({ serviceVersion }), crypto({ serviceVersion }));
        });

    // 4.0 speaks 7.0 and nothing else.
    if (label !== "4.0") test("is told when its api-version is not known", async () => {
      const e = await refused(client({ serviceVersion: "7.99" }).getKey("x"), 400, "BadParameter");
      assert.match(e.message, /The specified version \(7\.99\) is not recognized\./);
    });
  });
