/* SPDX-License-Identifier: Apache-2.0 */
/* mailbox.c - see mailbox.h. */
#include "dial/mailbox.h"

#include <string.h>

enum { LABEL_MAX = 63 };

static bool
is_letter_or_digit(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* RFC 5322 3.2.3: atext. */
static bool
is_atom(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_letter_or_digit(s.ptr[i]) &&
            (s.ptr[i] == '\0' || strchr("!#$%&'*+-/=?^_`{|}~", s.ptr[i]) == NULL))
            return false;
    return s.len > 0;
}

static bool
is_label(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_letter_or_digit(s.ptr[i]) && s.ptr[i] != '-')
            return false;
    return s.len > 0 && s.len <= LABEL_MAX && s.ptr[0] != '-' && s.ptr[s.len - 1] != '-';
}

/* Each part between dots. */
static bool
is_dotted(struct span s, bool (*is_part)(struct span))
{
    for (;;) {
        size_t end = span_find(s, '.');

        if (!is_part(span_head(s, end)))
            return false;
        if (end == s.len)
            return true;
        s = span_tail(s, end + 1);
    }
}

bool
mailbox_is_ok(struct span address)
{
    size_t at = span_find(address, '@');

    return address.len <= MAILBOX_MAX && at < address.len && at <= MAILBOX_LOCAL_MAX &&
           is_dotted(span_head(address, at), is_atom) &&
           is_dotted(span_tail(address, at + 1), is_label);
}
