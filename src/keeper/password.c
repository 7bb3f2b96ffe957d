/* SPDX-License-Identifier: Apache-2.0 */
/* password.c - the cost is read before anything is computed. */
#include "keeper/password.h"

#include "crypto/scrypt.h"

/* Takes `literal` and a number of at most two digits off the front. */
static bool
take_number(struct span *rest, const char *literal, uint64_t *out)
{
    size_t n = 0;

    if (!span_has_prefix(*rest, span_str(literal)))
        return false;
    *rest = span_tail(*rest, span_str(literal).len);
    while (n < 2 && n < rest->len && rest->ptr[n] >= '0' && rest->ptr[n] <= '9')
        n++;
    if (!span_get_u64(span_head(*rest, n), out))
        return false;
    *rest = span_tail(*rest, n);
    return true;
}

static bool
cost_is_fair(struct span record)
{
    uint64_t log_n, r, p;

    return take_number(&record, "$scrypt$ln=", &log_n) && take_number(&record, ",r=", &r) &&
           take_number(&record, ",p=", &p) && log_n < 32 && r * p << log_n <= PASSWORD_COST_MAX;
}

enum err
password_hash(struct span password, struct sink out)
{
    static const struct scrypt_cost cost = { SCRYPT_LOG_N, SCRYPT_R, SCRYPT_P };

    _Static_assert((UINT64_C(1) << SCRYPT_LOG_N) * SCRYPT_R * SCRYPT_P <= PASSWORD_COST_MAX,
                   "our own records are fair");
    return scrypt_record_make(password, &cost, out);
}

enum err
password_check(struct span record, struct span password)
{
    if (!cost_is_fair(record))
        return ERR_FORMAT;
    return scrypt_record_check(record, password);
}
