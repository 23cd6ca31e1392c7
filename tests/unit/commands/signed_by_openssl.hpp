// SPDX-License-Identifier: Apache-2.0
//
// One command set in the historic form, signed by the tool openssl(1) as those who issue commands do:
// `openssl dgst -sha256 -sign`, and `openssl pkeyutl -sign -rawin` with Ed25519. The private keys are
// gone.
#pragma once

namespace cmw::test {

inline constexpr auto signed_line =
    R"({"timestamp": 1632000000.5, "commands": [{"command": "stop", "target": "binary", "nodes": ["A1b2"]}, {"command": "delay", "info": {"time": 5000}}, {"command": "start", "target": "binary"}]})";

inline constexpr auto rsa_certificate = R"(-----BEGIN CERTIFICATE-----
MIIDMTCCAhmgAwIBAgIUEGX0AIohSQK247YdDlzGGik6QHIwDQYJKoZIhvcNAQEL
BQAwJzElMCMGA1UEAwwcbWFuYWdlbWVudCBvZiBhIHRlc3QgbmV0d29yazAgFw0y
NjExMjIyMjQ0MjJaGA8yMTI2MTAyOTIyNDQyMlowJzElMCMGA1UEAwwcbWFuYWdl
bWVudCBvZiBhIHRlc3QgbmV0d29yazCCASIwDQYJKoZIhvcNAQEBBQADggEPADCC
AQoCggEBAOCEUiAXznufSZDgbzPSR5RPxkVBKDZhYIe0RjVSitmnsCjvXGXQ3EzF
QlRMnK7iRswTJLhfc28nH9Fs5mW6hzf+f8WOBVd+VSdhcXX8g2799bzH7A1jrIq0
i7eG9f3dV/duyZYE0w0eSKlPgGwqJ9SjV2q//MvEajNGoOHxZHLcEeavPJWHMsll
MhAeGFj03sDqNrBgelngCqkgoZ9cRfX3uGhHnKDfdg/TkkIqEhY3hxl8AyhzNHiT
ysN3Nl70A415o7SMydSBaEwzZ1pc2OSx5B3nnSntpQXVT4B8jVYq9y520j35w2A8
8vi9Il+Vd7HIS38mN0voVELCFr71ghcCAwEAAaNTMFEwHQYDVR0OBBYEFDcSPfi5
wfwBkGPT+3rQavWGUQyrMB8GA1UdIwQYMBaAFDcSPfi5wfwBkGPT+3rQavWGUQyr
MA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADggEBAB2Iiw+DpFiHOk4B
CEXrHsHNire/IKREzt/ko2fM78u7QdE6prZeF7p4Hyz0OYjuLFWe0Dwp4i8frNkb
+0Lr9eS2bCVrRex+c049bd1nu4T9scEEJ9Br5ao4SBKYxpnDAsxsHp8wOgJqPjPY
Z/KMrQs52ROK+8WL/T4sC5GX4WRJlE4f+j2NNcpzBeiu+lDRyjxQAjwmRIDZ/V0x
bA5Amv5WfMgAAtDzqFAYs8tmLboIsMmsak3M3h11q2/IgFxSiitBFSVhey9mqyTU
hfnemC94EaMCMHLYVfs8FIG7S9Gl0ew1Mg5JMmrnMtylKDnfwOd2mqyyZBGLtIoP
shzZWpU=
-----END CERTIFICATE-----
)";

inline constexpr auto rsa_signature = "ocrXPv4wtpLEgUu7TuOCR8N9R7oqLFAxRpM1/3x/"
                                      "Ws8ylkeD+4e52NPKYfMTNs70hFvAYp+ceFsMAed9eJzhvuxq2eGmBTc2SdqI"
                                      "uP5nYnXsOOGKLszZMEWOSr8RmGIcRRUtk29fayx/4pdl/Rs5kvs2/"
                                      "ysHUSKxvr+Mg7dsUocAqcjW+WA02wkjUsx+jaOJDF2XlFrE"
                                      "HvRDmltoJEcwU9lhZgFFSgR8OiVVEp6Zo6cFXJBlcHdKDaYOGiywgSODGVPq"
                                      "+Kp1uaRViNWHIwW1ntaj9pTm9zd2kK2fW9+bCx/s"
                                      "AmF0mtIE6P9qgcIjIO2dNE5/nQNDyitoBTJ84ABNDQ==";

inline constexpr auto ed25519_certificate = R"(-----BEGIN CERTIFICATE-----
MIIBdzCCASmgAwIBAgIUHF0rp43NCTCJIZ6seQJWrAhPRyswBQYDK2VwMDAxLjAs
BgNVBAMMJW1hbmFnZW1lbnQgb2YgYSB0ZXN0IG5ldHdvcmssIEVkMjU1MTkwIBcN
MjYxMTIyMjI0NDIyWhgPMjEyNjEwMjkyMjQ0MjJaMDAxLjAsBgNVBAMMJW1hbmFn
ZW1lbnQgb2YgYSB0ZXN0IG5ldHdvcmssIEVkMjU1MTkwKjAFBgMrZXADIQB5jIaH
clsbi1Y0bGGCFG0rChhlZtI5JSOnLUT3+E0vE6NTMFEwHQYDVR0OBBYEFOlhC/cG
aCINvk61ea1ypqbYuLwuMB8GA1UdIwQYMBaAFOlhC/cGaCINvk61ea1ypqbYuLwu
MA8GA1UdEwEB/wQFMAMBAf8wBQYDK2VwA0EAhj1dd4AjLLphmX7OkOImPgw/PCYR
I59bCWmYgWHzHDoGVHhfOnRhGrIYrMfUAh+RkT2YfZTgBeeDjeEhnDgzDg==
-----END CERTIFICATE-----
)";

inline constexpr auto ed25519_signature =
    "MWHt2nbEOUilaLPwPMMfh4IryRs31wSaI4qXmq9zqakQ7+H1aQFi5nopbS8SrHG3firxr72ZsLjpvQAqDPHMCQ==";

} // namespace cmw::test
