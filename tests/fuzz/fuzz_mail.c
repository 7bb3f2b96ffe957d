/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A contact's address and name, as a user of a vault left them: the first line is the
 * address, the rest the name. Whatever they are, the mail has the lines that we wrote,
 * and none of them can be told from ours.
 */
#include <stdlib.h>

#include "base/secbuf.h"
#include "jobs/mail_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { HEADERS = 9, LINE = 998 };

static void
check(struct span mail)
{
    size_t headers = 0, width = 0;
    bool body = false;

    for (size_t i = 0; i < mail.len; i++) {
        uint8_t c = mail.ptr[i];

        if (c == '\r') {
            if (i + 1 == mail.len || mail.ptr[i + 1] != '\n')
                abort();
            body = body || width == 0;
            width = 0;
            i++;
            continue;
        }
        if (c < ' ' || c > '~' || ++width > LINE)
            abort();
        if (!body && width == 1 && c != ' ')
            headers++;
    }
    if (width != 0 || !body || headers != HEADERS)
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct span all = span_of(data, len);
    size_t end = span_find(all, '\n');
    struct mail_notice n = { .from = "a@b",
                             .domain = "d",
                             .to = span_head(all, end),
                             .to_name = span_tail(all, end + 1),
                             .vault = "v",
                             .link = "https://v.vault.d/",
                             .expires = 1,
                             .now = 0 };
    struct object_name name;
    struct hex32 version;
    struct buf b;

    if (!object_name_parse(span_str("n"), &name) ||
        !hex32_parse(span_str("0123456789abcdef0123456789abcdef"), &version))
        abort();
    n.name = &name;
    n.version = &version;
    buf_init(&b, MAIL_TEXT_MAX);
    if (mail_compose(&n, &b) == ERR_OK)
        check(buf_span(&b));
    buf_release(&b);
    return 0;
}
