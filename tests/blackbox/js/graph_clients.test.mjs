// SPDX-License-Identifier: Apache-2.0
// @microsoft/microsoft-graph-client against the directory: for an application and for a person.
import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { before, describe, test } from "node:test";
import { ClientSecretCredential, UsernamePasswordCredential } from "@azure/identity";
import { credentialOf, fresh, world } from "./kit.mjs";

const require = createRequire(import.meta.url);
const { Client, GraphError, PageIterator } = require("@microsoft/microsoft-graph-client");
const { TokenCredentialAuthenticationProvider } =
  require("@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials");
const AZ = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

/** A client of that credential's; `more` goes to the client. */
function clientOf(credential, more = {}) {
  const scopes = [`${world.graph}/.default`];
  return Client.initWithMiddleware({
    baseUrl: world.graph, customHosts: new Set([new URL(world.graph).hostname]),
    authProvider: new TokenCredentialAuthenticationProvider(credential, { scopes }), ...more });
}

const person = new UsernamePasswordCredential("adfs", AZ, world.person.upn, world.person.password,
  { authorityHost: world.login });
const owner = clientOf(credentialOf("owner"));
const guest = clientOf(credentialOf("guest"));
const me = clientOf(person);
const domain = "contoso.example";
const ref = (id) => ({ "@odata.id": `${world.graph}/v1.0/directoryObjects/${id}` });
const ids = (answer) => answer.value.map((o) => o.id).sort();

/** The GraphError that a promise ends in. */
async function refused(promise, status, code) {
  const e = await promise.then((v) => assert.fail(`was not refused: ${JSON.stringify(v)}`), (x) => x);
  assert.ok(e instanceof GraphError, `${e}`);
  assert.deepEqual([e.statusCode, e.code], [status, code], e.message);
  assert.ok(e.requestId && e.date instanceof Date);
  return e;
}

async function user(more = {}) {
  const name = fresh("u");
  return owner.api("/users").post({ accountEnabled: true, displayName: name, mailNickname: name,
    userPrincipalName: `${name}@${domain}`,
    passwordProfile: { password: `Wide-${randomUUID()}`, forceChangePasswordNextSignIn: false }, ...more });
}

async function group() {
  const name = fresh("g");
  return owner.api("/groups").post({ displayName: name, mailNickname: name, mailEnabled: false,
    securityEnabled: true });
}

describe("users", () => {
  test("are made, read by id and by name, changed and deleted", async () => {
    const made = await user({ jobTitle: "Keeper" });
    assert.equal((await owner.api(`/users/${made.id}`).get()).displayName, made.displayName);
    const chosen = await owner.api(`/users/${made.userPrincipalName}`).select("id,jobTitle").get();
    assert.deepEqual([chosen.id, chosen.jobTitle, chosen.displayName], [made.id, "Keeper", undefined]);
    assert.equal(await owner.api(`/users/${made.id}`).patch({ jobTitle: "Warden" }), undefined);
    await owner.api(`/users/${made.id}`).update({ givenName: "Ann" });
    const now = await owner.api(`/users/${made.id}`).select(["jobTitle", "givenName"]).get();
    assert.deepEqual([now.jobTitle, now.givenName], ["Warden", "Ann"]);
    await owner.api(`/users/${made.id}`).delete();
    await refused(owner.api(`/users/${made.id}`).get(), 404, "Request_ResourceNotFound");
    await refused(owner.api(`/users/${made.id}`).del(), 404, "Request_ResourceNotFound");
  });

  test("are filtered, looked for, and cut to a page", async () => {
    const made = [await user(), await user(), await user()];
    const [one] = made;
    const by = (filter) => owner.api("/users").filter(filter).get();
    assert.deepEqual(ids(await by(`userPrincipalName eq '${one.userPrincipalName}'`)), [one.id]);
    assert.deepEqual(ids(await by(`startswith(displayName,'${one.displayName}')`)), [one.id]);
    assert.deepEqual(ids(await by("displayName eq 'O''Brien'")), []);
    const found = await owner.api("/users").header("ConsistencyLevel", "eventual")
      .search(`"displayName:${one.displayName}"`).get();
    assert.ok(ids(found).includes(one.id));
    const page = await owner.api("/users").top(2).select("id").get();
    assert.equal(page.value.length, 2);
    const seen = [];
    const all = new PageIterator(owner, page, (u) => { seen.push(u.id); return true; });
    await all.iterate();
    assert.ok(all.isComplete());
    for (const u of made) assert.ok(seen.includes(u.id));
    assert.equal(new Set(seen).size, seen.length);
    await refused(by("displayName is 'x'"), 400, "Request_UnsupportedQuery");
  });

  test("are kept from those who may only read, or not even that", async () => {
    const made = await user();
    assert.equal((await guest.api(`/users/${made.id}`).get()).id, made.id);
    await refused(guest.api("/users").post({ displayName: "x" }), 403, "Authorization_RequestDenied");
    await refused(guest.api(`/users/${made.id}`).patch({ jobTitle: "x" }), 403, "Authorization_RequestDenied");
    await refused(guest.api(`/users/${made.id}`).delete(), 403, "Authorization_RequestDenied");
    const nobody = clientOf(credentialOf("nobody"));
    await refused(nobody.api("/users").get(), 403, "Authorization_RequestDenied");
    await refused(user({ userPrincipalName: made.userPrincipalName }), 400, "Request_BadRequest");
  });
});

describe("a person", () => {
  test("is me, and reads the directory", async () => {
    const self = await me.api("/me").get();
    assert.equal(self.userPrincipalName, world.person.upn);
    assert.equal((await me.api("/me").version("beta").get()).id, self.id);
    assert.equal((await me.api("/organization").get()).value[0].id, world.tenant);
    await refused(me.api("/groups").post({ displayName: "x" }), 403, "Authorization_RequestDenied");
    await refused(owner.api("/me").get(), 400, "BadRequest");
  });

  test("is told what groups he is in, by all the ways there are", async () => {
    const self = await me.api("/me").get();
    const [outer, inner] = [await group(), await group()];
    await owner.api(`/groups/${inner.id}/members/$ref`).post(ref(self.id));
    await owner.api(`/groups/${outer.id}/members/$ref`).post(ref(inner.id));
    const both = [outer.id, inner.id].sort();
    const mine = (list) => list.filter((id) => both.includes(id)).sort();
    assert.deepEqual(mine(ids(await me.api("/me/memberOf").get())), [inner.id]);
    assert.deepEqual(mine(ids(await me.api("/me/transitiveMemberOf").get())), both);
    const asked = await me.api("/me/getMemberGroups").post({ securityEnabledOnly: false });
    assert.deepEqual(mine(asked.value), both);
    const checked = await me.api(`/users/${self.id}/checkMemberGroups`).post({ groupIds: both });
    assert.deepEqual(mine(checked.value), both);
    await owner.api(`/groups/${inner.id}/members/${self.id}/$ref`).delete();
    assert.deepEqual(mine((await me.api("/me/getMemberGroups").post({ securityEnabledOnly: false })).value), []);
  });
});

describe("groups", () => {
  test("have members and owners", async () => {
    const [g, inner, u] = [await group(), await group(), await user()];
    for (const id of [inner.id, u.id, world.apps.nobody.objectId])
      await owner.api(`/groups/${g.id}/members/$ref`).post(ref(id));
    const members = await owner.api(`/groups/${g.id}/members`).get();
    assert.deepEqual(members.value.map((m) => m["@odata.type"]).sort(),
      ["#microsoft.graph.group", "#microsoft.graph.servicePrincipal", "#microsoft.graph.user"]);
    await refused(owner.api(`/groups/${g.id}/members/$ref`).post(ref(u.id)), 400, "Request_BadRequest");
    await refused(owner.api(`/groups/${inner.id}/members/$ref`).post(ref(inner.id)), 400, "Request_BadRequest");
    await owner.api(`/groups/${g.id}/owners/$ref`).post(ref(u.id));
    assert.deepEqual(ids(await owner.api(`/groups/${g.id}/owners`).get()), [u.id]);
    await owner.api(`/groups/${g.id}/owners/${u.id}/$ref`).delete();
    await owner.api(`/groups/${g.id}`).patch({ description: "those of the test" });
    assert.equal((await owner.api(`/groups/${g.id}`).get()).description, "those of the test");
    const found = await owner.api("/groups").filter(`displayName eq '${g.displayName}'`).get();
    assert.deepEqual(ids(found), [g.id]);
    await owner.api(`/groups/${g.id}`).delete();
    await refused(owner.api(`/groups/${g.id}/members`).get(), 404, "Request_ResourceNotFound");
  });
});

describe("applications", () => {
  test("sign in with a password from the moment it is there until it is taken away", async () => {
    const app = await owner.api("/applications").post({ displayName: fresh("a") });
    const sp = await owner.api("/servicePrincipals").post({ appId: app.appId });
    assert.ok(sp.servicePrincipalNames.includes(app.appId));
    const made = await owner.api(`/applications/${app.id}/addPassword`)
      .post({ passwordCredential: { displayName: "one" } });
    const own = () => new ClientSecretCredential("adfs", app.appId, made.secretText,
      { authorityHost: world.login });
    const { token } = await own().getToken(`${world.graph}/.default`);
    assert.equal(JSON.parse(Buffer.from(token.split(".")[1], "base64url")).oid, sp.id);
    await owner.api(`/applications/${app.id}/removePassword`).post({ keyId: made.keyId });
    await assert.rejects(own().getToken(`${world.graph}/.default`), /7000215/);
    await owner.api(`/servicePrincipals/${sp.id}`).delete();
    await owner.api(`/applications/${app.id}`).delete();
    await assert.rejects(own().getToken(`${world.graph}/.default`), /700016/);
  });

  test("are found by application id, keep certificates, redirects and federated credentials", async () => {
    const app = await owner.api("/applications").post({ displayName: fresh("a"),
      publicClient: { redirectUris: ["http://localhost"] } });
    const at = `/applications/${app.id}`;
    assert.equal((await owner.api(`/applications(appId='${app.appId}')`).get()).id, app.id);
    assert.deepEqual(ids(await owner.api("/applications").filter(`appId eq '${app.appId}'`).get()), [app.id]);
    const pem = readFileSync(world.certificates.stranger.cert, "utf8");
    const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
    await owner.api(at).patch({ keyCredentials: [{ type: "AsymmetricX509Cert", usage: "Verify",
      key: der.toString("base64"), displayName: "CN=stranger" }] });
    const [kept] = (await owner.api(at).get()).keyCredentials;
    assert.equal(kept.customKeyIdentifier.toLowerCase(), createHash("sha1").update(der).digest("hex"));
    const made = await owner.api(`${at}/federatedIdentityCredentials`).post({ name: "one",
      issuer: "https://issuer.example", subject: "s", audiences: ["api://AzureADTokenExchange"] });
    assert.deepEqual(ids(await owner.api(`${at}/federatedIdentityCredentials`).get()), [made.id]);
    await owner.api(`${at}/federatedIdentityCredentials/${made.id}`).delete();
    await owner.api(`${at}/owners/$ref`).post(ref(world.apps.guest.objectId));
    assert.deepEqual(ids(await owner.api(`${at}/owners`).get()), [world.apps.guest.objectId]);
    await refused(guest.api(at).patch({ displayName: "x" }), 403, "Authorization_RequestDenied");
  });

  test("have service principals that are found by their names", async () => {
    const { clientId, objectId } = world.apps.owner;
    const filter = `servicePrincipalNames/any(c:c eq '${clientId}')`;
    assert.deepEqual(ids(await owner.api("/servicePrincipals").filter(filter).get()), [objectId]);
    assert.equal((await owner.api(`/servicePrincipals(appId='${clientId}')`).get()).id, objectId);
  });
});

describe("any object", () => {
  test("is found by id, and many at a time", async () => {
    const [g, u] = [await group(), await user()];
    assert.equal((await owner.api(`/directoryObjects/${g.id}`).get())["@odata.type"], "#microsoft.graph.group");
    const found = await owner.api("/directoryObjects/getByIds")
      .post({ ids: [g.id, u.id, randomUUID()], types: ["user", "group"] });
    assert.deepEqual(ids(found), [g.id, u.id].sort());
    await refused(owner.api(`/directoryObjects/${randomUUID()}`).get(), 404, "Request_ResourceNotFound");
  });
});

describe("the client", () => {
  let self;
  before(async () => { self = await me.api("/me").get(); });

  test("takes tokens from a function, answers by callback, and gives the bare response", async () => {
    const plain = Client.init({ baseUrl: world.graph, customHosts: new Set([new URL(world.graph).hostname]),
      authProvider: (done) => person.getToken(`${world.graph}/.default`).then((t) => done(null, t.token), done) });
    const answered = await new Promise((ok, no) => {
      plain.api("/me").get((error, body) => (error ? no(error) : ok(body)));
    });
    assert.equal(answered.id, self.id);
    const raw = await plain.api("/me").responseType("raw").get();
    assert.equal(raw.status, 200);
    assert.match(raw.headers.get("content-type"), /^application\/json/);
    const found = await plain.api("/users").query({ $filter: `id eq '${self.id}'` }).get();
    assert.deepEqual(ids(found), [self.id]);
  });

  test("hears 401 without a good token", async () => {
    const bad = Client.init({ baseUrl: world.graph, customHosts: new Set([new URL(world.graph).hostname]),
      authProvider: (done) => done(null, "not.a.token") });
    await refused(bad.api("/me").get(), 401, "InvalidAuthenticationToken");
  });
});
