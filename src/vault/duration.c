/* SPDX-License-Identifier: Apache-2.0 */
/* duration.c - reading durations, and walking the calendar with them. */
#include "vault/duration.h"

#include "base/err.h"
#include "codec/isotime.h"

enum { DAY = 86400, MAX_YEARS = 100, MAX_COUNT = MAX_YEARS * 366 };

/* A number and the letter behind it. */
static bool
take_part(struct span *s, unsigned *count, uint8_t *unit)
{
    size_t n = 0;

    *count = 0;
    while (n < s->len && s->ptr[n] >= '0' && s->ptr[n] <= '9') {
        *count = *count * 10 + (unsigned)(s->ptr[n++] - '0');
        if (*count > MAX_COUNT)
            return false;
    }
    if (n == 0 || n == s->len)
        return false;
    *unit = s->ptr[n];
    *s = span_tail(*s, n + 1);
    return true;
}

bool
duration_parse(struct span s, struct duration *out)
{
    static const struct {
        uint8_t letter;
        unsigned months, days;
    } units[] = { { 'Y', 12, 0 }, { 'M', 1, 0 }, { 'W', 0, 7 }, { 'D', 0, 1 } };
    enum { NUNITS = sizeof(units) / sizeof(units[0]) };
    struct duration d = { .months = 0 };
    size_t next = 0; /* the units come in this order, each at most once */

    *out = d;
    if (!span_copy_str(s, d.text, sizeof(d.text)) || !span_has_prefix(s, span_str("P")))
        return false;
    s = span_tail(s, 1);
    do {
        unsigned count;
        uint8_t unit;

        if (!take_part(&s, &count, &unit))
            return false;
        while (next < NUNITS && units[next].letter != unit)
            next++;
        if (next == NUNITS)
            return false;
        d.months += units[next].months * count;
        d.days += units[next].days * count;
        next++;
    } while (s.len > 0);
    if (d.months * 365 + d.days * 12 > MAX_YEARS * 365 * 12)
        return false;
    *out = d;
    return true;
}

bool
duration_is_set(const struct duration *d)
{
    return d->text[0] != '\0';
}

int64_t
duration_shift(const struct duration *d, int64_t t, int sign)
{
    bug_on(sign != 1 && sign != -1);
    if (d->months > 0)
        t = isotime_add_months(t, sign * (int)d->months);
    return t + (int64_t)sign * d->days * DAY;
}

unsigned
duration_days(const struct duration *d)
{
    const int64_t january = 978307200; /* 2001-01-01T00:00:00Z */

    return (unsigned)((duration_shift(d, january, 1) - january) / DAY);
}
