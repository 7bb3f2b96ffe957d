// SPDX-License-Identifier: Apache-2.0
// acme-client from npm, unchanged, against the ACME server of an authority that its own key in a
// vault signs for: account, certificate, key change, revocation.
import assert from "node:assert/strict";
import { X509Certificate, createPrivateKey, randomUUID } from "node:crypto";
import { before, describe, test } from "node:test";
import acme from "acme-client";
import { KeyClient } from "@azure/keyvault-keys";
import { credentialOf, fresh, world } from "./kit.mjs";

const CRYPTO_OFFICER = "14b46e9e-c2b7-41b4-b07b-48a6ebf60603";
const group = `/subscriptions/${world.subscription}/resourceGroups/bench`;
const owner = credentialOf("owner");
const name = fresh("ca");
let credential;

async function arm(method, path, body, version = "2026-11-01") {
  const { token } = await owner.getToken(`${world.management}/.default`);
  const answer = await fetch(`${world.management}${path}?api-version=${version}`, {
    method, body: JSON.stringify(body),
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
  });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

function client(accountKey) {
  return new acme.Client({
    directoryUrl: credential.directory, accountKey,
    externalAccountBinding: { kid: credential.kid, hmacKey: credential.hmacKey },
  });
}

const nothing = { challengeCreateFn: () => assert.fail("asked for a proof"), challengeRemoveFn: () => {} };

before(async () => {
  const vault = `${group}/providers/Microsoft.KeyVault/vaults/alpha`;
  await arm("PUT", `${vault}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}`, { properties: {
    roleDefinitionId: `/providers/Microsoft.Authorization/roleDefinitions/${CRYPTO_OFFICER}`,
    principalId: world.apps.owner.objectId, principalType: "ServicePrincipal" } }, "2022-04-01");
  await new KeyClient(world.vaults.alpha, owner).createEcKey(name, { curve: "P-256" });
  const at = `${group}/providers/Keyhold.Pki/certificateAuthorities/${name}`;
  await arm("PUT", at, { location: "local", properties: { key: { vault: "alpha", name }, subject: "CN=Corp" } });
  credential = await arm("POST", `${at}/acmeCredentials`, {
    principalId: world.apps.owner.objectId, names: [".corp.test"] });
});

describe("acme-client", () => {
  test("enrols by itself, and no challenge is asked for", async () => {
    const c = client(await acme.crypto.createPrivateEcdsaKey());
    const [key, csr] = await acme.crypto.createCsr({ commonName: "a.corp.test", altNames: ["a.corp.test", "b.corp.test"] });
    const chain = await c.auto({ csr, email: "ops@corp.test", termsOfServiceAgreed: true, ...nothing });
    const [leaf, ca] = acme.crypto.splitPemChain(chain).map((pem) => new X509Certificate(pem));
    assert.ok(leaf.verify(ca.publicKey));
    assert.deepEqual(leaf.subjectAltName.split(", ").sort(), ["DNS:a.corp.test", "DNS:b.corp.test"]);
    assert.ok(leaf.checkPrivateKey(createPrivateKey(key)));
    await c.revokeCertificate(chain, { reason: 4 });
    await assert.rejects(c.revokeCertificate(chain), /revoked/);
  });

  test("an RSA account changes its key", async () => {
    const c = client(await acme.crypto.createPrivateKey());
    const account = await c.createAccount({ termsOfServiceAgreed: true, contact: ["mailto:a@corp.test"] });
    assert.equal(account.status, "valid");
    await c.updateAccountKey(await acme.crypto.createPrivateKey());
    assert.deepEqual((await c.updateAccount({ contact: ["mailto:b@corp.test"] })).contact, ["mailto:b@corp.test"]);
    const order = await c.createOrder({ identifiers: [{ type: "dns", value: "c.corp.test" }] });
    assert.equal(order.status, "ready");
    const [auth] = await c.getAuthorizations(order);
    assert.equal(auth.status, "valid");
    await assert.rejects(c.createOrder({ identifiers: [{ type: "dns", value: "evil.test" }] }), /credential/);
    assert.equal((await c.updateAccount({ status: "deactivated" })).status, "deactivated");
    await assert.rejects(c.createOrder({ identifiers: [{ type: "dns", value: "c.corp.test" }] }), /deactivated/);
  });
});
