/* SPDX-License-Identifier: Apache-2.0 */
/* operator.h - the certificate that an operator brings: self-signed, good for decades. */
#ifndef TEST_JOBS_OPERATOR_H
#define TEST_JOBS_OPERATOR_H

/* A P-256 key, its certificate (CN=test), and another key; made for these tests. */
static const char operator_chain[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBdDCCARugAwIBAgIUGmCmvBI6KFRQQL/hEIsCq99o5zIwCgYIKoZIzj0EAwIw\n"
    "DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjIwMzUzMTVaGA8yMDgxMDgyNTAzNTMx\n"
    "NVowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABDC9\n"
    "Vi1OUZ054K2pB5688oZfkKH8NcAcZi3n72+TA/vvbdr6lJL8kb1/JNCn55lv21X4\n"
    "HJ3KR7Xy4ENvNxUha96jUzBRMB0GA1UdDgQWBBSARkC11hcEf5t2l/X1chpItUdr\n"
    "TjAfBgNVHSMEGDAWgBSARkC11hcEf5t2l/X1chpItUdrTjAPBgNVHRMBAf8EBTAD\n"
    "AQH/MAoGCCqGSM49BAMCA0cAMEQCIHXbgzbUNpqlG/CHlpHivmKG/mAUF6gFB+ua\n"
    "IanIiWdYAiAam8T+H7BZqXzDD9YbI8c9/hU45WTrlJNcx95Ik1Plcg==\n"
    "-----END CERTIFICATE-----\n";
static const char operator_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgRsP5vJuIkRuejq3V\n"
    "zFdgTI7mghzaIZgLjA1iPLbUSUShRANCAAQwvVYtTlGdOeCtqQeevPKGX5Ch/DXA\n"
    "HGYt5+9vkwP7723a+pSS/JG9fyTQp+eZb9tV+Bydyke18uBDbzcVIWve\n"
    "-----END PRIVATE KEY-----\n";
__attribute__((unused)) static const char another_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg0WO0WF72ziUB4cXa\n"
    "BjKcHSVRuSMHlYQZFkLOEdbRAUGhRANCAATizsGHldOqKRDZVSrAdFoEG8+5l7Aj\n"
    "6I7tDTxxfIvcgZ5+9BNPM11xQ1X/wkMYO/YEzQxzArDf1Tu3hKpUt1d+\n"
    "-----END PRIVATE KEY-----\n";

#endif /* TEST_JOBS_OPERATOR_H */
