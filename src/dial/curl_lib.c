/* SPDX-License-Identifier: Apache-2.0 */
/* curl_lib.c - dlopen and a table of functions. */
#include "dial/curl_lib.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

enum { NSSWITCH_MAX = 4096, SERVICE_MAX = 32 };
static const unsigned oldest = 0x075500; /* 7.85: protocols by name */
static const char library[] = "libcurl.so.4";

static struct curl_lib lib;

static const struct {
    const char *name;
    void *at;
} symbols[] = {
    { "curl_global_init", &lib.global_init },
    { "curl_easy_init", &lib.easy_init },
    { "curl_easy_setopt", &lib.easy_setopt },
    { "curl_easy_getinfo", &lib.easy_getinfo },
    { "curl_easy_cleanup", &lib.easy_cleanup },
    { "curl_easy_strerror", &lib.easy_strerror },
    { "curl_slist_append", &lib.slist_append },
    { "curl_slist_free_all", &lib.slist_free_all },
    { "curl_multi_init", &lib.multi_init },
    { "curl_multi_setopt", &lib.multi_setopt },
    { "curl_multi_add_handle", &lib.multi_add_handle },
    { "curl_multi_remove_handle", &lib.multi_remove_handle },
    { "curl_multi_perform", &lib.multi_perform },
    { "curl_multi_poll", &lib.multi_poll },
    { "curl_multi_info_read", &lib.multi_info_read },
    { "curl_multi_cleanup", &lib.multi_cleanup },
    { "curl_version_info", &lib.version_info },
};

static enum err
load_symbols(void *so)
{
    for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
        void *sym = dlsym(so, symbols[i].name);

        if (sym == NULL) {
            log_error("%s has no %s", library, symbols[i].name);
            return ERR_NOT_FOUND;
        }
        /* ISO C has no conversion from an object pointer to a function pointer. */
        memcpy(symbols[i].at, &sym, sizeof(sym));
    }
    return ERR_OK;
}

static enum err
check_version(void)
{
    const curl_version_info_data *v = lib.version_info(CURLVERSION_NOW);

    if (v->version_num < oldest || v->ssl_version == NULL ||
        strstr(v->ssl_version, "OpenSSL") == NULL ||
        (v->features & CURL_VERSION_ASYNCHDNS) == 0) {
        log_error("libcurl %s (%s) is too old, or lacks OpenSSL or asynchronous names",
                  v->version, v->ssl_version == NULL ? "no TLS" : v->ssl_version);
        return ERR_NOT_FOUND;
    }
    return ERR_OK;
}

static bool
is_service_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static void
load_service(const char *name, size_t len)
{
    char file[SERVICE_MAX + 32];

    if (len == 0 || len > SERVICE_MAX)
        return;
    (void)snprintf(file, sizeof(file), "libnss_%.*s.so.2", (int)len, name);
    /* Kept for ever. What is not there is built into the C library, or missed by nobody. */
    (void)dlopen(file, RTLD_NOW | RTLD_LOCAL);
}

/* "hosts: files resolve [!UNAVAIL=return] dns": the words outside brackets. */
static void
load_services(const char *line)
{
    while (*line != '\0' && *line != '#') {
        size_t n = 0;

        if (*line == '[')
            while (*line != '\0' && *line != ']')
                line++;
        while (is_service_byte(line[n]))
            n++;
        load_service(line, n);
        line += n == 0 && *line != '\0' ? 1 : n;
    }
}

static void
load_resolvers(void)
{
    FILE *f = fopen("/etc/nsswitch.conf", "re");
    char line[NSSWITCH_MAX];

    /* Threads that end by being cancelled need it. */
    (void)dlopen("libgcc_s.so.1", RTLD_NOW | RTLD_LOCAL);
    if (f == NULL)
        return;
    while (fgets(line, sizeof(line), f) != NULL)
        if (strncmp(line, "hosts:", 6) == 0)
            load_services(line + 6);
    (void)fclose(f);
}

enum err
curl_lib_load(const struct curl_lib **out)
{
    static bool loaded;
    void *so;
    enum err e;

    *out = &lib;
    if (loaded)
        return ERR_OK;
    so = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (so == NULL) {
        log_error("cannot load %s: %s", library, dlerror());
        return ERR_NOT_FOUND;
    }
    e = load_symbols(so);
    if (e == ERR_OK && lib.global_init(CURL_GLOBAL_ALL) != CURLE_OK)
        e = ERR_NOT_FOUND;
    if (e == ERR_OK)
        e = check_version();
    if (e != ERR_OK)
        return e;
    load_resolvers();
    loaded = true;
    return ERR_OK;
}
