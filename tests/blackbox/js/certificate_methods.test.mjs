// SPDX-License-Identifier: Apache-2.0
// Every public method of CertificateClient, in the newest @azure/keyvault-certificates and in
// older ones: what the prototype has is compared with what the story below has called. A
// method that a new release brings fails here until the story knows it.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { SecretClient } from "@azure/keyvault-secrets";
import { all, authority, credentialOf, fresh, refused, soon, world } from "./kit.mjs";

const require = createRequire(import.meta.url);
const vault = world.vaults.alpha;
const names = { 4.1: "certs-4.1", 4.4: "certs-4.4", 4.7: "certs-4.7", newest: "@azure/keyvault-certificates" };
const policy = { issuerName: "Self", subject: "CN=localhost", keyType: "EC", keyCurveName: "P-256" };

/** The package's folder: above its entry, where package.json is. */
function folderOf(name) {
  let at = dirname(require.resolve(name));
  while (!readdirSync(at).includes("package.json")
    || JSON.parse(readFileSync(join(at, "package.json"), "utf8")).name === undefined) at = dirname(at);
  return at;
}

/** What the declarations of TypeScript offer; the prototype has its private parts too. */
function publicsOf(name) {
  const found = new Set(), at = folderOf(name), { CertificateClient } = require(name);
  for (const file of readdirSync(at, { recursive: true })) {
    if (!String(file).endsWith(".d.ts") || String(file).includes("node_modules")) continue;
    const text = readFileSync(join(at, String(file)), "utf8");
    const body = /export declare class CertificateClient \{([\s\S]*?)\n\}/.exec(text);
    for (const [, method] of body ? body[1].matchAll(/^ +(?!private|constructor)(\w+)\(/gm) : []) found.add(method);
  }
  return Object.getOwnPropertyNames(CertificateClient.prototype).filter((m) => found.has(m));
}

/** A client that notes by name what is called from outside. */
function watched(name) {
  const { CertificateClient } = require(name), called = new Set();
  const client = new CertificateClient(vault, credentialOf("admin"));
  const proxy = new Proxy(client, {
    get(_, method) {
      const value = client[method];
      if (typeof value !== "function") return value;
      called.add(method);
      return value.bind(client);
    },
  });
  return [proxy, called];
}

// 4.10.3 throws away the answer of its updates and trips over what is left.
const trips = (e) => assert.ok(e instanceof TypeError, e);

async function certificates(c) {
  const name = fresh("m");
  const one = await (await c.beginCreateCertificate(name, policy, soon)).pollUntilDone();
  assert.equal((await c.getCertificate(name)).properties.version, one.properties.version);
  assert.equal((await c.getCertificateVersion(name, one.properties.version)).name, name);
  assert.ok((await all(c.listPropertiesOfCertificates())).some((p) => p.name === name));
  assert.equal((await all(c.listPropertiesOfCertificateVersions(name))).length, 1);
  await c.updateCertificateProperties(name, one.properties.version, { tags: { a: "b" } }).catch(trips);
  assert.deepEqual({ ...(await c.getCertificate(name)).properties.tags }, { a: "b" });
  assert.equal((await c.getCertificatePolicy(name)).subject, "CN=localhost");
  await c.updateCertificatePolicy(name, { ...policy, validityInMonths: 5 }).catch(trips);
  assert.equal((await c.getCertificatePolicy(name)).validityInMonths, 5);
  const { value } = await new SecretClient(vault, credentialOf("admin")).getSecret(name);
  const copy = await c.importCertificate(fresh("m"), Buffer.from(value, "base64"));
  assert.deepEqual(Buffer.from(copy.cer), Buffer.from(one.cer));
}

async function operations(c) {
  const name = fresh("m"), unknown = { ...policy, issuerName: "Unknown" };
  await c.beginCreateCertificate(name, unknown, soon);
  const { certificateOperation } = (await c.getCertificateOperation(name, soon)).getOperationState();
  assert.equal(certificateOperation.status, "inProgress");
  await c.mergeCertificate(name, [authority(certificateOperation.csr)]);
  await c.deleteCertificateOperation(name);
  assert.ok((await c.getCertificate(name)).cer.length > 0);
  const next = await c.beginCreateCertificate(name, unknown, soon);
  // 4.1 has a method of its own for this beside the poller's.
  if (c.cancelCertificateOperation) await c.cancelCertificateOperation(name);
  else await next.cancelOperation();
}

async function deletions(c) {
  const name = fresh("m");
  const one = await (await c.beginCreateCertificate(name, policy, soon)).pollUntilDone();
  const blob = await c.backupCertificate(name);
  await (await c.beginDeleteCertificate(name, soon)).pollUntilDone();
  assert.equal((await c.getDeletedCertificate(name)).name, name);
  assert.ok((await all(c.listDeletedCertificates())).some((d) => d.name === name));
  await (await c.beginRecoverDeletedCertificate(name, soon)).pollUntilDone();
  await (await c.beginDeleteCertificate(name, soon)).pollUntilDone();
  await c.purgeDeletedCertificate(name);
  await refused(c.getDeletedCertificate(name), 404);
  assert.deepEqual(Buffer.from((await c.restoreCertificateBackup(blob)).cer), Buffer.from(one.cer));
}

async function contactsAndIssuers(c) {
  await c.setContacts([{ email: "a@b.test" }]);
  assert.equal((await c.getContacts())[0].email, "a@b.test");
  await c.deleteContacts();
  const name = fresh("issuer");
  assert.equal((await c.createIssuer(name, "Test")).provider, "Test");
  assert.equal((await c.getIssuer(name)).provider, "Test");
  assert.equal((await c.updateIssuer(name, { provider: "DigiCert" })).provider, "DigiCert");
  assert.ok((await all(c.listPropertiesOfIssuers())).length > 0);
  await c.deleteIssuer(name);
  await refused(c.getIssuer(name), 404, "CertificateIssuerNotFound");
}

describe("every public method is called", () => {
  for (const [release, name] of Object.entries(names))
    test(release, async () => {
      const [c, called] = watched(name);
      await certificates(c);
      await operations(c);
      await deletions(c);
      await contactsAndIssuers(c);
      const want = publicsOf(name);
      assert.ok(want.length >= 25, want.join(" "));
      assert.deepEqual(want.filter((m) => !called.has(m)), []);
    });
});
