/* SPDX-License-Identifier: Apache-2.0 */
/* test_config.c - good lines set what they say, bad ones are all named, none is guessed at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "daemon/config.h"

static enum err
parse(const char *text, struct config **out, struct config_report *r)
{
    config_report_init(r);
    return config_parse(span_str(text), "k.conf", NULL, 0, out, r);
}

#define SMTP     "smtp.url = smtp://relay.example:25\nsmtp.from = a@b\n"
#define HSM      "hsm.module = /usr/lib/m.so\nhsm.token = my token\nhsm.pin_file = /etc/pin\n"
#define WHOLE(m) offsetof(struct config, m), sizeof(((struct config *)NULL)->m)

/* A line, and the number or text that must stand in the configuration then. */
static const struct good {
    const char *line;
    size_t at, size;
    uint64_t number;
    const char *text;
} goods[] = {
    /* clang-format off */
    { "domain = vaults.example.org", WHOLE(domain), 0, "vaults.example.org" },
    { "domain=a", WHOLE(domain), 0, "a" },
    { "  domain\t=  kv-1.example  ", WHOLE(domain), 0, "kv-1.example" },
    { "domain = x.example # the first", WHOLE(domain), 0, "x.example" },
    { "domain = x.example\r", WHOLE(domain), 0, "x.example" },
    { "public_port = 443", WHOLE(public_port), 443, NULL },
    { "public_port = bound", WHOLE(public_port), 0, NULL },
    { "data_dir = /srv/kv", WHOLE(store_dir), 0, "/srv/kv/store" },
    { "data_dir = /srv/kv/", WHOLE(audit_dir), 0, "/srv/kv/audit" },
    { "data_dir = /srv/k#v", WHOLE(data_dir), 0, "/srv/k#v" },
    { "data_dir = /srv/kv", WHOLE(seal_file), 0, "/srv/kv/root.key" },
    { "audit.dir = /var/log/kv", WHOLE(audit_dir), 0, "/var/log/kv" },
    { "store.engine = lmdb", WHOLE(store_engine), 0, "lmdb" },
    { "store.map_size = 4G", WHOLE(store_map_size), 4ull << 30, NULL },
    { "store.map_size = auto", WHOLE(store_map_size), 0, NULL },
    { "audit.max_bytes = 65536", WHOLE(audit_max_bytes), 65536, NULL },
    { "audit.accept_loss = 17", WHOLE(audit_accept_loss), 17, NULL },
    { "seal.file = /etc/keyhold/root.key", WHOLE(seal_file), 0, "/etc/keyhold/root.key" },
    { "user = kv_user-1", WHOLE(user), 0, "kv_user-1" },
    { "loops = 3", WHOLE(loops), 3, NULL },
    { "loops = 64", WHOLE(loops), 64, NULL },
    { "keeper.slow_threads = 2", WHOLE(keeper_slow_threads), 2, NULL },
    { "keeper.threads = 0", WHOLE(keeper_threads), 0, NULL },
    { "keeper.threads = 3", WHOLE(keeper_threads), 3, NULL },
    { "keeper.rsa_threads = 2", WHOLE(keeper_rsa_threads), 2, NULL },
    { "keeper.stock_2048 = 32", WHOLE(keeper_stock[0]), 32, NULL },
    { "keeper.stock_3072 = 2", WHOLE(keeper_stock[1]), 2, NULL },
    { "keeper.stock_4096 = 0", WHOLE(keeper_stock[2]), 0, NULL },
    { HSM, WHOLE(hsm_module), 0, "/usr/lib/m.so" },
    { HSM, WHOLE(hsm_token), 0, "my token" },
    { HSM, WHOLE(hsm_threads), 4, NULL },
    { HSM "hsm.paths = /var/lib/softhsm,/dev/hsm0", WHOLE(hsm_paths), 0, "/var/lib/softhsm,/dev/hsm0" },
    { HSM "hsm.user = softhsm\nhsm.threads = 64", WHOLE(hsm_user), 0, "softhsm" },
    { SMTP, WHOLE(smtp_url), 0, "smtp://relay.example:25" },
    { SMTP, WHOLE(smtp_tls), DIAL_TLS_REQUIRED, NULL },
    { SMTP "smtp.tls = opportunistic", WHOLE(smtp_tls), DIAL_TLS_OFFERED, NULL },
    { SMTP "smtp.tls = off", WHOLE(smtp_tls), DIAL_TLS_OFF, NULL },
    { SMTP "smtp.user = me\nsmtp.password_file = /etc/pw", WHOLE(smtp_password_file), 0, "/etc/pw" },
    { "smtp.url = smtps://[::1]/\nsmtp.from = a@b", WHOLE(smtp_from), 0, "a@b" },
    { "confine = log", WHOLE(confine), CONFINE_LOG, NULL },
    { "api_versions = lenient", WHOLE(api_versions_strict), false, NULL },
    { "api_versions = strict", WHOLE(api_versions_strict), true, NULL },
    { "vault_mode_change = writers", WHOLE(guards_vault_mode), false, NULL },
    { "vault_mode_change = administrators", WHOLE(guards_vault_mode), true, NULL },
    { "challenge_tenant = none", WHOLE(challenge_tenant), 0, "" },
    { "challenge_tenant = default", WHOLE(challenge_tenant), 0, "default" },
    { "challenge_tenant = 72f988bf-86f1-41af-91ab-2d7cd011db47", WHOLE(challenge_tenant), 0,
      "72f988bf-86f1-41af-91ab-2d7cd011db47" },
    { "location = westeurope", WHOLE(location), 0, "westeurope" },
    { "log.level = debug", WHOLE(log_level), LOG_DEBUG, NULL },
    { "local.listen = 127.0.0.1:8440", WHOLE(local_listen.port), 8440, NULL },
    { "local.listen = [::1]:8440", WHOLE(local_listen_on), true, NULL },
    { "local.listen = off", WHOLE(local_listen_on), false, NULL },
    { "pki.http_listen = 0.0.0.0:80", WHOLE(pki_listen.port), 80, NULL },
    { "pki.http_listen = [::]:8080", WHOLE(pki_listen_on), true, NULL },
    { "pki.http_listen = off", WHOLE(pki_listen_on), false, NULL },
    { "tls.extra_names = kv.example,10.0.0.7,fe80::1,*.kv.example", WHOLE(tls_extra_names), 0,
      "kv.example,10.0.0.7,fe80::1,*.kv.example" },
    { "limits.header_time = 500ms", WHOLE(limits.header_ms), 500, NULL },
    { "limits.header_time = 5s", WHOLE(limits.header_ms), 5000, NULL },
    { "limits.idle_time = 2h", WHOLE(limits.idle_ms), 7200000, NULL },
    { "limits.drain_time = 0", WHOLE(limits.drain_ms), 0, NULL },
    { "limits.connections = 2K", WHOLE(limits.connections), 2048, NULL },
    { "throttle = custom\nthrottle.vault_rate = 100", WHOLE(throttle_vault_burst), 1000, NULL },
    { "throttle = azure\nthrottle.principal_rate = 7\nthrottle.principal_burst = 9", WHOLE(throttle_principal_burst), 9, NULL },
    { "limits.locked_memory = 8M", WHOLE(limits.locked_memory), 8 << 20, NULL },
    /* clang-format on */
};
#define NGOODS (sizeof(goods) / sizeof(goods[0]))

static uint64_t
number_at(const void *p, size_t size)
{
    switch (size) {
    case 1:
        return *(const uint8_t *)p;
    case 2:
        return *(const uint16_t *)p;
    case 4:
        return *(const uint32_t *)p;
    default:
        return *(const uint64_t *)p;
    }
}

static void
a_good_line(void **state)
{
    const struct good *g = *state;
    struct config_report r;
    struct config *c = NULL;

    assert_int_equal(parse(g->line, &c, &r), ERR_OK);
    if (g->text != NULL)
        assert_string_equal((const char *)c + g->at, g->text);
    else
        assert_int_equal(number_at((const uint8_t *)c + g->at, g->size), g->number);
    config_free(c);
    config_report_release(&r);
}

/* A file and what the report must say, each line of it. */
static const struct bad {
    const char *text, *want;
} bads[] = {
    /* clang-format off */
    { "nonsense", "k.conf:1: nonsense: not a \"key = value\" line\n" },
    { "smtp.from = a@b", "k.conf: smtp.url: needed with the other keys of smtp\n" },
    { "smtp.url = https://relay.example\nsmtp.from = a@b", "k.conf: smtp.url: not a URL like smtp://relay.example:587\n" },
    { "smtp.url = smtp://u:p@relay.example\nsmtp.from = a@b", "k.conf: smtp.url: not a URL like smtp://relay.example:587\n" },
    { "smtp.url = smtp://relay.example/x\nsmtp.from = a@b", "k.conf: smtp.url: not a URL like smtp://relay.example:587\n" },
    { "smtp.url = smtp://relay.example", "k.conf: smtp.from: not an address like keyhold@example.com\n" },
    { "smtp.url = smtp://relay.example\nsmtp.from = K <a@b>", "k.conf: smtp.from: not an address like keyhold@example.com\n" },
    { SMTP "smtp.user = me", "k.conf: smtp.user and smtp.password_file: give both or neither\n" },
    { SMTP "smtp.user = me\nsmtp.password_file = /p\nsmtp.tls = opportunistic", "k.conf: smtp.user: only with smtp.tls = required\n" },
    { SMTP "smtp.user = me\nsmtp.password_file = a/p", "k.conf: smtp.password_file: neither an absolute path nor the name of a credential\n" },
    { "colour = red", "k.conf:1: colour: unknown key\n" },
    { "Domain = a", "k.conf:1: Domain: unknown key\n" },
    { "= 5", "k.conf:1: unknown key\n" },
    { "domain =", "k.conf:1: domain: has no value\n" },
    { "domain = # nothing", "k.conf:1: domain: has no value\n" },
    { "domain = Upper.example", "k.conf:1: domain = Upper.example: not a lower-case domain name\n" },
    { "domain = a..b", "k.conf:1: domain = a..b: not a lower-case domain name\n" },
    { "domain = -a", "k.conf:1: domain = -a: not a lower-case domain name\n" },
    { "domain = a-.b", "k.conf:1: domain = a-.b: not a lower-case domain name\n" },
    { "domain = a.", "k.conf:1: domain = a.: not a lower-case domain name\n" },
    { "domain = a\ndomain = b", "k.conf:2: domain: given before, in line 1\n" },
    { "hsm.module = m.so", "k.conf:1: hsm.module = m.so: not an absolute path\n" },
    { "hsm.token = x", "k.conf: hsm.module: needed with the other keys of hsm\n" },
    { "hsm.module = /m.so\nhsm.pin_file = /p", "k.conf: hsm.token: the label of the token, 1 to 32 bytes\n" },
    { "hsm.module = /m.so\nhsm.token = x", "k.conf: hsm.pin_file: needed with hsm.module\n" },
    { HSM "hsm.paths = /a,b", "k.conf: hsm.paths: absolute paths with commas between them\n" },
    { HSM "hsm.paths = /var/lib", "k.conf: /var/lib: holds what the token process must not reach\n" },
    { HSM "hsm.paths = /", "k.conf: /: holds what the token process must not reach\n" },
    { HSM "hsm.paths = /x,/etc/", "k.conf: /etc/: holds what the token process must not reach\n" },
    { HSM "hsm.threads = 65", "k.conf:4: hsm.threads = 65: must be between 1 and 64\n" },
    { "public_port = 0", "k.conf:1: public_port = 0: must be between 1 and 65535\n" },
    { "public_port = 65536", "k.conf:1: public_port = 65536: must be between 1 and 65535\n" },
    { "public_port = 80x", "k.conf:1: public_port = 80x: not a number\n" },
    { "public_port = -1", "k.conf:1: public_port = -1: not a number\n" },
    { "public_port = 99999999999999999999", "k.conf:1: public_port = 99999999999999999999: not a number\n" },
    { "listen = 127.0.0.1", "k.conf:1: listen = 127.0.0.1: not an address with a port, like 127.0.0.1:8443 or [::1]:8443\n" },
    { "listen = localhost:1", "k.conf:1: listen = localhost:1: not an address with a port, like 127.0.0.1:8443 or [::1]:8443\n" },
    { "listen = ::1:8443", "k.conf:1: listen = ::1:8443: not an address with a port, like 127.0.0.1:8443 or [::1]:8443\n" },
    { "listen = [::1]", "k.conf:1: listen = [::1]: not an address with a port, like 127.0.0.1:8443 or [::1]:8443\n" },
    { "listen = [::1:1", "k.conf:1: listen = [::1:1: not an address with a port, like 127.0.0.1:8443 or [::1]:8443\n" },
    { "listen = 1.2.3.4:65536", "k.conf:1: listen = 1.2.3.4:65536: not an address with a port, like 127.0.0.1:8443 or [::1]:8443\n" },
    { "local.listen = 0.0.0.0:80", "k.conf:1: local.listen = 0.0.0.0:80: must be a loopback address: it speaks plain HTTP\n" },
    { "pki.http_listen = on", "k.conf:1: pki.http_listen = on: neither \"off\" nor an address with a port, like 0.0.0.0:80\n" },
    { "local.listen = on", "k.conf:1: local.listen = on: neither \"off\" nor an address with a port, like 127.0.0.1:8440\n" },
    { "data_dir = var", "k.conf:1: data_dir = var: not an absolute path\n" },
    { "store.engine = mem", "k.conf:1: store.engine = mem: must be lmdb\n" },
    { "store.map_size = 4 G", "k.conf:1: store.map_size = 4 G: not a number with K, M, G or T, like 256M\n" },
    { "store.map_size = 4g", "k.conf:1: store.map_size = 4g: not a number with K, M, G or T, like 256M\n" },
    { "store.map_size = 99999999T", "k.conf:1: store.map_size = 99999999T: not a number with K, M, G or T, like 256M\n" },
    { "audit.max_bytes = 1", "k.conf:1: audit.max_bytes = 1: must be between 65536 and 1099511627776\n" },
    { "seal = tpm", "k.conf:1: seal = tpm: must be keyfile or credential or passphrase\n" },
    { "seal = credential", "k.conf: seal.file: names a systemd credential, but CREDENTIALS_DIRECTORY is not set\n" },
    { "seal = credential\nseal.file = a/b", "k.conf: seal.file: neither an absolute path nor the name of a credential\n" },
    { "seal.file = key", "k.conf: seal.file: not an absolute path\n" },
    { "seal = passphrase", "k.conf: seal.passphrase: needed with seal = passphrase\n" },
    { "seal.passphrase = /x", "k.conf: seal.passphrase: only with seal = passphrase\n" },
    { "tls.chain = /c.pem", "k.conf: tls.chain and tls.key: give both or neither\n" },
    { "tls.extra_names = a,", "k.conf:1: tls.extra_names = a,: not DNS names or IP addresses with commas between them\n" },
    { "tls.extra_names = a b", "k.conf:1: tls.extra_names = a b: not DNS names or IP addresses with commas between them\n" },
    { "user = a b", "k.conf:1: user = a b: not a name of letters, digits, '-', '_', '.' and '@'\n" },
    { "loops = 65", "k.conf:1: loops = 65: must be between 1 and 64\n" },
    { "loops = 0", "k.conf:1: loops = 0: must be between 1 and 64\n" },
    { "confine = off", "k.conf:1: confine = off: must be enforce or log\n" },
    { "challenge_tenant = contoso", "k.conf:1: challenge_tenant = contoso: must be none, default or a tenant's GUID\n" },
    { "log.level = loud", "k.conf:1: log.level = loud: must be error or warning or info or debug\n" },
    { "clock_offset = 5", "k.conf:1: clock_offset: only for `keyhold dev`, on its command line\n" },
    { "throttle = some", "k.conf:1: throttle = some: must be off or custom or azure\n" },
    { "throttle.vault_rate = 5", "k.conf: throttle: off, but there are rates: say custom or azure\n" },
    { "throttle = custom", "k.conf: throttle: custom needs throttle.principal_rate or throttle.vault_rate\n" },
    { "throttle = azure\nthrottle.vault_burst = 5", "k.conf: throttle.vault_burst: needs the rate beside it\n" },
    { "throttle = azure\nthrottle.vault_rate = 0", "k.conf:2: throttle.vault_rate = 0: must be between 1 and 1000000\n" },
    { "limits.header_time = 5", "k.conf:1: limits.header_time = 5: not a time like 500ms, 10s, 2m or 1h\n" },
    { "limits.header_time = 5d", "k.conf:1: limits.header_time = 5d: not a time like 500ms, 10s, 2m or 1h\n" },
    { "limits.header_time = 1ms", "k.conf:1: limits.header_time = 1ms: must be between 100 and 600000 milliseconds\n" },
    { "a\x1b[31mb", "k.conf:1: a?[31mb: not a \"key = value\" line\n" },
    { "# fine\n\nloops = x\nseal = y\n\nz", "k.conf:3: loops = x: not a number\n"
      "k.conf:4: seal = y: must be keyfile or credential or passphrase\nk.conf:6: z: not a \"key = value\" line\n" },
    /* clang-format on */
};
#define NBADS (sizeof(bads) / sizeof(bads[0]))

static void
a_bad_file(void **state)
{
    const struct bad *b = *state;
    struct config_report r;
    struct config *c = NULL;

    assert_int_equal(parse(b->text, &c, &r), ERR_SYNTAX);
    assert_null(c);
    assert_string_equal(buf_str(&r.text), b->want);
    config_report_release(&r);
}

static void
an_empty_file_gives_defaults(void **state)
{
    struct config_report r;
    struct config *c = NULL;

    (void)state;
    assert_int_equal(parse("", &c, &r), ERR_OK);
    assert_string_equal(c->domain, "keyhold.localhost");
    assert_int_equal(c->nlisten, 2);
    assert_true(c->listen_is_default);
    assert_string_equal(c->data_dir, "/var/lib/keyhold");
    assert_string_equal(c->seal_file, "/var/lib/keyhold/root.key");
    assert_true(c->loops >= 1);
    assert_true(c->api_versions_strict);
    assert_false(c->guards_vault_mode);
    assert_false(c->local_listen_on);
    config_free(c);
    config_report_release(&r);
}

static void
listen_lines_add_up_and_replace_the_defaults(void **state)
{
    struct config_report r;
    struct config *c = NULL;

    (void)state;
    assert_int_equal(
        parse("listen = 10.0.0.1:443\nlisten = [fe80::1]:443\nlisten=0.0.0.0:0\n", &c, &r),
        ERR_OK);
    assert_int_equal(c->nlisten, 3);
    assert_false(c->listen_is_default);
    assert_string_equal(c->listen[0].text, "10.0.0.1:443");
    assert_int_equal(c->listen[1].at.any.sa_family, AF_INET6);
    assert_int_equal(c->listen[2].port, 0);
    config_free(c);
    config_report_release(&r);
}

static void
too_many_listen_lines_are_refused(void **state)
{
    struct config_report r;
    struct config *c = NULL;
    struct buf text;

    (void)state;
    buf_init(&text, 4096);
    for (int i = 0; i <= CONFIG_MAX_LISTEN; i++)
        buf_put_str(&text, "listen = 127.0.0.1:1\n");
    assert_int_equal(parse(buf_str(&text), &c, &r), ERR_SYNTAX);
    assert_int_equal(r.errors, 1);
    buf_release(&text);
    config_report_release(&r);
}

static void
overrides_replace_what_the_file_says(void **state)
{
    const struct config_override over[] = { { "domain", "b.example" },
                                            { "listen", "127.0.0.1:0" },
                                            { "listen", "[::1]:0" },
                                            { "clock_offset", "-86400" } };
    struct config_report r;
    struct config *c = NULL;

    (void)state;
    config_report_init(&r);
    assert_int_equal(config_parse(span_str("domain = a.example\nlisten = 1.2.3.4:5\n"), "f",
                                  over, 4, &c, &r),
                     ERR_OK);
    assert_string_equal(c->domain, "b.example");
    assert_int_equal(c->nlisten, 2);
    assert_int_equal(c->clock_offset, -86400);
    config_free(c);
    config_report_release(&r);
}

static void
bad_overrides_are_named(void **state)
{
    const struct config_override over[] = { { "loops", "many" }, { "zoom", "1" } };
    struct config_report r;
    struct config *c = NULL;

    (void)state;
    config_report_init(&r);
    assert_int_equal(config_load(NULL, over, 2, &c, &r), ERR_SYNTAX);
    assert_string_equal(buf_str(&r.text), "command line: loops = many: not a number\n"
                                          "command line: zoom: unknown key\n");
    config_report_release(&r);
}

static void
a_credential_is_found_by_name(void **state)
{
    struct config_report r;
    struct config *c = NULL;

    (void)state;
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", "/run/credentials/k", 1), 0);
    assert_int_equal(parse("seal = credential", &c, &r), ERR_OK);
    assert_string_equal(c->seal_file, "/run/credentials/k/keyhold-root-key");
    config_free(c);
    config_report_release(&r);
    assert_int_equal(parse("seal = passphrase\nseal.passphrase = pass\n", &c, &r), ERR_OK);
    assert_string_equal(c->seal_passphrase, "/run/credentials/k/pass");
    config_free(c);
    config_report_release(&r);
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
}

static void
a_missing_file_is_reported(void **state)
{
    struct config_report r;
    struct config *c = NULL;

    (void)state;
    config_report_init(&r);
    assert_int_equal(config_load("/nonexistent/k.conf", NULL, 0, &c, &r), ERR_NOT_FOUND);
    assert_string_equal(buf_str(&r.text), "/nonexistent/k.conf: not found\n");
    config_report_release(&r);
}

static void
a_huge_file_is_refused(void **state)
{
    char path[] = "/tmp/keyhold-test-config-XXXXXX";
    int fd = mkstemp(path);
    struct config_report r;
    struct config *c = NULL;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, MAX_CONFIG_BYTES + 1), 0);
    config_report_init(&r);
    assert_int_equal(config_load(path, NULL, 0, &c, &r), ERR_TOO_LARGE);
    config_report_release(&r);
    close(fd);
    unlink(path);
}

static void
a_flood_of_errors_is_cut(void **state)
{
    struct config_report r;
    struct config *c = NULL;
    struct buf text;

    (void)state;
    buf_init(&text, 1024 * 1024);
    for (int i = 0; i < 5000; i++)
        buf_put_str(&text, "x\n");
    assert_int_equal(parse(buf_str(&text), &c, &r), ERR_SYNTAX);
    assert_int_equal(r.errors, 5000);
    assert_true(r.text.len < 64 * 1024);
    buf_release(&text);
    config_report_release(&r);
}

/* A key without its entry in the manual does not exist. */
static void
every_key_has_its_entry_in_the_manual(void **state)
{
    FILE *f = fopen(KEYHOLD_SOURCE "/man/keyhold.conf.5", "r");
    char line[512];
    size_t nkeys = 0, entries = 0;

    (void)state;
    assert_non_null(f);
    for (; config_key_name(nkeys) != NULL; nkeys++) {
        char want[128];
        bool found = false;

        (void)snprintf(want, sizeof(want), ".BI \"%s = \" ", config_key_name(nkeys));
        rewind(f);
        while (!found && fgets(line, sizeof(line), f) != NULL)
            found = strncmp(line, want, strlen(want)) == 0;
        if (!found)
            fail_msg("man/keyhold.conf.5 has no entry for %s", config_key_name(nkeys));
    }
    rewind(f);
    while (fgets(line, sizeof(line), f) != NULL)
        entries += strncmp(line, ".BI \"", 5) == 0;
    (void)fclose(f);
    assert_int_equal(entries, nkeys);
}

int
main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(an_empty_file_gives_defaults),
        cmocka_unit_test(listen_lines_add_up_and_replace_the_defaults),
        cmocka_unit_test(too_many_listen_lines_are_refused),
        cmocka_unit_test(overrides_replace_what_the_file_says),
        cmocka_unit_test(bad_overrides_are_named),
        cmocka_unit_test(a_credential_is_found_by_name),
        cmocka_unit_test(a_missing_file_is_reported),
        cmocka_unit_test(a_huge_file_is_refused),
        cmocka_unit_test(a_flood_of_errors_is_cut),
        cmocka_unit_test(every_key_has_its_entry_in_the_manual),
    };
    struct CMUnitTest told[NGOODS + NBADS];

    (void)unsetenv("CREDENTIALS_DIRECTORY");
    for (size_t i = 0; i < NGOODS; i++)
        told[i] = (struct CMUnitTest){ .name = goods[i].line,
                                       .test_func = a_good_line,
                                       .initial_state = (void *)(uintptr_t)&goods[i] };
    for (size_t i = 0; i < NBADS; i++)
        told[NGOODS + i] = (struct CMUnitTest){ .name = bads[i].text,
                                                .test_func = a_bad_file,
                                                .initial_state = (void *)(uintptr_t)&bads[i] };
    return cmocka_run_group_tests_name("daemon/config: lines", told, NULL, NULL) +
           cmocka_run_group_tests_name("daemon/config", others, NULL, NULL);
}
