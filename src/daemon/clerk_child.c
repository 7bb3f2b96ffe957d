/* SPDX-License-Identifier: Apache-2.0 */
/* clerk_child.c - the supervisor's configuration in the clerk's own terms. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/secbuf.h"
#include "daemon/children.h"
#include "daemon/confine.h"
#include "dial/dial.h"
#include "jobs/clerk.h"

enum { CA_FILE_MAX = 8 << 20, READ_STEP = 64 * 1024, PASSWORD_MAX = 1024 };

/* Whom TLS believes. Without the file there is no https, and the log says why. */
static void
read_ca(const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    ssize_t n = fd < 0 ? -1 : 1;
    uint8_t *p;

    while (n > 0 && (p = buf_grow(out, READ_STEP)) != NULL) {
        n = read(fd, p, READ_STEP);
        out->len -= READ_STEP - (n > 0 ? (size_t)n : 0);
    }
    if (n < 0)
        log_warn("dial.ca_file: %s: %s: nothing can be dialled by https", path,
                 strerror(errno));
    else if (out->err != ERR_OK)
        log_warn("dial.ca_file: %s: %s", path, err_text(out->err));
    if (n < 0 || out->err != ERR_OK)
        buf_clear(out);
    if (fd >= 0)
        (void)close(fd);
}

/* Before confinement, which would refuse it. A server that cannot dial is one nevertheless:
 * what would have been dialled fails, and says so. */
static struct dial *
make_dialler(const struct config *c, struct buf *ca)
{
    struct dial_config k = { .proxy = c->dial_proxy };
    struct dial *d = NULL;
    enum err e;

    if (!config_dials(c))
        return NULL;
    read_ca(c->dial_ca_file, ca);
    k.ca_pem = buf_span(ca);
    e = dial_nets_parse(span_str(c->dial_allow), &k.rules.allow);
    if (e == ERR_OK)
        e = dial_nets_parse(span_str(c->dial_deny), &k.rules.deny);
    if (e == ERR_OK)
        e = dial_new(&k, &d);
    if (e != ERR_OK)
        log_error("this server cannot dial out: %s", err_text(e));
    return d;
}

/* The first line. A credential's mode is systemd's business. */
static enum err
read_password(const struct child_env *env, struct secbuf *out)
{
    const char *path = env->config->smtp_password_file;
    uint8_t *at = secbuf_grow(out, PASSWORD_MAX + 2);
    struct stat st;
    ssize_t n;
    size_t end;

    if (at == NULL)
        return out->err;
    if (fstat(env->smtp_password_fd, &st) == 0 && (st.st_mode & 077) != 0 && st.st_uid != 0)
        log_warn("%s can be read by others: chmod 600 it", path);
    n = pread(env->smtp_password_fd, at, PASSWORD_MAX + 2, 0);
    end = n < 0 ? 0 : span_find(span_of(at, (size_t)n), '\n');
    if (end > 0 && at[end - 1] == '\r')
        end--;
    secbuf_truncate(out, end);
    if (end > 0 && end <= PASSWORD_MAX)
        return ERR_OK;
    log_error("cannot read a password from %s", path);
    return ERR_FORMAT;
}

struct smtp {
    char url[2 * CONFIG_NAME_MAX + 2];
    struct secbuf password;
    struct mail_config config;
};

/* The relay hears our own name in EHLO: libcurl takes it from the path. */
static enum err
prepare_mail(const struct child_env *env, struct smtp *out)
{
    const struct config *c = env->config;
    size_t len = strlen(c->smtp_url);

    while (len > 0 && c->smtp_url[len - 1] == '/')
        len--;
    (void)snprintf(out->url, sizeof(out->url), "%.*s/%s", (int)len, c->smtp_url, c->domain);
    out->config = (struct mail_config){ .url = out->url,
                                        .from = c->smtp_from,
                                        .tls = c->smtp_tls,
                                        .domain = c->domain,
                                        .port = env->public_port };
    if (c->smtp_user[0] == '\0')
        return ERR_OK;
    out->config.user = c->smtp_user;
    return read_password(env, &out->password);
}

int
clerk_child_run(const struct child_env *env)
{
    const struct config *c = env->config;
    struct clerk_config k = { .store = { .engine = c->store_engine,
                                         .path = c->store_dir,
                                         .map_size = c->store_map_size },
                              .domain = c->domain,
                              .extra_names =
                                  c->tls_extra_names[0] == '\0' ? NULL : c->tls_extra_names,
                              .location = c->location,
                              .seed_fd = env->seed_fd,
                              .tls_chain_fd = env->tls_chain_fd,
                              .tls_key_fd = env->tls_key_fd,
                              /* Only who brings a seed may found: an empty store at an
                               * ordinary start means that something was lost. */
                              .found = env->seed_fd >= 0,
                              .restarted = env->index > 0,
                              .confine = confine_process_cb,
                              .confine_arg = (void *)(uintptr_t)env,
                              .clock_offset = c->clock_offset };
    struct smtp smtp = { .url = "" };
    struct buf ca;
    int code;

    if (secmem_init(confine_locked_memory(env)) != ERR_OK)
        return EX_OSERR;
    secbuf_init(&smtp.password, PASSWORD_MAX + 64);
    buf_init(&ca, CA_FILE_MAX);
    k.dial = make_dialler(c, &ca);
    k.dials_issuers = c->dial;
    if (c->smtp_url[0] != '\0') {
        if (prepare_mail(env, &smtp) != ERR_OK)
            return EX_CONFIG;
        smtp.config.password = secbuf_span(&smtp.password);
        smtp.config.dial = k.dial;
        k.mail = &smtp.config;
    }
    code = clerk_main(env->control_fd, &k);
    buf_release(&ca);
    secbuf_release(&smtp.password);
    return code;
}
