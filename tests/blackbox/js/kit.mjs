// SPDX-License-Identifier: Apache-2.0
// What the JavaScript suites share: the world they run in, and credentials for it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
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
