// SPDX-License-Identifier: Apache-2.0
// Every public method of the newest @azure/keyvault-certificates, and the life of a
// certificate through older packages and every api-version. What comes out serves TLS.
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import tls from "node:tls";
import { CertificateClient, parseKeyVaultCertificateIdentifier } from "@azure/keyvault-certificates";
import { SecretClient } from "@azure/keyvault-secrets";
import { all, authority, credentialOf, fresh, refused, soon, world } from "./kit.mjs";

const require = createRequire(import.meta.url);
const vault = world.vaults.alpha;
const client = new CertificateClient(vault, credentialOf("admin"));
const secrets = new SecretClient(vault, credentialOf("admin"));
const SERVICE_VERSIONS = ["7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "2025-07-01"];
const packages = {
  4.1: require("certs-4.1"), 4.4: require("certs-4.4"), 4.7: require("certs-4.7"),
  newest: require("@azure/keyvault-certificates"),
};
const policy = { issuerName: "Self", subject: "CN=localhost", keyType: "EC", keyCurveName: "P-256",
  subjectAlternativeNames: { dnsNames: ["localhost"] } };

async function made(c = client, name = fresh("c"), p = policy, options = {}) {
  const poller = await c.beginCreateCertificate(name, p, { ...soon, ...options });
  return poller.pollUntilDone();
}

describe("the newest client", () => {
  test("create, get, list, update", async () => {
    const one = await made(client, fresh("c"), policy, { tags: { a: "b" } });
    assert.equal(one.properties.tags.a, "b");
    const c = new X509Certificate(one.cer);
    assert.equal(c.subject, "CN=localhost");
    assert.ok(c.verify(c.publicKey));
    assert.equal(parseKeyVaultCertificateIdentifier(one.properties.id).name, one.name);
    const version = await client.getCertificateVersion(one.name, one.properties.version);
    assert.deepEqual(Buffer.from(version.cer), Buffer.from(one.cer));
    assert.ok((await all(client.listPropertiesOfCertificates())).some((p) => p.name === one.name));
    assert.ok((await all(client.listPropertiesOfCertificates({ includePending: true }))).length > 0);
    assert.equal((await all(client.listPropertiesOfCertificateVersions(one.name))).length, 1);
    // 4.10.3 throws away the answer of both updates and trips over what is left.
    await client.updateCertificateProperties(one.name, one.properties.version, { enabled: false })
      .catch((e) => assert.ok(e instanceof TypeError, e));
    assert.equal((await client.getCertificate(one.name)).properties.enabled, false);
    await refused(client.getCertificate(fresh("none")), 404, "CertificateNotFound");
  });

  test("the policy", async () => {
    const { name } = await made();
    assert.equal((await client.getCertificatePolicy(name)).issuerName, "Self");
    await client.updateCertificatePolicy(name, { ...policy, validityInMonths: 7, lifetimeActions: [
      { action: "EmailContacts", daysBeforeExpiry: 9 }] }).catch((e) => assert.ok(e instanceof TypeError, e));
    const p = await client.getCertificatePolicy(name);
    assert.equal(p.validityInMonths, 7);
    assert.equal(p.lifetimeActions[0].daysBeforeExpiry, 9);
  });

  test("an operation: cancel, delete, merge", async () => {
    const name = fresh("c"), unknown = { ...policy, issuerName: "Unknown" };
    await client.beginCreateCertificate(name, unknown, soon);
    const operation = (await client.getCertificateOperation(name, soon)).getOperationState().certificateOperation;
    assert.equal(operation.status, "inProgress");
    const merged = await client.mergeCertificate(name, [authority(operation.csr)]);
    assert.equal(new X509Certificate(merged.cer).issuer, "CN=ca");
    const again = await client.getCertificateOperation(name, soon);
    assert.equal(again.getOperationState().certificateOperation.status, "completed");
    await client.deleteCertificateOperation(name);
    await refused(client.getCertificateOperation(name, soon).then((p) => p.pollUntilDone()), 404);
    const next = await client.beginCreateCertificate(name, unknown, soon);
    await next.cancelOperation();
    assert.ok(next.getOperationState().isCancelled);
  });

  test("import of PKCS#12 and PEM", async () => {
    const { name } = await made();
    const { value } = await secrets.getSecret(name);
    const one = await client.importCertificate(fresh("i"), Buffer.from(value, "base64"));
    assert.equal(one.policy.issuerName, "Unknown");
    const { name: textName } = await made(client, fresh("c"), { ...policy, contentType: "application/x-pem-file" });
    const text = (await secrets.getSecret(textName)).value;
    const two = await client.importCertificate(fresh("i"), Buffer.from(text), { policy: {
      issuerName: "Self", contentType: "application/x-pem-file" } });
    assert.equal(two.policy.contentType, "application/x-pem-file");
    await refused(client.importCertificate(fresh("i"), Buffer.from("nothing")), 400, "BadParameter");
  });

  test("delete, recover, purge, backup, restore", async () => {
    const one = await made();
    const blob = await client.backupCertificate(one.name);
    const gone = await (await client.beginDeleteCertificate(one.name, soon)).pollUntilDone();
    assert.ok(gone.recoveryId.endsWith(`/deletedcertificates/${one.name}`));
    assert.equal((await client.getDeletedCertificate(one.name)).name, one.name);
    assert.ok((await all(client.listDeletedCertificates())).some((d) => d.name === one.name));
    await (await client.beginRecoverDeletedCertificate(one.name, soon)).pollUntilDone();
    await (await client.beginDeleteCertificate(one.name, soon)).pollUntilDone();
    await client.purgeDeletedCertificate(one.name);
    const back = await client.restoreCertificateBackup(blob);
    assert.deepEqual(Buffer.from(back.cer), Buffer.from(one.cer));
  });

  test("contacts and issuers", async () => {
    const set = await client.setContacts([{ email: "a@b.test", name: "A", phone: "1" }]);
    assert.equal(set[0].email, "a@b.test");
    assert.equal((await client.getContacts())[0].name, "A");
    await client.deleteContacts();
    await refused(client.getContacts(), 404, "ContactsNotFound");
    const name = fresh("issuer");
    const made = await client.createIssuer(name, "Test", { accountId: "me", password: "hidden", enabled: true,
      organizationId: "o", administratorContacts: [{ firstName: "A", lastName: "B", email: "a@b.test", phone: "1" }] });
    assert.equal(made.provider, "Test");
    assert.equal((await client.getIssuer(name)).accountId, "me");
    assert.equal((await client.updateIssuer(name, { provider: "DigiCert" })).provider, "DigiCert");
    assert.ok((await all(client.listPropertiesOfIssuers())).some((i) => i.id.endsWith(`/${name}`)));
    // The client takes "issuers" for its name.
    assert.ok((await client.deleteIssuer(name)).id.endsWith(`/${name}`));
    await refused(client.getIssuer(name), 404, "CertificateIssuerNotFound");
  });

  for (const contentType of ["application/x-pkcs12", "application/x-pem-file"])
    test(`a TLS server with what the secret holds: ${contentType}`, async () => {
      const one = await made(client, fresh("tls"), { ...policy, contentType });
      const { value } = await secrets.getSecret(one.name);
      const pem = contentType.endsWith("pem-file");
      const options = pem ? { key: value, cert: value }
        : { pfx: Buffer.from(value, "base64"), passphrase: "" };
      const server = tls.createServer(options, (socket) => socket.end("hello"));
      await new Promise((done) => { server.listen(0, "127.0.0.1", done); });
      const ca = new X509Certificate(one.cer).toString();
      const got = await new Promise((done, fail) => {
        const socket = tls.connect({ host: "127.0.0.1", port: server.address().port, servername: "localhost", ca });
        socket.on("data", (d) => done(d.toString())).on("error", fail);
      });
      server.close();
      assert.equal(got, "hello");
    });
});

describe("older clients", () => {
  for (const [release, { CertificateClient: Client }] of Object.entries(packages))
    for (const serviceVersion of release === "newest" ? SERVICE_VERSIONS : [undefined, "7.0"])
      test(`${release}, api-version ${serviceVersion ?? "of its own"}`, async () => {
        const c = new Client(vault, credentialOf("admin"), { serviceVersion });
        const one = await made(c);
        assert.equal((await c.getCertificate(one.name)).name, one.name);
        assert.equal((await c.getCertificatePolicy(one.name)).subject, "CN=localhost");
        assert.ok((await all(c.listPropertiesOfCertificates())).some((p) => p.name === one.name));
        const blob = await c.backupCertificate(one.name);
        await (await c.beginDeleteCertificate(one.name, soon)).pollUntilDone();
        await c.purgeDeletedCertificate(one.name);
        const back = await c.restoreCertificateBackup(blob);
        assert.equal(Buffer.from(back.cer).toString("hex"), Buffer.from(one.cer).toString("hex"));
      });
});
