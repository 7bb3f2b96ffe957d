/* SPDX-License-Identifier: Apache-2.0 */
/* known_client.c - the table of them. */
#include "auth/known_client.h"

#include "auth/application.h"

static const struct known_client clients[] = {
    { "04b07795-8ddb-461a-bbee-02f9e1bf7b46", "Microsoft Azure CLI" },
    { "1950a258-227b-4e31-a9cf-717495945fc2", "Microsoft Azure PowerShell" },
    { "aebc6443-996d-45c2-90f0-388ff96faa56", "Visual Studio Code" },
};

const struct known_client *
known_client_find(const struct guid *appid)
{
    for (size_t i = 0; i < sizeof(clients) / sizeof(clients[0]); i++)
        if (span_is_str(span_str(appid->text), clients[i].appid))
            return &clients[i];
    return NULL;
}

bool
known_client_may_redirect(struct span uri)
{
    /* Any port: 8400 of the ADFS shape is among them. */
    return redirect_is_same(span_str("http://localhost"), uri) ||
           redirect_is_same(span_str("http://127.0.0.1"), uri);
}
