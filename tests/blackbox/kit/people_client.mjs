// SPDX-License-Identifier: Apache-2.0
// One sign-in by one client of @azure/identity or msal-node, for tests of people's
// logins: node people_client.mjs WHAT; says what is to be done as lines of JSON.
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { AuthorizationCodeCredential, AzureCliCredential, DeviceCodeCredential, InteractiveBrowserCredential,
  OnBehalfOfCredential, UsernamePasswordCredential } from "@azure/identity";
import { ConfidentialClientApplication, CryptoProvider, PublicClientApplication } from "@azure/msal-node";

const e = process.env;
const az = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
const scope = "https://vault.azure.net/.default";
const options = { authorityHost: e.AZURE_AUTHORITY_HOST };
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const line = async () => (await createInterface({ input: process.stdin })[Symbol.asyncIterator]().next()).value;
const claims = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url"));

function msal(Kind = PublicClientApplication, clientId = az, more = {}) {
  return new Kind({
    auth: { clientId, ...more, authority: `${e.AZURE_AUTHORITY_HOST}/${e.KEYHOLD_TENANT_ID}`,
      knownAuthorities: [new URL(e.AZURE_AUTHORITY_HOST).host] },
  });
}

const kinds = {
  async password() {
    const c = new UsernamePasswordCredential("adfs", az, e.WHO, e.WORD, options);
    return (await c.getToken(scope)).token;
  },
  async device() {
    const c = new DeviceCodeCredential({ ...options, tenantId: "adfs", clientId: az,
      userPromptCallback: (info) => say({ code: info.userCode, uri: info.verificationUri }) });
    return (await c.getToken(scope)).token;
  },
  async browser() {
    const c = new InteractiveBrowserCredential({ ...options, tenantId: "adfs", clientId: az,
      redirectUri: `http://localhost:${e.REDIRECT_PORT}` });
    return (await c.getToken(scope)).token;
  },
  async behalf() {
    const c = new OnBehalfOfCredential({ ...options, tenantId: "adfs", clientId: e.APP,
      clientSecret: e.APP_SECRET, userAssertionToken: e.ASSERTION });
    return (await c.getToken(scope)).token;
  },
  async silent() {
    const app = msal();
    const first = await app.acquireTokenByUsernamePassword({ scopes: [scope], username: e.WHO,
      password: e.WORD });
    const again = await app.acquireTokenSilent({ account: first.account, scopes: [scope] });
    if (!again.fromCache) throw new Error("the token was not found in the cache");
    const other = await app.acquireTokenSilent({ account: first.account,
      scopes: [`${e.KEYHOLD_MANAGEMENT_URL}/.default`] });
    const forced = await app.acquireTokenSilent({ account: first.account, scopes: [scope],
      forceRefresh: true });
    say({ account: first.account.username, tenant: first.account.tenantId,
      other: claims(other.accessToken).aud });
    return forced.accessToken;
  },
  async cli() {
    return (await new AzureCliCredential().getToken(scope)).token;
  },
  async msal_device() {
    const got = await msal().acquireTokenByDeviceCode({ scopes: [scope],
      deviceCodeCallback: (r) => say({ code: r.userCode, uri: r.verificationUri }) });
    return got.accessToken;
  },
  // A web application's server: the code comes by way of the person's browser.
  async code() {
    say({ url: await msal(ConfidentialClientApplication, e.APP, { clientSecret: e.APP_SECRET })
      .getAuthCodeUrl({ scopes: [scope], redirectUri: e.REDIRECT, state: "s" }) });
    const c = new AuthorizationCodeCredential("adfs", e.APP, e.APP_SECRET, await line(), e.REDIRECT, options);
    return (await c.getToken(scope)).token;
  },
  async msal_code() {
    const app = msal(ConfidentialClientApplication, e.APP, { clientSecret: e.APP_SECRET });
    const { verifier, challenge } = await new CryptoProvider().generatePkceCodes();
    const how = { scopes: [scope], redirectUri: e.REDIRECT };
    say({ url: await app.getAuthCodeUrl({ ...how, state: "s", nonce: "n", codeChallenge: challenge,
      codeChallengeMethod: "S256" }) });
    const code = await line();
    const got = await app.acquireTokenByCode({ ...how, code, codeVerifier: verifier, nonce: "n" });
    const again = await app.acquireTokenSilent({ account: got.account, scopes: [scope], forceRefresh: true });
    say({ account: got.account.username });
    return again.accessToken;
  },
  async interactive() {
    const got = await msal().acquireTokenInteractive({ scopes: [scope],
      openBrowser: async (url) => appendFileSync(e.URL_FILE, `${url}\n`) });
    say({ account: got.account.username });
    return got.accessToken;
  },
};

try {
  const token = await kinds[process.argv[2]]();
  say({ token, claims: claims(token) });
} catch (error) {
  say({ error: `${error.name}: ${error.message}` });
  process.exitCode = 1;
}
process.stdin.destroy();
