/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device.h - device codes (RFC 8628): a program polls with one code while a
 * person enters the other in a browser. Rows dc/<hash of the device code> and
 * du/<hash of the user code>, which leads to the former.
 */
#ifndef AUTH_DEVICE_H
#define AUTH_DEVICE_H

#include "auth/refresh.h"

enum {
    DEVICE_LIFETIME = 900,
    DEVICE_INTERVAL = 5,
    USER_CODE_LEN = 8,
    DEVICE_POLL_MIN = 3 /* clients round their waiting down */
};

enum device_state {
    DEVICE_PENDING = 1,
    DEVICE_APPROVED,
    DEVICE_DECLINED,
    DEVICE_USED,
    DEVICE__MAX
};

struct device {
    struct ticket_id id;
    struct ticket_id user_code;
    enum device_state state;
    struct guid appid;
    struct guid tid;
    struct guid oid; /* once approved */
    int64_t good_until;
    int64_t polled; /* last time, or 0 */
    int64_t issued; /* once approved: when what comes of it begins to count */
    int64_t auth_time;
    struct guid family; /* once used */
    char scope[MAX_GRANT_SCOPE + 1];
    uint64_t revision;
};

/* Makes both codes for appid, tid and scope. ERR_NOMEM, ERR_CRYPTO. */
MUST_CHECK enum err device_new(const struct rows *rows, struct store_write *w, struct device *d,
                               int64_t now, struct secbuf *device_code,
                               char user_code[static USER_CODE_LEN + 1]);
/* ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT, ERR_IO, ERR_CRYPTO. */
MUST_CHECK enum err device_load(const struct rows *rows, struct store_view *view,
                                struct span device_code, struct device *out);
/* As a person types it: any letter case, with spaces and hyphens. */
MUST_CHECK enum err device_find(const struct rows *rows, struct store_view *view,
                                struct span user_code, struct device *out);
/* On condition that it is as it was. A state behind DEVICE_PENDING ends the user code. */
void device_store(const struct rows *rows, struct store_write *w, const struct device *d);

#endif /* AUTH_DEVICE_H */
