/* SPDX-License-Identifier: Apache-2.0 */
/*
 * isotime.c - days and seconds to calendar and back, proleptic Gregorian, UTC.
 *
 * Own arithmetic instead of gmtime_r: no time zone file, no lock, no locale.
 * Instants outside the years 1 to 9999 are written as the nearest inside.
 */
#include "codec/isotime.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define FIRST_SECOND (-62135596800) /* 0001-01-01T00:00:00Z */
#define LAST_SECOND  253402300799   /* 9999-12-31T23:59:59Z */

enum { DAY = 86400 };

struct civil {
    int year, month, day, hour, minute, second;
    int weekday; /* 0 is Sunday */
};

/* Days since 1970-01-01; months count from March, so that the leap day comes last. */
static int64_t
days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t in_era = y - era * 400;
    int64_t in_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

static struct civil
civil_of(int64_t seconds)
{
    int64_t days, second, era, in_era, year, in_year, month;
    struct civil c;

    if (seconds < FIRST_SECOND)
        seconds = FIRST_SECOND;
    if (seconds > LAST_SECOND)
        seconds = LAST_SECOND;
    days = (seconds - FIRST_SECOND) / DAY + FIRST_SECOND / DAY;
    second = seconds - days * DAY;
    c.weekday = (int)((days - FIRST_SECOND / DAY + 1) % 7); /* 0001-01-01 was a Monday */

    days += 719468;
    era = days / 146097; /* never negative: year 1 is day 306 */
    in_era = days % 146097;
    year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    in_year = in_era - (365 * year + year / 4 - year / 100);
    month = (5 * in_year + 2) / 153;
    c.day = (int)(in_year - (153 * month + 2) / 5 + 1);
    c.month = (int)(month < 10 ? month + 3 : month - 9);
    c.year = (int)(year + era * 400 + (c.month <= 2 ? 1 : 0));
    c.hour = (int)(second / 3600);
    c.minute = (int)(second / 60 % 60);
    c.second = (int)(second % 60);
    return c;
}

static int
days_in_month(int64_t year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

int64_t
isotime_add_months(int64_t seconds, int months)
{
    struct civil c = civil_of(seconds);
    int64_t n = (int64_t)c.year * 12 + c.month - 1 + months; /* months since year 0 */
    int64_t year = n / 12;
    int month = (int)(n % 12) + 1;

    if (n < 12)
        return FIRST_SECOND;
    if (year > 9999)
        return LAST_SECOND;
    if (c.day > days_in_month(year, month))
        c.day = days_in_month(year, month);
    return days_of(year, month, c.day) * DAY + c.hour * 3600 + c.minute * 60 + c.second;
}

static void
put_digits(char *at, int v, int n)
{
    while (n-- > 0) {
        at[n] = (char)('0' + v % 10);
        v /= 10;
    }
}

/* end: at most ".1234567Z". */
static void
put(const struct civil *c, char between, const char *end, char out[static ISOTIME_MAX])
{
    put_digits(out, c->year, 4);
    out[4] = '-';
    put_digits(out + 5, c->month, 2);
    out[7] = '-';
    put_digits(out + 8, c->day, 2);
    out[10] = between;
    put_digits(out + 11, c->hour, 2);
    out[13] = ':';
    put_digits(out + 14, c->minute, 2);
    out[16] = ':';
    put_digits(out + 17, c->second, 2);
    memcpy(out + 19, end, strlen(end) + 1);
}

void
isotime_put(int64_t seconds, char out[static ISOTIME_MAX])
{
    struct civil c = civil_of(seconds);

    put(&c, 'T', "Z", out);
}

void
isotime_put_space(int64_t seconds, char out[static ISOTIME_MAX])
{
    struct civil c = civil_of(seconds);

    put(&c, ' ', "Z", out);
}

void
isotime_put_100ns(int64_t t, char out[static ISOTIME_MAX])
{
    int64_t fraction = t % 10000000, seconds = t / 10000000;
    struct civil c;
    char end[] = ".0000000Z";

    if (fraction < 0) {
        fraction += 10000000;
        seconds--;
    }
    c = civil_of(seconds);
    put_digits(end + 1, (int)fraction, 7);
    put(&c, 'T', end, out);
}

void
isotime_put_http(int64_t seconds, char out[static ISOTIME_MAX])
{
    static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    struct civil c = civil_of(seconds);

    (void)snprintf(out, ISOTIME_MAX, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[c.weekday],
                   c.day, months[c.month - 1], c.year, c.hour, c.minute, c.second);
}

/* Takes `digits` digits off the head; -1 if they are not all there. */
static int
take_number(struct span *s, size_t digits)
{
    uint64_t v;

    if (s->len < digits || !span_get_u64(span_head(*s, digits), &v))
        return -1;
    *s = span_tail(*s, digits);
    return (int)v;
}

static bool
take_char(struct span *s, uint8_t a, uint8_t b)
{
    if (s->len == 0 || (s->ptr[0] != a && s->ptr[0] != b))
        return false;
    *s = span_tail(*s, 1);
    return true;
}

static int
days_in(int year, int month)
{
    static const int len[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return len[month - 1] + (month == 2 && leap ? 1 : 0);
}

static bool
take_civil(struct span *s, struct civil *c)
{
    c->year = take_number(s, 4);
    if (c->year < 1 || !take_char(s, '-', '-'))
        return false;
    c->month = take_number(s, 2);
    if (c->month < 1 || c->month > 12 || !take_char(s, '-', '-'))
        return false;
    c->day = take_number(s, 2);
    if (c->day < 1 || c->day > days_in(c->year, c->month) || !take_char(s, 'T', 't'))
        return false;
    c->hour = take_number(s, 2);
    if (c->hour < 0 || c->hour > 23 || !take_char(s, ':', ':'))
        return false;
    c->minute = take_number(s, 2);
    if (c->minute < 0 || c->minute > 59 || !take_char(s, ':', ':'))
        return false;
    c->second = take_number(s, 2);
    return c->second >= 0 && c->second <= 60; /* 60: a leap second (RFC 3339 5.7) */
}

static bool
take_fraction(struct span *s)
{
    if (!take_char(s, '.', '.'))
        return true;
    if (take_number(s, 1) < 0)
        return false;
    while (take_number(s, 1) >= 0)
        ;
    return true;
}

static bool
take_offset(struct span *s, int *minutes)
{
    int sign = 1, hour, minute;

    *minutes = 0;
    if (take_char(s, 'Z', 'z'))
        return true;
    if (take_char(s, '-', '-'))
        sign = -1;
    else if (!take_char(s, '+', '+'))
        return false;
    hour = take_number(s, 2);
    if (hour < 0 || hour > 23 || !take_char(s, ':', ':'))
        return false;
    minute = take_number(s, 2);
    if (minute < 0 || minute > 59)
        return false;
    *minutes = sign * (hour * 60 + minute);
    return true;
}

enum err
isotime_get(struct span s, int64_t *out)
{
    struct civil c;
    int offset;

    *out = 0;
    if (!take_civil(&s, &c) || !take_fraction(&s) || !take_offset(&s, &offset) ||
        !span_is_empty(s))
        return ERR_SYNTAX;
    *out = days_of(c.year, c.month, c.day) * DAY + c.hour * 3600 + c.minute * 60 + c.second -
           (int64_t)offset * 60;
    return ERR_OK;
}
