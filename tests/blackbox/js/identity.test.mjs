// SPDX-License-Identifier: Apache-2.0
// The token service as documents and forms, without a client in between; tokens
// are checked with the published keys by Node's own crypto.
import assert from "node:assert/strict";
import { createHash, createPrivateKey, createPublicKey, createSign, constants, randomUUID, sign,
  verify, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { world } from "./kit.mjs";

const { admin, nobody } = world.apps;
const base = world.login;
const scope = `${world.resource}/.default`;
const AUTHORITIES = [world.tenant, "common", "organizations", "adfs"];

async function get(path, init) {
  const r = await fetch(base + path, init);
  return { status: r.status, headers: r.headers, body: await r.json() };
}

/** POSTs a form; fields may be the text itself. */
async function post(path, fields, headers = {}) {
  const body = typeof fields === "string" ? fields : new URLSearchParams(fields).toString();
  const r = await fetch(base + path, {
    method: "POST", body,
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
  });
  return { status: r.status, headers: r.headers, body: await r.json() };
}

const fields = (more = {}) => ({
  grant_type: "client_credentials", client_id: admin.clientId, client_secret: admin.secret,
  scope, ...more,
});
const part = (token, i) => JSON.parse(Buffer.from(token.split(".")[i], "base64url"));
const b64 = (v) => Buffer.from(typeof v === "string" ? v : JSON.stringify(v)).toString("base64url");

async function keys(path = "/adfs/discovery/keys") {
  return (await get(path)).body.keys;
}

async function isSigned(token) {
  const [head, body, signature] = token.split(".");
  const jwk = (await keys()).find((k) => k.kid === part(token, 0).kid);
  assert.ok(jwk, "the key of the token is published");
  return verify("sha256", Buffer.from(`${head}.${body}`),
    createPublicKey({ key: jwk, format: "jwk" }), Buffer.from(signature, "base64url"));
}

function isError({ status, headers, body }, wantStatus, error, code) {
  assert.equal(status, wantStatus, JSON.stringify(body));
  assert.equal(body.error, error);
  assert.deepEqual(body.error_codes, [code]);
  assert.ok(body.error_description.startsWith(`AADSTS${code}: `), body.error_description);
  assert.match(body.error_description, /\r\nTrace ID: [0-9a-f-]{36}\r\nCorrelation ID: [0-9a-f-]{36}\r\nTimestamp: /);
  for (const name of ["timestamp", "trace_id", "correlation_id"]) assert.ok(body[name], name);
  assert.match(headers.get("content-type"), /^application\/json/);
  assert.doesNotMatch(JSON.stringify(body), new RegExp(admin.secret));
}

describe("discovery", () => {
  for (const t of AUTHORITIES)
    for (const path of [`/${t}/v2.0/.well-known/openid-configuration`, `/${t}/.well-known/openid-configuration`])
      test(`${path.replace(world.tenant, "{tenant}")} has what clients need, on this origin`, async () => {
        const { status, body } = await get(path);
        assert.equal(status, 200);
        for (const name of ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"])
          assert.equal(new URL(body[name]).origin, base, name);
        assert.ok(body.id_token_signing_alg_values_supported.includes("RS256"));
        assert.ok(body.response_types_supported.length > 0);
        if (t === "adfs") assert.match(body.token_endpoint, /\/adfs\/oauth2\/(v2\.0\/)?token$/);
        const ring = await fetch(body.jwks_uri);
        assert.equal(ring.status, 200);
        const token = await fetch(body.token_endpoint, {
          method: "POST", body: new URLSearchParams(fields({ resource: world.resource })),
        });
        assert.equal(token.status, 200, `${body.token_endpoint}: ${await token.text()}`);
      });

  test("an unknown tenant is AADSTS90002", async () => {
    for (const path of ["/v2.0/.well-known/openid-configuration", "/.well-known/openid-configuration"]) {
      const { status, body } = await get(`/${randomUUID()}${path}`);
      assert.equal(status, 400);
      assert.deepEqual(body.error_codes, [90002]);
    }
  });

  test("instance discovery answers for this host and refuses others", async () => {
    const ask = (url) => get(`/common/discovery/instance?api-version=1.1&authorization_endpoint=${encodeURIComponent(url)}`);
    const ours = await ask(`${base}/${world.tenant}/oauth2/v2.0/authorize`);
    assert.equal(ours.status, 200);
    assert.ok(ours.body.tenant_discovery_endpoint.startsWith(base));
    assert.ok(ours.body.metadata[0].aliases.includes(new URL(base).host));
    assert.equal((await get(ours.body.tenant_discovery_endpoint.slice(base.length))).status, 200);
    const portless = await ask(`https://login.keyhold.localhost/${world.tenant}/oauth2/v2.0/authorize`);
    assert.equal(portless.status, 200);
    const other = await ask(`https://evil.example/${world.tenant}/oauth2/v2.0/authorize`);
    assert.equal(other.status, 400);
    assert.equal(other.body.error, "invalid_instance");
  });

  test("the realm of a user is managed", async () => {
    const { status, body } = await get("/common/userrealm/alice@keyhold.localhost?api-version=1.0");
    assert.equal(status, 200);
    assert.equal(body.account_type, "Managed");
  });

  // The one that signs, and the next.
  test("signing keys are published, with their public halves alone", async () => {
    for (const path of [`/${world.tenant}/discovery/v2.0/keys`, `/${world.tenant}/discovery/keys`,
      "/common/discovery/v2.0/keys", "/adfs/discovery/keys"]) {
      const list = await keys(path);
      assert.equal(list.length, 2);
      for (const k of list) {
        assert.equal(k.kty, "RSA");
        assert.equal(k.use, "sig");
        assert.ok(Buffer.from(k.n, "base64url").length >= 256);
        for (const hidden of ["d", "p", "q", "dp", "dq", "qi"]) assert.equal(k[hidden], undefined);
      }
      assert.equal(new Set(list.map((k) => k.kid)).size, list.length);
    }
  });

  test("a path that is nobody's is 404, another verb is refused", async () => {
    assert.equal((await fetch(`${base}/${world.tenant}/nothing`)).status, 404);
    assert.ok([400, 404, 405].includes((await fetch(`${base}/adfs/oauth2/token`)).status));
  });
});

describe("a token", () => {
  test("of v2 has numbers, is signed by a published key and says who it is for", async () => {
    const before = Math.floor(Date.now() / 1000);
    const { status, headers, body } = await post("/adfs/oauth2/v2.0/token", fields());
    assert.equal(status, 200);
    assert.match(headers.get("cache-control"), /no-store/);
    assert.deepEqual(Object.keys(body).sort(), ["access_token", "expires_in", "ext_expires_in", "token_type"]);
    assert.equal(body.token_type, "Bearer");
    assert.equal(typeof body.expires_in, "number");
    const head = part(body.access_token, 0);
    assert.equal(head.alg, "RS256");
    assert.equal(head.typ, "JWT");
    assert.ok(await isSigned(body.access_token));
    const c = part(body.access_token, 1);
    assert.equal(c.aud, world.resource);
    assert.equal(c.iss, `${base}/${world.tenant}/`);
    assert.equal(c.tid, world.tenant);
    assert.equal(c.oid, admin.objectId);
    assert.equal(c.sub, admin.objectId);
    assert.equal(c.appid, admin.clientId);
    assert.equal(c.appidacr, "1");
    assert.equal(c.idtyp, "app");
    assert.ok(c.nbf <= before + 60 && c.iat >= before - 60);
    assert.ok(Math.abs(c.exp - c.iat - body.expires_in) <= 5);
  });

  test("of v1 has strings, and the resource as it was given", async () => {
    for (const resource of [world.resource, `${world.resource}/`, "https://vault.azure.net"]) {
      const { scope: _, ...rest } = fields({ resource });
      const { status, body } = await post(`/${world.tenant}/oauth2/token`, rest);
      assert.equal(status, 200, JSON.stringify(body));
      for (const name of ["expires_in", "ext_expires_in", "expires_on", "not_before"])
        assert.match(body[name], /^\d+$/, name);
      assert.equal(body.resource, resource);
      assert.equal(part(body.access_token, 1).aud, resource);
      assert.ok(await isSigned(body.access_token));
    }
  });

  test("keeps the slash of a doubled scope in its audience", async () => {
    const { body } = await post("/adfs/oauth2/token", fields({ scope: `${world.resource}//.default` }));
    assert.equal(part(body.access_token, 1).aud, `${world.resource}/`);
  });

  for (const path of [...AUTHORITIES.map((t) => `/${t}/oauth2/v2.0/token`),
    ...AUTHORITIES.map((t) => `/${t}/oauth2/token`), `/${world.tenant.toUpperCase()}/oauth2/v2.0/token`])
    test(`comes from ${path.replace(world.tenant, "{tenant}").replace(world.tenant.toUpperCase(), "{TENANT}")}`, async () => {
      const { status, body } = await post(path, fields({ resource: world.resource }));
      assert.equal(status, 200, JSON.stringify(body));
      assert.equal(part(body.access_token, 1).tid, world.tenant);
    });

  test("comes for the forms that clients really send", async () => {
    const form = new URLSearchParams(fields()).toString();
    const forms = {
      "spaces as + and scopes that Go adds":
        new URLSearchParams(fields({ scope: `${scope} openid offline_access profile` })).toString(),
      "spaces as %20": `${form.replace(/scope=[^&]*/, "")}scope=${encodeURIComponent(`${scope} openid profile`)}`,
      "telemetry and claims": new URLSearchParams(fields({
        "x-client-SKU": "msal.js.node", "x-client-VER": "5.0", client_info: "1",
        claims: '{"access_token":{"xms_cc":{"values":["cp1"]}}}', "client-request-id": randomUUID(),
      })).toString(),
      "names and values percent-encoded more than needed":
        [...form.matchAll(/([^=&]+)=([^&]*)/g)].map(([, k, v]) =>
          `${k.replace("_", "%5F")}=${v.replace("a", "%61")}`).join("&"),
    };
    for (const [what, text] of Object.entries(forms)) {
      const { status, body } = await post("/adfs/oauth2/v2.0/token", text);
      assert.equal(status, 200, `${what}: ${JSON.stringify(body)}`);
      assert.equal(body.refresh_token, undefined);
      assert.equal(body.id_token, undefined);
    }
    const query = await post(`/adfs/oauth2/v2.0/token?client-request-id=${randomUUID()}`, form,
      { "content-type": "application/x-www-form-urlencoded;charset=utf-8" });
    assert.equal(query.status, 200);
  });

  test("comes for HTTP Basic", async () => {
    const { client_id: id, client_secret: secret, ...rest } = fields();
    const basic = (i, s) => ({ authorization: `Basic ${Buffer.from(`${i}:${s}`).toString("base64")}` });
    assert.equal((await post("/adfs/oauth2/v2.0/token", rest, basic(id, secret))).status, 200);
    isError(await post("/adfs/oauth2/v2.0/token", rest, basic(id, "wrong")), 401, "invalid_client", 7000215);
  });

  test("that the client asked to be told about changes says so", async () => {
    const { body } = await post("/adfs/oauth2/v2.0/token", fields({
      claims: '{"access_token":{"xms_cc":{"values":["CP1"]}}}',
    }));
    assert.deepEqual(part(body.access_token, 1).xms_cc, ["CP1"]);
  });
});

describe("no token", () => {
  const cases = {
    "for a wrong secret": [{ client_secret: "wrong" }, 401, "invalid_client", 7000215],
    "for another application's secret": [{ client_secret: nobody.secret }, 401, "invalid_client", 7000215],
    "for no credential": [{ client_secret: "" }, 401, "invalid_client", 7000218],
    "for an unknown application": [{ client_id: randomUUID() }, 400, "unauthorized_client", 700016],
    "for a client id that is none": [{ client_id: "me" }, 400, "unauthorized_client", 700016],
    "without a client id": [{ client_id: "" }, 400, "invalid_request", 900144],
    "without a grant type": [{ grant_type: "" }, 400, "invalid_request", 900144],
    "without a scope": [{ scope: "" }, 400, "invalid_request", 900144],
    "for two resources": [{ scope: `${scope} https://vault.azure.net/.default` }, 400, "invalid_scope", 70011],
    "for a scope without a resource": [{ scope: "openid" }, 400, "invalid_scope", 70011],
    "for a resource that is not known": [{ scope: "https://else.example/.default" }, 400, "invalid_resource", 500011],
    "for a grant that is not known": [{ grant_type: "magic" }, 400, "unsupported_grant_type", 70003],
  };
  for (const [what, [change, status, error, code]] of Object.entries(cases))
    test(what, async () =>
      isError(await post("/adfs/oauth2/v2.0/token", fields(change)), status, error, code));

  test("from a tenant that is not there", async () => {
    const answer = await post(`/${randomUUID()}/oauth2/v2.0/token`, fields());
    assert.equal(answer.status, 400);
    assert.deepEqual(answer.body.error_codes, [90002]);
  });

  test("for a form that is broken, or says a thing twice", async () => {
    const form = new URLSearchParams(fields()).toString();
    for (const text of [`${form}&scope=%zz`, `${form}&client_id=${nobody.clientId}`, `${form}&client_secret=x`])
      isError(await post("/adfs/oauth2/v2.0/token", text), 400, "invalid_request", 9002313);
    const json = await post("/adfs/oauth2/v2.0/token", JSON.stringify(fields()),
      { "content-type": "application/json" });
    assert.equal(json.status, 400);
  });

  test("for a very long form, and the next request works", async () => {
    const r = await fetch(`${base}/adfs/oauth2/v2.0/token`, {
      method: "POST", body: `client_id=${"a".repeat(200_000)}`,
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    assert.ok([400, 413].includes(r.status), `${r.status}`);
    assert.equal((await post("/adfs/oauth2/v2.0/token", fields())).status, 200);
  });
});

describe("a signed assertion", () => {
  const key = createPrivateKey(readFileSync(world.certificates.admin.key));
  const der = new X509Certificate(readFileSync(world.certificates.admin.cert)).raw;
  const thumb = (hash) => createHash(hash).update(der).digest("base64url");
  const pad = (t) => t + "=".repeat((4 - (t.length % 4)) % 4);
  const now = () => Math.floor(Date.now() / 1000);
  const endpoint = `${base}/adfs/oauth2/token`;

  function assertion(head = {}, claims = {}, signer = key) {
    const h = { alg: "RS256", typ: "JWT", x5t: thumb("sha1"), ...head };
    const c = { aud: endpoint, iss: admin.clientId, sub: admin.clientId, jti: randomUUID(),
      nbf: now(), exp: now() + 600, iat: now(), ...claims };
    const text = `${b64(h)}.${b64(c)}`;
    let signature = "";
    if (h.alg === "RS256") signature = createSign("sha256").update(text).sign(signer, "base64url");
    if (h.alg === "PS256")
      signature = sign("sha256", Buffer.from(text), { key: signer,
        padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }).toString("base64url");
    return `${text}.${signature}`;
  }
  function ask(token, path = "/adfs/oauth2/token", id = admin.clientId) {
    return post(path, {
      grant_type: "client_credentials", client_id: id, scope, client_assertion: token,
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    });
  }

  const good = {
    "Python's: RS256, padded x5t, times with fractions": () =>
      assertion({ x5t: pad(thumb("sha1")) }, { exp: Date.now() / 1000 + 600.123, iat: Date.now() / 1000 }),
    "JavaScript's: PS256, x5t#S256": () =>
      assertion({ alg: "PS256", x5t: undefined, "x5t#S256": thumb("sha256") }),
    "Go's: RS256, padded x5t": () => assertion({ x5t: pad(thumb("sha1")) }),
    "Terraform's: the thumbprint in kid": () => assertion({ x5t: undefined, kid: pad(thumb("sha1")) }),
    "with its chain, line breaks in it": () =>
      assertion({ x5c: [der.toString("base64").replace(/(.{64})/g, "$1\n")] }),
  };
  for (const [what, make] of Object.entries(good))
    test(`is accepted: ${what}`, async () => {
      const { status, body } = await ask(make());
      assert.equal(status, 200, JSON.stringify(body));
      assert.equal(part(body.access_token, 1).appidacr, "2");
    });

  test("may name the issuer or either token endpoint as its audience", async () => {
    for (const aud of [`${base}/${world.tenant}/oauth2/v2.0/token`, `${base}/${world.tenant}/oauth2/token`,
      `${base}/${world.tenant}/v2.0`]) {
      const { status, body } = await ask(assertion({}, { aud }), `/${world.tenant}/oauth2/v2.0/token`);
      assert.equal(status, 200, `${aud}: ${JSON.stringify(body)}`);
    }
  });

  const bad = {
    "signed by a key that is not registered": () =>
      assertion({}, {}, createPrivateKey(readFileSync(world.certificates.stranger.key))),
    "that names no certificate of the application": () => assertion({ x5t: b64("x".repeat(20)) }),
    "that has run out": () => assertion({}, { exp: now() - 3600, nbf: now() - 7200, iat: now() - 7200 }),
    "that is not yet good": () => assertion({}, { nbf: now() + 3600 }),
    "for another audience": () => assertion({}, { aud: "https://else.example/token" }),
    "of another issuer": () => assertion({}, { iss: nobody.clientId }),
    "about another application": () => assertion({}, { sub: nobody.clientId }),
    "without an expiry": () => assertion({}, { exp: undefined }),
    "with alg none": () => assertion({ alg: "none" }),
    "with HS256 under the public key": () => `${assertion({ alg: "HS256" })}${b64("mac")}`,
    "with one bit changed": () => {
      const [h, c, s] = assertion().split(".");
      const raw = Buffer.from(s, "base64url");
      raw[raw.length - 1] ^= 1;
      return `${h}.${c}.${raw.toString("base64url")}`;
    },
  };
  for (const [what, make] of Object.entries(bad))
    test(`is refused: ${what}`, async () => {
      const { status, body } = await ask(make());
      assert.equal(status, 401, JSON.stringify(body));
      assert.equal(body.error, "invalid_client");
    });

  test("is no good for another application", async () =>
    assert.equal((await ask(assertion(), "/adfs/oauth2/token", nobody.clientId)).status, 401));
});

describe("the managed identity endpoint", () => {
  const local = `http://127.0.0.1:${world.localPort}`;
  const ask = async (path, headers = {}, init = {}) => {
    const r = await fetch(local + path, { headers, ...init });
    return { status: r.status, body: await r.json() };
  };
  const resource = encodeURIComponent(world.resource);
  const header = { "x-identity-header": process.env.IDENTITY_HEADER };

  test("in the shape of IMDS has numbers as strings, with a slash behind the path or none", async () => {
    for (const slash of ["", "/"]) {
      const { status, body } = await ask(
        `/metadata/identity/oauth2/token${slash}?api-version=2018-02-01&resource=${resource}`,
        { metadata: "true" });
      assert.equal(status, 200, JSON.stringify(body));
      for (const name of ["expires_in", "expires_on", "ext_expires_in", "not_before"])
        assert.match(body[name], /^\d+$/, name);
      assert.equal(body.resource, world.resource);
      assert.ok(await isSigned(body.access_token));
    }
  });

  test("in the shape of IMDS wants its header", async () => {
    const { status, body } = await ask(`/metadata/identity/oauth2/token?api-version=2018-02-01&resource=${resource}`);
    assert.equal(status, 400);
    assert.deepEqual(body, { error: "invalid_request", error_description: "Required metadata header not specified" });
  });

  test("does not answer a request that a proxy passed on", async () => {
    const { status } = await ask(`/metadata/identity/oauth2/token?api-version=2018-02-01&resource=${resource}`,
      { metadata: "true", "x-forwarded-for": "10.0.0.1" });
    assert.equal(status, 400);
  });

  test("in the shape of App Service wants the secret header", async () => {
    const path = `/msi/token?api-version=2019-08-01&resource=${resource}`;
    assert.equal((await ask(path, header)).status, 200);
    assert.equal((await ask(path)).status, 401);
    assert.equal((await ask(path, { "x-identity-header": `${header["x-identity-header"]}x` })).status, 401);
    assert.equal((await ask(path, { "x-identity-header": "" })).status, 401);
    assert.equal((await ask(path, { metadata: "true" })).status, 401);
  });

  test("takes the old forms", async () => {
    const old = await ask(`/msi/token/?resource=${resource}&api-version=2017-09-01`, { secret: process.env.IDENTITY_HEADER });
    assert.equal(old.status, 200);
    const posted = await ask("/msi/token", { metadata: "true", "content-type": "application/x-www-form-urlencoded" },
      { method: "POST", body: `resource=${resource}` });
    assert.equal(posted.status, 200, JSON.stringify(posted.body));
  });

  test("knows no identity that is not there and no resource that is not ours", async () => {
    const path = "/metadata/identity/oauth2/token?api-version=2018-02-01";
    const gone = await ask(`${path}&resource=${resource}&client_id=${randomUUID()}`, { metadata: "true" });
    assert.deepEqual([gone.status, gone.body.error_description], [400, "Identity not found"]);
    assert.equal((await ask(`${path}&resource=https%3A%2F%2Felse.example`, { metadata: "true" })).status, 400);
    assert.equal((await ask(path, { metadata: "true" })).status, 400);
  });

  test("is not to be had on the public listener", async () => {
    const r = await fetch(`${base}/metadata/identity/oauth2/token?api-version=2018-02-01&resource=${resource}`,
      { headers: { metadata: "true" } });
    assert.equal(r.status, 404);
  });
});
