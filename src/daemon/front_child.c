/* SPDX-License-Identifier: Apache-2.0 */
/* front_child.c - the supervisor's configuration in front's own terms. */
#include "daemon/children.h"

#include <unistd.h>

#include "api/acme/nonce.h"
#include "auth/attester.h"
#include "base/log.h"
#include "base/secbuf.h"
#include "codec/jsn.h"
#include "daemon/confine.h"
#include "daemon/front.h"

enum { EXIT_CONFIG = 78, EXIT_OS = 71, FLIGHTS_MIN = 256, FLIGHTS_MAX = 4096 };

static void
take_limits(const struct config *c, struct front_config *f)
{
    http_limits_default(&f->limits);
    f->limits.handshake_ms = (unsigned)c->limits.handshake_ms;
    f->limits.header_ms = (unsigned)c->limits.header_ms;
    f->limits.body_ms = (unsigned)c->limits.body_ms;
    f->limits.idle_ms = (unsigned)c->limits.idle_ms;
    f->limits.write_ms = (unsigned)c->limits.write_ms;
    f->limits.answer_ms = (unsigned)c->limits.answer_ms;
    f->limits.max_conns = (unsigned)c->limits.connections;
    f->limits.max_conns_per_address = (unsigned)c->limits.connections_per_address;
    f->strangers.rate = (unsigned)c->limits.unauthenticated_rate;
    f->strangers.burst = (unsigned)c->limits.unauthenticated_burst;
    f->quota = (struct quota_config){ .profile = c->throttle,
                                      .principal_rate = c->throttle_principal_rate,
                                      .principal_burst = c->throttle_principal_burst,
                                      .vault_rate = c->throttle_vault_rate,
                                      .vault_burst = c->throttle_vault_burst };
    f->drain_ms = (unsigned)c->limits.drain_ms;
    f->max_flights = f->limits.max_conns;
    if (f->max_flights < FLIGHTS_MIN)
        f->max_flights = FLIGHTS_MIN;
    if (f->max_flights > FLIGHTS_MAX)
        f->max_flights = FLIGHTS_MAX;
}

static bool
take_sockets(const struct child_env *env, struct front_config *f)
{
    if (env->loops > FRONT_LOOPS_MAX || env->naddresses > FRONT_FDS_MAX)
        return false;
    f->loops = env->loops;
    f->ntls_fds = (unsigned)env->naddresses;
    for (unsigned i = 0; i < env->loops; i++)
        for (size_t k = 0; k < env->naddresses; k++)
            f->tls_fds[i][k] = env->listen_fds[i * env->naddresses + k];
    if (env->local_fd >= 0)
        f->local_fds[f->nlocal_fds++] = env->local_fd;
    if (env->pki_fd >= 0)
        f->pki_fds[f->npki_fds++] = env->pki_fd;
    return true;
}

/* The App Service shape's shared secret: one line of a file. */
static void
read_identity_secret(int fd, struct site *site)
{
    ssize_t n;

    if (fd < 0)
        return;
    n = read(fd, site->identity_header, sizeof(site->identity_header) - 1);
    if (n < 0)
        n = 0;
    site->identity_header[n] = '\0';
    site->identity_header[strcspn(site->identity_header, "\r\n")] = '\0';
    close(fd);
}

/* Closes fd. */
static enum err
read_file(int fd, struct buf *out)
{
    ssize_t n = 1;

    while (n > 0 && out->err == ERR_OK) {
        uint8_t chunk[4096];

        n = read(fd, chunk, sizeof(chunk));
        buf_put(out, span_of(chunk, n > 0 ? (size_t)n : 0));
    }
    close(fd);
    return n < 0 ? ERR_IO : out->err;
}

/* A file that cannot be used stops the front, which is told. */
static enum err
read_issuers(int fd, struct site *site)
{
    struct buf text;
    enum err e;

    if (fd < 0)
        return ERR_OK;
    buf_init(&text, MAX_ATTESTER_FILE);
    e = read_file(fd, &text);
    if (e == ERR_OK)
        e = attesters_read(buf_span(&text), &site->attesters);
    buf_release(&text);
    return e;
}

/* A file that cannot be used by now leaves what was trusted before. */
static void
reload_issuers(void *arg, int fd)
{
    struct site *site = arg;
    struct buf text;
    enum err e;

    buf_init(&text, MAX_ATTESTER_FILE);
    e = read_file(fd, &text);
    if (e == ERR_OK && site->attesters != NULL)
        e = attesters_replace(site->attesters, buf_span(&text));
    if (e != ERR_OK)
        log_error("trusted_issuers: the file cannot be used: the issuers stay as they were");
    buf_release(&text);
}

int
front_child_run(const struct child_env *env)
{
    static struct front_config f;
    static struct site site;
    const struct config *c = env->config;
    struct site_options so = { .domain = c->domain,
                               .port = env->public_port,
                               .pki_port = env->pki_port,
                               .challenge_tenant = c->challenge_tenant,
                               .strict_versions = c->api_versions_strict,
                               .guards_vault_mode = c->guards_vault_mode,
                               .has_token = c->hsm_module[0] != '\0',
                               .location = c->location };

    if (site_init(&site, &so) != ERR_OK || !take_sockets(env, &f)) {
        log_error("domain, location or the number of listeners is too large");
        return EXIT_CONFIG;
    }
    if (secmem_init(confine_locked_memory(env)) != ERR_OK)
        return EXIT_OS;
    read_identity_secret(env->identity_secret_fd, &site);
    jsn_setup();
    if (read_issuers(env->attesters_fd, &site) != ERR_OK) {
        log_error("trusted_issuers: %s cannot be used", c->trusted_issuers);
        return EXIT_CONFIG;
    }
    if (acme_nonces_new(&site.nonces) != ERR_OK)
        return EXIT_OS;
    take_limits(c, &f);
    f.site = &site;
    f.store = (struct store_config){ .engine = c->store_engine,
                                     .path = c->store_dir,
                                     .map_size = c->store_map_size };
    f.clock_offset = c->clock_offset;
    f.confine = confine_process_cb;
    f.confine_arg = (void *)(uintptr_t)env;
    f.reload = reload_issuers;
    f.reload_arg = &site;
    return front_main(env->control_fd, &f);
}
