//! The verifier: the ten steps in order (see the module's documentation).
//!
//! Owns: `Verifier`, and `Verified`, which only it makes (A1).
//! Not here: the steps' rules (each in its own file).

use crate::auth::credential::{
    AccessKeyId, Credential, CredentialError, CredentialStatus, CredentialStore,
};
use crate::auth::error::{AuthError, SignatureEvidence};
use crate::auth::identity::VerifiedIdentity;
use crate::auth::request::{QueryPair, RequestView, parse_query};
use crate::auth::sigv4::SERVICE_S3;
use crate::auth::sigv4::canonical::{Canonical, canonical, evidence};
use crate::auth::sigv4::chunk::ChunkVerifier;
use crate::auth::sigv4::form::FormSignature;
use crate::auth::sigv4::parse::{Claims, malformed, parse};
use crate::auth::sigv4::payload::{DeclaredPayload, Payload, anonymous_payload, declared};
use crate::auth::sigv4::scope::RequestDate;
use crate::auth::sigv4::signing_key::{SigningKey, SigningKeys};
use crate::base::clock::Clock;
use crate::base::limits::SKEW_SECONDS_MAX;
use crate::model::time::Timestamp;
use std::fmt;
use std::sync::Arc;

/// A request whose signature held, or that has none. Every handler demands one, and only this file
/// makes them (A1; attacks.md, rule 6):
///
/// ```compile_fail,E0451
/// fn forged(verified: riznica::auth::Verified) -> riznica::auth::Verified {
///     riznica::auth::Verified { identity: None, ..verified }
/// }
/// ```
#[derive(Debug)]
pub struct Verified {
    /// Who signed it; `None` for a request without any authentication data.
    pub identity: Option<VerifiedIdentity>,
    /// How its body is authenticated.
    pub payload: Payload,
    /// What verifies its chunks; present exactly for `Payload::StreamingSigned`.
    pub chunks: Option<ChunkVerifier>,
    _proof: Proof,
}

/// What nobody else has, also within the crate.
#[derive(Debug)]
struct Proof;

impl Verified {
    /// A request without any authentication data: it comes from nobody.
    ///
    /// # Errors
    /// When its body claims a form that needs a signature.
    pub fn anonymous(request: &RequestView<'_>) -> Result<Self, AuthError> {
        Ok(Self {
            identity: None,
            payload: anonymous_payload(request)?,
            chunks: None,
            _proof: Proof,
        })
    }
}

/// Verifies requests for one region.
pub struct Verifier {
    clock: Arc<dyn Clock>,
    store: Arc<dyn CredentialStore>,
    signing_keys: SigningKeys,
    requires_signed_payload: bool,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("signing_keys", &self.signing_keys)
            .field("requires_signed_payload", &self.requires_signed_payload)
            .finish_non_exhaustive()
    }
}

/// A request that is in order but for its signature.
struct Prepared {
    query: Vec<QueryPair>,
    claims: Claims,
    access_key_id: AccessKeyId,
    declared: DeclaredPayload,
    canonical: Canonical,
}

impl Verifier {
    /// A verifier of S3 requests.
    pub fn new(region: String, clock: Arc<dyn Clock>, store: Arc<dyn CredentialStore>) -> Self {
        Self::with_service(region, SERVICE_S3.to_owned(), clock, store)
    }

    /// A verifier for another service's route, such as `sts`. Which verifier a request meets is
    /// decided by its route, never by the service that its signature names (attacks.md, rule 2).
    pub fn with_service(
        region: String,
        service: String,
        clock: Arc<dyn Clock>,
        store: Arc<dyn CredentialStore>,
    ) -> Self {
        let signing_keys = SigningKeys::new(region, service);
        Self {
            clock,
            store,
            signing_keys,
            requires_signed_payload: false,
        }
    }

    /// Whether PUT and POST over plain HTTP must sign their bodies (`[s3] require_signed_payload`).
    #[must_use]
    pub fn require_signed_payload(mut self, is_required: bool) -> Self {
        self.requires_signed_payload = is_required;
        self
    }

    /// Verifies a request at arrival, before its body is read.
    ///
    /// # Errors
    /// Every variant of `AuthError` but those of chunks and trailers. `BodyHashRequired` asks for
    /// [`Verifier::verify_with_body_hash`].
    ///
    /// # Cancel safety
    /// A dropped future has changed nothing but the cache of signing keys.
    pub async fn verify(&self, request: &RequestView<'_>) -> Result<Verified, AuthError> {
        self.run(request, None).await
    }

    /// As [`Verifier::verify`], for a request that does not state its body's hash: the caller has
    /// read and hashed the body. A hash that the request states wins over `body_sha256`.
    ///
    /// # Errors
    /// As [`Verifier::verify`], without `BodyHashRequired`.
    ///
    /// # Cancel safety
    /// As [`Verifier::verify`].
    pub async fn verify_with_body_hash(
        &self,
        request: &RequestView<'_>,
        body_sha256: [u8; 32],
    ) -> Result<Verified, AuthError> {
        self.run(request, Some(body_sha256)).await
    }

    async fn run(
        &self,
        request: &RequestView<'_>,
        body_sha256: Option<[u8; 32]>,
    ) -> Result<Verified, AuthError> {
        let prepared = self.prepare(request, body_sha256)?;
        // A request with a token never meets a lasting key (A5), and no answer to it tells whether
        // the key exists.
        let id = &prepared.access_key_id;
        let found = match &prepared.claims.token {
            None => self.store.find(id).await,
            Some(token) => self.store.find_session(id, token).await,
        };
        let found = found.map_err(lookup_failed)?;
        self.conclude(request, prepared, found.as_ref())
    }

    /// Steps 1 to 7: everything that needs no secret.
    fn prepare(
        &self,
        request: &RequestView<'_>,
        body_sha256: Option<[u8; 32]>,
    ) -> Result<Prepared, AuthError> {
        let (region, service) = (self.signing_keys.region(), self.signing_keys.service());
        let query = parse_query(request.query).ok_or(AuthError::InvalidUri)?;
        let claims = parse(request, &query, region)?;
        claims
            .scope
            .matches(&claims.date, region, service)
            .map_err(|reason| malformed(claims.place, region, reason))?;
        let server_time = Timestamp::from_millis(self.clock.unix_millis());
        match claims.expires_seconds {
            Some(seconds) => claims.date.within_life(seconds, server_time)?,
            None => claims.date.within_skew(server_time)?,
        }
        claims.signed_headers.cover(request, claims.place)?;
        let declared = declared(request, &query, claims.place, service, body_sha256)?;
        self.refuse_unsigned(request, declared.payload)?;
        let canonical = canonical(request, &query, &claims, &declared.text)?;
        // An id that breaks the grammar cannot exist, and who sent it knows that: nothing to hide
        // by equal work.
        let access_key_id = AccessKeyId::parse(&claims.access_key_id)
            .map_err(|_syntax| AuthError::InvalidAccessKeyId)?;
        Ok(Prepared {
            query,
            claims,
            access_key_id,
            declared,
            canonical,
        })
    }

    fn refuse_unsigned(
        &self,
        request: &RequestView<'_>,
        payload: Payload,
    ) -> Result<(), AuthError> {
        let carries_body = matches!(request.method, "PUT" | "POST");
        if self.requires_signed_payload && !request.secure && carries_body && payload.is_unsigned()
        {
            return Err(AuthError::UnsignedPayloadRefused);
        }
        Ok(())
    }

    /// Steps 8 to 10: the signature, then the credential's status, then the proof.
    fn conclude(
        &self,
        request: &RequestView<'_>,
        prepared: Prepared,
        found: Option<&Credential>,
    ) -> Result<Verified, AuthError> {
        let Prepared {
            query,
            claims,
            access_key_id,
            declared,
            canonical,
        } = prepared;
        let signing_key = self.signing_key(found, &access_key_id, &claims.date)?;
        let is_verified = signing_key.verifies(
            canonical.string_to_sign.as_bytes(),
            claims.signature.as_bytes(),
        );
        let Some(credential) = found else {
            return Err(match claims.token {
                None => AuthError::InvalidAccessKeyId,
                Some(_) => AuthError::InvalidToken,
            });
        };
        if !(is_verified && canonical.is_complete) {
            let string_to_sign = canonical.string_to_sign;
            let evidence = evidence(request, &query, &claims, &declared.text, string_to_sign)?;
            return Err(AuthError::SignatureDoesNotMatch {
                evidence: Box::new(evidence),
            });
        }
        self.is_usable(credential)?;
        let chunks = match declared.payload {
            Payload::StreamingSigned { has_trailer } => Some(ChunkVerifier::new(
                signing_key,
                claims.date.text().to_owned(),
                claims.scope.text(),
                claims.signature,
                has_trailer,
            )),
            Payload::HashAbsent
            | Payload::Sha256(_)
            | Payload::StreamingUnsignedTrailer
            | Payload::Unsigned => None,
        };
        let identity = VerifiedIdentity::of(credential);
        Ok(Verified {
            identity: Some(identity),
            payload: declared.payload,
            chunks,
            _proof: Proof,
        })
    }

    /// Verifies the signature of a browser's form, which covers its policy: what the policy says is
    /// for the caller to judge.
    ///
    /// # Errors
    /// `Form`, `ExpiredPresigned`, `RequestTimeTooSkewed`, `UnsignedPayloadRefused`,
    /// and what the credential and the signature can be refused for.
    ///
    /// # Cancel safety
    /// As [`Verifier::verify`].
    pub async fn verify_form(
        &self,
        form: &FormSignature<'_>,
        is_secure: bool,
    ) -> Result<Verified, AuthError> {
        let (region, service) = (self.signing_keys.region(), self.signing_keys.service());
        let server_time = Timestamp::from_millis(self.clock.unix_millis());
        let (access_key_id, date) = form.claims(region, service, server_time)?;
        // The file is not part of what is signed.
        if self.requires_signed_payload && !is_secure {
            return Err(AuthError::UnsignedPayloadRefused);
        }
        let found = match form.token {
            None => self.store.find(&access_key_id).await,
            Some(token) => self.store.find_session(&access_key_id, token).await,
        };
        let found = found.map_err(lookup_failed)?;
        let signing_key = self.signing_key(found.as_ref(), &access_key_id, &date)?;
        let is_verified = signing_key.verifies(form.policy.as_bytes(), form.signature.as_bytes());
        let credential = found.ok_or(match form.token {
            None => AuthError::InvalidAccessKeyId,
            Some(_) => AuthError::InvalidToken,
        })?;
        if !is_verified {
            return Err(AuthError::SignatureDoesNotMatch {
                evidence: Box::new(SignatureEvidence {
                    canonical_request: String::new(),
                    string_to_sign: form.policy.to_owned(),
                }),
            });
        }
        self.is_usable(&credential)?;
        Ok(Verified {
            identity: Some(VerifiedIdentity::of(&credential)),
            payload: Payload::Unsigned,
            chunks: None,
            _proof: Proof,
        })
    }

    /// The key that the signature is verified under: at the same price whether the id exists (A3).
    fn signing_key(
        &self,
        found: Option<&Credential>,
        access_key_id: &AccessKeyId,
        date: &RequestDate,
    ) -> Result<SigningKey, AuthError> {
        match found {
            Some(credential) => self.signing_keys.existing(credential, date),
            None => Ok(self.signing_keys.nonexistent(access_key_id, date)),
        }
    }

    /// Whether a credential may be used. Called behind the signature: who does not know the secret
    /// is not told of the key's state.
    fn is_usable(&self, credential: &Credential) -> Result<(), AuthError> {
        let is_session = credential.session.is_some();
        match credential.status {
            CredentialStatus::Active => {}
            CredentialStatus::Disabled if is_session => return Err(AuthError::InvalidToken),
            CredentialStatus::Disabled => return Err(AuthError::KeyDisabled),
        }
        let now = Timestamp::from_millis(self.clock.unix_millis());
        // One that was issued while the clock was ahead would last as much longer when it is right.
        let latest = now.millis().saturating_add(SKEW_SECONDS_MAX * 1000);
        let issued = credential.session.as_ref().map(|session| session.issued);
        if issued.is_some_and(|issued| issued.millis() > latest) {
            return Err(AuthError::InvalidToken);
        }
        match credential.expires {
            Some(expires) if expires <= now && is_session => Err(AuthError::ExpiredToken),
            Some(expires) if expires <= now => Err(AuthError::KeyExpired),
            Some(_) | None => Ok(()),
        }
    }
}

fn lookup_failed(source: CredentialError) -> AuthError {
    match source {
        CredentialError::Corrupt { .. } => AuthError::CorruptCredential {
            source: Some(source),
        },
        CredentialError::Unavailable { .. } => AuthError::Unavailable { source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::session::Actor;
    use crate::auth::sigv4::EMPTY_SHA256;
    use crate::auth::sigv4::signing_key::verification_count;
    use crate::base::clock::ManualClock;
    use crate::base::secret::SecretBytes;
    use crate::model::id::TenantId;
    use async_trait::async_trait;
    use futures::FutureExt;
    use futures::future::BoxFuture;

    /// 2026-11-23T10:00:00Z.
    const NOW: u64 = 1_795_428_000;

    /// One lasting credential, and one temporary one with the token `token`.
    struct OneCredential;

    #[async_trait]
    impl CredentialStore for OneCredential {
        async fn find(&self, id: &AccessKeyId) -> Result<Option<Credential>, CredentialError> {
            Ok((id.as_str() == "AKIDEXAMPLE").then(|| Credential {
                access_key_id: id.clone(),
                secret_access_key: Arc::new(SecretBytes::new(b"secret".to_vec())),
                tenant: TenantId::from_bytes([7; 16]),
                actor: Actor::Root,
                session: None,
                expires: None,
                canonical_id: "c0ffee".into(),
                display_name: "example".into(),
                status: CredentialStatus::Active,
                revision: 1,
            }))
        }

        async fn find_session(
            &self,
            id: &AccessKeyId,
            token: &str,
        ) -> Result<Option<Credential>, CredentialError> {
            let is_known = id.as_str() == "RTEXAMPLE" && token == "token";
            let lasting = self
                .find(&AccessKeyId::parse("AKIDEXAMPLE").unwrap())
                .await?;
            Ok(lasting.filter(|_| is_known).map(|lasting| Credential {
                access_key_id: id.clone(),
                ..lasting
            }))
        }
    }

    enum Refused {
        Id,
        Signature,
        Token,
    }

    async fn refusal(verifier: &Verifier, access_key_id: &str, token: Option<&str>) -> AuthError {
        let signed_token = token.map_or("", |_| ";x-amz-security-token");
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={access_key_id}/20261123/us-east-1/s3/aws4_request, \
             SignedHeaders=host;x-amz-content-sha256;x-amz-date{signed_token}, \
             Signature={EMPTY_SHA256}"
        );
        let mut headers = vec![
            ("host", b"s3.example.test".as_slice()),
            ("x-amz-content-sha256", EMPTY_SHA256.as_bytes()),
            ("x-amz-date", b"20261123T100000Z"),
            ("authorization", authorization.as_bytes()),
        ];
        headers.extend(token.map(|token| ("x-amz-security-token", token.as_bytes())));
        let request = RequestView {
            method: "GET",
            path: "/bucket/a",
            query: "",
            headers,
            secure: true,
        };
        verifier.verify(&request).await.unwrap_err()
    }

    /// A form's signature, over the policy as it stands.
    async fn form_refusal(
        verifier: &Verifier,
        access_key_id: &str,
        token: Option<&str>,
    ) -> AuthError {
        let credential = format!("{access_key_id}/20261123/us-east-1/s3/aws4_request");
        let form = FormSignature {
            policy: "e30=",
            algorithm: "AWS4-HMAC-SHA256",
            credential: &credential,
            date: "20261123T100000Z",
            signature: EMPTY_SHA256,
            token,
        };
        verifier.verify_form(&form, true).await.unwrap_err()
    }

    /// Row 2: who guesses ids learns nothing from the time of a refusal, since an id that does not
    /// exist has a key derived and a signature verified as one that does, and remembered as one. So
    /// does a token that was not issued, or not for that id.
    #[tokio::test]
    async fn rule_09_unknown_access_key_id_does_the_work_of_a_known_one() {
        let clock = Arc::new(ManualClock::at(NOW * 1000));
        let verifier = Verifier::new("us-east-1".to_owned(), clock, Arc::new(OneCredential));
        let mut verified_before = verification_count();
        for (access_key_id, token, refused, cached) in [
            ("AKIDUNKNOWN", None, Refused::Id, (0, 1)),
            ("AKIDUNKNOWN", None, Refused::Id, (0, 1)),
            ("AKIDEXAMPLE", None, Refused::Signature, (1, 1)),
            ("AKIDEXAMPLE", None, Refused::Signature, (1, 1)),
            ("AKIDOTHER", None, Refused::Id, (1, 2)),
            ("RTEXAMPLE", Some("token"), Refused::Signature, (2, 2)),
            ("RTEXAMPLE", Some("tokem"), Refused::Token, (2, 3)),
            ("RTEXAMPLE", None, Refused::Id, (2, 3)),
            ("AKIDEXAMPLE", Some("token"), Refused::Token, (2, 4)),
            ("AKIDUNKNOWN", Some("token"), Refused::Token, (2, 4)),
        ] {
            let request = refusal(&verifier, access_key_id, token);
            let form = form_refusal(&verifier, access_key_id, token);
            let both: [BoxFuture<'_, AuthError>; 2] = [request.boxed(), form.boxed()];
            for refused_one in both {
                let error = refused_one.await;
                let is_expected = match refused {
                    Refused::Id => matches!(error, AuthError::InvalidAccessKeyId),
                    Refused::Signature => matches!(error, AuthError::SignatureDoesNotMatch { .. }),
                    Refused::Token => matches!(error, AuthError::InvalidToken),
                };
                assert!(is_expected, "{access_key_id} {token:?}: {error:?}");
                assert_eq!(
                    verifier.signing_keys.cached_counts(),
                    cached,
                    "{access_key_id}"
                );
                verified_before += 1;
                assert_eq!(verification_count(), verified_before, "{access_key_id}");
            }
        }
    }
}
