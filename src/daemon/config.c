/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.c - lines to a struct config. Parsing goes on after an error, so that
 * one run of `config check` names everything that is wrong.
 */
#include "daemon/config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "daemon/config_int.h"
#include "dial/mailbox.h"
#include "dial/rules.h"
#include "dial/url.h"

enum {
    MAX_KEYS = 96,
    MAX_REPORT = 64 * 1024,
    MAX_ERRORS = 200,
    SHOWN_VALUE = 60,
    HSM_LABEL_MAX = 32
};

struct parse {
    struct config *c;
    struct config_report *report;
    const char *name;         /* of the file, or "command line" */
    unsigned line;            /* 0: no line to name */
    unsigned given[MAX_KEYS]; /* line that gave a key; 0 = not yet */
    bool overriding;
    bool listen_overridden;
};

void
config_report_init(struct config_report *r)
{
    buf_init(&r->text, MAX_REPORT);
    r->errors = 0;
}

void
config_report_release(struct config_report *r)
{
    buf_release(&r->text);
}

/* One line of the report. Text from the file is shown cut and without control characters. */
static void
complain(struct parse *p, struct span what, const char *why)
{
    struct buf *b = &p->report->text;

    if (p->report->errors++ >= MAX_ERRORS)
        return;
    if (p->line > 0)
        buf_put_fmt(b, "%s:%u: ", p->name, p->line);
    else
        buf_put_fmt(b, "%s: ", p->name);
    for (size_t i = 0; i < what.len && i < SHOWN_VALUE; i++)
        buf_put_byte(b, what.ptr[i] < 0x20 || what.ptr[i] >= 0x7f ? '?' : what.ptr[i]);
    buf_put_fmt(b, "%s%s%s\n", what.len > SHOWN_VALUE ? "..." : "", what.len > 0 ? ": " : "",
                why);
}

static bool
find_key(struct span name, size_t *out)
{
    for (size_t i = 0; i < config_nkeys; i++)
        if (span_is_str(name, config_keys[i].name)) {
            *out = i;
            return true;
        }
    return false;
}

/* A key may come once in the file; listen as often as there are addresses. */
static bool
may_set(struct parse *p, size_t i)
{
    const struct config_key *k = &config_keys[i];
    char why[64];

    if (k->kind == CONFIG_OFFSET && !p->overriding) {
        complain(p, span_str(k->name), "only for `keyhold dev`, on its command line");
        return false;
    }
    if (k->kind == CONFIG_LISTEN) {
        if (p->c->listen_is_default || (p->overriding && !p->listen_overridden))
            p->c->nlisten = 0;
        p->c->listen_is_default = false;
        p->listen_overridden = p->overriding;
        return true;
    }
    if (p->given[i] != 0 && !p->overriding) {
        (void)snprintf(why, sizeof(why), "given before, in line %u", p->given[i]);
        complain(p, span_str(k->name), why);
        return false;
    }
    p->given[i] = p->line > 0 ? p->line : 1;
    return true;
}

static void
set_value(struct parse *p, struct span name, struct span value)
{
    struct buf why;
    size_t i;

    if (!find_key(name, &i)) {
        complain(p, name, "unknown key");
        return;
    }
    if (!may_set(p, i))
        return;
    buf_init(&why, 1024);
    if (!config_read_value(&config_keys[i], value, p->c, &why)) {
        struct buf both;

        buf_init(&both, 4096);
        buf_put_fmt(&both, "%s = ", config_keys[i].name);
        buf_put(&both, value);
        complain(p, buf_span(&both), buf_str(&why));
        buf_release(&both);
    }
    buf_release(&why);
}

static void
parse_line(struct parse *p, struct span line)
{
    struct span name, value;
    size_t eq;

    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    line = span_trim(line);
    if (line.len == 0 || line.ptr[0] == '#')
        return;
    eq = span_find(line, '=');
    if (eq == line.len) {
        complain(p, line, "not a \"key = value\" line");
        return;
    }
    name = span_trim(span_head(line, eq));
    value = span_tail(line, eq + 1);
    /* A # starts a comment behind a blank, so values may hold it. */
    for (size_t i = 1; i < value.len; i++)
        if (value.ptr[i] == '#' && (value.ptr[i - 1] == ' ' || value.ptr[i - 1] == '\t'))
            value.len = i;
    value = span_trim(value);
    if (value.len == 0)
        complain(p, name, "has no value");
    else
        set_value(p, name, value);
}

static void
parse_text(struct parse *p, struct span text)
{
    while (text.len > 0) {
        size_t end = span_find(text, '\n');

        p->line++;
        parse_line(p, span_head(text, end));
        text = span_tail(text, end + 1);
    }
    p->line = 0;
}

/* The table's defaults, by the same readers: a default that cannot be read is a bug. */
static void
set_defaults(struct config *c)
{
    struct buf why;

    buf_init(&why, 1024);
    for (size_t i = 0; i < config_nkeys; i++) {
        struct span rest = span_str(config_keys[i].preset);

        while (rest.len > 0) {
            size_t end = span_find(rest, ' ');

            bug_on(!config_read_value(&config_keys[i], span_head(rest, end), c, &why));
            rest = span_tail(rest, end + 1);
        }
    }
    c->listen_is_default = true;
    buf_release(&why);
}

/* dir/name into out; complains when it does not fit. */
static void
join(struct parse *p, const char *key, const char *dir, const char *name,
     char out[static CONFIG_PATH_MAX])
{
    int n = snprintf(out, CONFIG_PATH_MAX, "%s/%s", dir, name);

    if (n < 0 || n >= CONFIG_PATH_MAX)
        complain(p, span_str(key), "path too long");
}

/* A file, or under systemd the name of a credential. */
static void
resolve_credential(struct parse *p, const char *key, char path[static CONFIG_PATH_MAX])
{
    const char *dir = getenv("CREDENTIALS_DIRECTORY");
    char name[CONFIG_PATH_MAX];

    if (path[0] == '/')
        return;
    if (strchr(path, '/') != NULL)
        complain(p, span_str(key), "neither an absolute path nor the name of a credential");
    else if (dir == NULL || dir[0] != '/')
        complain(p, span_str(key),
                 "names a systemd credential, but CREDENTIALS_DIRECTORY is not set");
    else if (span_copy_str(span_str(path), name, sizeof(name)))
        join(p, key, dir, name, path);
}

static void
finish_seal(struct parse *p)
{
    struct config *c = p->c;

    if (c->seal_file[0] == '\0' && c->seal == SEAL_CREDENTIAL)
        (void)snprintf(c->seal_file, sizeof(c->seal_file), "keyhold-root-key");
    else if (c->seal_file[0] == '\0')
        join(p, "data_dir", c->data_dir, "root.key", c->seal_file);
    if (c->seal == SEAL_CREDENTIAL)
        resolve_credential(p, "seal.file", c->seal_file);
    else if (c->seal_file[0] != '/')
        complain(p, span_str("seal.file"), "not an absolute path");
    if (c->seal == SEAL_PASSPHRASE && c->seal_passphrase[0] == '\0')
        complain(p, span_str("seal.passphrase"), "needed with seal = passphrase");
    else if (c->seal != SEAL_PASSPHRASE && c->seal_passphrase[0] != '\0')
        complain(p, span_str("seal.passphrase"), "only with seal = passphrase");
    else if (c->seal == SEAL_PASSPHRASE)
        resolve_credential(p, "seal.passphrase", c->seal_passphrase);
}

/* dir, or something that holds it? */
static bool
is_at_or_above(struct span path, const char *dir)
{
    struct span d = span_str(dir);

    while (path.len > 1 && path.ptr[path.len - 1] == '/')
        path.len--;
    return path.len == 1 ||
           (span_has_prefix(d, path) && (d.len == path.len || d.ptr[path.len] == '/'));
}

/* Nothing of ours lies where a module may write. */
static void
check_hsm_paths(struct parse *p)
{
    const struct config *c = p->c;
    struct span rest = span_str(c->hsm_paths);

    while (rest.len > 0) {
        struct span one = span_head(rest, span_find(rest, ','));

        rest = span_tail(rest, one.len + 1);
        if (one.len == 0 || one.ptr[0] != '/')
            complain(p, span_str("hsm.paths"), "absolute paths with commas between them");
        else if (is_at_or_above(one, c->data_dir) || is_at_or_above(one, c->store_dir) ||
                 is_at_or_above(one, c->audit_dir) || is_at_or_above(one, c->seal_file) ||
                 is_at_or_above(one, c->hsm_pin_file))
            complain(p, one, "holds what the token process must not reach");
    }
}

static void
finish_hsm(struct parse *p)
{
    struct config *c = p->c;

    if (c->hsm_module[0] == '\0') {
        if (c->hsm_token[0] != '\0' || c->hsm_pin_file[0] != '\0' || c->hsm_paths[0] != '\0')
            complain(p, span_str("hsm.module"), "needed with the other keys of hsm");
        return;
    }
    if (c->hsm_token[0] == '\0' || strlen(c->hsm_token) > HSM_LABEL_MAX)
        complain(p, span_str("hsm.token"), "the label of the token, 1 to 32 bytes");
    if (c->hsm_pin_file[0] == '\0')
        complain(p, span_str("hsm.pin_file"), "needed with hsm.module");
    else
        resolve_credential(p, "hsm.pin_file", c->hsm_pin_file);
    check_hsm_paths(p);
}

static void
check_nets(struct parse *p, const char *key, const char *value)
{
    struct dial_nets nets;
    enum err e = dial_nets_parse(span_str(value), &nets);

    if (e == ERR_TOO_LARGE)
        complain(p, span_str(key), "too many networks");
    else if (e != ERR_OK)
        complain(p, span_str(key), "not addresses or networks with commas between them");
}

static void
check_dial(struct parse *p)
{
    const struct config *c = p->c;
    struct dial_url proxy;

    check_nets(p, "dial.allow", c->dial_allow);
    check_nets(p, "dial.deny", c->dial_deny);
    if (c->dial_proxy[0] != '\0' && (dial_url_read(span_str(c->dial_proxy), &proxy) != ERR_OK ||
                                     !dial_url_is_web(&proxy) || proxy.path.len > 1))
        complain(p, span_str("dial.proxy"), "not a URL like http://proxy.example:3128");
}

/* A password goes through TLS or nowhere. */
static void
check_smtp_login(struct parse *p, bool always_tls)
{
    struct config *c = p->c;

    if ((c->smtp_user[0] == '\0') != (c->smtp_password_file[0] == '\0'))
        complain(p, span_str("smtp.user and smtp.password_file"), "give both or neither");
    else if (c->smtp_user[0] != '\0' && c->smtp_tls != DIAL_TLS_REQUIRED && !always_tls)
        complain(p, span_str("smtp.user"), "only with smtp.tls = required");
    else if (c->smtp_user[0] != '\0')
        resolve_credential(p, "smtp.password_file", c->smtp_password_file);
}

static void
finish_smtp(struct parse *p)
{
    const struct config *c = p->c;
    struct dial_url url;

    if (c->smtp_url[0] == '\0') {
        if (c->smtp_from[0] != '\0' || c->smtp_user[0] != '\0' ||
            c->smtp_password_file[0] != '\0')
            complain(p, span_str("smtp.url"), "needed with the other keys of smtp");
        return;
    }
    if (dial_url_read(span_str(c->smtp_url), &url) != ERR_OK || dial_url_is_web(&url) ||
        (url.path.len > 0 && !span_is_str(url.path, "/")))
        complain(p, span_str("smtp.url"), "not a URL like smtp://relay.example:587");
    if (!mailbox_is_ok(span_str(c->smtp_from)))
        complain(p, span_str("smtp.from"), "not an address like keyhold@example.com");
    check_smtp_login(p, span_is_str_nocase(url.scheme, "smtps"));
}

bool
config_dials(const struct config *c)
{
    return c->dial || c->smtp_url[0] != '\0';
}

/* A burst nobody named is ten seconds' worth, as Azure counts. */
static void
finish_burst(struct parse *p, const char *key, uint64_t rate, uint64_t *burst)
{
    if (rate == 0 && *burst != 0)
        complain(p, span_str(key), "needs the rate beside it");
    else if (rate != 0 && *burst == 0)
        *burst = rate > QUOTA_RATE_MAX / 10 ? QUOTA_RATE_MAX : rate * 10;
}

static void
finish_throttle(struct parse *p)
{
    struct config *c = p->c;
    bool any = c->throttle_principal_rate != 0 || c->throttle_vault_rate != 0;

    finish_burst(p, "throttle.principal_burst", c->throttle_principal_rate,
                 &c->throttle_principal_burst);
    finish_burst(p, "throttle.vault_burst", c->throttle_vault_rate, &c->throttle_vault_burst);
    if (c->throttle == QUOTA_OFF && any)
        complain(p, span_str("throttle"), "off, but there are rates: say custom or azure");
    if (c->throttle == QUOTA_CUSTOM && !any)
        complain(p, span_str("throttle"),
                 "custom needs throttle.principal_rate or throttle.vault_rate");
}

/* What follows from other keys, and what must fit together. */
static void
finish(struct parse *p)
{
    struct config *c = p->c;
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    size_t len = strlen(c->data_dir);

    while (len > 1 && c->data_dir[len - 1] == '/')
        c->data_dir[--len] = '\0';
    join(p, "data_dir", c->data_dir, "store", c->store_dir);
    if (c->audit_dir[0] == '\0')
        join(p, "data_dir", c->data_dir, "audit", c->audit_dir);
    finish_seal(p);
    finish_hsm(p);
    finish_throttle(p);
    check_dial(p);
    finish_smtp(p);
    if ((c->tls_chain[0] == '\0') != (c->tls_key[0] == '\0'))
        complain(p, span_str("tls.chain and tls.key"), "give both or neither");
    cpus = cpus < 1 ? 1 : cpus > 64 ? 64 : cpus;
    if (c->loops == 0)
        c->loops = (unsigned)cpus;
    if (c->keeper_threads == UINT_MAX)
        c->keeper_threads = (unsigned)cpus;
}

enum err
config_parse(struct span text, const char *name, const struct config_override *over,
             size_t nover, struct config **out, struct config_report *report)
{
    struct parse p = { .report = report, .name = name };

    *out = NULL;
    bug_on(config_nkeys > MAX_KEYS);
    p.c = calloc(1, sizeof(*p.c));
    if (p.c == NULL)
        return ERR_NOMEM;
    set_defaults(p.c);
    parse_text(&p, text);
    p.overriding = true;
    p.name = "command line";
    for (size_t i = 0; i < nover; i++)
        set_value(&p, span_str(over[i].key), span_str(over[i].value));
    p.name = name;
    if (report->errors == 0)
        finish(&p);
    if (report->errors > 0) {
        config_free(p.c);
        return ERR_SYNTAX;
    }
    *out = p.c;
    return ERR_OK;
}

static enum err
read_file(const char *path, struct buf *text)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    uint8_t chunk[4096];
    ssize_t n = -1;
    enum err e = ERR_OK;

    if (fd < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    for (;;) {
        n = read(fd, chunk, sizeof(chunk));
        if (n <= 0)
            break;
        buf_put(text, span_of(chunk, (size_t)n));
        if (text->err != ERR_OK)
            break;
    }
    if (text->err != ERR_OK)
        e = text->err;
    else if (n < 0)
        e = ERR_IO;
    (void)close(fd);
    return e;
}

enum err
config_load(const char *path, const struct config_override *over, size_t nover,
            struct config **out, struct config_report *report)
{
    struct buf text;
    enum err e = ERR_OK;

    *out = NULL;
    buf_init(&text, MAX_CONFIG_BYTES);
    if (path != NULL) {
        e = read_file(path, &text);
        if (e != ERR_OK) {
            buf_put_fmt(&report->text, "%s: %s\n", path,
                        e == ERR_IO ? strerror(errno) : err_text(e));
            report->errors++;
        }
    }
    if (e == ERR_OK)
        e = config_parse(buf_span(&text), path != NULL ? path : "defaults", over, nover, out,
                         report);
    buf_release(&text);
    return e;
}

void
config_free(struct config *c)
{
    free(c);
}
