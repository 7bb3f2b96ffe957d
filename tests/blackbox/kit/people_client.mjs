// SPDX-License-Identifier: Apache-2.0
// One sign-in by one client of @azure/identity or msal-node, for tests of people's
// logins: node people_client.mjs WHAT; says what is to be done as lines of JSON.
import { appendFileSync } from "node:fs";
import { DeviceCodeCredential, InteractiveBrowserCredential, OnBehalfOfCredential,
  UsernamePasswordCredential } from "@azure/identity";
import { PublicClientApplication } from "@azure/msal-node";

const e = process.env;
const az = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
const scope = "https://vault.azure.net/.default";
const options = { authorityHost: e.AZURE_AUTHORITY_HOST };
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const claims = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url"));

function msal() {
  return new PublicClientApplication({
    auth: { clientId: az, authority: `${e.AZURE_AUTHORITY_HOST}/${e.KEYHOLD_TENANT_ID}`,
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
