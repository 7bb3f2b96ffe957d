// SPDX-License-Identifier: Apache-2.0
// What the JavaScript suites share: the world they run in, and credentials for it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClientSecretCredential } from "@azure/identity";

export const world = JSON.parse(readFileSync(process.env.KEYHOLD_WORLD, "utf8"));

/** A credential with a secret; the tenant is `adfs`, so nobody asks Microsoft's hosts. */
export function credentialOf(name = "admin") {
  const app = world.apps[name];
  return new ClientSecretCredential("adfs", app.clientId, app.secret, {
    authorityHost: world.login,
  });
}

let count = 0;
/** A name that no other test of this run has. */
export function fresh(prefix = "s") {
  count += 1;
  return `${prefix}-${process.pid}-${count}`;
}

/** Everything an async iterator gives. */
export async function all(iterator) {
  const items = [];
  for await (const item of iterator) items.push(item);
  return items;
}

/** The RestError that a promise ends in; its code, status and a part of its text are checked. */
export async function refused(promise, statusCode, code, text) {
  const error = await promise.then(
    (value) => assert.fail(`was not refused: ${JSON.stringify(value)}`),
    (e) => e,
  );
  if (error.code === "ERR_ASSERTION") throw error;
  assert.equal(error.statusCode, statusCode, `${error.name}: ${error.message}`);
  if (code !== undefined) assert.equal(error.code, code);
  if (text !== undefined) assert.match(error.message, text);
  return error;
}

/** The inner code of an error, wherever this release of the client keeps it. */
export function innerCode(error) {
  const body = error.details?.error ?? JSON.parse(error.response.bodyAsText).error;
  return (body.innererror ?? body.innerError)?.code;
}

/** Ten times faster than the clients poll by themselves. */
export const soon = { intervalInMs: 20 };

/** A CA by openssl, and what it makes of a request. */
export function authority(csr) {
  const at = mkdtempSync(join(tmpdir(), "kh-ca-")), file = (n) => join(at, n);
  const run = (...words) => execFileSync("openssl", words, { stdio: "pipe" });
  try {
    writeFileSync(file("csr"), csr);
    run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=ca",
      "-keyout", file("key"), "-out", file("ca"));
    run("x509", "-req", "-inform", "DER", "-in", file("csr"), "-CA", file("ca"), "-CAkey", file("key"), "-days", "9",
      "-set_serial", "7", "-out", file("leaf"), "-outform", "DER");
    return readFileSync(file("leaf"));
  } finally {
    rmSync(at, { recursive: true });
  }
}
