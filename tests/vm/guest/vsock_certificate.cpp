// SPDX-License-Identifier: MIT
#include "vsock_certificate.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <stdexcept>

namespace guest {
namespace {

constexpr long day = 24L * 60 * 60;

struct deleter {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* cert) const { X509_free(cert); }
    void operator()(BIO* bio) const { BIO_free(bio); }
};

template <class T> using owned = std::unique_ptr<T, deleter>;

void require(bool condition) {
    if (!condition) {
        throw std::runtime_error("OpenSSL made no certificate");
    }
}

template <class Write> std::string pem(Write write) {
    const owned<BIO> bio{BIO_new(BIO_s_mem())};
    require(bio && write(bio.get()) == 1);
    std::string text(BIO_ctrl_pending(bio.get()), '\0');
    require(BIO_read(bio.get(), text.data(), static_cast<int>(text.size())) == static_cast<int>(text.size()));
    return text;
}

} // namespace

certificate make_certificate() {
    const owned<EVP_PKEY> key{EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")};
    const owned<X509> cert{X509_new()};
    require(key && cert);
    auto* const name = X509_get_subject_name(cert.get());
    const std::string common_name = "argo-vsock-tests";
    require(X509_set_version(cert.get(), X509_VERSION_3) == 1 &&
            ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), 1) == 1 &&
            X509_gmtime_adj(X509_getm_notBefore(cert.get()), -day) != nullptr &&
            X509_gmtime_adj(X509_getm_notAfter(cert.get()), day) != nullptr &&
            X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                       reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0) == 1 &&
            X509_set_issuer_name(cert.get(), name) == 1 && X509_set_pubkey(cert.get(), key.get()) == 1 &&
            X509_sign(cert.get(), key.get(), EVP_sha256()) != 0);
    return {.key = pem([&](BIO* bio) {
                return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
            }),
            .chain = pem([&](BIO* bio) { return PEM_write_bio_X509(bio, cert.get()); })};
}

} // namespace guest
