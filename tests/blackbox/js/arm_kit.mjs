// SPDX-License-Identifier: Apache-2.0
// What the suites of the management plane share: clients of one caller, and things to work on.
import assert from "node:assert/strict";
import { credentialOf, fresh, world } from "./kit.mjs";

export const subscription = world.subscription;
export const location = "local";
export const options = {
  endpoint: world.management, credentialScopes: [`${world.management}/.default`],
  retryOptions: { maxRetries: 0 },
};
/** Ten times faster than the clients poll by themselves. */
export const soon = { updateIntervalInMs: 20 };

/** A client of that class with that caller's credential; some take no subscription. */
export function clientOf(Kind, who = "owner", ...more) {
  return new Kind(credentialOf(who), ...(more.length ? more : [subscription]), options);
}

/** A name that is good for groups, vaults and identities, and that nobody else has. */
export function named(prefix) {
  return fresh(`${prefix}${Math.random().toString(36).slice(2, 8)}`);
}

export const groupId = (group) => `/subscriptions/${subscription}/resourceGroups/${group}`;
export const vaultId = (group, vault) =>
  `${groupId(group)}/providers/Microsoft.KeyVault/vaults/${vault}`;

/** A vault's body: access policies unless said otherwise. */
export function vaultBody(more = {}) {
  return { location, properties: {
    tenantId: world.tenant, sku: { family: "A", name: "standard" }, accessPolicies: [],
    enableRbacAuthorization: false, softDeleteRetentionInDays: 7, ...more } };
}

/** Pages of a pager, none longer than that. */
export async function pages(iterator, most) {
  const found = [];
  for await (const page of iterator) {
    if (most) assert.ok(page.length <= most, `a page of ${page.length}`);
    found.push(page);
  }
  return found;
}

/** A request without any client: what its last answer was, byte for byte. */
export async function plain(method, path, body, who = "owner") {
  const { token } = await credentialOf(who).getToken(`${world.management}/.default`);
  const r = await fetch(world.management + path, {
    method, body: body && JSON.stringify(body),
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" } });
  const text = await r.text();
  return { status: r.status, headers: r.headers, body: text ? JSON.parse(text) : undefined };
}
