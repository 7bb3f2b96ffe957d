// SPDX-License-Identifier: Apache-2.0
// Every public method of the newest @azure/keyvault-keys: KeyClient and
// CryptographyClient, remote and local.
import assert from "node:assert/strict";
import { createHash, createPublicKey, createSign, generateKeyPairSync, publicEncrypt, randomBytes,
  verify as nodeVerify, constants } from "node:crypto";
import { describe, test } from "node:test";
import { CryptographyClient, KeyClient, parseKeyVaultKeyIdentifier } from "@azure/keyvault-keys";
import { all, credentialOf, fresh, innerCode, refused, soon, world } from "./kit.mjs";

const vault = world.vaults.alpha;
const client = new KeyClient(vault, credentialOf("admin"));
const week = new KeyClient(world.vaults.week, credentialOf("admin"));
const prime = new KeyClient(world.vaults.prime, credentialOf("admin"));
const VERSION = /^[0-9a-f]{32}$/;
const RSA_OPS = ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"];

const crypto = (key) => new CryptographyClient(key, credentialOf("admin"));
const b64 = (bytes) => Buffer.from(bytes).toString("base64url");
const digest = (hash, text = "hello") => createHash(hash).update(text).digest();
const gone = async (c, name) => (await c.beginDeleteKey(name, soon)).pollUntilDone();

/** What node sees in a key of the vault. */
function nodeKey({ key }) {
  const jwk = { kty: key.kty.replace("-HSM", ""), crv: key.crv === "P-256K" ? "secp256k1" : key.crv };
  for (const m of ["n", "e", "x", "y"]) if (key[m]) jwk[m] = b64(key[m]);
  return createPublicKey({ key: jwk, format: "jwk" });
}

/** A private key made here, as the client imports it. */
function jwkOf(type, options) {
  const { privateKey } = generateKeyPairSync(type, options);
  const jwk = privateKey.export({ format: "jwk" });
  const out = { kty: jwk.kty, crv: jwk.crv };
  for (const m of ["n", "e", "d", "p", "q", "dp", "dq", "qi", "x", "y"])
    if (jwk[m]) out[m] = Buffer.from(jwk[m], "base64url");
  return { jwk: out, privateKey };
}

/** A call by hand, for what the client does not let through. */
async function raw(method, path, body, version = "7.6", from = vault) {
  const { token } = await credentialOf("admin").getToken(`${world.resource}/.default`);
  const r = await fetch(`${from}${path}?api-version=${version}`, {
    method, headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: r.status, json: r.status === 204 ? undefined : await r.json() };
}

describe("create", () => {
  for (const keySize of [2048, 3072, 4096])
    test(`an RSA key of ${keySize} bits`, async () => {
      const key = await client.createRsaKey(fresh("k"), { keySize });
      assert.equal(key.keyType, "RSA");
      assert.equal(key.key.n.length, keySize / 8);
      assert.deepEqual([...key.key.e], [1, 0, 1]);
      assert.deepEqual(key.keyOperations, RSA_OPS);
      assert.equal(key.key.d, undefined);
    });

  for (const [curve, bytes] of [["P-256", 32], ["P-384", 48], ["P-521", 66], ["P-256K", 32]])
    test(`an EC key on ${curve}`, async () => {
      const key = await client.createEcKey(fresh("k"), { curve });
      assert.equal(key.keyType, "EC");
      assert.equal(key.key.crv, curve);
      assert.equal(key.key.x.length, bytes);
      assert.equal(key.key.y.length, bytes);
      assert.deepEqual(key.keyOperations, ["sign", "verify"]);
    });

  test("a key with everything that can be said of it", async () => {
    const name = fresh("k");
    const notBefore = new Date("2026-01-01T00:00:00Z"), expiresOn = new Date("2036-01-01T00:00:00Z");
    const made = await client.createKey(name, "RSA", {
      keySize: 2048, keyOps: ["sign", "verify"], tags: { a: "1" }, notBefore, expiresOn, enabled: true,
    });
    const got = await client.getKey(name);
    assert.deepEqual(got.keyOperations, ["sign", "verify"]);
    assert.deepEqual({ ...got.properties.tags }, { a: "1" });
    assert.deepEqual(got.properties.notBefore, notBefore);
    assert.deepEqual(got.properties.expiresOn, expiresOn);
    assert.equal(got.properties.exportable, false);
    assert.equal(got.properties.hsmPlatform, "0");
    assert.equal(got.properties.recoveryLevel, "Recoverable+Purgeable");
    assert.equal(got.properties.recoverableDays, 90);
    assert.match(got.properties.version, VERSION);
    assert.equal(got.id, `${vault}/keys/${name}/${made.properties.version}`);
    assert.deepEqual(parseKeyVaultKeyIdentifier(got.id).name, name);
  });

  test("an RSA key with another exponent", async () => {
    // By hand: 4.10 takes the option but does not send it.
    const a = await raw("POST", `/keys/${fresh("k")}/create`, { kty: "RSA", public_exponent: 17 });
    assert.equal(a.json.key.e, "EQ");
  });

  test("a second key of the name is a new version", async () => {
    const name = fresh("K");
    const one = await client.createEcKey(name);
    const two = await client.createRsaKey(name.toLowerCase());
    assert.equal(two.name, name);
    assert.equal((await client.getKey(name)).keyType, "RSA");
    const old = await client.getKey(name, { version: one.properties.version });
    assert.equal(old.keyType, "EC");
    assert.deepEqual(old.key.x, one.key.x);
  });

  test("hardware keys in a premium vault, and in no other", async () => {
    for (const key of [await prime.createRsaKey(fresh("k"), { hsm: true }),
      await prime.createKey(fresh("k"), "RSA-HSM")]) assert.equal(key.keyType, "RSA-HSM");
    assert.equal((await prime.createEcKey(fresh("k"), { hsm: true })).keyType, "EC-HSM");
    assert.equal((await prime.createOctKey(fresh("k"), { hsm: true, keySize: 256 })).keyType, "oct-HSM");
    await refused(client.createRsaKey(fresh("k"), { hsm: true }), 400, "BadParameter",
      /Hardware key operation not allowed on standard vault/);
  });

  test("oct keys are refused as by Azure's vaults", async () => {
    const e = await refused(client.createOctKey(fresh("k"), { keySize: 256 }), 400, "BadParameter",
      /Invalid kty value: oct/);
    assert.equal(innerCode(e), "KeyTypeNotSupported");
  });

  test("sizes and curves that are none", async () => {
    const e = await refused(client.createRsaKey(fresh("k"), { keySize: 1024 }), 400, "BadParameter",
      /Unsupported key size \(1024\)/);
    assert.equal(innerCode(e), "KeySizeNotSupported");
    await refused(client.createEcKey(fresh("k"), { curve: "P-192" }), 400, "BadParameter",
      /Unsupported curve/);
  });
});

describe("import", () => {
  for (const [type, options] of [["rsa", { modulusLength: 2048 }], ["rsa", { modulusLength: 3072 }],
    ["ec", { namedCurve: "P-256" }], ["ec", { namedCurve: "P-384" }], ["ec", { namedCurve: "P-521" }]])
    test(`a key made by node: ${type} ${Object.values(options)[0]}`, async () => {
      const { jwk, privateKey } = jwkOf(type, options);
      const key = await client.importKey(fresh("k"), jwk, { tags: { t: "u" } });
      assert.equal(key.keyType, jwk.kty);
      assert.equal(key.key.d, undefined);
      assert.deepEqual({ ...key.properties.tags }, { t: "u" });
      const hash = { "P-384": "sha384", "P-521": "sha512" }[jwk.crv] ?? "sha256";
      const alg = { "P-256": "ES256", "P-384": "ES384", "P-521": "ES512" }[jwk.crv] ?? "RS256";
      const signature = createSign(hash).update("hello").sign({ key: privateKey, dsaEncoding: "ieee-p1363" });
      assert.equal((await crypto(key.id).verify(alg, digest(hash), signature)).result, true);
    });

  test("a hardware key, in a premium vault", async () => {
    const { jwk } = jwkOf("ec", { namedCurve: "P-256" });
    const key = await prime.importKey(fresh("k"), jwk, { hardwareProtected: true });
    assert.equal(key.keyType, "EC-HSM");
  });

  test("parts that do not belong together are refused", async () => {
    const { jwk } = jwkOf("ec", { namedCurve: "P-256" });
    const { jwk: other } = jwkOf("ec", { namedCurve: "P-256" });
    await refused(client.importKey(fresh("k"), { ...jwk, d: other.d }), 400, "BadParameter");
    await refused(client.importKey(fresh("k"), { ...jwk, d: undefined }), 400, "BadParameter");
  });
});

describe("properties", () => {
  test("are changed one by one", async () => {
    const name = fresh("k");
    const { properties } = await client.createRsaKey(name, { tags: { a: "1" } });
    const expiresOn = new Date("2037-12-31T00:00:00Z");
    const updated = await client.updateKeyProperties(name, properties.version, {
      keyOps: ["encrypt", "decrypt"], expiresOn,
    });
    assert.deepEqual(updated.keyOperations, ["encrypt", "decrypt"]);
    assert.deepEqual(updated.properties.expiresOn, expiresOn);
    assert.deepEqual({ ...updated.properties.tags }, { a: "1" });
    const again = await client.updateKeyProperties(name, { enabled: false, tags: { b: "2" } });
    assert.equal(again.properties.enabled, false);
    assert.deepEqual({ ...again.properties.tags }, { b: "2" });
    assert.deepEqual(again.keyOperations, ["encrypt", "decrypt"]);
    assert.equal((await client.getKey(name)).properties.enabled, false);
  });

  test("are listed, without the keys themselves, in order and in pages", async () => {
    const prefix = fresh("list");
    const names = Array.from({ length: 30 }, (_, i) => `${prefix}-${String(i).padStart(2, "0")}`);
    await Promise.all(names.map((n) => client.createEcKey(n)));
    const mine = (list) => list.filter((p) => p.name.startsWith(prefix)).map((p) => p.name);
    const list = await all(client.listPropertiesOfKeys());
    assert.deepEqual(mine(list), names);
    assert.ok(list.every((p) => p.version === undefined));
    const pages = await all(client.listPropertiesOfKeys().byPage({ maxPageSize: 7 }));
    assert.ok(pages.every((p) => p.length <= 7));
    assert.deepEqual(mine(pages.flat()), names);
  });

  test("of all versions are listed", async () => {
    const name = fresh("k");
    const versions = [];
    for (let i = 0; i < 5; i++) versions.push((await client.createEcKey(name)).properties.version);
    const list = await all(client.listPropertiesOfKeyVersions(name));
    assert.deepEqual(list.map((p) => p.version), versions.reverse());
    assert.deepEqual(await all(client.listPropertiesOfKeyVersions(fresh("none"))), []);
  });
});

describe("delete, recover, purge, backup", () => {
  test("a deleted key shows its public half and can come back", async () => {
    const name = fresh("k");
    const made = await week.createEcKey(name);
    const poller = await week.beginDeleteKey(name, soon);
    const deleted = await poller.pollUntilDone();
    assert.equal(deleted.properties.recoveryId, `${world.vaults.week}/deletedkeys/${name}`);
    await refused(week.getKey(name), 404, "KeyNotFound", /A key with \(name\/id\)/);
    const seen = await week.getDeletedKey(name);
    assert.deepEqual(seen.key.x, made.key.x);
    assert.equal(seen.properties.scheduledPurgeDate - seen.properties.deletedOn, 7 * 86_400_000);
    assert.ok((await all(week.listDeletedKeys())).some((k) => k.name === name));
    await refused(week.createEcKey(name), 409, "Conflict", /deleted but recoverable state/);
    const back = await (await week.beginRecoverDeletedKey(name, soon)).pollUntilDone();
    assert.equal(back.id, made.id);
    await crypto(back).sign("ES256", digest("sha256"));
  });

  test("a purged key is gone, and its backup brings it back", async () => {
    const name = fresh("k");
    const one = await client.createRsaKey(name);
    await client.createEcKey(name);
    const sealed = (await crypto(one.id).encrypt("RSA-OAEP", Buffer.from("before"))).result;
    const blob = await client.backupKey(name);
    await refused(client.restoreKeyBackup(blob), 409, "Conflict", /conflict restoring the key/);
    await gone(client, name);
    await client.purgeDeletedKey(name);
    await refused(client.getDeletedKey(name), 404, "KeyNotFound", /Deleted Key not found/);
    const back = await client.restoreKeyBackup(blob);
    assert.equal(back.keyType, "EC");
    assert.equal((await all(client.listPropertiesOfKeyVersions(name))).length, 2);
    assert.equal((await crypto(one.id).decrypt("RSA-OAEP", sealed)).result.toString(), "before");
    const bad = Uint8Array.from(blob);
    bad[bad.length >> 1] ^= 1;
    await refused(week.restoreKeyBackup(bad), 400, "BadParameter");
  });
});

describe("rotation", () => {
  test("makes a version like the one before", async () => {
    const name = fresh("k");
    const one = await client.createEcKey(name, { curve: "P-384", tags: { a: "1" } });
    const two = await client.rotateKey(name);
    assert.notEqual(two.properties.version, one.properties.version);
    assert.equal(two.key.crv, "P-384");
    assert.deepEqual({ ...two.properties.tags }, { a: "1" });
    assert.notDeepEqual(two.key.x, one.key.x);
  });

  test("follows its policy", async () => {
    const name = fresh("k");
    await client.createEcKey(name);
    const none = await client.getKeyRotationPolicy(name);
    assert.deepEqual(none.lifetimeActions, [
      { action: "Notify", timeAfterCreate: undefined, timeBeforeExpiry: "P30D" }]);
    const policy = await client.updateKeyRotationPolicy(name, {
      expiresIn: "P90D", lifetimeActions: [{ action: "Rotate", timeBeforeExpiry: "P30D" }],
    });
    assert.equal(policy.expiresIn, "P90D");
    assert.deepEqual(policy.lifetimeActions.map((a) => a.action), ["Rotate", "Notify"]);
    assert.ok(policy.createdOn && policy.updatedOn);
    const { properties } = await client.rotateKey(name);
    assert.equal(properties.expiresOn - properties.createdOn, 90 * 86_400_000);
    await refused(client.updateKeyRotationPolicy(name, { expiresIn: "P1D" }), 400, "BadParameter",
      /at least 28 days/);
  });
});

describe("cryptography, remote", () => {
  for (const [alg, hash] of [["RS256", "sha256"], ["RS384", "sha384"], ["RS512", "sha512"],
    ["PS256", "sha256"], ["PS384", "sha384"], ["PS512", "sha512"]])
    test(`${alg}: node verifies what the vault signs`, async () => {
      const key = await rsa();
      const { result, keyID } = await crypto(key).sign(alg, digest(hash));
      assert.equal(keyID, key.id);
      const padding = alg[0] === "P" ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
      assert.ok(nodeVerify(hash, Buffer.from("hello"), { key: nodeKey(key), padding }, result));
      assert.equal((await crypto(key).verify(alg, digest(hash), result)).result, true);
      assert.equal((await crypto(key).verify(alg, digest(hash, "other"), result)).result, false);
      // Locally, 4.10 verifies PS* as if it were RS*.
      if (alg[0] === "P") return;
      const { result: data } = await crypto(key).signData(alg, Buffer.from("hello"));
      assert.equal((await crypto(key).verifyData(alg, Buffer.from("hello"), data)).result, true);
    });

  for (const [alg, curve, hash] of [["ES256", "P-256", "sha256"], ["ES384", "P-384", "sha384"],
    ["ES512", "P-521", "sha512"], ["ES256K", "P-256K", "sha256"]])
    test(`${alg}: node verifies what the vault signs`, async () => {
      const key = await client.createEcKey(fresh("k"), { curve });
      const { result } = await crypto(key).sign(alg, digest(hash));
      assert.ok(nodeVerify(hash, Buffer.from("hello"),
        { key: nodeKey(key), dsaEncoding: "ieee-p1363" }, result));
      assert.equal((await crypto(key).verify(alg, digest(hash), result)).result, true);
      result[3] ^= 1;
      assert.equal((await crypto(key).verify(alg, digest(hash), result)).result, false);
    });

  for (const [alg, padding, oaepHash] of [["RSA1_5", constants.RSA_PKCS1_PADDING],
    ["RSA-OAEP", constants.RSA_PKCS1_OAEP_PADDING, "sha1"],
    ["RSA-OAEP-256", constants.RSA_PKCS1_OAEP_PADDING, "sha256"]])
    test(`${alg}: the vault opens what node and the client encrypt`, async () => {
      const key = await rsa();
      const text = randomBytes(32);
      const byNode = publicEncrypt({ key: nodeKey(key), padding, oaepHash }, text);
      assert.deepEqual(Buffer.from((await crypto(key).decrypt(alg, byNode)).result), text);
      const { result } = await crypto(key).encrypt(alg, text);
      assert.deepEqual(Buffer.from((await crypto(key).decrypt(alg, result)).result), text);
      const wrapped = await crypto(key).wrapKey(alg, text);
      assert.deepEqual(Buffer.from((await crypto(key).unwrapKey(alg, wrapped.result)).result), text);
      // By name alone, the client cannot work locally: everything goes to the vault.
      const remote = await raw("POST", `/keys/${key.name}//encrypt`, { alg, value: b64(text) });
      assert.equal(remote.status, 200);
      assert.equal(remote.json.kid, key.id);
      assert.deepEqual(Buffer.from((await crypto(key).decrypt(alg, Buffer.from(remote.json.value,
        "base64url"))).result), text);
    });

  test("AES of hardware keys: GCM, CBC, padded CBC, key wrap", async () => {
    const c = crypto(await prime.createOctKey(fresh("k"), {
      hsm: true, keySize: 256, keyOps: ["encrypt", "decrypt", "wrapKey", "unwrapKey", "sign", "verify"],
    }));
    const plaintext = randomBytes(48), iv = randomBytes(16), additionalAuthenticatedData = Buffer.from("aad");
    const gcm = await c.encrypt({ algorithm: "A256GCM", plaintext, additionalAuthenticatedData });
    assert.equal(gcm.iv.length, 12);
    assert.equal(gcm.authenticationTag.length, 16);
    const sealed = { algorithm: "A256GCM", ciphertext: gcm.result, iv: gcm.iv,
      authenticationTag: gcm.authenticationTag, additionalAuthenticatedData };
    assert.deepEqual(Buffer.from((await c.decrypt(sealed)).result), plaintext);
    for (const bit of ["ciphertext", "iv", "authenticationTag", "additionalAuthenticatedData"]) {
      const wrong = Uint8Array.from(sealed[bit]);
      wrong[0] ^= 1;
      await refused(c.decrypt({ ...sealed, [bit]: wrong }), 400, "BadParameter", /parameter is incorrect/);
    }
    for (const algorithm of ["A256CBC", "A256CBCPAD"]) {
      const { result } = await c.encrypt({ algorithm, plaintext, iv });
      assert.deepEqual(Buffer.from((await c.decrypt({ algorithm, ciphertext: result, iv })).result), plaintext);
    }
    const wrapped = await c.wrapKey("A256KW", plaintext);
    assert.equal(wrapped.result.length, 56);
    assert.deepEqual(Buffer.from((await c.unwrapKey("A256KW", wrapped.result)).result), plaintext);
    const { result: mac } = await c.sign("HS256", digest("sha256"));
    assert.equal((await c.verify("HS256", digest("sha256"), mac)).result, true);
    await refused(c.encrypt({ algorithm: "A128GCM", plaintext }), 400, "BadParameter", /incompatible/);
  });

  test("an old version opens what it sealed", async () => {
    const name = fresh("k");
    const one = await client.createRsaKey(name);
    const { result } = await crypto(one).encrypt("RSA-OAEP", Buffer.from("old"));
    const two = await client.rotateKey(name);
    assert.equal((await crypto(one.id).decrypt("RSA-OAEP", result)).result.toString(), "old");
    await refused(crypto(two.id).decrypt("RSA-OAEP", result), 400, "BadParameter",
      /The parameter is incorrect\./);
  });

  test("a client made by name uses the current version", async () => {
    const name = fresh("k");
    await client.createEcKey(name);
    const c = client.getCryptographyClient(name);
    assert.equal(c.keyID?.startsWith(`${vault}/keys/${name}`), true);
    const { result } = await c.sign("ES256", digest("sha256"));
    assert.equal(result.length, 64);
    const { keyID } = await c.sign("ES256", digest("sha256"));
    assert.equal(keyID, (await client.getKey(name)).id);
  });

  test("random bytes are as many as wanted", async () => {
    assert.equal((await client.getRandomBytes(1)).length, 1);
    const one = await client.getRandomBytes(128), two = await client.getRandomBytes(128);
    assert.notDeepEqual(one, two);
    await refused(client.getRandomBytes(129), 400, "BadParameter", /cannot be greater than 128/);
    await refused(client.getRandomBytes(0), 400, "BadParameter");
  });

  test("nobody attests a key that lies in software", async () => {
    const { name } = await client.createEcKey(fresh("k"));
    await refused(client.getKeyAttestation(name), 400, "BadParameter", /does not allow operation 'attestation'/);
  });
});

let shared;
/** One RSA key for those tests that only use it. */
async function rsa() {
  shared ??= client.createRsaKey(fresh("shared"));
  return shared;
}

describe("cryptography, local", () => {
  test("a JWK alone encrypts, wraps and verifies", async () => {
    const key = await rsa();
    const local = new CryptographyClient(key.key);
    const { result } = await local.encrypt("RSA-OAEP", Buffer.from("local"));
    assert.equal((await crypto(key).decrypt("RSA-OAEP", result)).result.toString(), "local");
    const wrapped = await local.wrapKey("RSA1_5", Buffer.from("local"));
    assert.equal((await crypto(key).unwrapKey("RSA1_5", wrapped.result)).result.toString(), "local");
    const { result: signature } = await crypto(key).signData("RS256", Buffer.from("data"));
    assert.equal((await local.verifyData("RS256", Buffer.from("data"), signature)).result, true);
    await assert.rejects(local.decrypt("RSA-OAEP", result));
  });
});

describe("refusals", () => {
  test("what is not there is not found", async () => {
    const name = fresh("absent");
    for (const ask of [
      () => client.getKey(name),
      () => client.getKey(name, { version: "0".repeat(32) }),
      () => client.updateKeyProperties(name, { enabled: true }),
      () => client.beginDeleteKey(name, soon),
      () => client.getDeletedKey(name),
      () => client.beginRecoverDeletedKey(name, soon),
      () => client.purgeDeletedKey(name),
      () => client.backupKey(name),
      () => client.rotateKey(name),
      () => client.getKeyRotationPolicy(name),
      () => client.updateKeyRotationPolicy(name, {}),
      () => crypto(`${vault}/keys/${name}`).sign("ES256", digest("sha256")),
    ])
      await refused(ask(), 404, "KeyNotFound");
  });

  test("lengths of digests, algorithms that do not fit", async () => {
    const name = fresh("k");
    const { id } = await client.createEcKey(name, { curve: "P-256K" });
    const sign = (alg, bytes) => raw("POST", `/keys/${name}/sign`, { alg, value: b64(bytes) });
    let a = await sign("ES256K", Buffer.alloc(1));
    assert.equal(a.status, 400);
    assert.equal(a.json.error.message,
      "Invalid length of 'value': 1 bytes. ES256K requires 32 bytes, encoded with base64url.");
    a = await sign("ES256", Buffer.alloc(32));
    assert.equal(a.json.error.message, `Key and signing algorithm are incompatible. Key ${id} uses curve `
      + "'P-256K', and algorithm 'ES256' can only be used with curve 'P-256'.");
    a = await sign("RS256", Buffer.alloc(32));
    assert.equal(a.json.error.message, `Key and signing algorithm are incompatible. Key ${id} is of type `
      + "'EC', and algorithm 'RS256' can only be used with a key of type 'RSA' or 'RSA-HSM'.");
  });

  test("states: disabled, not yet, no longer, not for this", async () => {
    const name = fresh("k");
    const key = await client.createRsaKey(name);
    const c = { sign: () => raw("POST", `/keys/${name}/sign`, { alg: "RS256", value: b64(Buffer.alloc(32)) }),
      decrypt: async () => raw("POST", `/keys/${name}/decrypt`, { alg: "RSA-OAEP", value: sealed }) };
    const sealed = b64((await crypto(key).encrypt("RSA-OAEP", Buffer.from("x"))).result);
    const is = async (what, status, inner) => {
      const a = await c[what]();
      assert.equal(a.status, status, JSON.stringify(a.json));
      assert.equal(a.json.error?.innererror?.code, inner);
    };
    await client.updateKeyProperties(name, { enabled: false });
    await is("sign", 403, "KeyDisabled");
    await is("decrypt", 403, "KeyDisabled");
    await client.updateKeyProperties(name, { enabled: true, notBefore: new Date("2036-01-01") });
    await is("sign", 403, "KeyNotYetValid");
    await is("decrypt", 200);
    await client.updateKeyProperties(name, { notBefore: new Date("2020-01-01"), expiresOn: new Date("2021-01-01") });
    await is("sign", 403, "KeyExpired");
    await is("decrypt", 200);
    await client.updateKeyProperties(name, { expiresOn: new Date("2036-01-01"), keyOps: ["verify"] });
    await is("sign", 403, "KeyOperationForbidden");
    await is("decrypt", 403, "KeyOperationForbidden");
  });

  test("who has no role sees and does nothing", async () => {
    const name = fresh("k");
    const key = await client.createEcKey(name);
    const nobody = new KeyClient(vault, credentialOf("nobody"));
    const e = await refused(nobody.getKey(name), 403, "Forbidden",
      /Microsoft\.KeyVault\/vaults\/keys\/read/);
    assert.equal(innerCode(e), "ForbiddenByRbac");
    await refused(nobody.createEcKey(fresh("k")), 403, "Forbidden");
    await refused(new CryptographyClient(key.id, credentialOf("nobody")).sign("ES256", digest("sha256")),
      403, "Forbidden");
  });
});
