/* SPDX-License-Identifier: Apache-2.0 */
/* pem_samples.h - keys of no use but here. */
#ifndef TEST_CRYPTO_PEM_SAMPLES_H
#define TEST_CRYPTO_PEM_SAMPLES_H

/* clang-format off */
#define PEM_P384 \
    "-----BEGIN PRIVATE KEY-----\n" \
    "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDCLVSR1RDXhYSi0haXh\n" \
    "xBh4N4k8KO8Stq2BTQXizaevLvAOrsSAuIrl6hJs589vhtmhZANiAAQwqwxAOA6z\n" \
    "E440IiRdRG3Ns/mNfsSed0thjpn5zZbIcK+OBw08knADZQJWSdWrZAbsaE64Ubwz\n" \
    "LoSIjxzbwPAosqt09F1YKkwlvY2jEtXunf+E+yee+phi2pzVP7uQxFc=\n" \
    "-----END PRIVATE KEY-----\n"
#define PEM_ENCRYPTED \
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n" \
    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjMW11CGOookQICCAAw\n" \
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEECLvE+R95JlACmKzQH/X2McEgZCb\n" \
    "N1RfP5yCS1a/xol1JW8tohKzeF2f3O5mEtx03J8wsKO8FQNjn5EVIrSWqEb//cU/\n" \
    "WqZFsx18kOItTPWyo6Pe1uCg4S2YguBvyjSh7xb+cviibIp+xV9HA/75J/5bSTRg\n" \
    "HvP8KcdBcAtZ0WMGY19pv7dQ/vdhawgw4iIsTauCGgoeG/kpreCi/lbBiu53f20=\n" \
    "-----END ENCRYPTED PRIVATE KEY-----\n"
#define PEM_RSA1024 \
    "-----BEGIN PRIVATE KEY-----\n" \
    "MIICdwIBADANBgkqhkiG9w0BAQEFAASCAmEwggJdAgEAAoGBAKR2V34f2OoVmjIo\n" \
    "I6xBxMlmH03OSMbder4taztjMgeDjhdPfze6y2cQYRwvvgwtClZZhiRL7zlMG2kK\n" \
    "R7qxMBySozyGJzGEK4gl/aG5KFuJrn9txQfKYlpQeOHxkXKjd6yXQ3vHLCXdjS5p\n" \
    "HW6E6SmQYBIi14UA9mZ6Xe2Au5xHAgMBAAECgYEAmsF1IQyMy/DZ8RqOPtiAeVds\n" \
    "W4WiO+dLSctpXS/Bcwqa2VqIBoPyRKBIEQLn3YNAd/Kz5FHD4PG51UTELGvxLV7t\n" \
    "9MXuIUZMoZumgKddi19wQYnAq4CfDmxYnDuExyEmUjFPY6I+f61ArUcfbiiwhT1F\n" \
    "raF/ky9FPSzYynZsQWECQQDaf0+r2LxbmETW0Bj8SI4lN0gxxv+fSw9qi+PDY7me\n" \
    "xu4dQjaXXAams+XjrtdBHhXN+RxJPzFt0v8Zh2U3jWuXAkEAwLDAZelavh9WSZGz\n" \
    "gQJP8YQ5x2v4mJJ/9QC0WuH9Y4fnNrpxXHRRj5uud5KGzxmyazxaV2NHmFV2Ermi\n" \
    "dmAq0QJBALomux8CkT9MFGIbex39RrVoSua1zvTMwz6YHh1Kakte2mEtF0uPCM+f\n" \
    "9x0qyZNd6V/Je5Lf9uHFYLdERjS1FNMCQBlruBY50PTgIXwXMr1EVtOgBBdhESzf\n" \
    "tu3Vp/WNduZYmZJIyofN+Kyfd0bjF9HerAElty1sNZfNPoR95QcE7OECQFrealBg\n" \
    "uWe1A4oD7PETFiGdZnF6obSvEHWEiS+x+3r1quHherWuFPcO6kjhE37yqHKMojv3\n" \
    "QL6TgWC8fW2+bGc=\n" \
    "-----END PRIVATE KEY-----\n"
/* clang-format on */

#endif /* TEST_CRYPTO_PEM_SAMPLES_H */
