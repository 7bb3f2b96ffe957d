/* SPDX-License-Identifier: Apache-2.0 */
/*
 * versions.c - the api-versions that are known, and what each gates as.
 *
 * A preview gates as the version that it became, except where its wire was
 * withdrawn again (7.4-preview.1's OKP keys): additive members are harmless to
 * its clients (data-plane.md A2.1).
 */
#include "api/versions.h"

/* clang-format off */
#define TEXT(literal) { (const uint8_t *)(literal), sizeof(literal) - 1 }
static const struct {
    struct span text;
    enum api_version version;
} known[] = {
    { TEXT("2015-06-01"), V2015_06_01 },
    { TEXT("2016-10-01"), V2016_10_01 },
    { TEXT("7.0"), V7_0 },                        { TEXT("7.0-preview"), V7_0 },
    { TEXT("7.1"), V7_1 },                        { TEXT("7.1-preview"), V7_1 },
    { TEXT("7.2"), V7_2 },                        { TEXT("7.2-preview"), V7_2 },
    { TEXT("7.3"), V7_3 },                        { TEXT("7.3-preview"), V7_3 },
    { TEXT("7.4"), V7_4 },                        { TEXT("7.4-preview.1"), V7_4 },
    { TEXT("7.5"), V7_5 },                        { TEXT("7.5-preview.1"), V7_5 },
    { TEXT("7.6"), V7_6 },                        { TEXT("7.6-preview.1"), V7_6 },
    { TEXT("7.6-preview.2"), V7_6 },
    { TEXT("2025-07-01"), V2025_07_01 },          { TEXT("2025-06-01-preview"), V2025_07_01 },
    { TEXT("2026-01-01-preview"), V2025_07_01 },  { TEXT("2026-03-01-preview"), V2025_07_01 },
    { TEXT("2026-04-01"), V2026_04_01 },          { TEXT("2026-05-01-preview"), V2026_04_01 },
    { TEXT("2026-07-01-preview"), V2026_04_01 },
};
/* clang-format on */

const char *
versions_newest(void)
{
    return "2026-04-01";
}

static bool
are_digits(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return s.len > 0;
}

/* "2031-02-03" or "7.9", with or without "-preview" or "-preview.4" behind it. */
static bool
is_version_shaped(struct span s)
{
    struct span tail = { 0 };
    size_t at;

    for (at = 0; at + 8 <= s.len; at++)
        if (span_has_prefix(span_tail(s, at), span_str("-preview"))) {
            tail = span_tail(s, at + 8);
            s = span_head(s, at);
            break;
        }
    if (tail.len > 0 && (tail.ptr[0] != '.' || !are_digits(span_tail(tail, 1))))
        return false;
    if (s.len == 10 && s.ptr[4] == '-' && s.ptr[7] == '-')
        return are_digits(span_head(s, 4)) && are_digits(span_of(s.ptr + 5, 2)) &&
               are_digits(span_tail(s, 8));
    return s.len > 2 && s.len <= 4 && s.ptr[0] == '7' && s.ptr[1] == '.' &&
           are_digits(span_tail(s, 2));
}

enum err
versions_check(const struct site *site, struct span text, enum api_version since,
               enum api_version *out)
{
    *out = V_NONE;
    for (size_t i = 0; *out == V_NONE && i < sizeof(known) / sizeof(known[0]); i++)
        if (span_is_equal(text, known[i].text))
            *out = known[i].version;
    if (*out == V_NONE && !site->strict_versions && is_version_shaped(text))
        *out = V2026_04_01;
    return *out == V_NONE || *out < since ? ERR_UNSUPPORTED_VERSION : ERR_OK;
}
