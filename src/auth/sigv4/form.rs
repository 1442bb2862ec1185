//! What a browser's form says about its signature: fields instead of headers, the policy instead of
//! a canonical request.
//!
//! Owns: which fields make a form a signed one, and their grammar.
//! Not here: the verification (`verify`), what the policy says (`s3::post`).
//!
//! Source: S3 API reference, "Browser-based uploads using POST (AWS signature version 4)",
//! "Calculating a signature"; its example is the vector of the tests in `tests/auth`.

use crate::auth::credential::AccessKeyId;
use crate::auth::error::{AuthError, FormFieldError, MalformedReason};
use crate::auth::sigv4::ALGORITHM;
use crate::auth::sigv4::scope::{CredentialScope, RequestDate};
use crate::base::limits::PRESIGNED_SECONDS_MAX;
use crate::model::time::Timestamp;
use std::fmt;

/// Characters of a malformed value that an error tells: what a whole credential has, and more.
const TOLD_VALUE_LEN_MAX: usize = 256;

/// The fields that a signed form has, in the order in which AWS misses them. Their names are told
/// as AWS tells them; in a form every letter case is the same.
const POLICY: &str = "Policy";
const ALGORITHM_FIELD: &str = "X-Amz-Algorithm";
const CREDENTIAL: &str = "X-Amz-Credential";
const DATE: &str = "X-Amz-Date";
const SIGNATURE: &str = "X-Amz-Signature";
/// Only forms that temporary credentials have signed have it.
const TOKEN: &str = "X-Amz-Security-Token";

/// What a form says about its signature, of which nothing is proven yet.
#[derive(Clone, Copy)]
pub struct FormSignature<'a> {
    /// The policy in Base64, as it stands in the form: the string to sign.
    pub policy: &'a str,
    /// The algorithm.
    pub algorithm: &'a str,
    /// Access key id and scope.
    pub credential: &'a str,
    /// When the policy was signed.
    pub date: &'a str,
    /// The signature.
    pub signature: &'a str,
    /// The session token, of temporary credentials.
    pub token: Option<&'a str>,
}

impl fmt::Debug for FormSignature<'_> {
    /// The signature stays out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FormSignature({})", self.credential.escape_debug())
    }
}

impl<'a> FormSignature<'a> {
    /// Whether a field is part of what says how a form was signed, by its lower-case name.
    pub fn has(name: &str) -> bool {
        let fields = [ALGORITHM_FIELD, CREDENTIAL, DATE, SIGNATURE, TOKEN];
        fields.iter().any(|own| own.eq_ignore_ascii_case(name))
    }

    /// Finds the claims of a form, whose fields `get` tells by their lower-case names. `None` for a
    /// form that nobody has signed: one without a single field of a signature, so that none that
    /// was lost on the way makes a signed form an anonymous one.
    ///
    /// # Errors
    /// `SigV2`; `Form` for a field that is missing.
    pub fn find(get: impl Fn(&str) -> Option<&'a str>) -> Result<Option<Self>, AuthError> {
        if get("awsaccesskeyid").is_some() || get("signature").is_some() {
            return Err(AuthError::SigV2);
        }
        let of = |name: &str| get(&name.to_ascii_lowercase());
        let fields = [POLICY, ALGORITHM_FIELD, CREDENTIAL, DATE, SIGNATURE, TOKEN];
        if fields.iter().all(|name| of(name).is_none()) {
            return Ok(None);
        }
        let need = |name| of(name).ok_or(FormFieldError::Missing { name });
        Ok(Some(Self {
            policy: need(POLICY)?,
            algorithm: need(ALGORITHM_FIELD)?,
            credential: need(CREDENTIAL)?,
            date: need(DATE)?,
            signature: need(SIGNATURE)?,
            token: of(TOKEN),
        }))
    }

    /// Reads the claims: who, and when. A policy is signed ahead of the form that it comes with, as
    /// a presigned URL is, so that it is the end of its life that counts, and its beginning: a
    /// signing key is good for seven days.
    ///
    /// # Errors
    /// `Form`, `ExpiredPresigned`, `RequestTimeTooSkewed`, `InvalidAccessKeyId` for
    /// what cannot be one.
    pub(super) fn claims(
        &self,
        region: &str,
        service: &str,
        server_time: Timestamp,
    ) -> Result<(AccessKeyId, RequestDate), AuthError> {
        let malformed = |name, value: &str, reason| FormFieldError::Malformed {
            name,
            value: value.chars().take(TOLD_VALUE_LEN_MAX).collect(),
            reason,
            expected_region: region.to_owned(),
        };
        if self.algorithm != ALGORITHM {
            let reason = MalformedReason::Algorithm;
            return Err(malformed(ALGORITHM_FIELD, self.algorithm, reason).into());
        }
        let of_credential = |reason| malformed(CREDENTIAL, self.credential, reason);
        let (id, scope) = CredentialScope::parse(self.credential).map_err(of_credential)?;
        let date = RequestDate::parse_iso(self.date)
            .ok_or_else(|| malformed(DATE, self.date, MalformedReason::DateSyntax))?;
        scope
            .matches(&date, region, service)
            .map_err(of_credential)?;
        date.within_life(PRESIGNED_SECONDS_MAX, server_time)?;
        let id = AccessKeyId::parse(&id).map_err(|_syntax| AuthError::InvalidAccessKeyId)?;
        Ok((id, date))
    }
}
