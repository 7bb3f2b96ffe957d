// SPDX-License-Identifier: Apache-2.0
// What the vault signs, encrypts and wraps, libraries without OpenSSL verify and open,
// and the other way round: @noble for curves and AES, jose (WebCrypto) for RSA and the
// shapes that programs use, JWS and JWE. py/test_key_differential.py does more sizes.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { aeskw, aeskwp, cbc, gcm } from "@noble/ciphers/aes.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import { p256, p384, p521 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import * as jose from "jose";
import { credentialOf, fresh, world } from "./kit.mjs";

const SOFT = world.vaults.liberal, HARD = world.vaults.prime;
const credential = credentialOf("admin");
const OPS = ["encrypt", "decrypt", "wrapKey", "unwrapKey", "sign", "verify"];
const b64 = (bytes) => Buffer.from(bytes).toString("base64url");
const bytes = (text) => new Uint8Array(Buffer.from(text, "base64url"));
const same = (a, b) => assert.equal(b64(a), b64(b));
const random = (n) => new Uint8Array(randomBytes(n));

async function ask(method, url, body) {
  const { token } = await credential.getToken(`${world.resource}/.default`);
  const r = await fetch(`${url}?api-version=7.6`, {
    method, headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const json = await r.json();
  assert.equal(r.status, 200, JSON.stringify(json));
  return json;
}

/** An operation of that key: bytes in, the answer's members as bytes (or true, false). */
async function use({ kid }, op, alg, value, more = {}) {
  const members = Object.entries({ value, ...more }).map(([k, x]) => [k, b64(x)]);
  const json = await ask("POST", `${kid}/${op}`, { alg, ...Object.fromEntries(members) });
  for (const m of ["value", "iv", "tag"]) if (typeof json[m] === "string") json[m] = bytes(json[m]);
  return op === "encrypt" ? json : json.value;
}

const bring = async (vault, jwk) =>
  (await ask("PUT", `${vault}/keys/${fresh("k")}`, { key: jwk, Hsm: vault === HARD })).key;
const make = async (vault, body) =>
  (await ask("POST", `${vault}/keys/${fresh("k")}/create`,
    { ...body, kty: body.kty + (vault === HARD ? "-HSM" : "") })).key;

for (const [where, vault] of [["software", SOFT], ["hardware", HARD]])
  describe(`keys in ${where}`, () => {
    for (const [crv, alg, curve, hash, half] of [["P-256", "ES256", p256, "sha256", 32],
      ["P-384", "ES384", p384, "sha384", 48], ["P-521", "ES512", p521, "sha512", 66],
      ["P-256K", "ES256K", secp256k1, "sha256", 32]])
      test(`${alg} and @noble/curves`, async () => {
        const prehashed = { prehash: false, lowS: false };
        const digest = new Uint8Array(createHash(hash).update(random(8)).digest());
        const d = curve.utils.randomSecretKey();
        const point = curve.getPublicKey(d, false);
        const own = { kty: "EC", crv, d: b64(d), x: b64(point.slice(1, 1 + half)), y: b64(point.slice(1 + half)) };
        for (const key of [await make(vault, { kty: "EC", crv }), await bring(vault, own)]) {
          const there = Uint8Array.of(4, ...bytes(key.x), ...bytes(key.y));
          const made = await use(key, "sign", alg, digest);
          assert.equal(made.length, 2 * half);
          assert.ok(curve.verify(made, digest, there, prehashed));
          digest[0] ^= 1;
          assert.ok(!curve.verify(made, digest, there, prehashed));
          assert.equal(await use(key, "verify", alg, made, { digest }), false);
          if (key.x === own.x)
            assert.equal(await use(key, "verify", alg, curve.sign(digest, d, prehashed), { digest }), true);
        }
      });

    for (const bits of [128, 192, 256])
      test(`AES of ${bits} bits and @noble/ciphers`, async () => {
        const k = random(bits / 8), iv = random(16), nonce = random(12), aad = random(20);
        const key = await bring(vault, { kty: "oct", k: b64(k), key_ops: OPS });
        const text = random(48), odd = random(37);

        const sealed = await use(key, "encrypt", `A${bits}GCM`, odd, { aad });
        same(gcm(k, sealed.iv, aad).decrypt(Uint8Array.of(...sealed.value, ...sealed.tag)), odd);
        const theirs = gcm(k, nonce, aad).encrypt(odd);
        same(await use(key, "decrypt", `A${bits}GCM`, theirs.slice(0, -16),
          { iv: nonce, tag: theirs.slice(-16), aad }), odd);

        for (const [alg, plain, options] of [[`A${bits}CBC`, text, { disablePadding: true }],
          [`A${bits}CBCPAD`, odd, {}], [`A${bits}CBCPAD`, text, {}]]) {
          const ct = cbc(k, iv, options).encrypt(plain);
          same((await use(key, "encrypt", alg, plain, { iv })).value, ct);
          same(await use(key, "decrypt", alg, ct, { iv }), plain);
        }
        for (const [alg, cipher, plain] of [[`A${bits}KW`, aeskw, text], ["CKM_AES_KEY_WRAP", aeskw, text],
          ["CKM_AES_KEY_WRAP_PAD", aeskwp, odd]]) {
          same(await use(key, "wrapkey", alg, plain), cipher(k).encrypt(plain));
          same(await use(key, "unwrapkey", alg, cipher(k).encrypt(plain)), plain);
        }
        const jwe = await new jose.CompactEncrypt(text)
          .setProtectedHeader({ alg: `A${bits}KW`, enc: "A256GCM" }).encrypt(k);
        same(await openJwe(key, `A${bits}KW`, jwe), text);
      });

    for (const bits of [2048, 3072, 4096])
      test(`RSA of ${bits} bits and jose`, async () => {
        const pair = await jose.generateKeyPair("RS256", { modulusLength: bits, extractable: true });
        const own = await jose.exportJWK(pair.privateKey);
        const made = bits === 4096 ? [] : [await make(vault, { kty: "RSA", key_size: bits })];
        for (const key of [...made, await bring(vault, own)]) {
          const mine = key.n === own.n;
          for (const alg of ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]) {
            await jose.compactVerify(await signJws(key, alg), await jose.importJWK(publicOf(key), alg));
            if (mine) assert.equal(await verifyJws(key, alg, await jose.importJWK(own, alg)), true);
          }
          for (const alg of ["RSA-OAEP", "RSA-OAEP-256"]) {
            const text = random(100);
            const jwe = await new jose.CompactEncrypt(text).setProtectedHeader({ alg, enc: "A256GCM" })
              .encrypt(await jose.importJWK(publicOf(key), alg));
            same(await openJwe(key, alg, jwe), text);
            if (mine) same((await jose.compactDecrypt(await sealJwe(key, alg, text),
              await jose.importJWK(own, alg))).plaintext, text);
          }
        }
      });

    for (const bits of [256, 384, 512])
      test(`HS${bits} and jose`, async () => {
        const k = random(32);
        const key = await bring(vault, { kty: "oct", k: b64(k), key_ops: OPS });
        // jose wants a key as long as the hash; a longer key of zeros at its end is the same HMAC key.
        const padded = new Uint8Array(64);
        padded.set(k);
        await jose.compactVerify(await signJws(key, `HS${bits}`), padded);
        assert.equal(await verifyJws(key, `HS${bits}`, padded), true);
      });
  });

test("EdDSA, where the vault allows it, and @noble/curves", async () => {
  const d = ed25519.utils.randomSecretKey(), text = random(100);
  const own = { kty: "OKP", crv: "Ed25519", d: b64(d), x: b64(ed25519.getPublicKey(d)) };
  for (const key of [await make(SOFT, { kty: "OKP", crv: "Ed25519" }), await bring(SOFT, own)]) {
    const made = await use(key, "sign", "EdDSA", text);
    assert.ok(ed25519.verify(made, text, bytes(key.x)));
    if (key.x === own.x) same(made, ed25519.sign(text, d));
    await jose.compactVerify(await signJws(key, "EdDSA"), await jose.importJWK(publicOf(key), "EdDSA"));
  }
});

// ------------------------------------------------------------- JWS and JWE with keys of the vault

function publicOf(key) {
  return Object.fromEntries([["kty", key.kty.replace("-HSM", "")],
    ...["n", "e", "crv", "x", "y"].filter((m) => key[m]).map((m) => [m, key[m]])]);
}

const encode = (value) => b64(typeof value === "string" ? value : JSON.stringify(value));

/** The bytes that the vault signs of a JWS: the hash, or all where it makes the MAC itself. */
const signed = (alg, text) => /^(HS|Ed)/.test(alg) ? new Uint8Array(Buffer.from(text))
  : new Uint8Array(createHash(`sha${alg.slice(2)}`).update(text).digest());

async function signJws(key, alg) {
  const text = `${encode({ alg })}.${encode("payload")}`;
  return `${text}.${b64(await use(key, "sign", alg, signed(alg, text)))}`;
}

async function verifyJws(key, alg, own) {
  const jws = await new jose.CompactSign(random(20)).setProtectedHeader({ alg }).sign(own);
  const [head, payload, signature] = jws.split(".");
  return use(key, "verify", alg, bytes(signature), { digest: signed(alg, `${head}.${payload}`) });
}

/** The vault unwraps the content key, jose opens the content with it. */
async function openJwe(key, alg, jwe) {
  const parts = jwe.split(".");
  const contentKey = await use(key, "unwrapkey", alg, bytes(parts[1]));
  const content = gcm(contentKey, bytes(parts[2]), new Uint8Array(Buffer.from(parts[0])));
  return content.decrypt(Uint8Array.of(...bytes(parts[3]), ...bytes(parts[4])));
}

async function sealJwe(key, alg, text) {
  const contentKey = random(32), iv = random(12), head = encode({ alg, enc: "A256GCM" });
  const sealed = gcm(contentKey, iv, new Uint8Array(Buffer.from(head))).encrypt(text);
  const wrapped = await use(key, "wrapkey", alg, contentKey);
  return [head, b64(wrapped), b64(iv), b64(sealed.slice(0, -16)), b64(sealed.slice(-16))].join(".");
}
