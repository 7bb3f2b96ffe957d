// SPDX-License-Identifier: Apache-2.0
// @azure/msal-node itself: services, people without a browser, and what its caches do with the answers.
import assert from "node:assert/strict";
import { createHash, createPrivateKey, randomUUID, sign, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { ConfidentialClientApplication, InteractionRequiredAuthError, ManagedIdentityApplication,
  PublicClientApplication } from "@azure/msal-node";
import { world } from "./kit.mjs";

const AZ = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
const { admin, nobody } = world.apps;
const VAULT = ["https://vault.azure.net/.default"];
const GRAPH = [`${world.graph}/.default`];
const { upn, password } = world.person;
const claims = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
const authorities = { "the tenant's id": world.tenant, adfs: "adfs" };

function authOf(clientId, more = {}, tenant = world.tenant) {
  return { auth: { clientId, authority: `${world.login}/${tenant}`,
    knownAuthorities: [new URL(world.login).host], ...more } };
}
const service = (app, more = { clientSecret: app.secret }, tenant) =>
  new ConfidentialClientApplication(authOf(app.clientId, more, tenant));
const person = (tenant) => new PublicClientApplication(authOf(AZ, {}, tenant));

async function opens(token, status = 200) {
  const r = await fetch(`${world.vaults.alpha}/secrets?api-version=7.4`,
    { headers: { authorization: `Bearer ${token}` } });
  assert.equal(r.status, status);
}

function certificate() {
  const raw = new X509Certificate(readFileSync(world.certificates.admin.cert)).raw;
  return { thumbprintSha256: createHash("sha256").update(raw).digest("hex"),
    privateKey: readFileSync(world.certificates.admin.key, "utf8") };
}

/** What an application signs by itself. */
function assertion(clientId = admin.clientId) {
  const { thumbprintSha256, privateKey } = certificate();
  const now = Math.floor(Date.now() / 1000);
  const b64 = (o) => Buffer.from(JSON.stringify(o)).toString("base64url");
  const head = { alg: "RS256", typ: "JWT", "x5t#S256": Buffer.from(thumbprintSha256, "hex").toString("base64url") };
  const text = `${b64(head)}.${b64({ aud: `${world.login}/${world.tenant}/oauth2/v2.0/token`,
    iss: clientId, sub: clientId, jti: randomUUID(), nbf: now, exp: now + 300 })}`;
  return `${text}.${sign("sha256", text, createPrivateKey(privateKey)).toString("base64url")}`;
}

describe("a service", () => {
  for (const [which, tenant] of Object.entries(authorities))
    test(`gets a token by its secret, once, and again when it insists (${which})`, async () => {
      const app = service(admin, undefined, tenant);
      const ask = (more) => app.acquireTokenByClientCredential({ scopes: VAULT, ...more });
      const first = await ask();
      assert.equal(first.fromCache, false);
      assert.ok(first.expiresOn > new Date());
      assert.equal(first.tokenType, "Bearer");
      await opens(first.accessToken);
      const second = await ask();
      assert.deepEqual([second.fromCache, second.accessToken], [true, first.accessToken]);
      const third = await ask({ skipCache: true });
      assert.equal(third.fromCache, false);
      const graph = await app.acquireTokenByClientCredential({ scopes: GRAPH });
      assert.equal(claims(graph.accessToken).aud, world.graph);
    });

  test("gets a token by its certificate, with and without its chain", async () => {
    for (const more of [{}, { x5c: readFileSync(world.certificates.admin.cert, "utf8") }]) {
      const app = service(admin, { clientCertificate: { ...certificate(), ...more } });
      await opens((await app.acquireTokenByClientCredential({ scopes: VAULT })).accessToken);
    }
  });

  test("gets a token by what it signed itself", async () => {
    for (const clientAssertion of [assertion(), async () => assertion()]) {
      const app = service(admin, { clientAssertion });
      await opens((await app.acquireTokenByClientCredential({ scopes: VAULT })).accessToken);
    }
  });

  test("goes on with a cache that another process wrote", async () => {
    const app = service(admin);
    const first = await app.acquireTokenByClientCredential({ scopes: VAULT });
    const other = service(admin);
    other.getTokenCache().deserialize(app.getTokenCache().serialize());
    const again = await other.acquireTokenByClientCredential({ scopes: VAULT });
    assert.deepEqual([again.fromCache, again.accessToken], [true, first.accessToken]);
  });

  test("gets none by what is wrong", async () => {
    const ask = (app) => app.acquireTokenByClientCredential({ scopes: VAULT });
    await assert.rejects(ask(service(admin, { clientSecret: "wrong" })), /7000215/);
    await assert.rejects(ask(service(nobody, { clientAssertion: assertion() })), /AADSTS7000\d+/);
    await assert.rejects(ask(service({ clientId: randomUUID(), secret: "x" })), /700016/);
    await assert.rejects(ask(service(admin, undefined, randomUUID())));
  });
});

describe("a managed identity", () => {
  test("gets a token of the place it runs at", async () => {
    const app = new ManagedIdentityApplication();
    const got = await app.acquireToken({ resource: "https://vault.azure.net" });
    await opens(got.accessToken);
    assert.equal((await app.acquireToken({ resource: "https://vault.azure.net" })).fromCache, true);
  });
});

describe("a person", () => {
  for (const [which, tenant] of Object.entries(authorities))
    test(`signs in by password and stays signed in (${which})`, async () => {
      const app = person(tenant);
      const first = await app.acquireTokenByUsernamePassword({ scopes: VAULT, username: upn, password });
      await opens(first.accessToken);
      assert.equal(first.account.username, upn);
      assert.equal(first.tenantId, world.tenant);
      assert.equal(first.idTokenClaims.preferred_username ?? first.idTokenClaims.upn, upn);
      const [account] = await app.getTokenCache().getAllAccounts();
      const silent = (more) => app.acquireTokenSilent({ account, scopes: VAULT, ...more });
      assert.equal((await silent()).fromCache, true);
      const forced = await silent({ forceRefresh: true });
      assert.equal(forced.fromCache, false);
      await opens(forced.accessToken);
      const graph = await app.acquireTokenSilent({ account, scopes: GRAPH });
      assert.equal(claims(graph.accessToken).aud, world.graph);
      if (tenant === "adfs") return; // it forgets no account of these
      await app.getTokenCache().removeAccount(account);
      assert.deepEqual(await app.getTokenCache().getAllAccounts(), []);
    });

  test("is known to the next program by a refresh token", async () => {
    const app = person();
    await app.acquireTokenByUsernamePassword({ scopes: VAULT, username: upn, password });
    const { RefreshToken } = JSON.parse(app.getTokenCache().serialize());
    const [{ secret: refreshToken }] = Object.values(RefreshToken);
    const got = await person().acquireTokenByRefreshToken({ scopes: VAULT, refreshToken });
    assert.equal(claims(got.accessToken).upn, upn);
    await assert.rejects(person().acquireTokenByRefreshToken({ scopes: VAULT, refreshToken: "A".repeat(43) }),
      (e) => e instanceof InteractionRequiredAuthError && e.subError === "bad_token");
  });

  test("is refused with a wrong password", () =>
    assert.rejects(person().acquireTokenByUsernamePassword({ scopes: VAULT, username: `x${upn}`, password: "x" }),
      /50126/));

  test("is acted for, by an application that was given a token for itself", async () => {
    const user = await person().acquireTokenByUsernamePassword({ username: upn, password,
      scopes: [`api://${nobody.clientId}/.default`] });
    const app = service(nobody);
    const ask = (token, more) => app.acquireTokenOnBehalfOf({ scopes: VAULT, oboAssertion: token, ...more });
    const got = await ask(user.accessToken);
    assert.deepEqual([claims(got.accessToken).upn, claims(got.accessToken).appid], [upn, nobody.clientId]);
    await opens(got.accessToken);
    assert.equal((await ask(user.accessToken)).fromCache, true);
    const elsewhere = await person().acquireTokenByUsernamePassword({ scopes: VAULT, username: upn, password });
    await assert.rejects(ask(elsewhere.accessToken), /AADSTS\d+/);
  });

  test("is sent to the page of ours, with a challenge", async () => {
    const url = new URL(await person().getAuthCodeUrl({ scopes: VAULT, redirectUri: "http://localhost:9",
      codeChallenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", codeChallengeMethod: "S256",
      prompt: "login", loginHint: upn, state: "s" }));
    assert.equal(url.origin, world.login);
    assert.equal(url.searchParams.get("code_challenge_method"), "S256");
    const r = await fetch(url);
    assert.equal(r.status, 200);
    assert.match(await r.text(), /<h1>Sign in<\/h1>/);
  });
});
