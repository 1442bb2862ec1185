//! The signer of requests that we send ourselves.
//!
//! Owns: what a client needs to sign by header, with the signing key of the day kept.
//! Not here: the canonical request (`canonical`) and the derivation of the key (`signing_key`):
//! both are the verifier's, so that the two cannot drift apart. Sending (`bench::connection`).

use crate::auth::credential::AccessKeyId;
use crate::auth::error::AuthError;
use crate::auth::request::{RequestView, parse_query};
use crate::auth::sigv4::canonical::{canonical_request, string_to_sign};
use crate::auth::sigv4::scope::RequestDate;
use crate::auth::sigv4::signed_headers::SignedHeaders;
use crate::auth::sigv4::signing_key::SigningKey;
use crate::auth::sigv4::{ALGORITHM, SERVICE_S3};
use crate::base::secret::SecretBytes;
use crate::model::time::Timestamp;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// The headers that carry a signature, beside `x-amz-content-sha256` and the session token, which
/// the caller has.
#[derive(Clone)]
pub struct Signature {
    /// `x-amz-date`.
    pub amz_date: String,
    /// `authorization`.
    pub authorization: String,
}

impl fmt::Debug for Signature {
    /// The signature stays out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signature")
            .field("amz_date", &self.amz_date)
            .finish_non_exhaustive()
    }
}

/// Signs requests to S3 in one region under one credential.
pub struct Signer {
    access_key_id: AccessKeyId,
    secret: SecretBytes,
    token: Option<SecretBytes>,
    region: String,
    of_day: Mutex<Option<(String, SigningKey)>>,
}

impl Signer {
    /// A signer. `token` is the session token of temporary credentials.
    pub fn new(
        access_key_id: AccessKeyId,
        secret: SecretBytes,
        token: Option<SecretBytes>,
        region: String,
    ) -> Self {
        Self {
            access_key_id,
            secret,
            token,
            region,
            of_day: Mutex::new(None),
        }
    }

    /// The session token, for the header `x-amz-security-token` of each request.
    pub fn token(&self) -> Option<&[u8]> {
        self.token.as_ref().map(SecretBytes::expose)
    }

    /// Signs a request. `request.headers` holds `host` alone; `payload_text` is the value of its
    /// `x-amz-content-sha256`.
    ///
    /// # Errors
    /// `InvalidUri` for a path or a query with an invalid escape, `CorruptCredential` when the
    /// secret is not text or `at` is behind the year 9999.
    pub fn sign(
        &self,
        request: RequestView<'_>,
        payload_text: &str,
        at: Timestamp,
    ) -> Result<Signature, AuthError> {
        let corrupt = AuthError::CorruptCredential { source: None };
        let date = RequestDate::of(at).ok_or(corrupt)?;
        let date_text = date.text().to_owned();
        let mut names = "host;x-amz-content-sha256;x-amz-date".to_owned();
        // Bound anew, so that it may hold what lives no longer than this call.
        let mut request = request;
        let headers = &mut request.headers;
        headers.push(("x-amz-content-sha256", payload_text.as_bytes()));
        headers.push(("x-amz-date", date_text.as_bytes()));
        if let Some(token) = self.token() {
            names.push_str(";x-amz-security-token");
            headers.push(("x-amz-security-token", token));
        }
        let signed_headers =
            SignedHeaders::parse(&names).map_err(|_reason| AuthError::InvalidUri)?;
        let query = parse_query(request.query).ok_or(AuthError::InvalidUri)?;
        let bytes = canonical_request(&request, &query, &signed_headers, payload_text, false)?;
        let (region, day) = (&self.region, date.day());
        let scope = format!("{day}/{region}/{SERVICE_S3}/aws4_request");
        let string_to_sign = string_to_sign(&date, &scope, &bytes);
        let signature = self.signing_key(&date)?.sign(string_to_sign.as_bytes());
        let id = self.access_key_id.as_str();
        Ok(Signature {
            authorization: format!(
                "{ALGORITHM} Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}"
            ),
            amz_date: date_text,
        })
    }

    fn signing_key(&self, date: &RequestDate) -> Result<SigningKey, AuthError> {
        let mut of_day = self.of_day.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((day, found)) = of_day.as_ref()
            && day == date.day()
        {
            return Ok(found.clone());
        }
        let secret = str::from_utf8(self.secret.expose())
            .map_err(|_utf8| AuthError::CorruptCredential { source: None })?;
        let derived = SigningKey::derive(secret, date, &self.region, SERVICE_S3);
        *of_day = Some((date.day().to_owned(), derived.clone()));
        Ok(derived)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("access_key_id", &self.access_key_id)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The S3 API reference's example "GET Bucket Lifecycle" has these headers and no others.
    #[test]
    fn published_example_is_signed_as_published() {
        let signer = Signer::new(
            AccessKeyId::parse("AKIAIOSFODNN7EXAMPLE").unwrap(),
            SecretBytes::new(b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_vec()),
            None,
            "us-east-1".to_owned(),
        );
        let request = RequestView {
            method: "GET",
            path: "/",
            query: "lifecycle",
            headers: vec![("host", b"examplebucket.s3.amazonaws.com")],
            secure: true,
        };
        let payload = crate::auth::sigv4::EMPTY_SHA256;
        let at = Timestamp::parse_iso8601("2013-05-24T00:00:00Z").unwrap();
        let signed = signer.sign(request, payload, at).unwrap();
        assert_eq!(signed.amz_date, "20130524T000000Z");
        assert_eq!(
            signed.authorization,
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
             SignedHeaders=host;x-amz-content-sha256;x-amz-date, \
             Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
        );
    }

    #[test]
    fn debug_shows_no_secret() {
        let secret = || SecretBytes::new(b"hidden-hidden".to_vec());
        let id = AccessKeyId::parse("AKIAIOSFODNN7EXAMPLE").unwrap();
        let signer = Signer::new(id, secret(), Some(secret()), "r".to_owned());
        assert!(!format!("{signer:?}").contains("hidden"));
    }
}
