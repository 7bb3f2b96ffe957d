/* SPDX-License-Identifier: Apache-2.0 */
/* rv.c - one table: value, name, class. Vendors' own values are in doubt. */
#include "token/rv.h"

#include <stddef.h>

#define ROW(rv, class)                                                                         \
    {                                                                                          \
        rv, #rv, class                                                                         \
    }

static const struct rv_row {
    CK_RV rv;
    const char *name;
    enum rv_class class;
} rows[] = {
    ROW(CKR_OK, RV_OK),
    ROW(CKR_SESSION_HANDLE_INVALID, RV_STALE),
    ROW(CKR_SESSION_CLOSED, RV_STALE),
    ROW(CKR_USER_NOT_LOGGED_IN, RV_STALE),
    ROW(CKR_OPERATION_ACTIVE, RV_STALE),
    ROW(CKR_OPERATION_NOT_INITIALIZED, RV_STALE),
    ROW(CKR_SESSION_READ_ONLY, RV_STALE),
    ROW(CKR_OBJECT_HANDLE_INVALID, RV_HANDLE),
    ROW(CKR_KEY_HANDLE_INVALID, RV_HANDLE),
    ROW(CKR_UNWRAPPING_KEY_HANDLE_INVALID, RV_HANDLE),
    ROW(CKR_WRAPPING_KEY_HANDLE_INVALID, RV_HANDLE),
    ROW(CKR_DEVICE_REMOVED, RV_GONE),
    ROW(CKR_DEVICE_ERROR, RV_GONE),
    ROW(CKR_TOKEN_NOT_PRESENT, RV_GONE),
    ROW(CKR_TOKEN_NOT_RECOGNIZED, RV_GONE),
    ROW(CKR_SLOT_ID_INVALID, RV_GONE),
    ROW(CKR_CRYPTOKI_NOT_INITIALIZED, RV_GONE),
    ROW(CKR_GENERAL_ERROR, RV_DOUBT),
    ROW(CKR_FUNCTION_FAILED, RV_DOUBT),
    ROW(CKR_FUNCTION_CANCELED, RV_DOUBT),
    ROW(CKR_HOST_MEMORY, RV_DOUBT),
    ROW(CKR_ARGUMENTS_BAD, RV_DOUBT),
    ROW(CKR_DATA_INVALID, RV_INPUT),
    ROW(CKR_DATA_LEN_RANGE, RV_INPUT),
    ROW(CKR_ENCRYPTED_DATA_INVALID, RV_INPUT),
    ROW(CKR_ENCRYPTED_DATA_LEN_RANGE, RV_INPUT),
    ROW(CKR_SIGNATURE_INVALID, RV_INPUT),
    ROW(CKR_SIGNATURE_LEN_RANGE, RV_INPUT),
    ROW(CKR_WRAPPED_KEY_INVALID, RV_INPUT),
    ROW(CKR_WRAPPED_KEY_LEN_RANGE, RV_INPUT),
    ROW(CKR_MECHANISM_INVALID, RV_CANNOT),
    ROW(CKR_MECHANISM_PARAM_INVALID, RV_CANNOT),
    ROW(CKR_KEY_SIZE_RANGE, RV_CANNOT),
    ROW(CKR_KEY_TYPE_INCONSISTENT, RV_CANNOT),
    ROW(CKR_KEY_FUNCTION_NOT_PERMITTED, RV_CANNOT),
    ROW(CKR_ATTRIBUTE_TYPE_INVALID, RV_CANNOT),
    ROW(CKR_ATTRIBUTE_VALUE_INVALID, RV_CANNOT),
    ROW(CKR_ATTRIBUTE_READ_ONLY, RV_CANNOT),
    ROW(CKR_ATTRIBUTE_SENSITIVE, RV_CANNOT),
    ROW(CKR_TEMPLATE_INCOMPLETE, RV_CANNOT),
    ROW(CKR_TEMPLATE_INCONSISTENT, RV_CANNOT),
    ROW(CKR_DOMAIN_PARAMS_INVALID, RV_CANNOT),
    ROW(CKR_CURVE_NOT_SUPPORTED, RV_CANNOT),
    ROW(CKR_FUNCTION_NOT_SUPPORTED, RV_CANNOT),
    ROW(CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT, RV_CANNOT),
    ROW(CKR_UNWRAPPING_KEY_SIZE_RANGE, RV_CANNOT),
    ROW(CKR_TOKEN_WRITE_PROTECTED, RV_CANNOT),
    ROW(CKR_CANT_LOCK, RV_CANNOT),
    ROW(CKR_DEVICE_MEMORY, RV_FULL),
    ROW(CKR_SESSION_COUNT, RV_FULL),
    ROW(CKR_PIN_INCORRECT, RV_PIN),
    ROW(CKR_PIN_INVALID, RV_PIN),
    ROW(CKR_PIN_LEN_RANGE, RV_PIN),
    ROW(CKR_PIN_LOCKED, RV_PIN),
    ROW(CKR_PIN_EXPIRED, RV_PIN),
    ROW(CKR_USER_PIN_NOT_INITIALIZED, RV_PIN),
};

static const struct rv_row *
row_of(CK_RV rv)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].rv == rv)
            return &rows[i];
    return NULL;
}

enum rv_class
rv_class_of(CK_RV rv)
{
    const struct rv_row *r = row_of(rv);

    return r == NULL ? RV_DOUBT : r->class;
}

const char *
rv_name(CK_RV rv)
{
    const struct rv_row *r = row_of(rv);

    return r == NULL ? "CKR_?" : r->name;
}
