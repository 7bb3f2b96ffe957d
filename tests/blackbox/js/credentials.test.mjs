// SPDX-License-Identifier: Apache-2.0
// Every way in which a service proves who it is, by @azure/identity as published.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash, createPrivateKey, randomUUID, sign, X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import {
  AggregateAuthenticationError, AzureCliCredential, AzureDeveloperCliCredential, AzurePipelinesCredential,
  AzurePowerShellCredential, ChainedTokenCredential, ClientAssertionCredential, ClientCertificateCredential,
  ClientSecretCredential, CredentialUnavailableError, DefaultAzureCredential, EnvironmentCredential,
  getBearerTokenProvider, ManagedIdentityCredential, OnBehalfOfCredential, UsernamePasswordCredential,
  WorkloadIdentityCredential,
} from "@azure/identity";
import { SecretClient } from "@azure/keyvault-secrets";
import { fresh, world } from "./kit.mjs";

const { admin, nobody } = world.apps;
const vault = world.vaults.alpha;
const guid = { authorityHost: world.login, disableInstanceDiscovery: true };
const adfs = { authorityHost: world.login };
const scope = `${world.resource}/.default`;

/** Sets and reads a secret with that credential. */
async function works(credential, url = vault) {
  const client = new SecretClient(url, credential);
  const name = fresh("cred");
  await client.setSecret(name, "v");
  assert.equal((await client.getSecret(name)).value, "v");
}

function claimsOf({ token }) {
  return JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
}

/** Runs fn with these variables set (undefined: unset). */
async function withEnv(variables, fn) {
  const before = { ...process.env };
  for (const [k, v] of Object.entries(variables))
    if (v === undefined) delete process.env[k];
    else process.env[k] = v;
  try {
    return await fn();
  } finally {
    for (const k of Object.keys(variables))
      if (before[k] === undefined) delete process.env[k];
      else process.env[k] = before[k];
  }
}

describe("a client secret", () => {
  test("opens the vault with the tenant adfs", () =>
    works(new ClientSecretCredential("adfs", admin.clientId, admin.secret, adfs)));

  test("opens the vault with the tenant's own id", () =>
    works(new ClientSecretCredential(world.tenant, admin.clientId, admin.secret, guid)));

  test("that is wrong is refused with AADSTS7000215", () =>
    assert.rejects(
      new ClientSecretCredential("adfs", admin.clientId, `${admin.secret}x`, adfs).getToken(scope),
      (e) => e.name === "AuthenticationError" || /AADSTS7000215/.test(e.message)));

  test("of another application is refused", () =>
    assert.rejects(
      new ClientSecretCredential("adfs", admin.clientId, nobody.secret, adfs).getToken(scope),
      /7000215/));

  test("of an unknown application is refused with AADSTS700016", () =>
    assert.rejects(
      new ClientSecretCredential("adfs", world.tenant, admin.secret, adfs).getToken(scope),
      /700016/));

  test("in a tenant that is not there is refused", () =>
    assert.rejects(
      new ClientSecretCredential(admin.clientId, admin.clientId, admin.secret, guid).getToken(scope)));

  test("gives tokens for the public name of the service too", async () => {
    const credential = new ClientSecretCredential("adfs", admin.clientId, admin.secret, adfs);
    const token = await credential.getToken("https://vault.azure.net/.default");
    assert.equal(claimsOf(token).aud, "https://vault.azure.net");
    const r = await fetch(`${vault}/secrets?api-version=7.4`,
      { headers: { authorization: `Bearer ${token.token}` } });
    assert.equal(r.status, 200);
  });

  test("gives no token for a resource that nobody knows", () =>
    assert.rejects(
      new ClientSecretCredential("adfs", admin.clientId, admin.secret, adfs)
        .getToken("https://elsewhere.example/.default"), /500011/));
});

describe("a certificate", () => {
  const path = world.certificates.admin.pem;
  test("opens the vault with the tenant adfs", () =>
    works(new ClientCertificateCredential("adfs", admin.clientId, path, adfs)));

  test("opens the vault with the tenant's own id", () =>
    works(new ClientCertificateCredential(world.tenant, admin.clientId, path, guid)));

  test("may come as text, and may bring its chain", () =>
    works(new ClientCertificateCredential("adfs", admin.clientId,
      { certificate: readFileSync(path, "utf8") }, { ...adfs, sendCertificateChain: true })));

  test("that is not registered is refused with AADSTS700027", () =>
    assert.rejects(
      new ClientCertificateCredential("adfs", admin.clientId, world.certificates.stranger.pem, adfs)
        .getToken(scope), /700027/));

  test("is no good for another application", () =>
    assert.rejects(
      new ClientCertificateCredential("adfs", nobody.clientId, path, adfs).getToken(scope)));

  test("an assertion that is no JWT is refused", () =>
    assert.rejects(
      new ClientAssertionCredential("adfs", admin.clientId, async () => "not.a.jwt", adfs)
        .getToken(scope)));
});

describe("a managed identity", () => {
  test("opens the vault through the App Service endpoint", () =>
    works(new ManagedIdentityCredential()));

  test("is named in its token", async () => {
    const claims = claimsOf(await new ManagedIdentityCredential().getToken(scope));
    assert.match(claims.xms_mirid, /Microsoft\.ManagedIdentity\/userAssignedIdentities\/host$/i);
    assert.equal(claims.tid, world.tenant);
    assert.equal(claims.idtyp, "app");
  });

  test("may be asked for by its client id", async () => {
    const { appid } = claimsOf(await new ManagedIdentityCredential().getToken(scope));
    await works(new ManagedIdentityCredential({ clientId: appid }));
    await assert.rejects(
      new ManagedIdentityCredential({ clientId: admin.clientId }).getToken(scope));
  });

  // MSAL finds out where it runs once in a process: each of these is one of its own.
  test("needs the right header", () => {
    const done = apart({ IDENTITY_HEADER: "wrong" });
    assert.notEqual(done.status, 0, "a wrong header was taken");
    assert.match(done.stderr, /identity header is missing or wrong|401/);
  });

  test("opens the vault through the IMDS shape", () => {
    const done = apart({
      IDENTITY_ENDPOINT: undefined, IDENTITY_HEADER: undefined,
      AZURE_POD_IDENTITY_AUTHORITY_HOST: `http://127.0.0.1:${world.localPort}`,
    });
    assert.equal(done.status, 0, done.stderr);
    assert.equal(done.stdout, "v");
  });

  test("is what DefaultAzureCredential falls to without a secret", () => {
    const done = apart({ AZURE_CLIENT_ID: undefined, AZURE_CLIENT_SECRET: undefined },
      "DefaultAzureCredential");
    assert.equal(done.status, 0, done.stderr);
    assert.equal(done.stdout, "v");
  });
});

/** A program of its own that sets and reads a secret with that kind of credential. */
function apart(variables, kind = "ManagedIdentityCredential") {
  const env = { ...process.env, ...variables };
  for (const [k, v] of Object.entries(variables)) if (v === undefined) delete env[k];
  const name = fresh("apart");
  return spawnSync(process.execPath, ["--input-type=module", "-e", `
    import { ${kind} } from "@azure/identity";
    import { SecretClient } from "@azure/keyvault-secrets";
    const client = new SecretClient("${vault}", new ${kind}(), { retryOptions: { maxRetries: 0 } });
    await client.setSecret("${name}", "v");
    process.stdout.write((await client.getSecret("${name}")).value);
  `], { env, cwd: import.meta.dirname ?? new URL(".", import.meta.url).pathname,
    encoding: "utf8", timeout: 60_000 });
}

describe("the environment alone", () => {
  test("is enough for DefaultAzureCredential", () =>
    works(new DefaultAzureCredential(), process.env.AZURE_KEYVAULT_URL));

  test("is enough for EnvironmentCredential", () =>
    works(new EnvironmentCredential(), process.env.AZURE_KEYVAULT_URL));

  test("with a certificate in place of a secret is enough", () =>
    withEnv({
      AZURE_CLIENT_ID: admin.clientId, AZURE_CLIENT_SECRET: undefined,
      AZURE_CLIENT_CERTIFICATE_PATH: world.certificates.admin.pem,
    }, () => works(new DefaultAzureCredential())));

  test("a wrong secret is not passed over", () =>
    withEnv({ AZURE_CLIENT_SECRET: "wrong", AZURE_TOKEN_CREDENTIALS: "EnvironmentCredential" },
      () => assert.rejects(new DefaultAzureCredential().getToken(scope), /7000215/)));
});

/** A JWT that the owner of that certificate signs for itself, or with other claims. */
function signed(claims = {}, who = world.certificates.admin) {
  const der = new X509Certificate(readFileSync(who.cert)).raw;
  const b64 = (o) => Buffer.from(JSON.stringify(o)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  const text = `${b64({ alg: "RS256", typ: "JWT", x5t: createHash("sha1").update(der).digest("base64url") })}.${b64({
    aud: `${world.login}/adfs/oauth2/token`, iss: admin.clientId, sub: admin.clientId, jti: randomUUID(),
    nbf: now, exp: now + 300, ...claims })}`;
  return `${text}.${sign("sha256", text, createPrivateKey(readFileSync(who.key))).toString("base64url")}`;
}

describe("an assertion", () => {
  test("of the application's own opens the vault", () =>
    works(new ClientAssertionCredential("adfs", admin.clientId, async () => signed(), adfs)));

  test("from a file, as a workload finds it, opens the vault", async () => {
    const tokenFilePath = join(world.dir, "projected-token");
    writeFileSync(tokenFilePath, signed());
    await works(new WorkloadIdentityCredential({ ...guid, tenantId: world.tenant, clientId: admin.clientId,
      tokenFilePath }));
    await withEnv({ AZURE_FEDERATED_TOKEN_FILE: tokenFilePath, AZURE_CLIENT_ID: admin.clientId,
      AZURE_TENANT_ID: world.tenant, AZURE_AUTHORITY_HOST: world.login }, () =>
      works(new WorkloadIdentityCredential({ disableInstanceDiscovery: true })));
  });

  test("that another signed, or for another, is refused", async () => {
    const ask = (token, id = admin.clientId) =>
      new ClientAssertionCredential("adfs", id, async () => token, adfs).getToken(scope);
    await assert.rejects(ask(signed({}, world.certificates.stranger)), /700027/);
    await assert.rejects(ask(signed(), nobody.clientId));
    await assert.rejects(ask(signed({ aud: "https://else.example" })));
    await assert.rejects(ask(signed({ exp: 1 })));
  });
});

describe("a person", () => {
  const AZ = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
  const { upn, password } = world.person;
  const byPassword = (word = password) => new UsernamePasswordCredential("adfs", AZ, upn, word, adfs);
  const ownToken = async (app) => (await byPassword().getToken(`api://${app.clientId}/.default`)).token;

  test("opens the vault with name and password", () => works(byPassword()));

  test("with a wrong password is refused with AADSTS50126", () =>
    assert.rejects(byPassword("wrong").getToken(scope), /50126/));

  for (const [by, proof] of Object.entries({
    "a secret": () => ({ clientSecret: admin.secret }),
    "a certificate": () => ({ certificatePath: world.certificates.admin.pem }),
    "an assertion": () => ({ getAssertion: async () => signed() }),
  }))
    test(`is acted for by an application with ${by}`, async () => {
      const credential = new OnBehalfOfCredential({ ...adfs, tenantId: "adfs", clientId: admin.clientId,
        userAssertionToken: await ownToken(admin), ...proof() });
      const c = claimsOf(await credential.getToken(scope));
      assert.deepEqual([c.upn, c.appid], [upn, admin.clientId]);
      await works(credential);
    });

  test("is not acted for by one that got no token for itself", async () =>
    assert.rejects(new OnBehalfOfCredential({ ...adfs, tenantId: "adfs", clientId: admin.clientId,
      clientSecret: admin.secret, userAssertionToken: await ownToken(nobody) }).getToken(scope)));
});

describe("several ways in a row", () => {
  const cannot = { getToken: () => Promise.reject(new CredentialUnavailableError("not here")) };
  const secret = (word = admin.secret) => new ClientSecretCredential("adfs", admin.clientId, word, adfs);

  test("are tried until one is there", () => works(new ChainedTokenCredential(cannot, secret())));

  test("tell of one that is refused", () =>
    assert.rejects(new ChainedTokenCredential(cannot, secret("wrong")).getToken(scope), /7000215/));

  test("say each why it was none, when none is there", () =>
    assert.rejects(new ChainedTokenCredential(cannot, cannot).getToken(scope),
      (e) => e instanceof AggregateAuthenticationError && e.errors.length === 2));

  test("serve clients that want a function", async () => {
    const token = await getBearerTokenProvider(new ChainedTokenCredential(cannot, secret()), scope)();
    assert.equal(claimsOf({ token }).appid, admin.clientId);
  });
});

// What asks other programs or Azure DevOps, which are not here: they have to say so, so that a chain goes on.
describe("without az, azd, pwsh and a pipeline", () => {
  const kinds = { AzureCliCredential, AzureDeveloperCliCredential, AzurePowerShellCredential };
  for (const [name, Kind] of Object.entries(kinds))
    test(`${name} is passed over`, () => withEnv({ PATH: world.dir }, () =>
      works(new ChainedTokenCredential(new Kind(), new ClientSecretCredential("adfs", admin.clientId,
        admin.secret, adfs)))));

  test("AzurePipelinesCredential is not even made", () =>
    assert.throws(() => new AzurePipelinesCredential(world.tenant, admin.clientId, "connection", "token"),
      CredentialUnavailableError));
});
