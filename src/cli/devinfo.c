/* SPDX-License-Identifier: Apache-2.0 */
/* devinfo.c - one table of names and values; three ways to say it. */
#include "cli/devinfo.h"

#include <stdio.h>

#include "base/wipe.h"
#include "codec/jsw.h"

enum { VALUE_MAX = 512, NVARIABLES = 20 };

struct variable {
    const char *name;
    char value[VALUE_MAX];
};

static void
put_url(char out[static VALUE_MAX], const struct devinfo *d, const char *label)
{
    (void)snprintf(out, VALUE_MAX, "https://%s.%s", label, d->config->domain);
    if (d->port != 443)
        (void)snprintf(out + strlen(out), VALUE_MAX - strlen(out), ":%u", d->port);
}

static void
put_text(char out[static VALUE_MAX], const char *text)
{
    (void)snprintf(out, VALUE_MAX, "%s", text);
}

static void
put_file(char out[static VALUE_MAX], const struct devinfo *d, const char *name)
{
    (void)snprintf(out, VALUE_MAX, "%.480s/%s", d->config->data_dir, name);
}

/* AZURE_TENANT_ID=adfs is what lets unmodified clients skip instance discovery at Microsoft's
 * hosts (identity-and-cli.md 1.5); KEYHOLD_TENANT_ID is the tenant's own id. */
static size_t
variables(const struct devinfo *d, struct variable v[static NVARIABLES])
{
    char label[64];
    size_t n = 0;

    (void)snprintf(label, sizeof(label), "%s.vault", d->founding->vault);
    v[n].name = "AZURE_KEYVAULT_URL", put_url(v[n++].value, d, label);
    v[n].name = "AZURE_TENANT_ID", put_text(v[n++].value, "adfs");
    v[n].name = "KEYHOLD_TENANT_ID", put_text(v[n++].value, d->founding->tenant.text);
    v[n].name = "AZURE_CLIENT_ID", put_text(v[n++].value, d->founding->client.text);
    v[n].name = "AZURE_CLIENT_SECRET", put_text(v[n++].value, d->founding->secret);
    v[n].name = "KEYHOLD_USERNAME", put_text(v[n++].value, d->founding->user);
    v[n].name = "KEYHOLD_PASSWORD", put_text(v[n++].value, d->founding->password);
    v[n].name = "AZURE_AUTHORITY_HOST", put_url(v[n++].value, d, "login");
    v[n].name = "AZURE_SUBSCRIPTION_ID", put_text(v[n++].value, d->founding->subscription.text);
    v[n].name = "AZURE_RESOURCE_GROUP", put_text(v[n++].value, d->founding->group);
    v[n].name = "KEYHOLD_MANAGEMENT_URL", put_url(v[n++].value, d, "management");
    v[n].name = "KEYHOLD_GRAPH_URL", put_url(v[n++].value, d, "graph");
    v[n].name = "KEYHOLD_PORTAL_URL", put_url(v[n++].value, d, "portal");
    v[n].name = "KEYHOLD_CA", put_file(v[n++].value, d, "ca.pem");
    v[n].name = "NODE_EXTRA_CA_CERTS", put_file(v[n++].value, d, "ca.pem");
    v[n].name = "SSL_CERT_FILE", put_file(v[n++].value, d, "ca-bundle.pem");
    v[n].name = "REQUESTS_CA_BUNDLE", put_file(v[n++].value, d, "ca-bundle.pem");
    v[n].name = "CURL_CA_BUNDLE", put_file(v[n++].value, d, "ca-bundle.pem");
    if (d->local_port == 0)
        return n;
    v[n].name = "IDENTITY_ENDPOINT";
    (void)snprintf(v[n++].value, VALUE_MAX, "http://127.0.0.1:%u/msi/token", d->local_port);
    v[n].name = "IDENTITY_HEADER", put_text(v[n++].value, d->identity_secret);
    return n;
}

enum err
devinfo_environment(const struct devinfo *d)
{
    struct variable v[NVARIABLES];
    size_t n = variables(d, v);

    enum err e = ERR_OK;

    for (size_t i = 0; i < n && e == ERR_OK; i++)
        if (setenv(v[i].name, v[i].value, 1) != 0)
            e = ERR_NOMEM;
    wipe(v, sizeof(v));
    return e;
}

void
devinfo_print_json(const struct devinfo *d)
{
    struct variable v[NVARIABLES];
    size_t n = variables(d, v);
    struct secbuf text;
    struct jsw w;

    secbuf_init(&text, 16 * 1024);
    w = jsw_of(sink_sec(&text));
    jsw_object(&w, NULL);
    for (size_t i = 0; i < n; i++)
        jsw_str(&w, v[i].name, v[i].value);
    jsw_end(&w);
    secbuf_put_byte(&text, '\n');
    (void)fwrite(text.ptr, 1, text.len, stdout);
    (void)fflush(stdout);
    secbuf_release(&text);
    wipe(v, sizeof(v));
}

static const char program[] =
    "    import { ClientSecretCredential } from \"@azure/identity\";\n"
    "    import { SecretClient } from \"@azure/keyvault-secrets\";\n\n"
    "    const credential = new ClientSecretCredential(\"adfs\",\n"
    "      \"%s\",\n"
    "      \"%s\",\n"
    "      { authorityHost: \"%s\" });\n"
    "    const client = new SecretClient(\"%s\", credential);\n"
    "    await client.setSecret(\"hello\", \"world\");\n"
    "    console.log((await client.getSecret(\"hello\")).value);\n";

void
devinfo_print(const struct devinfo *d)
{
    char vault[VALUE_MAX], login[VALUE_MAX], label[64];
    const char *dir = d->config->data_dir;

    (void)snprintf(label, sizeof(label), "%s.vault", d->founding->vault);
    put_url(vault, d, label);
    put_url(login, d, "login");
    printf("\nKeyhold is ready.\n\n"
           "  vault URI      %s\n"
           "  tenant         %s   (or \"adfs\": see below)\n"
           "  client id      %s\n"
           "  client secret  %s\n"
           "  user           %s\n"
           "  password       %s\n"
           "  authority      %s\n"
           "  private CA     %s/ca.pem\n",
           vault, d->founding->tenant.text, d->founding->client.text, d->founding->secret,
           d->founding->user, d->founding->password, login, dir);
    if (d->local_port != 0)
        printf("  health         http://127.0.0.1:%u/readyz, /livez, /metrics\n",
               d->local_port);
    printf("\nTell your runtime about the CA:\n\n"
           "  Node.js   export NODE_EXTRA_CA_CERTS=%s/ca.pem\n"
           "  Python    export REQUESTS_CA_BUNDLE=%s/ca-bundle.pem\n"
           "  Go        export SSL_CERT_FILE=%s/ca-bundle.pem\n"
           "  curl      export CURL_CA_BUNDLE=%s/ca-bundle.pem\n\n",
           dir, dir, dir, dir);
    printf("A program, for a file hello.mjs and Node.js 20 or newer "
           "(npm install @azure/identity\n@azure/keyvault-secrets):\n\n");
    printf(program, d->founding->client.text, d->founding->secret, login, vault);
    printf(
        "\nThe tenant \"adfs\" keeps the client from asking Microsoft's hosts about this one.\n"
        "Stop with Ctrl-C; what you stored stays in %s.\n",
        dir);
    (void)fflush(stdout);
}
