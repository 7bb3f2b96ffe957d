/* SPDX-License-Identifier: Apache-2.0 */
/* key_drive.h - words of the tests about keys over the wire. */
#ifndef TEST_API_KEY_DRIVE_H
#define TEST_API_KEY_DRIVE_H

#include "secret_drive.h"

/* Members of private JWKs: RFC 7517 A.2 and A.3. */
#define EC_PUBLIC                                                                              \
    "\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","                 \
    "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\""
#define EC_D "\"d\":\"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE\""
#define RSA_PUBLIC                                                                             \
    "\"n\":\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1" \
    "L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65" \
    "YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-" \
    "bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-"                     \
    "kEgU8awapJzKnqDKgw\","                                                                    \
    "\"e\":\"AQAB\""
#define RSA_D                                                                                  \
    "\"d\":\"X4cTteJY_gn4FYPsXB8rdXix5vwsg1FLN5E3EaG6RJoVH-HLLKD9M7dx5oo7GURknchnrRweUkC7hT5f" \
    "JLM0WbFAKNLWY2vv7B6NqXSzUvxT0_YSfqijwp3RTzlBaCxWp4doFk5N2o8Gy_nHNKroADIkJ46pRUohsXywbReA" \
    "dYaMwFs9tv8d_cPVY3i07a3t8MN6TNwm0dSawm9v47UiCl3Sk5ZiG7xojPLu4sbg1U2jx4IBTNBznbJSzFHK66jT" \
    "8bgkuqsk0GjskDJk19Z4qwjwbsnn4j2WBii3RL-Us2lGVkY8fkFzme1z0HbIkfz0Y6mqnOYtqc0X4jfcKoAC8Q\""
#define RSA_P                                                                                  \
    "\"p\":\"83i-7IvMGXoMXCskv73TKr8637FiO7Z27zv8oj6pbWUQyLPQBQxtPVnwD20R-60eTDmD2ujnMt5PoqMr" \
    "m8RfmNhVWDtjjMmCMjOpSXicFHj7XOuVIYQyqVWlWEh6dN36GVZYk93N8Bc9vY41xy8B9RzzOGVQzXvNEvn7O0nV" \
    "bfs\""
#define RSA_Q                                                                                  \
    "\"q\":\"3dfOR9cuYq-0S-mkFLzgItgMEfFzB2q3hWehMuG0oCuqnb3vobLyumqjVZQO1dIrdwgTnCdpYzBcOfW5" \
    "r370AFXjiWft_NGEiovonizhKpo9VVS78TzFgxkIdrecRezsZ-1kYd_s1qDbxtkDEgfAITAG9LUnADun4vIcb6ye" \
    "lxk\""
#define RSA_CRT                                                                                \
    "\"dp\":\"G4sPXkc6Ya9y8oJW9_ILj4xuppu0lzi_H7VTkS8xj5SdX3coE0oimYwxIi2emTAue0UOa5dpgFGyBJ4" \
    "c8tQ2VF402XRugKDTP8akYhFo5tAA77Qe_"                                                       \
    "NmtuYZc3C3m3I24G2GvR5sSDxUyAN2zq8Lfn9EUms6rY3Ob8YeiKkTi"                                  \
    "Bj0\",\"dq\":\"s9lAH9fggBsoFR8Oac2R_E2gw282rT2kGOAhvIllETE1efrA6huUUvMfBcMpn8lqeW6vzznYY" \
    "5SSQF7pMdC_agI3nG8Ibp1BUb0JUiraRNqUfLhcQb_d9GF4Dh7e74WbRsobRonujTYN1xCaP6TO61jvWrX-L18tx" \
    "Xw494Q_cgk\",\"qi\":\"GyM_p6JrXySiz1toFgKbWV-JdI3jQ4ypu9rbMWx3rQJBfmt0FoYzgUIZEVFEcOqwem" \
    "RN81zoDAaa-Bk0KWNGDjJHZDdDmFhW3AN7lI-puxk_mHZGJ11rxyR8O55XLSe3SPmRfKwZI6yU24ZxvQKFYItdld" \
    "UKGzO6Ia6zTKhAVRU\""
#define RSA_ALL RSA_PUBLIC "," RSA_D "," RSA_P "," RSA_Q "," RSA_CRT
#define OCT_K   "\"k\":\"GawgguFyGrWKav7AX4VKUg\""

#define RSA_OPS "[\"encrypt\",\"decrypt\",\"sign\",\"verify\",\"wrapKey\",\"unwrapKey\"]"
/* End of the attributes of a key that nobody changed. */
#define KEY_ATTRS                                                                              \
    "\"created\":%T,\"updated\":%T,\"recoveryLevel\":\"Recoverable+Purgeable\","               \
    "\"recoverableDays\":90,\"exportable\":false,\"hsmPlatform\":\"0\"}"

/* Makes a key and remembers its version and time (secret_drive.h). */
void make_key(const char *name, const char *body);
/* Imports one; key: the JWK with its braces. */
void import_key(const char *name, const char *key);
/* The RSA and EC keys above, and an oct key in a vault that takes them. */
void import_rsa(const char *name);
void import_ec(const char *name);
void import_oct(const char *name);

/* The answer is an error with this status, inner code (NULL: none) and text. */
void assert_refused(unsigned got, unsigned status, const char *inner, const char *text);

#endif /* TEST_API_KEY_DRIVE_H */
