// SPDX-License-Identifier: Apache-2.0
// WorkloadIdentityCredential of @azure/identity as published, told everything by its
// environment: node workload_client.mjs; prints the access token.
import { WorkloadIdentityCredential } from "@azure/identity";

const credential = new WorkloadIdentityCredential({
  authorityHost: process.env.AZURE_AUTHORITY_HOST, disableInstanceDiscovery: true,
});
const { token } = await credential.getToken("https://vault.azure.net/.default");
process.stdout.write(token);
