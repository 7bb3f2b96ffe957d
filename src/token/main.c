/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - the PIN, the token, and the keeper's machinery around it. */
#include "token/main.h"

#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "keeper/main.h"
#include "token/provider.h"
#include "token/token.h"

enum { SECMEM_DEFAULT = 4 * 1024 * 1024 };

enum err
token_read_pin(int fd, struct secbuf *out)
{
    uint8_t *at = secbuf_grow(out, TOKEN_PIN_MAX + 2);
    ssize_t n = at == NULL ? -1 : read(fd, at, TOKEN_PIN_MAX + 2);
    size_t end;

    (void)close(fd);
    if (at == NULL)
        return out->err;
    if (n < 0)
        return ERR_IO;
    end = span_find(span_of(at, (size_t)n), '\n');
    if (end > 0 && at[end - 1] == '\r')
        end--;
    secbuf_truncate(out, end);
    return end == 0 || end > TOKEN_PIN_MAX ? ERR_FORMAT : ERR_OK;
}

struct pin_place {
    struct token *token;
    const char *path; /* for messages */
};

static void
reload(void *arg, int fd)
{
    struct pin_place *p = arg;
    struct secbuf pin;
    enum err e;

    if (fd < 0)
        return;
    secbuf_init(&pin, TOKEN_PIN_MAX + 64);
    e = token_read_pin(fd, &pin);
    if (e == ERR_OK)
        e = token_set_pin(p->token, secbuf_span(&pin));
    if (e != ERR_OK)
        log_error("cannot read a PIN from %s: %s", p->path, err_text(e));
    secbuf_release(&pin);
}

static enum err
open_token(const struct token_main_config *cfg, struct token **out)
{
    struct token_config tc = { .module = cfg->module, .label = cfg->label };
    struct secbuf pin;
    enum err e;

    *out = NULL;
    secbuf_init(&pin, TOKEN_PIN_MAX + 64);
    e = token_read_pin(cfg->pin_fd, &pin);
    if (e == ERR_OK)
        e = token_new(&tc, secbuf_span(&pin), out);
    else
        log_error("cannot read a PIN from %s: %s", cfg->pin_path, err_text(e));
    secbuf_release(&pin);
    return e;
}

int
token_main(int control_fd, const struct token_main_config *cfg)
{
    struct pin_place place = { .path = cfg->pin_path };
    struct keeper_config k = { .root_fd = -1,
                               .root_next_fd = -1,
                               .loops = cfg->loops,
                               .threads = cfg->threads,
                               .rsa_threads = 1,
                               .provider = &token_provider,
                               .process = "token",
                               .role = ROLE_TOKEN,
                               .index = cfg->index,
                               .confine = cfg->confine,
                               .confine_arg = cfg->confine_arg,
                               .reload = reload,
                               .reload_arg = &place };
    enum err e = secmem_init(cfg->secmem_len > 0 ? cfg->secmem_len : SECMEM_DEFAULT);
    int code;

    log_set_process("token");
    if (e == ERR_OK)
        e = open_token(cfg, &place.token);
    if (e != ERR_OK)
        return e == ERR_FORMAT || e == ERR_IO ? EX_CONFIG : EX_OSERR;
    k.provider_arg = place.token;
    code = keeper_main(control_fd, &k);
    token_free(place.token);
    return code;
}
